// The value of a Host field, or the authority of a target: a name and perhaps a port (RFC 9110,
// 7.2; RFC 3986, 3.2.2).
//
//     parse_host("Example.org:3000")  ->  {"example.org", 3000}
//     parse_host("[::1]")             ->  {"::1", nullopt}
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace http {

struct Host {
    // In lower case, percent-encoding kept as sent. An IPv6 address stands without its brackets and
    // in its shortest form; it is the only name that contains a colon. Empty if the value is empty,
    // which a request may send if its target has no authority.
    std::string name;
    std::optional<std::uint16_t> port;  // nullopt if not given, also for "name:"

    bool operator==(const Host&) const = default;
};

// nullopt if the value is not a host with an optional port. User information ("user@host"), a
// zone ("[fe80::1%25eth0]"), and a port without a name are refused too.
std::optional<Host> parse_host(std::string_view value);

}  // namespace http
