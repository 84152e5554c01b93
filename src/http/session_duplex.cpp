// Requests whose body is streamed: it is read, at the handler's pace, while the answer is written.
// Nothing is read while the handler wants nothing, and the answer's next piece is asked for only
// when what is waiting to be written is little. So a sender that reads no answers is slowed down
// until it stands still, and is then ended by the time that a write may take.
#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <exception>
#include <utility>

#include "http/problem.hpp"
#include "http/session.hpp"

namespace http {
namespace {

namespace asio = boost::asio;
using Error = boost::system::error_code;
using Stage = RequestReader::Stage;

// Read at a time: the handler may keep a piece for as long as its sender likes.
constexpr std::size_t piece_bytes_max = 16 * 1024;
// Of the answer, beyond which no further piece is asked for.
constexpr std::size_t unwritten_bytes_max = 64 * 1024;
constexpr std::size_t kept_out_bytes_max = 4 * 1024;

}  // namespace

struct Session::Duplex {
    std::optional<BodyStream> stream{};
    bool begun = false;     // the body
    bool asked = false;     // for a piece of the stream
    bool answered = false;  // all of the answer is in out_
    int status = 0;
    std::optional<IncomingBody::Failure> failure{};
    Clock::time_point end_by{};                   // all of the body
    std::optional<Clock::time_point> read_by{};   // the next bytes, while some are wanted
    std::optional<Clock::time_point> write_by{};  // some of what is in out_
};

Task<bool> Session::exchange_streams() {
    Duplex duplex;
    duplex.end_by = Clock::now() + core_.options.limits.streamed_time_max;
    if (!watch_) watch_ = std::make_shared<Watch>(Watch{this});
    body_bytes_ = 0;
    Next next = Next::again;
    while (next == Next::again || next == Next::wait) {
        next = step(duplex);
        if (next == Next::again) {  // the other connections have their turn in between
            co_await asio::post(socket_.get_executor(), Token{});
        } else if (next == Next::wait) {
            watch(duplex);
            co_await delivery();
            deadline_ = Clock::time_point::max();
        }
    }
    wanted_ = nullptr;
    if (core_.options.on_access && duplex.status != 0) log_access(duplex.status);
    broken_ = next == Next::broken;
    co_return next == Next::done&& turn_.keep_alive&& reader_.stage() == Stage::complete;
}

Session::Next Session::step(Duplex& duplex) {
    if (aborted_ || !take_answer(duplex) || !flush(duplex)) return Next::broken;
    if (duplex.answered) return out_.empty() ? Next::done : Next::wait;
    if (duplex.stream && !duplex.asked && out_.size() < unwritten_bytes_max) {
        duplex.asked = true;
        ask_for_piece(*duplex.stream);
    }
    end_body(duplex);
    return feed(duplex) ? Next::again : Next::wait;
}

bool Session::take_answer(Duplex& duplex) {
    if (response_) {
        Response response = std::move(*response_);
        response_.reset();
        begin_answer(duplex, std::move(response));
    }
    if (!piece_) return true;
    const Piece piece = std::move(*piece_);
    piece_.reset();
    duplex.asked = false;
    if (piece.failed || !has_room_for(piece.data ? piece.data->size() : 0)) {
        cut();
        return false;
    }
    const std::string& data = piece.data ? *piece.data : std::string();
    if (!data.empty()) {
        body_bytes_ += data.size();
        if (!turn_.http_1_0) out_ += chunk_head(data.size());
        out_ += data;
        if (!turn_.http_1_0) out_ += "\r\n";
    }
    if (!piece.data) {
        if (!turn_.http_1_0) out_ += "0\r\n\r\n";
        duplex.answered = true;
        duplex.stream.reset();
    }
    return true;
}

void Session::begin_answer(Duplex& duplex, Response response) {
    duplex.status = response.status;
    // What follows on the connection may be the rest of the body.
    if (!response.stream && reader_.stage() != Stage::complete) turn_.keep_alive = false;
    if (core_.stopping || (response.stream && turn_.http_1_0)) turn_.keep_alive = false;
    append_head(out_, response, framing(response));
    duplex.stream = std::move(response.stream);
    duplex.answered = !duplex.stream;
    if (!duplex.answered) return;
    body_bytes_ = response.body.size();
    out_ += response.body;
}

bool Session::flush(Duplex& duplex) {
    const auto write_time_max = core_.options.limits.write_time_max;
    std::size_t written = 0;
    while (!watch_->writing && written < out_.size()) {
        Error error;
        const auto rest = asio::buffer(out_.data() + written, out_.size() - written);
        written += socket_.write_some(rest, error);
        if (error == asio::error::would_block) break;
        if (error) return false;
    }
    out_.erase(0, written);
    if (out_.empty()) {
        if (out_.capacity() > kept_out_bytes_max) out_ = {};
        duplex.write_by.reset();
    } else if (written > 0 || !duplex.write_by) {
        duplex.write_by = Clock::now() + write_time_max;
    }
    return !duplex.write_by || Clock::now() < *duplex.write_by;
}

bool Session::feed(Duplex& duplex) {
    if (!wanted_) return false;
    IncomingBody::Piece piece;
    if (!duplex.begun) {  // with what came together with the header
        duplex.begun = true;
        advance_body(duplex);
    }
    if (!reader_.has_body() && !duplex.failure && reader_.stage() == Stage::body) {
        read_body(duplex);
    }
    piece.data = reader_.take_body();
    piece.last = reader_.stage() == Stage::complete;
    if (piece.data.empty() && !piece.last) piece.failure = duplex.failure;
    if (piece.data.empty() && !piece.last && !piece.failure) return false;
    duplex.read_by.reset();
    try {
        std::exchange(wanted_, nullptr)(std::move(piece));
    } catch (const std::exception& error) {
        core_.report("request " + turn_.id + ": the handler threw: " + error.what());
        cut();
        aborted_ = true;
    }
    return true;
}

void Session::read_body(Duplex& duplex) {
    const auto now = Clock::now();
    if (!duplex.read_by) duplex.read_by = now + core_.options.limits.streamed_idle_time_max;
    // An answer that has begun says by itself that its sender may continue.
    const bool waits = reader_.take_wish_to_continue();
    if (waits && duplex.status == 0) out_ += "HTTP/1.1 100 Continue\r\n\r\n";
    if (watch_->reading) return;
    const std::size_t size = read_some(piece_bytes_max);
    if (end_of_input_) {
        duplex.failure = {400, "malformed", "The connection ended before the body was complete."};
        return;
    }
    reader_.append({core_.scratch.data(), size});
    advance_body(duplex);
}

void Session::advance_body(Duplex& duplex) {
    if (read_on() != Stage::refused) return;
    const Problem& problem = refusal_ ? *refusal_ : reader_.refusal();
    duplex.failure = {problem.status, problem.type, problem.detail};
}

// Whether no more of the body is to come although it isn't complete.
void Session::end_body(Duplex& duplex) {
    if (duplex.failure || reader_.stage() != Stage::body) return;
    const auto now = Clock::now();
    if (core_.stopping) {
        duplex.failure = {503, "overloaded", "The server stops."};
    } else if (now >= duplex.end_by) {
        duplex.failure = {408, "timeout", "The body took too long as a whole."};
    } else if (duplex.read_by && now >= *duplex.read_by) {
        duplex.failure = {408, "timeout", "Nothing of the body came for too long."};
    }
}

void Session::watch(const Duplex& duplex) {
    const bool reads = wanted_ && !duplex.failure && reader_.stage() == Stage::body;
    if (reads) arm(Socket::wait_read, &Watch::reading);
    if (!out_.empty()) arm(Socket::wait_write, &Watch::writing);
    deadline_ = Clock::time_point::max();
    if (!duplex.failure && !duplex.answered) deadline_ = duplex.end_by;
    if (reads && duplex.read_by) deadline_ = std::min(deadline_, *duplex.read_by);
    if (duplex.write_by) deadline_ = std::min(deadline_, *duplex.write_by);
}

void Session::arm(Socket::wait_type type, bool Watch::* armed) {
    if (watch_.get()->*armed) return;
    socket_.async_wait(type, [watch = watch_, armed](Error) {
        watch.get()->*armed = false;
        if (watch->session != nullptr) watch->session->wake();
    });
    watch_.get()->*armed = true;
}

// Not at once: the session might leave the list that the caller goes through.
void Session::wake_soon() {
    if (!watch_) return;
    asio::post(socket_.get_executor(), [watch = watch_] {
        if (watch->session != nullptr) watch->session->wake();
    });
}

}  // namespace http
