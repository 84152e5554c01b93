#include "http/host.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "http/ascii.hpp"

namespace http {
namespace {

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

constexpr bool is_hex_digit(char c) {
    return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'f');
}

// Unreserved characters and sub-delimiters. Names with an underscore are usual in containers.
constexpr bool is_name_character(char c) {
    constexpr std::string_view others = "-._~!$&'()*+,;=";
    return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z') ||
           others.find(c) != std::string_view::npos;
}

bool is_name(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (is_name_character(text[i])) continue;
        const bool encoded = text[i] == '%' && text.size() - i > 2 && is_hex_digit(text[i + 1]) &&
                             is_hex_digit(text[i + 2]);
        if (!encoded) return false;
        i += 2;
    }
    return !text.empty();
}

// The shortest form of an IPv6 address, e.g. "::1" for "0:0:0:0:0:0:0:1".
std::optional<std::string> shortest_ipv6(std::string_view text) {
    // inet_pton ends at a NUL.
    if (text.find('\0') != std::string_view::npos) return std::nullopt;
    in6_addr address{};
    if (::inet_pton(AF_INET6, std::string(text).c_str(), &address) != 1) return std::nullopt;
    std::array<char, INET6_ADDRSTRLEN> shortest{};
    ::inet_ntop(AF_INET6, &address, shortest.data(), shortest.size());
    return shortest.data();
}

std::optional<std::string> parse_name(std::string_view text) {
    if (text.starts_with('[') && text.ends_with(']')) {
        return shortest_ipv6(text.substr(1, text.size() - 2));
    }
    if (!is_name(text)) return std::nullopt;
    std::string name(text);
    std::ranges::transform(name, name.begin(), lower);
    return name;
}

}  // namespace

std::optional<Host> parse_host(std::string_view value) {
    if (value.empty()) return Host{};
    // A colon within brackets belongs to the address.
    const std::size_t bracket = value.starts_with('[') ? value.find(']') : 0;
    const std::size_t colon = std::min(value.find(':', bracket), value.size());
    auto name = parse_name(value.substr(0, colon));
    if (!name) return std::nullopt;
    Host host{std::move(*name), std::nullopt};
    if (colon + 1 >= value.size()) return host;
    std::uint16_t port = 0;
    const auto [end, error] =
        std::from_chars(value.data() + colon + 1, value.data() + value.size(), port);
    if (error != std::errc{} || end != value.data() + value.size()) return std::nullopt;
    host.port = port;
    return host;
}

}  // namespace http
