// An HTTP/1.1 server: one io thread, coroutines, limits on everything. Requests reach the handler
// whole, unless their route streams the body; what is malformed, too large or too slow is answered
// here and never reaches it.
//
//     http::Server server({.address = "127.0.0.1", .port = 3000},
//                         [&](auto request, auto respond) { router.route(request, respond); });
//     server.start();           // listening from here on: server.port()
//     ...
//     server.stop(5s);          // finishes what is in flight
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "http/message.hpp"
#include "http/origin_policy.hpp"

namespace http {

struct Limits {
    std::size_t header_bytes_max = 16 * 1024;
    std::size_t body_bytes_max = 64 * 1024;
    std::chrono::milliseconds header_time_max{10'000};  // from a request's first byte
    std::chrono::milliseconds body_time_max{20'000};
    std::chrono::milliseconds idle_time_max{60'000};
    std::chrono::milliseconds write_time_max{20'000};  // for each write to make progress
    // Of a body that is streamed: its size, how long nothing may come while the handler wants
    // more, and how long the whole of it may take.
    std::size_t streamed_body_bytes_max = 64 * 1024 * 1024;
    std::chrono::milliseconds streamed_idle_time_max{60'000};
    std::chrono::milliseconds streamed_time_max{3'600'000};
    // Beyond: accepted, answered 503, closed. One address has at most as many as are free, so that
    // others find some (base/fair_shares.hpp).
    std::size_t connections_max = 4'000;
    // Connections over the limit that may at one time be told so; those beyond are just closed.
    std::size_t turned_away_max = 256;
    std::size_t in_flight_max = 4'000;  // requests at the handler; beyond: 503 `overloaded`
    // Memory of all answers that are being written, to readers who may be slow. Beyond it an answer
    // over 64 KiB becomes a 503 `overloaded`, and a stream that wants to go on is cut.
    std::size_t answer_bytes_max = 256 * 1024 * 1024;
};

// One line of the access log.
struct Access {
    std::string client;  // address:port
    std::string method;
    std::string target;
    int status;
    std::size_t bytes;               // of the answer's body
    std::chrono::microseconds time;  // from complete receipt to answer
    std::string id;                  // X-Request-Id
};

struct ServerOptions {
    std::string address = "127.0.0.1";  // numeric
    std::uint16_t port = 0;             // 0: any free one
    Limits limits{};
    OriginPolicyOptions origins{};         // which hosts and pages it answers
    base::Clock clock = base::system_now;  // for the Date header
    // Whether the handler takes this request's body while it arrives (Router::streams_body). Knows
    // method, path and header. May be empty; runs on the io thread.
    std::function<bool(const Request&)> streams_body{};
    std::function<void(const Access&)> on_access{};  // may be empty; runs on the io thread
    // What the operator should know, e.g. that a handler threw. May be empty; runs on the io
    // thread.
    std::function<void(std::string_view)> on_error{};
};

class Server {
public:
    Server(ServerOptions options, Handler handler);
    ~Server();  // stops, if that was not done

    // Binds, listens, and serves on a thread of its own. Throws std::system_error when the address
    // can't be had; its what() says which address and why.
    void start();
    [[nodiscard]] std::uint16_t port() const;

    // Accepts nobody further, closes idle connections, lets requests in flight be answered (with
    // `Connection: close`) for at most `patience`, then closes everything. Blocks until done. Any
    // thread but the io thread, so not a handler; a second call has nothing left to do.
    void stop(std::chrono::milliseconds patience);

    struct Counters {
        std::size_t connections;
        std::size_t in_flight;
        std::uint64_t turned_away;  // connections, so far
    };
    [[nodiscard]] Counters counters() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace http
