// Many transfers of libcurl's at once, driven by epoll: what they cost goes with what happens on
// their connections, not with how many are open. For one thread, but wake().
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>

namespace curl {

class Transfers {
public:
    // Keeps up to so many idle connections. Throws std::system_error or std::bad_alloc.
    explicit Transfers(std::size_t connections_max);
    ~Transfers();  // the caller has removed all by then
    Transfers(const Transfers&) = delete;
    Transfers& operator=(const Transfers&) = delete;

    // Begins with the next wait(). Throws std::runtime_error.
    void add(CURL* transfer);
    void remove(CURL* transfer);

    // Blocks until something happens, wake() is or was called, or `longest` has passed. Transfers
    // make progress only in this call.
    void wait(std::chrono::milliseconds longest);
    void wake() const;  // any thread

    struct Ended {
        CURL* transfer;
        CURLcode code;
    };
    // None: a transfer that waits for Transfer::resume() has received all that will come, which
    // libcurl does not report until then.
    [[nodiscard]] std::size_t watched_sockets() const { return watched_; }

    // The next one that ended, if there is one; it is removed.
    std::optional<Ended> take_ended();

private:
    using Clock = std::chrono::steady_clock;

    static int watch(CURL*, curl_socket_t socket, int what, void* transfers, void* known);
    static int set_timer(CURLM*, long wait_ms, void* transfers);
    void act(curl_socket_t socket, int events);
    [[nodiscard]] int wait_ms(std::chrono::milliseconds longest) const;

    class Descriptor {
    public:
        explicit Descriptor(int value);  // throws std::system_error for -1
        ~Descriptor();
        Descriptor(const Descriptor&) = delete;
        Descriptor& operator=(const Descriptor&) = delete;
        [[nodiscard]] int get() const { return value_; }

    private:
        const int value_;
    };
    struct FreeMulti {
        void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
    };

    const Descriptor epoll_;
    const Descriptor wakeup_;  // an eventfd
    std::size_t watched_ = 0;
    std::optional<Clock::time_point> due_;  // when libcurl wants to be called without an event
    std::unique_ptr<CURLM, FreeMulti> multi_;
};

}  // namespace curl
