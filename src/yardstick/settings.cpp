#include "yardstick/settings.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <string_view>
#include <system_error>

#include "base/text.hpp"
#include "es/errors.hpp"

namespace yardstick {
namespace {

bool is_loopback(const std::string& address) {
    in_addr v4{};
    if (inet_pton(AF_INET, address.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
    in6_addr v6{};
    return inet_pton(AF_INET6, address.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6) != 0;
}

// "127.0.0.1" for "::ffff:127.0.0.1", which is the same address under a name that the APIs refuse
// as a Host (http/origin_policy).
std::string as_ipv4_if_mapped(const std::string& address) {
    in6_addr v6{};
    const bool mapped =
        inet_pton(AF_INET6, address.c_str(), &v6) == 1 && IN6_IS_ADDR_V4MAPPED(&v6) != 0;
    if (!mapped) return address;
    constexpr std::size_t v4_offset = 12;
    std::array<char, INET_ADDRSTRLEN> text{};
    inet_ntop(AF_INET, &v6.s6_addr[v4_offset], text.data(), text.size());
    return text.data();
}

bool is_numeric(const std::string& address) {
    in_addr v4{};
    in6_addr v6{};
    return inet_pton(AF_INET, address.c_str(), &v4) == 1 ||
           inet_pton(AF_INET6, address.c_str(), &v6) == 1;
}

// Without '*' and its like, which a URI's host may hold, too.
bool is_host_name(std::string_view name) {
    return std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    });
}

bool is_name(std::string_view name) {
    if (name.empty() || (name.front() >= '0' && name.front() <= '9')) return false;
    return std::ranges::all_of(name, [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
               c == '_';
    });
}

// Some editors on Windows begin a file with it.
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

// What stands after the "=": without its quotes, or without the comment that follows it. As in a
// shell, "#" begins a comment only after a blank.
std::string_view value_of(std::string_view text) {
    const std::string_view quoted = base::trim(text);
    if (!quoted.empty() && (quoted.front() == '"' || quoted.front() == '\'')) {
        const auto end = quoted.find(quoted.front(), 1);
        if (end != std::string_view::npos) return quoted.substr(1, end - 1);
    }
    for (auto mark = text.find('#'); mark != std::string_view::npos;
         mark = text.find('#', mark + 1)) {
        if (mark == 0 || (text[mark - 1] != ' ' && text[mark - 1] != '\t')) continue;
        return base::trim(text.substr(0, mark));
    }
    return base::trim(text);
}

// What this program or one of its libraries is set up by.
bool is_known(std::string_view name) {
    constexpr std::array<std::string_view, 4> prefixes{"YARDSTICK_", "AWS_", "DYNAMODB_", "MONGO_"};
    return std::ranges::any_of(prefixes, [&](auto prefix) { return name.starts_with(prefix); });
}

// There are no other threads yet.  NOLINTBEGIN(concurrency-mt-unsafe)
bool set_where_missing(const std::string& name, std::string_view value) {
    if (std::getenv(name.c_str()) != nullptr) return false;
    ::setenv(name.c_str(), std::string(value).c_str(), 0);
    return true;
}
// NOLINTEND(concurrency-mt-unsafe)

}  // namespace

ListenAddress parse_listen(const ListenOption& option, bool anywhere) {
    const std::string& text = option.text;
    const auto colon = text.rfind(':');
    ListenAddress listen;
    bool good = colon != std::string::npos;
    if (good) {
        listen.address = text.substr(0, colon);
        if (listen.address == "localhost") listen.address = "127.0.0.1";
        if (listen.address.size() > 2 && listen.address.front() == '[' &&
            listen.address.back() == ']') {
            listen.address = listen.address.substr(1, listen.address.size() - 2);
        } else {
            good = listen.address.find(':') == std::string::npos;
        }
        const char* end = text.data() + text.size();
        const auto parsed = std::from_chars(text.data() + colon + 1, end, listen.port);
        good = good && parsed.ec == std::errc() && parsed.ptr == end && is_numeric(listen.address);
    }
    if (!good) {
        throw WrongUsage(option.name + " '" + text +
                         "' is not an address and port such as 127.0.0.1:3000 or [::1]:3000.");
    }
    listen.address = as_ipv4_if_mapped(listen.address);
    listen.is_loopback = is_loopback(listen.address);
    if (!anywhere && !listen.is_loopback) {
        throw WrongUsage(option.name + " " + text +
                         " can be reached from other machines and there are no API keys yet; "
                         "give --listen-anywhere if that is meant.");
    }
    return listen;
}

std::string parse_allowed_host(const std::string& text) {
    constexpr std::size_t name_bytes_max = 253;  // of DNS
    const auto host = http::parse_host(text);
    const bool is_name = host && !host->port && is_host_name(host->name);
    std::string name = is_name ? host->name : "";
    if (name.ends_with('.')) name.pop_back();
    // ".example" is no name, nor does it stand for the names under it.
    const bool has_gap = name.starts_with('.') || name.find("..") != std::string::npos;
    if (name.empty() || has_gap || name.size() > name_bytes_max || text.ends_with(':')) {
        throw WrongUsage("--allowed-host " + base::excerpt(text) +
                         " is not a host name such as kpi.example; without scheme and port, and in "
                         "the form of xn--… if it has other letters.");
    }
    return name;
}

void add_cors_origin(CorsOrigins& origins, const std::string& text) {
    if (text == "*") {
        origins.any_may_read = true;
        return;
    }
    const auto origin = http::parse_origin(text);
    // Exactly as a browser sends it: an origin that reads almost so would never match.
    const bool is_host = origin && (is_host_name(origin->host) || is_numeric(origin->host));
    if (!is_host || http::to_string(*origin) != text) {
        const std::string hint = is_host ? http::to_string(*origin) : "https://intranet.example";
        throw WrongUsage("--cors-origin " + base::excerpt(text) +
                         " is not an origin as browsers send it, such as " + hint +
                         " (no path, no '/' at the end), nor '*'.");
    }
    origins.listed.push_back(*origin);
}

http::OriginPolicyOptions origin_policy(const Settings& settings, const ListenAddress& listen) {
    return {.checks_host = listen.is_loopback || !settings.allowed_hosts.empty(),
            .hosts = settings.allowed_hosts,
            .origins = settings.cors_origins.listed,
            .any_origin_may_read = settings.cors_origins.any_may_read};
}

std::vector<std::string> load_dotenv(const DotEnv& from) {
    std::vector<std::string> taken;
    std::error_code unreachable;
    if (!std::filesystem::exists(from.file, unreachable) && !unreachable) return taken;
    std::ifstream lines(from.file);
    std::string line;
    if (!lines || (lines.peek(), lines.bad())) {
        throw es::Unusable(from.file.string() + " is there and can't be read: " +
                           std::generic_category().message(errno) + ".");
    }
    for (int number = 1; std::getline(lines, line); ++number) {
        std::string_view text = line;
        if (number == 1 && text.starts_with(byte_order_mark)) {
            text.remove_prefix(byte_order_mark.size());
        }
        text = base::trim(text);
        if (text.empty() || text.front() == '#') continue;
        if (text.starts_with("export ")) text = base::trim(text.substr(7));
        const auto equals = text.find('=');
        const std::string name(base::trim(text.substr(0, equals)));
        // A value with a NUL would be taken up to it, without a word.
        if (equals == std::string_view::npos || !is_name(name) ||
            text.find('\0') != std::string_view::npos) {
            if (!from.ours) continue;
            throw es::Unusable("line " + std::to_string(number) + " of " + from.file.string() +
                               " is not of the form NAME=value.");
        }
        if (!from.ours && !is_known(name)) continue;
        const std::string_view value = value_of(text.substr(equals + 1));
        if (set_where_missing(name, value) && !value.empty()) taken.push_back(name);
    }
    return taken;
}

}  // namespace yardstick
