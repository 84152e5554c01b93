// What the program is told at its start: flag, else environment, else .env, else default.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "http/origin_policy.hpp"
#include "yardstick/descriptors.hpp"
#include "yardstick/engines.hpp"

namespace yardstick {

// An address and port as it was given, and the option that gives it, for messages.
struct ListenOption {
    std::string text;
    std::string name;
};

// Web pages that may use the APIs from origins of their own.
struct CorsOrigins {
    std::vector<http::Origin> listed;  // may read and write
    bool any_may_read = false;
};

// Of the command processor. More than one help where commands wait for a store that is far away and
// cores are idle.
inline constexpr std::size_t shards_max = 64;

struct Settings {
    // Connections that one server may have open; main() takes them from the limit of descriptors.
    ConnectionBudget connections{connections_max, 256};
    Engines engines;
    std::filesystem::path data = "./data";  // of the embedded engines
    ListenOption write_listen{"127.0.0.1:3000", "--write-listen"};
    ListenOption read_listen{"127.0.0.1:3001", "--read-listen"};
    // Health and metrics of a projector in a process of its own.
    ListenOption projector_listen{"127.0.0.1:3002", "--listen"};
    std::size_t shards = 1;
    bool listen_anywhere = false;
    std::vector<std::string> allowed_hosts;  // as parse_allowed_host makes them
    CorsOrigins cors_origins;
    base::log::Options log;
    bool access_log = true;
};

// Where a server listens.
struct ListenAddress {
    std::string address;  // numeric
    std::uint16_t port = 0;
    bool is_loopback = false;
};

// "127.0.0.1:3000", "[::1]:3000", "localhost:3000". Throws WrongUsage: not of that form, or not
// a loopback address without `anywhere`.
ListenAddress parse_listen(const ListenOption& option, bool anywhere);

// A host name that the servers answer for, e.g. "kpi.example": in lower case, without a dot at the
// end. Throws WrongUsage, e.g. for one with a port.
std::string parse_allowed_host(const std::string& text);

// Adds "https://intranet.example", or "*" for all that read. Throws WrongUsage: it is not an origin
// exactly as browsers send it.
void add_cors_origin(CorsOrigins& origins, const std::string& text);

// Which hosts and pages a server at this address answers. Host is checked on this machine's own
// addresses, and on others if any names are given: what those are reached by isn't known here.
http::OriginPolicyOptions origin_policy(const Settings& settings, const ListenAddress& listen);

// A file of NAME=value lines that settings are taken from.
struct DotEnv {
    std::filesystem::path file = ".env";
    // False: the file may be another program's. Lines that can't be read are passed over, and only
    // the variables that this program and its libraries know are taken (YARDSTICK_*, AWS_*, ...).
    bool ours = true;
};

// Puts the file's variables into the environment, where they aren't set yet, and returns the names
// of those. A missing file is fine. Throws es::Unusable for one that can't be opened and, in a file
// of ours, for a line that can't be read, naming it by number only: it may hold a secret. To be
// called before there are threads.
std::vector<std::string> load_dotenv(const DotEnv& from);

}  // namespace yardstick
