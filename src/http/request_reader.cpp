#include "http/request_reader.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <limits>

#include "http/ascii.hpp"
#include "http/host.hpp"
#include "http/percent.hpp"

namespace http {
namespace {

namespace beast = boost::beast;
using Error = beast::error_code;
using Text = beast::string_view;

std::string_view view(Text text) {
    return {text.data(), text.size()};
}

// A buffer that grew for a large request is given back when it has been read.
constexpr std::size_t kept_buffer_bytes_max = 4096;

const RequestReader::StreamsBody no_streams;

}  // namespace

// Beast's parser, which fills a Request. It is used again for each request by being made afresh.
class RequestReader::Parser final : public beast::http::basic_parser<true> {
public:
    explicit Parser(Request& request) : request_(request) {
        // The header's size is checked before it gets here, that of the body after the header.
        header_limit(std::numeric_limits<std::uint32_t>::max());
        body_limit(boost::none);
    }

    [[nodiscard]] bool is_http_1_0() const { return version_ == 10; }
    // Of the current chunk; 0: a chunk's header comes next.
    [[nodiscard]] std::uint64_t chunk_bytes_left() const { return chunk_bytes_left_; }
    [[nodiscard]] bool follows_chunk() const { return follows_chunk_; }

private:
    void on_request_impl(beast::http::verb, Text method, Text target, int version,
                         Error&) override {
        version_ = version;
        request_.method = view(method);
        request_.target = view(target);
    }
    void on_response_impl(int, Text, int, Error&) override {}
    void on_field_impl(beast::http::field, Text name, Text value, Error&) override {
        if (is_header_done()) return;  // a trailer: nothing here asks for any
        request_.headers.add(std::string(view(name)), std::string(view(value)));
    }
    void on_header_impl(Error&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>&, Error&) override {}
    std::size_t on_body_impl(Text body, Error&) override {
        request_.body.append(view(body));
        return body.size();
    }
    void on_chunk_header_impl(std::uint64_t size, Text, Error&) override {
        chunk_bytes_left_ = size;
        follows_chunk_ = true;
    }
    std::size_t on_chunk_body_impl(std::uint64_t left, Text body, Error&) override {
        request_.body.append(view(body));
        chunk_bytes_left_ = left - body.size();
        return body.size();
    }
    void on_finish_impl(Error&) override {}

    Request& request_;
    int version_ = 11;
    std::uint64_t chunk_bytes_left_ = 0;
    bool follows_chunk_ = false;
};

RequestReader::RequestReader(const Limits& limits, const StreamsBody& streams_body)
    : limits_(limits), streams_body_(streams_body), parser_(std::make_unique<Parser>(request_)) {}

RequestReader::RequestReader(const Limits& limits) : RequestReader(limits, no_streams) {}

RequestReader::~RequestReader() = default;

void RequestReader::append(std::string_view bytes) {
    buffer_.erase(0, consumed_);
    consumed_ = 0;
    buffer_.append(bytes);
}

RequestReader::Stage RequestReader::advance() {
    if (stage_ == Stage::idle || stage_ == Stage::header) {
        read_header();
        if (streamed_) return stage_;
    }
    if (stage_ == Stage::body) read_body();
    return stage_;
}

void RequestReader::next() {
    std::destroy_at(parser_.get());
    std::construct_at(parser_.get(), request_);
    request_ = {};
    stage_ = Stage::idle;
    scanned_ = 0;
    wishes_to_continue_ = false;
    streamed_ = false;
    chunked_ = false;
    in_trailer_ = false;
    refusal_.reset();
    if (!unread().empty()) return;
    buffer_.clear();
    consumed_ = 0;
    if (buffer_.capacity() > kept_buffer_bytes_max) buffer_ = {};
}

bool RequestReader::take_wish_to_continue() {
    const bool nothing_came = unread().empty() && request_.body.empty();
    const bool waits = wishes_to_continue_ && stage_ == Stage::body && nothing_came;
    wishes_to_continue_ = false;
    return waits;
}

Request RequestReader::take_request() {
    std::string streamed = streamed_ ? take_body() : std::string();
    Request request = std::move(request_);
    request_ = {};
    request_.body = std::move(streamed);
    return request;
}

bool RequestReader::is_http_1_0() const {
    return parser_->is_http_1_0();
}

void RequestReader::read_header() {
    if (stage_ == Stage::idle) {
        // Some clients send an empty line after a body (RFC 9112, 2.2).
        while (unread().starts_with("\r\n")) consumed_ += 2;
        if (unread().empty() || unread() == "\r") return;
        stage_ = Stage::header;
    }
    // What lies over the limit is not looked at: the refusal must not depend on how much came.
    const std::size_t end = find_header_end(unread().substr(0, limits_.header_bytes_max));
    if (stage_ == Stage::refused) return;
    const std::size_t size = end != 0 ? end : unread().size();
    if (size > limits_.header_bytes_max) {
        refuse(431, "header-too-large",
               "Request line and header fields take more than " +
                   std::to_string(limits_.header_bytes_max) + " bytes.");
        return;
    }
    if (end == 0) return;
    parse_header(unread().substr(0, end));
}

std::size_t RequestReader::find_header_end(std::string_view text) {
    for (;;) {
        const std::size_t feed = text.find('\n', scanned_);
        if (feed == std::string_view::npos) return 0;
        const std::size_t line = scanned_;
        if (feed == line || text[feed - 1] != '\r') {
            refuse_malformed("A line of the header does not end with CR LF.");
            return 0;
        }
        if (line > 0 && (text[line] == ' ' || text[line] == '\t')) {
            refuse_malformed("A header field is folded over several lines.");
            return 0;
        }
        scanned_ = feed + 1;
        if (feed == line + 1) return scanned_;
    }
}

void RequestReader::parse_header(std::string_view text) {
    Error error;
    consumed_ += parser_->put(boost::asio::const_buffer(text.data(), text.size()), error);
    if (error || !parser_->is_header_done()) {
        refuse_malformed("The header is not valid HTTP: " + error.message() + ".");
        return;
    }
    keep_alive_ = parser_->keep_alive();
    check_header();
    if (stage_ != Stage::refused) check_target();
    if (stage_ != Stage::refused) choose_body();
    if (stage_ != Stage::refused) stage_ = parser_->is_done() ? Stage::complete : Stage::body;
}

void RequestReader::check_header() {
    std::size_t hosts = 0;
    std::size_t lengths = 0;
    std::size_t encodings = 0;
    for (const auto& [name, value] : request_.headers) {
        if (same_ignoring_case(name, "Host")) {
            ++hosts;
            check_host(value);
        }
        if (same_ignoring_case(name, "Content-Length")) {
            ++lengths;
            const bool digits = value.find_first_not_of("0123456789") == std::string::npos;
            if (value.empty() || !digits) return refuse_malformed("Content-Length is no number.");
        }
        if (same_ignoring_case(name, "Transfer-Encoding")) {
            ++encodings;
            chunked_ = same_ignoring_case(value, "chunked");
        }
        if (same_ignoring_case(name, "Expect")) {
            wishes_to_continue_ = !is_http_1_0() && same_ignoring_case(value, "100-continue");
        }
    }
    if (hosts > 1) return refuse_malformed("There is more than one Host.");
    if (hosts == 0 && !is_http_1_0()) return refuse_malformed("Host is missing.");
    if (lengths > 1) return refuse_malformed("There is more than one Content-Length.");
    if (encodings == 0) return;
    if (encodings > 1 || !chunked_) {
        return refuse_malformed("The only Transfer-Encoding taken is exactly 'chunked'.");
    }
    if (lengths > 0)
        return refuse_malformed("Transfer-Encoding and Content-Length exclude each other.");
    if (is_http_1_0()) return refuse_malformed("HTTP/1.0 has no Transfer-Encoding.");
}

void RequestReader::choose_body() {
    streamed_ = streams_body_ && streams_body_(request_);
    parser_->body_limit(body_bytes_max());
    const auto length = parser_->content_length();
    if (length && *length > body_bytes_max()) refuse_large_body();
}

void RequestReader::check_host(std::string_view value) {
    auto host = parse_host(value);
    if (!host) return refuse_malformed("Host is not a name with an optional port.");
    request_.host = std::move(*host);
}

void RequestReader::check_target() {
    const std::string& target = request_.target;
    if (!target.starts_with('/')) take_authority_of_target();
    if (stage_ == Stage::refused) return;
    const bool printable =
        std::ranges::all_of(target, [](char c) { return c > ' ' && c < '\x7F'; });
    if (!target.starts_with('/') || !printable || target.find('#') != std::string::npos) {
        return refuse_malformed("The request's target is not a path that begins with '/'.");
    }
    const std::size_t mark = std::min(target.find('?'), target.size());
    request_.path = target.substr(0, mark);
    if (!percent_decode(request_.path)) return refuse_malformed("The path can't be decoded.");
    if (mark == target.size()) return;
    auto query = parse_query(std::string_view(target).substr(mark + 1));
    if (!query) return refuse_malformed("The query can't be decoded.");
    request_.query = std::move(*query);
}

// The absolute form, "http://host:port/path?query", becomes the origin form. Its authority replaces
// the Host field, so that nobody after this reads another host (RFC 9112, 3.2.2).
void RequestReader::take_authority_of_target() {
    const std::string_view target = request_.target;
    const std::size_t colon = target.find("://");
    if (colon == std::string_view::npos) return;
    const std::string_view scheme = target.substr(0, colon);
    if (!same_ignoring_case(scheme, "http") && !same_ignoring_case(scheme, "https")) return;
    const std::string_view rest = target.substr(colon + 3);
    const std::size_t size = std::min(rest.find_first_of("/?#"), rest.size());
    const std::string authority(rest.substr(0, size));
    auto host = parse_host(authority);
    if (!host || host->name.empty()) {
        return refuse_malformed("The target's authority is not a host with an optional port.");
    }
    request_.host = std::move(*host);
    request_.headers.set("Host", authority);
    const std::string_view path = rest.substr(size);
    request_.target = (path.starts_with('/') ? "" : "/") + std::string(path);
}

void RequestReader::read_body() {
    while (stage_ == Stage::body && !unread().empty()) {
        const std::size_t before = consumed_;
        if (chunked_ && parser_->chunk_bytes_left() == 0) {
            read_chunk_header();
        } else {
            parse_body(unread());
        }
        if (consumed_ == before) return;
    }
}

// The parser of Boost 1.81 asserts that the last chunk does not come in pieces. It therefore gets
// whole lines only, and one after the other, so that what it makes of them depends on the bytes
// alone and not on how they were cut.
void RequestReader::read_chunk_header() {
    if (in_trailer_) return read_trailer();
    const std::string_view bytes = unread();
    // The line end after the data of the chunk before belongs to it.
    const std::size_t start = parser_->follows_chunk() ? 2 : 0;
    const std::size_t feed = bytes.find('\n', start);
    const std::size_t end = feed == std::string_view::npos ? feed : feed + 1;
    if (!is_whole_chunk_header(end)) return;
    const bool data_ended = start == 0 || bytes.starts_with("\r\n");
    if (!data_ended || feed == 0 || bytes[feed - 1] != '\r') {
        return refuse_malformed("A line of the chunked body does not end with CR LF.");
    }
    if (parse_body(bytes.substr(0, end)) || stage_ == Stage::refused) return;
    in_trailer_ = true;  // for the last chunk it needs more, up to the end of the trailer
    scanned_ = 0;
    read_trailer();
}

void RequestReader::read_trailer() {
    const std::string_view bytes = unread();
    constexpr std::string_view last_line_end = "\r\n\r\n";
    const std::size_t found = bytes.find(last_line_end, scanned_);
    const bool whole = found != std::string_view::npos;
    const std::size_t end = whole ? found + last_line_end.size() : found;
    if (!whole) scanned_ = bytes.size() - std::min(bytes.size(), last_line_end.size() - 1);
    if (!is_whole_chunk_header(end)) return;
    const std::string_view trailer = bytes.substr(0, end);
    const bool folded = trailer.find("\n ") != std::string_view::npos ||
                        trailer.find("\n\t") != std::string_view::npos;
    if (folded) return refuse_malformed("A trailer field is folded over several lines.");
    if (!parse_body(trailer) && stage_ != Stage::refused) {
        refuse_malformed("The last chunk is not valid HTTP.");
    }
}

bool RequestReader::is_whole_chunk_header(std::size_t end) {
    const bool whole = end != std::string_view::npos;
    if ((whole ? end : unread().size()) <= limits_.header_bytes_max) return whole;
    refuse_malformed("A chunk's header, or the trailer, is too long.");
    return false;
}

bool RequestReader::parse_body(std::string_view bytes) {
    Error error;
    consumed_ += parser_->put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
    if (error == beast::http::error::need_more) return false;
    if (error == beast::http::error::body_limit) {
        refuse_large_body();
    } else if (error) {
        refuse_malformed("The body is not valid HTTP: " + error.message() + ".");
    } else if (parser_->is_done()) {
        stage_ = Stage::complete;
    }
    return !error;
}

void RequestReader::refuse_large_body() {
    refuse(413, "too-large",
           "The body is larger than " + std::to_string(body_bytes_max()) + " bytes.");
}

void RequestReader::refuse(int status, const char* type, std::string detail) {
    refusal_.emplace(status, type, std::move(detail));
    stage_ = Stage::refused;
}

}  // namespace http
