// An HTTP/1.1 client for a POST whose answer comes while its body is still sent. Its connection is
// kept. What is sent and taken moves in wait() alone.
//
//     DuplexClient client("http://127.0.0.1:3000");
//     client.begin("/values", {{"Content-Type", "application/x-ndjson"}});
//     client.send(line);
//     client.finish();
//     while (!client.ended()) { client.wait(1s); use(client.take()); }
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "http/client.hpp"

namespace http {

// Not to be used by two threads at once.
class DuplexClient {
public:
    // As Client; the timeout is that of connecting.
    explicit DuplexClient(std::string base,
                          std::chrono::milliseconds connect_timeout = client_timeout,
                          std::string ca_file = {});
    ~DuplexClient();
    DuplexClient(const DuplexClient&) = delete;
    DuplexClient& operator=(const DuplexClient&) = delete;

    // A request of its own; one that has not ended is broken off. Throws ClientError.
    void begin(const std::string& target, const Headers& headers);
    // Adds to the body, which is kept until it can be sent: see unsent_bytes().
    void send(std::string_view data);
    void finish();  // the body is complete
    void cancel();  // breaks the request off

    // Sends and receives until some of the answer has come, the request has ended, none of the body
    // is left to be sent, or `longest` is over. With 0 it does what it can at once. Throws
    // ClientError if there is no complete answer; the request has ended then.
    void wait(std::chrono::milliseconds longest);

    [[nodiscard]] std::size_t unsent_bytes() const;
    // Of the answer's body what has come since the last call.
    [[nodiscard]] std::string take();
    // Also of an answer that was cut; 0: none has begun to come.
    [[nodiscard]] int status() const;
    // The answer is complete, or there is no request.
    [[nodiscard]] bool ended() const;
    // Of an answer that is complete; without its body.
    [[nodiscard]] const Response& answer() const;

private:
    struct Exchange;
    std::unique_ptr<Exchange> exchange_;
};

}  // namespace http
