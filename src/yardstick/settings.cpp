#include "yardstick/settings.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string_view>

#include "base/text.hpp"
#include "es/errors.hpp"

namespace yardstick {
namespace {

bool is_loopback(const std::string& address) {
    in_addr v4{};
    if (inet_pton(AF_INET, address.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
    in6_addr v6{};
    return inet_pton(AF_INET6, address.c_str(), &v6) == 1 &&
           std::memcmp(&v6, &in6addr_loopback, sizeof v6) == 0;
}

bool is_numeric(const std::string& address) {
    in_addr v4{};
    in6_addr v6{};
    return inet_pton(AF_INET, address.c_str(), &v4) == 1 ||
           inet_pton(AF_INET6, address.c_str(), &v6) == 1;
}

bool is_name(std::string_view name) {
    if (name.empty() || (name.front() >= '0' && name.front() <= '9')) return false;
    return std::ranges::all_of(name, [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
               c == '_';
    });
}

// Without its quotes, or without the comment behind it.
std::string_view value_of(std::string_view text) {
    text = base::trim(text);
    if (!text.empty() && (text.front() == '"' || text.front() == '\'')) {
        const auto end = text.find(text.front(), 1);
        if (end != std::string_view::npos) return text.substr(1, end - 1);
    }
    return base::trim(text.substr(0, text.find(" #")));
}

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
    if (!anywhere && !is_loopback(listen.address)) {
        throw WrongUsage(option.name + " " + text +
                         " can be reached from other machines and there are no API keys yet; "
                         "give --listen-anywhere if that is meant.");
    }
    return listen;
}

void load_dotenv(const std::filesystem::path& file) {
    std::ifstream lines(file);
    std::string line;
    for (int number = 1; std::getline(lines, line); ++number) {
        std::string_view text = base::trim(line);
        if (text.empty() || text.front() == '#') continue;
        if (text.starts_with("export ")) text = base::trim(text.substr(7));
        const auto equals = text.find('=');
        const auto name = base::trim(text.substr(0, equals));
        if (equals == std::string_view::npos || !is_name(name)) {
            throw es::Unusable("line " + std::to_string(number) + " of " + file.string() +
                               " is not of the form NAME=value.");
        }
        // There are no other threads yet.  NOLINTNEXTLINE(concurrency-mt-unsafe)
        ::setenv(std::string(name).c_str(), std::string(value_of(text.substr(equals + 1))).c_str(),
                 0);
    }
}

}  // namespace yardstick
