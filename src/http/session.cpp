#include "http/session.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <exception>

#include "http/problem.hpp"

namespace http {
namespace {

namespace asio = boost::asio;
using Error = boost::system::error_code;
using std::chrono::seconds;

// Answers to pipelined requests are written together until they are this many bytes, and a body
// up to this size is copied behind its head instead of being written as a buffer of its own.
constexpr std::size_t out_bytes_max = 32 * 1024;
constexpr std::size_t small_answer_bytes_max = 64 * 1024;
constexpr std::size_t copied_body_bytes_max = 8 * 1024;
constexpr std::size_t kept_out_bytes_max = 4 * 1024;

// How long and how much is read on after the last answer, so that it is not lost to a reset.
constexpr seconds linger_time_max{2};
constexpr std::size_t linger_bytes_max = 4 * 1024 * 1024;

}  // namespace

template <class CompletionHandler>
struct Session::WaiterOf : Waiter {
    explicit WaiterOf(CompletionHandler to_resume) : handler(std::move(to_resume)) {}
    void wake() override {
        CompletionHandler resumed = std::move(handler);
        std::move(resumed)();
    }
    CompletionHandler handler;
};

struct Session::KeepWaiter {
    Session* session;
    template <class CompletionHandler>
    void operator()(CompletionHandler handler) const {
        session->waiter_ = std::make_unique<WaiterOf<CompletionHandler>>(std::move(handler));
    }
};

std::string caller_of(const asio::ip::address& address) {
    if (address.is_v4()) return address.to_string();
    const asio::ip::address_v6 v6 = address.to_v6();
    if (v6.is_v4_mapped()) return asio::ip::make_address_v4(asio::ip::v4_mapped, v6).to_string();
    // Whoever has an address of IPv6 mostly has a whole network of them.
    constexpr std::size_t network_bytes = 8;
    auto bytes = v6.to_bytes();
    std::fill(bytes.begin() + network_bytes, bytes.end(), 0);
    return asio::ip::address_v6(bytes).to_string();
}

Session::Session(Core& core, Socket socket, std::string caller)
    : core_(core),
      socket_(std::move(socket)),
      caller_(std::move(caller)),
      reader_(core.options.limits, core.options.streams_body) {
    Error ignored;
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
    socket_.non_blocking(true, ignored);
    if (!core_.options.on_access) return;
    const auto peer = socket_.remote_endpoint(ignored);
    client_ = peer.address().to_string() + ":" + std::to_string(peer.port());
}

Session::~Session() {
    end_exchange();
    if (watch_) watch_->session = nullptr;
}

Task<void> Session::run() {
    for (;;) {
        const Outcome outcome = co_await receive();
        if (outcome == Outcome::gone) co_return;
        if (outcome == Outcome::refused) {
            const Problem problem = refusal_ ? *refusal_ : reader_.refusal();
            co_await send_refusal(problem);
            co_return;
        }
        const bool goes_on = co_await answer_request();
        if (!goes_on) {
            co_await linger();
            co_return;
        }
        // Of pipelined requests one is answered at a time: others have their turn in between.
        if (reader_.has_more()) co_await asio::post(socket_.get_executor(), Token{});
    }
}

Task<void> Session::turn_away() {
    const Problem problem = Problem::overloaded("There are too many connections.");
    co_await send_refusal(problem);
}

Task<Session::Outcome> Session::receive() {
    const Limits& limits = core_.options.limits;
    using Stage = RequestReader::Stage;
    reader_.next();
    auto timed_stage = Stage::complete;
    Clock::time_point deadline;
    for (;;) {
        const Stage stage = read_on();
        if (stage == Stage::complete) co_return Outcome::request;
        if (stage == Stage::body && reader_.is_streamed()) co_return Outcome::request;
        if (stage == Stage::refused) co_return Outcome::refused;
        if (reader_.take_wish_to_continue()) out_ += "HTTP/1.1 100 Continue\r\n\r\n";
        if (!out_.empty()) {
            const bool written = co_await write({});
            if (!written) co_return Outcome::gone;
        }
        if (stage != timed_stage) {
            timed_stage = stage;
            const auto time_max = stage == Stage::idle     ? limits.idle_time_max
                                  : stage == Stage::header ? limits.header_time_max
                                                           : limits.body_time_max;
            deadline = Clock::now() + time_max;
        }
        idle_ = stage == Stage::idle;
        if (idle_ && core_.stopping) co_return Outcome::gone;
        const bool readable = co_await wait(Socket::wait_read, deadline);
        if (!readable) co_return idle_ ? Outcome::gone : refuse_late();
        idle_ = false;
        const std::size_t size = read_some();
        if (end_of_input_) co_return Outcome::gone;
        reader_.append({core_.scratch.data(), size});
    }
}

// An exception, e.g. from an assertion of the HTTP library (docs/adr/0013), ends this connection;
// the others continue.
RequestReader::Stage Session::read_on() {
    try {
        return reader_.advance();
    } catch (const std::exception& error) {
        core_.report(std::string("a request can't be read: ") + error.what());
        refusal_.emplace(Problem::internal());
        return RequestReader::Stage::refused;
    }
}

Session::Outcome Session::refuse_late() {
    if (!expired_ || aborted_) return Outcome::gone;
    refusal_.emplace(408, "timeout", "The request was not complete in time.");
    return Outcome::refused;
}

Session::Turn Session::begin_turn(Request& request) {
    const std::string* id = request.headers.find("X-Request-Id");
    Turn turn;
    turn.id = id != nullptr && RequestIds::is_fit(*id) ? *id : core_.ids.next();
    turn.received = Clock::now();
    turn.head = request.method == "HEAD";
    turn.http_1_0 = reader_.is_http_1_0();
    if (core_.options.on_access) {
        turn.method = request.method;
        turn.target = request.target;
    }
    request.id = turn.id;
    request.received = turn.received;
    request.caller = caller_;
    return turn;
}

Task<bool> Session::answer_request() {
    Request request = reader_.take_request();
    turn_ = begin_turn(request);
    turn_.keep_alive = reader_.keep_alive();
    admit(std::move(request));
    if (reader_.is_streamed()) {
        const bool ended_well = co_await exchange_streams();
        end_exchange();
        co_return ended_well;
    }
    if (!response_) {
        if (!out_.empty()) {  // the answers before this one must not wait for it
            const bool written = co_await write({});
            if (!written) co_return false;
        }
        while (!response_ && !aborted_) co_await delivery();
    }
    if (aborted_) co_return false;
    Response response = std::move(*response_);
    response_.reset();
    if (!response.stream) end_exchange();
    const bool goes_on = co_await send(std::move(response));
    end_exchange();
    co_return goes_on;
}

void Session::admit(Request request) {
    OriginPolicy::Verdict verdict = core_.origins.judge(request);
    turn_.cors = std::move(verdict.fields);
    if (verdict.answer) {
        response_ = std::move(verdict.answer);
    } else if (core_.in_flight >= core_.options.limits.in_flight_max) {
        response_ = Problem::overloaded("There are too many requests.").response(turn_.id);
    } else {
        request.from_other_site = verdict.from_other_site;
        hand_over(std::move(request));
    }
}

void Session::hand_over(Request request) {
    exchange_ = std::make_shared<Exchange>(Exchange{this, true});
    core_.in_flight.fetch_add(1, std::memory_order_relaxed);
    if (reader_.is_streamed()) {
        IncomingBody& body = request.incoming_body.emplace();
        body.next = [exchange = exchange_](IncomingBody::OnPiece wanted) {
            if (exchange->session != nullptr) exchange->session->wanted_ = std::move(wanted);
        };
        body.is_stopping = [exchange = exchange_] {
            return exchange->session == nullptr || exchange->session->core_.stopping;
        };
    }
    const Responder responder(
        [mailbox = core_.mailbox, exchange = exchange_](Response response) {
            // An answer out of the handler itself needs no detour.
            if (mailbox->on_owner() && exchange->handler_is_running) {
                exchange->session->response_ = std::move(response);
            } else {
                mailbox->put({exchange, std::move(response)});
            }
        },
        turn_.id);
    try {
        core_.handler(std::move(request), responder);
    } catch (const std::exception& error) {
        core_.report("request " + turn_.id + ": the handler threw: " + error.what());
        responder(Problem::internal().response(turn_.id));
    } catch (...) {
        core_.report("request " + turn_.id + ": the handler threw");
        responder(Problem::internal().response(turn_.id));
    }
    exchange_->handler_is_running = false;
}

void Session::end_exchange() {
    if (!exchange_) return;
    exchange_->session = nullptr;
    exchange_.reset();
    core_.in_flight.fetch_sub(1, std::memory_order_relaxed);
}

Framing Session::framing(const Response& response) const {
    Framing framing;
    framing.date = core_.date;
    framing.request_id = turn_.id;
    framing.cors = turn_.cors;
    const bool bodiless = response.status == 204 || response.status == 304;
    framing.chunked = response.stream && !turn_.http_1_0 && !bodiless;
    if (!response.stream && !bodiless) framing.content_length = response.body.size();
    if (!turn_.keep_alive) framing.connection = Framing::Connection::close;
    if (turn_.keep_alive && turn_.http_1_0) framing.connection = Framing::Connection::keep_alive;
    return framing;
}

namespace {

// Counts an answer's memory for as long as it is being written.
class HeldBytes {
public:
    HeldBytes(Core& core, std::size_t bytes) : core_(core), bytes_(bytes) {
        core_.answer_bytes += bytes_;
    }
    ~HeldBytes() { core_.answer_bytes -= bytes_; }
    HeldBytes(const HeldBytes&) = delete;
    HeldBytes& operator=(const HeldBytes&) = delete;

private:
    Core& core_;
    std::size_t bytes_;
};

}  // namespace

// Small answers always have room: their number is limited by that of the connections.
bool Session::has_room_for(std::size_t bytes) const {
    return bytes <= small_answer_bytes_max ||
           core_.answer_bytes + bytes <= core_.options.limits.answer_bytes_max;
}

Task<bool> Session::send(Response response) {
    if (!has_room_for(response.body.size())) {
        response = Problem::overloaded("Too many large answers are being read.").response(turn_.id);
    }
    const HeldBytes held(core_, response.body.size());
    if (core_.stopping) turn_.keep_alive = false;
    const bool bodiless = turn_.head || response.status == 204 || response.status == 304;
    // Without chunks only the end of the connection says where the body ends.
    if (response.stream && turn_.http_1_0 && !bodiless) turn_.keep_alive = false;
    append_head(out_, response, framing(response));
    body_bytes_ = 0;
    bool sent = true;
    if (!bodiless && response.stream) {
        sent = co_await send_stream(std::move(*response.stream));
    } else if (!bodiless) {
        sent = co_await send_body(response);
    }
    if (sent && (!turn_.keep_alive || out_.size() > out_bytes_max)) sent = co_await write({});
    if (core_.options.on_access) log_access(response.status);
    co_return sent&& turn_.keep_alive;
}

Task<bool> Session::send_body(const Response& response) {
    body_bytes_ = response.body.size();
    if (response.body.size() <= copied_body_bytes_max) {
        out_ += response.body;
        co_return true;
    }
    const bool written = co_await write(response.body);
    co_return written;
}

Task<bool> Session::send_stream(BodyStream stream) {
    for (;;) {
        const std::optional<Piece> piece = co_await next_piece(stream);
        if (!piece) co_return false;
        const std::size_t size = piece->data ? piece->data->size() : 0;
        const bool room = has_room_for(size);
        const HeldBytes held(core_, size);
        if (piece->failed || !room) {
            cut();
            co_return false;
        }
        if (!piece->data) break;
        if (piece->data->empty()) continue;  // would read as the end
        body_bytes_ += piece->data->size();
        if (!turn_.http_1_0) out_ += chunk_head(piece->data->size());
        const bool written = co_await write(*piece->data);
        if (!written) co_return false;
        if (!turn_.http_1_0) out_ += "\r\n";
    }
    if (!turn_.http_1_0) out_ += "0\r\n\r\n";
    co_return true;
}

// A reset, so that a reader who goes by the connection's end sees a failure, too.
void Session::cut() {
    Error ignored;
    socket_.set_option(asio::socket_base::linger(true, 0), ignored);
    socket_.close(ignored);
}

// nullopt when the session is to end. A piece always comes by the mailbox, which lets the other
// connections have their turn in between.
Task<std::optional<Piece>> Session::next_piece(const BodyStream& stream) {
    ask_for_piece(stream);
    while (!piece_ && !aborted_) co_await delivery();
    if (aborted_) co_return std::nullopt;
    std::optional<Piece> piece = std::move(piece_);
    piece_.reset();
    co_return piece;
}

void Session::ask_for_piece(const BodyStream& stream) {
    try {
        stream.next(piece_sink(core_.mailbox, exchange_));
    } catch (const std::exception& error) {  // and dropped the sink, which fails the stream
        core_.report("request " + turn_.id + ": the stream threw: " + error.what());
    }
}

Task<void> Session::send_refusal(const Problem& problem) {
    Request request = reader_.take_request();
    turn_ = begin_turn(request);
    turn_.cors = core_.origins.fields(request);  // so that an allowed page can read it
    const bool written = co_await send(problem.response(turn_.id));
    static_cast<void>(written);  // the connection ends either way
    co_await linger();
}

Task<bool> Session::write(std::string_view body) {
    const auto write_time_max = core_.options.limits.write_time_max;
    std::string_view head = out_;
    broken_ = true;  // until it is done
    while (!head.empty() || !body.empty()) {
        const std::array<asio::const_buffer, 2> both{asio::buffer(head), asio::buffer(body)};
        Error error;
        const std::size_t size =
            body.empty() ? socket_.write_some(both[0], error) : socket_.write_some(both, error);
        if (error == asio::error::would_block) {
            const bool writable = co_await wait(Socket::wait_write, Clock::now() + write_time_max);
            if (!writable) co_return false;
            continue;
        }
        if (error) co_return false;
        const std::size_t of_head = std::min(size, head.size());
        head.remove_prefix(of_head);
        body.remove_prefix(size - of_head);
    }
    broken_ = false;
    out_.clear();
    if (out_.capacity() > kept_out_bytes_max) out_ = {};
    co_return true;
}

Task<bool> Session::wait(Socket::wait_type type, Clock::time_point deadline) {
    if (aborted_) co_return false;
    deadline_ = deadline;
    expired_ = false;
    Error error;
    co_await socket_.async_wait(type, asio::redirect_error(Token{}, error));
    deadline_ = Clock::time_point::max();
    co_return !error && !expired_ && !aborted_;
}

Task<void> Session::delivery() {
    return asio::async_initiate<const Token, void()>(KeepWaiter{this}, Token{});
}

Task<void> Session::linger() {
    if (broken_) co_return;
    Error error;
    socket_.shutdown(Socket::shutdown_send, error);
    if (error) co_return;
    const auto deadline = Clock::now() + linger_time_max;
    std::size_t bytes = 0;
    while (bytes < linger_bytes_max) {
        const bool readable = co_await wait(Socket::wait_read, deadline);
        if (!readable) co_return;
        bytes += read_some();
        if (end_of_input_) co_return;
    }
}

void Session::check_deadline(Clock::time_point now) {
    if (now < deadline_) return;
    wake_soon();
    deadline_ = Clock::time_point::max();
    expired_ = true;
    Error ignored;
    socket_.cancel(ignored);
}

void Session::begin_stop() {
    wake_soon();
    Error ignored;
    if (idle_) socket_.cancel(ignored);
}

void Session::abort() {
    aborted_ = true;
    Error ignored;
    socket_.close(ignored);
    wake();
}

void Session::deliver(std::variant<Response, Piece> content) {
    if (auto* response = std::get_if<Response>(&content)) response_ = std::move(*response);
    if (auto* piece = std::get_if<Piece>(&content)) piece_ = std::move(*piece);
    wake();
}

// The last thing its callers do: the session may be gone when it returns.
void Session::wake() {
    const std::unique_ptr<Waiter> waiter = std::move(waiter_);
    if (waiter) waiter->wake();
}

std::size_t Session::read_some(std::size_t bytes_max) {
    Error error;
    const std::size_t size =
        socket_.read_some(asio::buffer(core_.scratch.data(), bytes_max), error);
    end_of_input_ = error && error != asio::error::would_block;
    return size;
}

void Session::log_access(int status) const {
    const auto time =
        std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - turn_.received);
    core_.options.on_access(
        {client_, turn_.method, turn_.target, status, body_bytes_, time, turn_.id});
}

}  // namespace http
