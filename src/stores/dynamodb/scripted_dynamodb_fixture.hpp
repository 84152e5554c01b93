// For tests: a DynamoDB whose answers are the test's, or an engine's behind it, with whatever goes
// wrong on the way.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "http/client.hpp"
#include "http/server.hpp"

namespace stores::dynamodb {

struct ScriptedCall {
    std::string operation;  // "PutItem"
    http::Request request;

    [[nodiscard]] bool mentions(const std::string& text) const {
        return request.body.find(text) != std::string::npos;
    }
};

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

class ScriptedDynamoDb {
public:
    // Runs on the server's thread, one call after the other.
    using Script = std::function<void(const ScriptedCall&, http::Responder)>;

    explicit ScriptedDynamoDb(Script script)
        : script_(std::move(script)),
          server_({.limits = {.body_bytes_max = std::size_t{8} * 1024 * 1024}},
                  [this](http::Request request, const http::Responder& respond) {
                      const std::string* target = request.headers.find("X-Amz-Target");
                      ScriptedCall call;
                      if (target != nullptr) {
                          call.operation = target->substr(target->find('.') + 1);
                      }
                      call.request = std::move(request);
                      {
                          const std::lock_guard lock(mutex_);
                          operations_.push_back(call.operation);
                      }
                      script_(call, respond);
                  }) {
        server_.start();
    }

    [[nodiscard]] std::uint16_t port() const { return server_.port(); }
    // All calls so far.
    [[nodiscard]] std::vector<std::string> operations() const {
        const std::lock_guard lock(mutex_);
        return operations_;
    }

private:
    const Script script_;
    mutable std::mutex mutex_;
    std::vector<std::string> operations_;
    http::Server server_;  // last: it uses all of the above
};

// Hands calls on to an engine. For one thread.
class Behind {
public:
    explicit Behind(std::uint16_t port) : client_("http://127.0.0.1:" + std::to_string(port)) {}

    http::Response answer(const ScriptedCall& call) {
        http::Headers headers;
        for (const auto& [name, value] : call.request.headers) {
            if (name.starts_with("X-Amz") || name.starts_with("x-amz") || name == "Authorization" ||
                name == "Content-Type") {
                headers.add(name, value);
            }
        }
        const auto answer = client_.send("POST", "/", headers, call.request.body);
        return http::Response::json(answer.status, answer.body);
    }

private:
    http::Client client_;
};

}  // namespace stores::dynamodb
