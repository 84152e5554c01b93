#include "http/origin.hpp"

#include <utility>

#include "http/ascii.hpp"

namespace http {
namespace {

constexpr std::uint16_t default_port(std::string_view scheme) {
    return scheme == "https" ? 443 : 80;
}

}  // namespace

std::optional<Origin> parse_origin(std::string_view text) {
    for (const std::string_view scheme : {"http", "https"}) {
        const std::size_t size = scheme.size();
        const bool of_scheme = same_ignoring_case(text.substr(0, size), scheme) &&
                               text.substr(size).starts_with("://");
        if (!of_scheme) continue;
        const auto host = parse_host(text.substr(size + 3));
        if (!host || host->name.empty()) return std::nullopt;
        return origin_of(std::string(scheme), *host);
    }
    return std::nullopt;
}

Origin origin_of(std::string scheme, const Host& host) {
    const std::uint16_t port = host.port.value_or(default_port(scheme));
    return {std::move(scheme), host.name, port};
}

std::string to_string(const Origin& origin) {
    const bool v6 = origin.host.find(':') != std::string::npos;
    std::string text = origin.scheme + "://" + (v6 ? "[" + origin.host + "]" : origin.host);
    if (origin.port != default_port(origin.scheme)) text += ":" + std::to_string(origin.port);
    return text;
}

}  // namespace http
