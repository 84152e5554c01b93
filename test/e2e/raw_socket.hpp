// A connection that sends any bytes and reads what comes, each with a deadline.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "program.hpp"

namespace e2e {

class RawSocket {
public:
    // To 127.0.0.1, from an address of this machine ("127.0.0.2" is another caller). Throws
    // std::runtime_error.
    explicit RawSocket(std::uint16_t port, const char* from = "127.0.0.1");
    ~RawSocket();
    RawSocket(RawSocket&& other) noexcept;
    RawSocket& operator=(RawSocket&&) = delete;

    // False when the other side has gone, or takes nothing more in time. One thread may send while
    // another one reads.
    bool send(std::string_view bytes);

    struct Answer {
        int status = 0;  // 0: the connection ended before there was a whole one
        std::string head;
        std::string body;
    };
    // The next answer; it must carry a Content-Length.
    Answer read_answer(std::chrono::milliseconds at_most = patience);

    // Whether the other side closes the connection in time; what comes before that is `rest()`.
    bool ends(std::chrono::milliseconds at_most = patience);
    [[nodiscard]] const std::string& rest() const { return input_; }
    // Reads until what came, `rest()`, is enough. False: it isn't in time, or the other side has
    // gone.
    bool fill_until(const std::function<bool()>& enough, std::chrono::milliseconds at_most);

private:
    int socket_;
    std::string input_;
    bool ended_ = false;
};

}  // namespace e2e
