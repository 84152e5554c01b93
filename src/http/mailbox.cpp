#include "http/mailbox.hpp"

namespace http {

void Mailbox::put(Letter letter) {
    const std::lock_guard lock(mutex_);
    if (closed_) return;
    letters_.push_back(std::move(letter));
    // Under the lock: close() must not return, and the io thread go, while a wake-up is under way.
    if (letters_.size() == 1) wake_();
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

}  // namespace http
