#include "base/curl/transfers.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <new>
#include <stdexcept>
#include <system_error>

#include "base/curl/transfer.hpp"

namespace curl {

using std::chrono::milliseconds;

Transfers::Descriptor::Descriptor(int value) : value_(value) {
    if (value < 0) throw std::system_error(errno, std::generic_category(), "epoll");
}

Transfers::Descriptor::~Descriptor() {
    ::close(value_);
}

Transfers::Transfers(std::size_t connections_max)
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)), wakeup_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    set_up();
    multi_.reset(curl_multi_init());
    if (!multi_) throw std::bad_alloc();
    curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, static_cast<long>(connections_max));
    curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETFUNCTION, &watch);
    curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_.get(), CURLMOPT_TIMERFUNCTION, &set_timer);
    curl_multi_setopt(multi_.get(), CURLMOPT_TIMERDATA, this);
    epoll_event event{.events = EPOLLIN, .data = {.fd = wakeup_.get()}};
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wakeup_.get(), &event);
}

Transfers::~Transfers() = default;

void Transfers::add(CURL* transfer) {
    const CURLMcode code = curl_multi_add_handle(multi_.get(), transfer);
    if (code != CURLM_OK) throw std::runtime_error(curl_multi_strerror(code));
}

void Transfers::remove(CURL* transfer) {
    curl_multi_remove_handle(multi_.get(), transfer);
}

void Transfers::wait(milliseconds longest) {
    constexpr int events_max = 64;
    std::array<epoll_event, events_max> events{};
    const int count = ::epoll_wait(epoll_.get(), events.data(), events_max, wait_ms(longest));
    for (int i = 0; i < count; ++i) {
        const auto& [flags, data] = events[static_cast<std::size_t>(i)];
        if (data.fd == wakeup_.get()) {
            std::uint64_t calls = 0;
            [[maybe_unused]] const auto size = ::read(wakeup_.get(), &calls, sizeof calls);
            continue;
        }
        int what = 0;
        if ((flags & EPOLLIN) != 0) what |= CURL_CSELECT_IN;
        if ((flags & EPOLLOUT) != 0) what |= CURL_CSELECT_OUT;
        if ((flags & (EPOLLERR | EPOLLHUP)) != 0) what |= CURL_CSELECT_ERR;
        act(data.fd, what);
    }
    if (due_ && *due_ <= Clock::now()) {
        due_.reset();
        act(CURL_SOCKET_TIMEOUT, 0);
    }
}

void Transfers::wake() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto size = ::write(wakeup_.get(), &one, sizeof one);
}

std::optional<Transfers::Ended> Transfers::take_ended() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
        if (message->msg != CURLMSG_DONE) continue;
        const Ended ended{message->easy_handle, message->data.result};
        remove(ended.transfer);  // `message` is gone with it
        return ended;
    }
    return std::nullopt;
}

int Transfers::watch(CURL*, curl_socket_t socket, int what, void* transfers, void* known) {
    Transfers& self = *static_cast<Transfers*>(transfers);
    if (what == CURL_POLL_REMOVE) {
        if (known != nullptr) --self.watched_;
        ::epoll_ctl(self.epoll_.get(), EPOLL_CTL_DEL, socket, nullptr);
        return 0;
    }
    epoll_event event{.events = 0, .data = {.fd = socket}};
    if ((what & CURL_POLL_IN) != 0) event.events |= EPOLLIN;
    if ((what & CURL_POLL_OUT) != 0) event.events |= EPOLLOUT;
    const int operation = known == nullptr ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    if (::epoll_ctl(self.epoll_.get(), operation, socket, &event) != 0) return -1;
    if (known == nullptr) ++self.watched_;
    // Any pointer says that it is known.
    curl_multi_assign(self.multi_.get(), socket, transfers);
    return 0;
}

int Transfers::set_timer(CURLM*, long wait_ms, void* transfers) {
    Transfers& self = *static_cast<Transfers*>(transfers);
    self.due_.reset();
    if (wait_ms >= 0) self.due_ = Clock::now() + milliseconds(wait_ms);
    return 0;
}

void Transfers::act(curl_socket_t socket, int events) {
    int running = 0;
    curl_multi_socket_action(multi_.get(), socket, events, &running);
}

int Transfers::wait_ms(milliseconds longest) const {
    if (due_) longest = std::min(longest, std::chrono::ceil<milliseconds>(*due_ - Clock::now()));
    return static_cast<int>(std::max(longest, milliseconds(0)).count());
}

}  // namespace curl
