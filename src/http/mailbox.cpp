#include "http/mailbox.hpp"

#include <atomic>

#include "base/memory.hpp"

namespace http {
namespace {

// Sends one piece of a stream; fails the stream if it is dropped without having sent any, because
// the connection would otherwise wait for ever.
class PieceOnce {
public:
    PieceOnce(std::shared_ptr<Mailbox> mailbox, std::shared_ptr<Exchange> exchange)
        : mailbox_(std::move(mailbox)), exchange_(std::move(exchange)) {}
    PieceOnce(const PieceOnce&) = delete;
    PieceOnce& operator=(const PieceOnce&) = delete;
    ~PieceOnce() { send({std::nullopt, true}); }

    void send(Piece piece) {
        if (!used_.test_and_set()) mailbox_->put({exchange_, std::move(piece)});
    }

private:
    std::shared_ptr<Mailbox> mailbox_;
    std::shared_ptr<Exchange> exchange_;
    std::atomic_flag used_;
};

}  // namespace

// A letter that is lost would leave its connection waiting for ever.
void Mailbox::put(Letter letter) {
    base::when_memory_allows([&] {
        const std::lock_guard lock(mutex_);
        if (closed_) return;
        if (letters_.size() == letters_.capacity()) letters_.reserve(2 * letters_.size() + 8);
        // Under the lock: close() must not return, and the io thread go, while a wake-up is under
        // way. It is read after this.
        if (letters_.empty()) wake_();
        letters_.push_back(std::move(letter));
    });
}

std::vector<Letter> Mailbox::take() {
    std::vector<Letter> taken;
    const std::lock_guard lock(mutex_);
    taken.swap(letters_);
    return taken;
}

void Mailbox::close() {
    std::vector<Letter> unread;  // destroyed after the lock: its contents may put letters
    const std::lock_guard lock(mutex_);
    closed_ = true;
    unread.swap(letters_);
}

BodyStream::Sink piece_sink(std::shared_ptr<Mailbox> mailbox, std::shared_ptr<Exchange> exchange) {
    const auto once = std::make_shared<PieceOnce>(std::move(mailbox), std::move(exchange));
    return {[once](std::optional<std::string> data) { once->send({std::move(data), false}); },
            [once] { once->send({std::nullopt, true}); }};
}

}  // namespace http
