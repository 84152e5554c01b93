// An HTTP/1.1 client with several requests in flight, each on a connection of its own that is kept.
// They are written out in the order in which they were given.
//
//     ParallelClient client("http://127.0.0.1:3000", 32);
//     for (int i = 0; i < 32; ++i) client.post_json(i, target, body, headers);
//     while (client.in_flight()) for (auto& ended : client.wait()) use(ended.tag, ended.response);
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "http/client.hpp"

namespace http {

// Not to be used by two threads at once.
class ParallelClient {
public:
    // As Client.
    ParallelClient(const std::string& base, std::size_t connections,
                   std::chrono::milliseconds timeout = client_timeout,
                   const std::string& ca_file = {});
    ~ParallelClient();
    ParallelClient(const ParallelClient&) = delete;
    ParallelClient& operator=(const ParallelClient&) = delete;

    [[nodiscard]] bool in_flight() const;
    // Begins with the next wait(). At most as many as there are connections. `tag` comes back with
    // the answer.
    void post_json(std::uint64_t tag, const std::string& target, std::string body, Headers headers);

    struct Ended {
        std::uint64_t tag = 0;
        Response response;
        std::string failure;  // not empty: there is no answer, and why
    };
    // Waits until one ended; at least one must be in flight. Throws Untrusted.
    std::vector<Ended> wait();

private:
    struct Multi;
    std::unique_ptr<Multi> multi_;
};

}  // namespace http
