// For tests: a DynamoDB whose answers are the test's, or those of an engine with failures on the
// way.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "aws/scripted_service_fixture.hpp"
#include "http/client.hpp"

namespace es::dynamodb {

struct ScriptedCall {
    std::string operation;  // "PutItem"
    http::Request request;

    [[nodiscard]] bool mentions(const std::string& text) const {
        return request.body.find(text) != std::string::npos;
    }
};

using aws::cut;
using aws::refusal;
using aws::server_error;

class ScriptedDynamoDb {
public:
    // Runs on the server's thread, one call after the other.
    using Script = std::function<void(const ScriptedCall&, http::Responder)>;

    explicit ScriptedDynamoDb(Script script, base::Clock clock = base::system_now)
        : script_(std::move(script)),
          service_([this](int, const http::Request& request,
                          const http::Responder& respond) { take(request, respond); },
                   std::move(clock)) {}

    [[nodiscard]] std::uint16_t port() const { return service_.port(); }
    // All calls so far.
    [[nodiscard]] std::vector<std::string> operations() const {
        const std::lock_guard lock(mutex_);
        return operations_;
    }

private:
    void take(const http::Request& request, const http::Responder& respond) {
        const std::string* target = request.headers.find("X-Amz-Target");
        const ScriptedCall call{
            target != nullptr ? target->substr(target->find('.') + 1) : std::string(), request};
        {
            const std::lock_guard lock(mutex_);
            operations_.push_back(call.operation);
        }
        script_(call, respond);
    }

    const Script script_;
    mutable std::mutex mutex_;
    std::vector<std::string> operations_;
    aws::ScriptedService service_;  // last: it uses all of the above
};

// Forwards calls to an engine. For one thread.
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
        auto handed_on = http::Response::json(answer.status, answer.body);
        if (const auto* sum = answer.headers.find("x-amz-crc32")) {
            handed_on.headers.set("x-amz-crc32", *sum);
        }
        return handed_on;
    }

private:
    http::Client client_;
};

}  // namespace es::dynamodb
