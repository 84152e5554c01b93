// Calls of AWS's JSON 1.0 protocol (DynamoDB and its Streams speak it): signed, many in flight from
// one thread, tried again within the caller's deadline. While credentials have to be waited for,
// only the calls that need them wait; the provider is asked on another thread.
//
//     aws::JsonClient client({.endpoint = "https://dynamodb.eu-central-1.amazonaws.com",
//                             .region = "eu-central-1", .credentials = credentials});
//     client.send({.target = "DynamoDB_20120810.PutItem", .body = body, .deadline = in_4_s},
//                 [](aws::Reply reply) { ... });
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "aws/credentials.hpp"
#include "base/time.hpp"

namespace aws {

struct Reply {
    enum class Kind {
        answered,  // `body`
        // The service understood the call and said no; again it would say the same. Of this call
        // nothing took effect, but of an earlier attempt something may have: `may_have_happened`.
        refused,
        failed,  // no answer in time, or none that says anything: see `may_have_happened`
    };
    Kind kind = Kind::failed;
    std::string body;   // of the last answer, as it came; may be no JSON when failed
    std::string error;  // the service's code without its prefix ("ConditionalCheckFailedException")
    std::string message;  // for the log; never holds a secret
    // An attempt was sent whose outcome was not told (cut connection, timeout, 5xx).
    bool may_have_happened = false;
    int attempts = 0;
};

struct Call {
    std::string target;  // "DynamoDB_20120810.PutItem"
    std::string body;    // JSON
    // The reply comes by then, at most some 50 ms later.
    std::chrono::steady_clock::time_point deadline;
    // It is not sent before then.
    std::chrono::steady_clock::time_point not_before = {};
    // For each attempt; 0: the client's. One that gets no answer in it is made again.
    std::chrono::milliseconds attempt_timeout{0};
    // Whether a refusal that isn't known to be temporary may be tried again all the same (a
    // cancelled transaction tells by its reasons). May be empty: no. The client's thread; must
    // neither block nor throw.
    std::function<bool(const Reply&)> try_again = {};
};

struct JsonClientOptions {
    std::string endpoint;  // "https://host" or "http://127.0.0.1:8000"
    std::string region;
    std::string service = "dynamodb";
    std::shared_ptr<CredentialsProvider> credentials;
    base::Clock clock = base::system_now;
    std::size_t in_flight_max = 256;   // further calls wait, and their time runs
    std::size_t waiting_max = 20'000;  // beside those in flight; further calls fail at once
    std::chrono::milliseconds connect_timeout{1'000};
    std::chrono::milliseconds attempt_timeout{3'000};
    // The pause before the n-th retry is anything from 0 to base * 2^(n-1), at most `max`.
    std::chrono::milliseconds backoff_base{25};
    std::chrono::milliseconds backoff_max{20'000};
    // What an operator should know, e.g. a corrected clock. Any thread; may be empty.
    std::function<void(std::string_view)> log = {};
};

// Any thread.
class JsonClient {
public:
    explicit JsonClient(JsonClientOptions options);
    // Calls that are open fail. Waits for credentials that are being fetched.
    ~JsonClient();

    using OnReply = std::function<void(Reply)>;
    // `on_reply` is called exactly once, on the client's thread, and must neither block nor throw.
    // Calls that are sent while the client ends are answered within send().
    void send(Call call, OnReply on_reply);

    // Blocks until the reply. Not to be called from an OnReply.
    Reply call(Call call);

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace aws
