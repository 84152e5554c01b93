#include "http/wire.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "http/ascii.hpp"

namespace http {
namespace {

bool is_the_servers(std::string_view name) {
    constexpr std::array<std::string_view, 5> names = {"Content-Length", "Transfer-Encoding",
                                                       "Connection", "Date", "X-Request-Id"};
    return std::ranges::any_of(names,
                               [&](std::string_view own) { return same_ignoring_case(own, name); });
}

bool is_control(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7F;
}

void append_number(std::string& out, std::size_t number, int base = 10) {
    std::array<char, 20> digits{};
    auto* const end = std::to_chars(digits.data(), digits.data() + digits.size(), number, base).ptr;
    out.append(digits.data(), end);
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
    out.append(name).append(": ");
    const std::size_t start = out.size();
    out.append(value);
    std::replace_if(out.begin() + static_cast<std::ptrdiff_t>(start), out.end(), is_control, ' ');
    out.append("\r\n");
}

// A browser takes an answer for nothing but what Content-Type says, hands it to no page of another
// origin (except through CORS, which this field does not touch), and shows it in no frame.
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> protections = {
    {{"X-Content-Type-Options", "nosniff"},
     {"Cross-Origin-Resource-Policy", "same-origin"},
     {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"}}};

void append_defaults(std::string& out, const Response& response) {
    const auto add_unless_set = [&](std::string_view name, std::string_view value) {
        if (response.headers.find(name) == nullptr) append_field(out, name, value);
    };
    for (const auto& [name, value] : protections) add_unless_set(name, value);
    // An answer may be another one a moment later; an error must not outlive its cause.
    add_unless_set("Cache-Control", response.status >= 400 ? "no-store" : "no-cache");
}

}  // namespace

const char* reason_phrase(int status) {
    switch (status) {
        case 200:
            return "OK";
        case 201:
            return "Created";
        case 202:
            return "Accepted";
        case 204:
            return "No Content";
        case 301:
            return "Moved Permanently";
        case 302:
            return "Found";
        case 303:
            return "See Other";
        case 304:
            return "Not Modified";
        case 307:
            return "Temporary Redirect";
        case 308:
            return "Permanent Redirect";
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 406:
            return "Not Acceptable";
        case 408:
            return "Request Timeout";
        case 409:
            return "Conflict";
        case 410:
            return "Gone";
        case 412:
            return "Precondition Failed";
        case 413:
            return "Content Too Large";
        case 415:
            return "Unsupported Media Type";
        case 421:
            return "Misdirected Request";
        case 422:
            return "Unprocessable Content";
        case 429:
            return "Too Many Requests";
        case 431:
            return "Request Header Fields Too Large";
        case 500:
            return "Internal Server Error";
        case 501:
            return "Not Implemented";
        case 502:
            return "Bad Gateway";
        case 503:
            return "Service Unavailable";
        case 504:
            return "Gateway Timeout";
        default:
            return "Unknown";
    }
}

void append_head(std::string& out, const Response& response, const Framing& framing) {
    out.append("HTTP/1.1 ");
    append_number(out, static_cast<std::size_t>(response.status));
    out.append(" ").append(reason_phrase(response.status)).append("\r\n").append(framing.date);
    for (const auto& [name, value] : response.headers) {
        if (!is_the_servers(name)) append_field(out, name, value);
    }
    append_defaults(out, response);
    out.append(framing.cors);
    append_field(out, "X-Request-Id", framing.request_id);
    if (framing.content_length) {
        out.append("Content-Length: ");
        append_number(out, *framing.content_length);
        out.append("\r\n");
    }
    if (framing.chunked) out.append("Transfer-Encoding: chunked\r\n");
    if (framing.connection == Framing::Connection::close) out.append("Connection: close\r\n");
    if (framing.connection == Framing::Connection::keep_alive) {
        out.append("Connection: keep-alive\r\n");
    }
    out.append("\r\n");
}

std::string chunk_head(std::size_t size) {
    std::string head;
    append_number(head, size, 16);
    return head.append("\r\n");
}

}  // namespace http
