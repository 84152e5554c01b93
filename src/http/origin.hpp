// An origin as browsers send it in the field Origin (RFC 6454, 6.2): scheme, host and port.
//
//     parse_origin("https://intranet.example")  ->  {"https", "intranet.example", 443}
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/host.hpp"

namespace http {

struct Origin {
    std::string scheme;  // "http" or "https"
    std::string host;    // as Host::name
    std::uint16_t port = 0;

    bool operator==(const Origin&) const = default;
};

// nullopt if the text is not scheme, host and perhaps a port alone, e.g. "null", or with a path, be
// it "/". Schemes other than http and https are not taken.
std::optional<Origin> parse_origin(std::string_view text);

// That of a page which was asked for with this scheme and Host.
Origin origin_of(std::string scheme, const Host& host);

// "http://[::1]:3000", the port left out if it is the scheme's.
std::string to_string(const Origin& origin);

}  // namespace http
