// HTTP requests and responses as plain values, so that the code that answers them needs no HTTP
// library. The server (server.hpp) turns bytes into a Request and a Response into bytes.
//
//     void hello(http::Request request, http::Responder respond) {
//         respond(http::Response::text(200, "Hello, " + request.parameter("name")));
//     }
#pragma once

#include <chrono>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/host.hpp"

namespace http {

// Header fields or query parameters: in the order received, repeats kept.
using Field = std::pair<std::string, std::string>;

// Header fields; names compare without regard to case.
class Headers {
public:
    Headers() = default;
    Headers(std::initializer_list<Field> fields) : fields_(fields) {}

    void add(std::string name, std::string value);
    // Replaces every field of that name.
    void set(std::string name, std::string value);
    // The first field of that name, or nullptr.
    [[nodiscard]] const std::string* find(std::string_view name) const;
    // Every value of that name, in order.
    [[nodiscard]] std::vector<std::string_view> all(std::string_view name) const;

    [[nodiscard]] auto begin() const { return fields_.begin(); }
    [[nodiscard]] auto end() const { return fields_.end(); }

private:
    std::vector<Field> fields_;
};

// A body that a handler reads while it arrives, if its route asks for that (http::Body::streamed).
// The server reads nothing from the connection unless the handler wants it: so a sender that is
// faster than the handler is slowed down.
struct IncomingBody {
    // Why nothing more comes, in the form of a problem.
    struct Failure {
        int status = 400;
        std::string type;
        std::string detail;
    };
    struct Piece {
        std::string data;
        bool last = false;                 // the body is complete with this piece
        std::optional<Failure> failure{};  // nothing more comes, and the body is not complete
    };
    using OnPiece = std::function<void(Piece)>;
    // Wants the next piece. To be called on the io thread alone: in the handler, in the callback,
    // or in the `next` of the answer's BodyStream; not again before the callback, which runs on
    // the io thread, too. If the connection ends it is dropped instead.
    std::function<void(OnPiece)> next;
    // Whether the server stops, so that no more work should be begun. On the io thread alone, too.
    std::function<bool()> is_stopping;
};

struct Request {
    std::string method;                  // as sent, e.g. "GET"
    std::string target;                  // in origin form, e.g. "/metrics/a%20b?x=1"
    Host host;                           // for whom it is: the Host field, or the target's own
    std::string path;                    // the target up to '?', still percent-encoded
    std::vector<Field> query;            // decoded
    std::vector<Field> path_parameters;  // decoded, by the router
    Headers headers;
    std::string body;                             // whole, unless it is streamed
    std::optional<IncomingBody> incoming_body{};  // of a route that streams it, instead of `body`
    // The address that the connection comes from, by which callers are told apart: IPv4, or the
    // network of 64 bits that an IPv6 address belongs to. Behind a proxy it is the proxy's.
    std::string caller;
    std::string id;  // the X-Request-Id: the caller's, or made by the server
    std::chrono::steady_clock::time_point
        received;  // when the last byte of it, or of its header if the body is streamed, had come
    // A link of another site's page led here. That page learns when the answer comes, so the time
    // must not depend on what is stored.
    bool from_other_site = false;

    // The value of a path parameter that the route names, e.g. "id" of "/metrics/{id}". Throws
    // std::logic_error when the route doesn't name it.
    [[nodiscard]] const std::string& parameter(std::string_view name) const;
};

// A body that is made piece by piece while it is sent (chunked). The server calls `next` when the
// piece before has been written; the answer comes through the sink, on any thread, exactly once:
// `done` with a piece, `done` with nullopt at the end, or `fail` when the stream cannot go on (the
// connection is then cut, so that the reader sees a truncated body, never a short complete one).
// A sink that is dropped unused counts as `fail`. When the reader goes away the stream is
// destroyed, perhaps while a piece is being made; what comes through the sink then is ignored.
struct BodyStream {
    struct Sink {
        std::function<void(std::optional<std::string>)> done;
        std::function<void()> fail;
    };
    std::function<void(Sink)> next;
};

struct Response {
    int status = 200;
    Headers headers;
    std::string body;
    std::optional<BodyStream> stream;  // instead of `body`

    static Response text(int status, std::string body);  // text/plain; charset=utf-8
    static Response json(int status, std::string body);  // application/json
};

// Answers one request. May be copied and called from any thread, the first call counts; when the
// last copy goes unused the client gets a 500 problem.
class Responder {
public:
    // `request_id` is for the 500 of an unused one.
    explicit Responder(std::function<void(Response)> send, std::string request_id = {});
    void operator()(Response response) const;

private:
    struct State;
    std::shared_ptr<State> state_;
};

// Must not block: it runs on the server's io thread.
using Handler = std::function<void(Request, Responder)>;

}  // namespace http
