// The head of an answer as bytes.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.hpp"

namespace http {

// E.g. "Not Found" for 404; "Unknown" for a status that is not in use here.
const char* reason_phrase(int status);

// What the server adds to the handler's own fields.
struct Framing {
    enum class Connection { unsaid, close, keep_alive };

    std::optional<std::size_t> content_length{};
    bool chunked = false;
    Connection connection = Connection::unsaid;
    std::string_view date{};        // a whole line with its CRLF, or nothing
    std::string_view request_id{};  // checked already
    std::string_view cors{};        // whole lines with their CRLF, or nothing
};

// Appends status line and fields up to the empty line. Fields that are the server's business
// (Content-Length, Transfer-Encoding, Connection, Date, X-Request-Id) are left out of the
// handler's; control characters in a value become spaces, so that no value can begin a field of its
// own. What keeps foreign pages from using an answer is added if the handler has not set it.
void append_head(std::string& out, const Response& response, const Framing& framing);

// The beginning of a chunk of `size` bytes: its size and CRLF.
std::string chunk_head(std::size_t size);

}  // namespace http
