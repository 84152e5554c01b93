// How answers, made on any thread, come back to the io thread: in bunches, one wake-up each.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "http/message.hpp"

namespace http {

class Session;

// A piece of a BodyStream; no data and no failure is its end.
struct Piece {
    std::optional<std::string> data;
    bool failed = false;
};

// One request at the handler. It outlives the session when a handler answers too late, so it is
// plain memory that any thread may drop; the members are the io thread's only.
struct Exchange {
    Session* session = nullptr;  // nullptr when nobody waits for the answer any more
    bool handler_is_running = false;
};

struct Letter {
    std::shared_ptr<Exchange> exchange;
    std::variant<Response, Piece> content;
};

class Mailbox {
public:
    // `wake` makes the io thread come and take; it is called when the box was empty.
    explicit Mailbox(std::function<void()> wake) : wake_(std::move(wake)) {}

    // Any thread. Dropped when the box is closed.
    void put(Letter letter);
    std::vector<Letter> take();
    // After this `wake` is not called again.
    void close();

    // To be called on the io thread before the first request.
    void set_owner() { owner_ = std::this_thread::get_id(); }
    [[nodiscard]] bool on_owner() const { return std::this_thread::get_id() == owner_; }

private:
    std::function<void()> wake_;
    std::thread::id owner_;
    std::mutex mutex_;
    std::vector<Letter> letters_;
    bool closed_ = false;
};

// A sink whose one call puts a Piece into the box; one that is dropped uncalled fails the stream.
BodyStream::Sink piece_sink(std::shared_ptr<Mailbox> mailbox, std::shared_ptr<Exchange> exchange);

}  // namespace http
