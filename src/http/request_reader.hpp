// Turns the bytes of a connection into requests, and refuses what is not plain HTTP/1.1 or 1.0.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "http/message.hpp"
#include "http/problem.hpp"
#include "http/server.hpp"

namespace http {

// Stricter than HTTP asks for wherever two readers of the same bytes could see two different
// requests (smuggling): one Content-Length or exactly `chunked`, never both, one Host, no folding.
class RequestReader {
public:
    enum class Stage { idle, header, body, complete, refused };
    // Whether the body of a request, of which the header is known, is streamed.
    using StreamsBody = std::function<bool(const Request&)>;

    // `streams_body` may be empty. Both outlive the reader.
    RequestReader(const Limits& limits, const StreamsBody& streams_body);
    explicit RequestReader(const Limits& limits);
    ~RequestReader();
    RequestReader(const RequestReader&) = delete;
    RequestReader& operator=(const RequestReader&) = delete;

    void append(std::string_view bytes);
    // Reads on as far as the bytes go; pauses at `body` before a body that is streamed. Stays at
    // `complete` and `refused` until next().
    Stage advance();
    // On to the request after this one.
    void next();

    // True once per request, when its sender waits for a "100 Continue" before it sends the body.
    bool take_wish_to_continue();
    // At `complete`, or at `body` if it is streamed. Leaves id and received to the session.
    Request take_request();
    // From `body` on: whether the request can be taken before its body is complete.
    [[nodiscard]] bool is_streamed() const { return streamed_; }
    // Of a streamed body: what came since it was last taken.
    [[nodiscard]] bool has_body() const { return !request_.body.empty(); }
    std::string take_body() { return std::exchange(request_.body, {}); }
    [[nodiscard]] Stage stage() const { return stage_; }
    // Bytes of what comes after the request are there already.
    [[nodiscard]] bool has_more() const { return !unread().empty(); }
    // At `refused`: what to answer before the connection is closed.
    [[nodiscard]] const Problem& refusal() const { return *refusal_; }

    // From `body` on. Only the header decides it, never a trailer.
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
    // Decides by the route how the body is taken, and how much of it.
    void choose_body();
    [[nodiscard]] std::size_t body_bytes_max() const {
        return streamed_ ? limits_.streamed_body_bytes_max : limits_.body_bytes_max;
    }
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
    void refuse_large_body();
    void refuse(int status, const char* type, std::string detail);
    void refuse_malformed(const std::string& detail) { refuse(400, "malformed", detail); }

    const Limits& limits_;
    const StreamsBody& streams_body_;
    std::unique_ptr<Parser> parser_;
    std::string buffer_;
    std::size_t consumed_ = 0;  // of the buffer
    std::size_t scanned_ = 0;   // of the header or trailer, for its end
    Stage stage_ = Stage::idle;
    Request request_;
    bool wishes_to_continue_ = false;
    bool keep_alive_ = false;
    bool streamed_ = false;
    bool chunked_ = false;
    bool in_trailer_ = false;  // the last chunk's line came
    std::optional<Problem> refusal_;
};

}  // namespace http
