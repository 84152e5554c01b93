// Addresses of services, taken apart as libcurl does it, so that what is checked and signed is what
// it connects to. Private to this room.
#pragma once

#include <optional>
#include <string>

namespace aws {

struct Url {
    std::string scheme;  // "http" or "https"
    std::string host;    // an IPv6 address in brackets
    std::string port;    // empty: the scheme's usual one, also where it was written out
    bool bare = false;   // nothing but these: no user, path, query or fragment

    // "127.0.0.1:8000", as it stands in a Host header.
    [[nodiscard]] std::string authority() const { return port.empty() ? host : host + ":" + port; }
};

// nullopt: no address, or one of another scheme.
std::optional<Url> parse_url(const std::string& text);

// All but letters, digits and "-._~" as %XX: for a form's value.
std::string percent_encoded(const std::string& text);

// Whether the host is this machine by its very name.
bool is_loopback(const Url& url);

}  // namespace aws
