// One connection: reads its requests, hands each to the handler, writes its answer. Everything here
// runs on the server's io thread.
#pragma once

#include <array>
#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "http/mailbox.hpp"
#include "http/message.hpp"
#include "http/request_ids.hpp"
#include "http/request_reader.hpp"
#include "http/server.hpp"
#include "http/wire.hpp"

namespace http {

// Named executor types instead of any_io_executor: it is a good part of the speed.
using Executor = boost::asio::io_context::executor_type;
using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>;
using Token = boost::asio::use_awaitable_t<Executor>;
template <class T>
using Task = boost::asio::awaitable<T, Executor>;
using Clock = std::chrono::steady_clock;

inline constexpr std::size_t scratch_bytes = 64UL * 1024;

// What the sessions of a server share.
struct Core {
    OriginPolicy origins;
    ServerOptions options;
    Handler handler;
    std::shared_ptr<Mailbox> mailbox;
    RequestIds ids{};
    std::atomic<std::size_t> connections = 0;
    std::atomic<std::size_t> in_flight = 0;
    std::size_t answer_bytes = 0;  // of the answers that are being written
    std::string date{};            // the Date line of this second
    bool stopping = false;
    // Sockets are read into this and only what came is kept, so that a waiting connection costs
    // no buffer.
    std::array<char, scratch_bytes> scratch{};

    void report(std::string_view what) const {
        if (options.on_error) options.on_error(what);
    }
};

// Of a connection's address; see Request::caller.
std::string caller_of(const boost::asio::ip::address& address);

class Session {
public:
    Session(Core& core, Socket socket, std::string caller);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    // Serves the connection until it ends.
    Task<void> run();
    // Answers 503 without reading a request, and closes.
    Task<void> turn_away();

    // Ends a wait whose time is up. To be called every now and then.
    void check_deadline(Clock::time_point now);
    // The server stops: ends the connection if it is between two requests, and a body that is being
    // streamed.
    void begin_stop();
    // Ends the connection whatever it is doing.
    void abort();
    // The answer to the request at the handler, or a piece of its stream.
    void deliver(std::variant<Response, Piece> content);

private:
    // Somebody who waits for a delivery: a coroutine's handler with its type erased, because
    // Boost 1.81's any_completion_handler corrupts the heap.
    struct Waiter {
        virtual ~Waiter() = default;
        virtual void wake() = 0;
    };
    template <class CompletionHandler>
    struct WaiterOf;
    struct KeepWaiter;

    // The outstanding waits of an exchange that reads and writes at the same time. Plain memory, as
    // they may end after the session.
    struct Watch {
        Session* session = nullptr;
        bool reading = false;
        bool writing = false;
    };
    // Such an exchange: the body comes while the answer goes.
    struct Duplex;

    // What has to be known of a request when its answer comes.
    struct Turn {
        std::string id;
        std::string method;  // these two for the access log only
        std::string target;
        std::string cors;  // lines of the answer's head
        Clock::time_point received;
        bool head = false;
        bool http_1_0 = false;
        bool keep_alive = false;
    };

    enum class Outcome { request, refused, gone };
    Task<Outcome> receive();
    RequestReader::Stage read_on();
    Outcome refuse_late();
    Turn begin_turn(Request& request);
    // Takes the request to the handler, or answers it.
    void admit(Request request);
    void hand_over(Request request);
    void end_exchange();
    // False when the connection has to end.
    Task<bool> answer_request();
    Task<bool> send(Response response);
    [[nodiscard]] bool has_room_for(std::size_t bytes) const;
    Task<bool> send_body(const Response& response);
    Task<bool> send_stream(BodyStream stream);
    Task<std::optional<Piece>> next_piece(const BodyStream& stream);
    void ask_for_piece(const BodyStream& stream);
    void cut();
    Task<void> send_refusal(const Problem& problem);

    // Of session_duplex.cpp. False when the connection has to end.
    Task<bool> exchange_streams();
    enum class Next { again, wait, done, broken };
    Next step(Duplex& duplex);
    // What came from the handler goes into out_. False if the stream failed.
    bool take_answer(Duplex& duplex);
    void begin_answer(Duplex& duplex, Response response);
    // Writes as much of out_ as goes at once. False if the reader has gone, or doesn't read.
    bool flush(Duplex& duplex);
    // Gives the handler what it wants, if that is there. False: it isn't, or it wants nothing.
    bool feed(Duplex& duplex);
    void read_body(Duplex& duplex);
    void advance_body(Duplex& duplex);
    void end_body(Duplex& duplex);
    void watch(const Duplex& duplex);
    void arm(Socket::wait_type type, bool Watch::* armed);
    void wake_soon();

    // Writes what is waiting in out_, then `body`.
    Task<bool> write(std::string_view body);
    Task<bool> wait(Socket::wait_type type, Clock::time_point deadline);
    Task<void> delivery();
    Task<void> linger();
    void wake();
    // At most as many bytes, into core_.scratch. 0 without end_of_input_ is a false alarm.
    std::size_t read_some(std::size_t bytes_max = scratch_bytes);
    [[nodiscard]] Framing framing(const Response& response) const;
    void log_access(int status) const;

    Core& core_;
    Socket socket_;
    std::string caller_;  // see Request
    std::string client_;  // for the access log
    RequestReader reader_;
    std::optional<Problem> refusal_;  // of a request that came late or can't be read
    std::string out_;                 // to be written, up to a few answers
    Turn turn_;
    std::size_t body_bytes_ = 0;  // of the answer, as sent

    Clock::time_point deadline_ = Clock::time_point::max();
    bool expired_ = false;
    bool idle_ = false;
    bool aborted_ = false;
    bool end_of_input_ = false;
    bool broken_ = false;  // a write could not be finished

    std::shared_ptr<Exchange> exchange_;
    std::unique_ptr<Waiter> waiter_;
    std::optional<Response> response_;
    std::optional<Piece> piece_;
    IncomingBody::OnPiece wanted_;  // empty: the handler wants nothing of the body
    std::shared_ptr<Watch> watch_;  // since the first streamed body
};

}  // namespace http
