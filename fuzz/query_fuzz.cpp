// What is read as a query or a host is written and read again as the same.
#include <cstdint>
#include <string>
#include <string_view>

#include "check.hpp"
#include "http/host.hpp"
#include "http/percent.hpp"

namespace {

void check_query(std::string_view text) {
    const auto fields = http::parse_query(text);
    if (!fields) return;
    std::string written;
    for (const auto& [name, value] : *fields) {
        if (!written.empty()) written += '&';
        written += http::percent_encode(name) + "=" + http::percent_encode(value);
    }
    fuzz::check(http::parse_query(written) == fields, "a query reads as the same");
}

void check_text(std::string_view text) {
    const auto decoded = http::percent_decode(text);
    if (!decoded) return;
    fuzz::check(http::percent_decode(http::percent_encode(*decoded)) == decoded,
                "a decoded text is encoded and decoded as the same");
}

void check_host(std::string_view text) {
    const auto host = http::parse_host(text);
    if (!host) return;
    const bool address = host->name.find(':') != std::string::npos;
    std::string written = address ? "[" + host->name + "]" : host->name;
    if (host->port) written += ":" + std::to_string(*host->port);
    fuzz::check(http::parse_host(written) == host, "a host reads as the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    check_query(text);
    check_text(text);
    check_host(text);
    return 0;
}
