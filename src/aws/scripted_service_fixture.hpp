// For tests: a service whose answers are the test's, and a client of it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "aws/json_client.hpp"
#include "base/json.hpp"
#include "base/time.hpp"
#include "http/server.hpp"

namespace aws {

inline http::Response good() {
    return http::Response::json(200, "{}");
}

inline http::Response refusal(const std::string& error, const std::string& message = "so it is") {
    json::Writer out;
    out.begin_object().member("__type", "com.amazonaws.dynamodb.v20120810#" + error);
    out.member("message", message).end_object();
    return http::Response::json(400, out.take());
}

inline http::Response server_error() {
    return http::Response::json(500, R"({"__type":"InternalServerError","message":"broken"})");
}

// The connection ends within the answer.
inline http::Response cut() {
    http::Response response;
    response.stream = http::BodyStream{[](const auto& sink) { sink.fail(); }};
    return response;
}

// When a request was signed: its X-Amz-Date, 20150830T123600Z.
inline base::TimePoint signed_at(const http::Request& request) {
    const std::string& text = *request.headers.find("X-Amz-Date");
    return base::parse_time(text.substr(0, 4) + "-" + text.substr(4, 2) + "-" + text.substr(6, 5) +
                                ":" + text.substr(11, 2) + ":" + text.substr(13),
                            base::DateAlone::start_of_day)
        .value();
}

class ScriptedService {
public:
    // What the n-th request, from 1, is answered. Runs on the server's thread.
    using Script = std::function<void(int n, const http::Request&, const http::Responder&)>;

    // `clock`: the service's own, which the Date of its answers tells.
    explicit ScriptedService(Script script, base::Clock clock = base::system_now)
        : script_(std::move(script)),
          server_({.limits = {.body_bytes_max = 8UL * 1024 * 1024}, .clock = std::move(clock)},
                  [this](const http::Request& request, const http::Responder& respond) {
                      script_(++requests_, request, respond);
                  }) {
        server_.start();
    }
    // One answer after the other; the last one again and again.
    explicit ScriptedService(const std::vector<http::Response>& answers)
        : ScriptedService([answers](int n, const http::Request&, const http::Responder& respond) {
              respond(answers[std::min(static_cast<std::size_t>(n), answers.size()) - 1]);
          }) {}

    [[nodiscard]] std::uint16_t port() const { return server_.port(); }
    [[nodiscard]] std::string endpoint() const {
        return "http://127.0.0.1:" + std::to_string(port());
    }
    [[nodiscard]] std::size_t connections() const { return server_.counters().connections; }

private:
    const Script script_;
    int requests_ = 0;
    http::Server server_;  // last: it uses all of the above
};

// Answers that wait until the test gives them.
class Held {
public:
    void add(const http::Responder& respond) {
        const std::lock_guard lock(mutex_);
        responders_.push_back(respond);
        changed_.notify_all();
    }
    // False when they don't come.
    bool wait_for(std::size_t count) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, std::chrono::seconds(10),
                                 [&] { return responders_.size() >= count; });
    }
    // Gives all their answer; how many they were.
    std::size_t release(const http::Response& answer) {
        std::vector<http::Responder> responders;
        {
            const std::lock_guard lock(mutex_);
            responders.swap(responders_);
        }
        for (const auto& respond : responders) respond(answer);
        return responders.size();
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<http::Responder> responders_;
};

inline std::chrono::steady_clock::time_point in(std::chrono::milliseconds time) {
    return std::chrono::steady_clock::now() + time;
}

inline Call call_within(std::chrono::milliseconds time, std::string body = "{}") {
    return {.target = "DynamoDB_20120810.PutItem", .body = std::move(body), .deadline = in(time)};
}

inline Call patient_call() {
    return call_within(std::chrono::seconds(10));
}

inline JsonClientOptions options_for(const std::string& endpoint) {
    JsonClientOptions options;
    options.endpoint = endpoint;
    options.region = "eu-central-1";
    options.credentials = fixed_credentials({"AKIDEXAMPLE", "secret", "", std::nullopt});
    options.backoff_base = std::chrono::milliseconds(1);
    return options;
}

// Its reply, once it is there.
inline std::future<Reply> send(JsonClient& client, Call call) {
    auto promise = std::make_shared<std::promise<Reply>>();
    client.send(std::move(call), [promise](Reply reply) { promise->set_value(std::move(reply)); });
    return promise->get_future();
}

}  // namespace aws
