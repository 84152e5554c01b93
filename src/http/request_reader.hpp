// Turns the bytes of a connection into requests, and refuses what is not plain HTTP/1.1 or 1.0.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.hpp"
#include "http/problem.hpp"
#include "http/server.hpp"

namespace http {

// Stricter than HTTP asks for wherever two readers of the same bytes could see two different
// requests (smuggling): one Content-Length or exactly `chunked`, never both, one Host, no folding.
class RequestReader {
public:
    enum class Stage { idle, header, body, complete, refused };

    explicit RequestReader(const Limits& limits);
    ~RequestReader();
    RequestReader(const RequestReader&) = delete;
    RequestReader& operator=(const RequestReader&) = delete;

    void append(std::string_view bytes);
    // Reads on as far as the bytes go. Stays at `complete` and `refused` until next().
    Stage advance();
    // On to the request after this one.
    void next();

    // True once per request, when its sender waits for a "100 Continue" before it sends the body.
    bool take_wish_to_continue();
    // At `complete`. Leaves id and received to the session.
    Request take_request();
    // Bytes of what comes after the request are there already.
    [[nodiscard]] bool has_more() const { return !unread().empty(); }
    // At `refused`: what to answer before the connection is closed.
    [[nodiscard]] const Problem& refusal() const { return *refusal_; }

    // At `complete`. Only the header decides it, never a trailer.
    [[nodiscard]] bool keep_alive() const { return keep_alive_; }
    [[nodiscard]] bool is_http_1_0() const;

private:
    class Parser;

    [[nodiscard]] std::string_view unread() const {
        return std::string_view(buffer_).substr(consumed_);
    }
    void read_header();
    // Bytes of the header up to and with its empty line; 0 when that has not come yet.
    std::size_t find_header_end(std::string_view text);
    void parse_header(std::string_view text);
    void check_header();
    void check_host(std::string_view value);
    void check_target();
    void take_authority_of_target();
    void read_body();
    // Reads what comes before a chunk's data, or the last chunk with the trailer, if it is whole.
    void read_chunk_header();
    void read_trailer();
    // Whether that came whole, up to `end` (npos: not yet). Refuses one over the limit.
    bool is_whole_chunk_header(std::size_t end);
    // Gives the parser bytes of the body. False if it needs more, or refuses.
    bool parse_body(std::string_view bytes);
    void refuse(int status, const char* type, std::string detail);
    void refuse_malformed(const std::string& detail) { refuse(400, "malformed", detail); }

    const Limits& limits_;
    std::unique_ptr<Parser> parser_;
    std::string buffer_;
    std::size_t consumed_ = 0;  // of the buffer
    std::size_t scanned_ = 0;   // of the header or trailer, for its end
    Stage stage_ = Stage::idle;
    Request request_;
    bool wishes_to_continue_ = false;
    bool keep_alive_ = false;
    bool chunked_ = false;
    bool in_trailer_ = false;  // the last chunk's line came
    std::optional<Problem> refusal_;
};

}  // namespace http
