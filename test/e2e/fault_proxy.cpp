#include "fault_proxy.hpp"

#include <algorithm>
#include <chrono>

#include "set_up.hpp"

namespace e2e {
namespace {

using es::dynamodb::Behind;

// A request that was signed so long before or after is refused, as AWS does.
constexpr std::chrono::minutes skew_max{5};

}  // namespace

Fault before(const http::Response& answer) {
    return [answer](const ScriptedCall&, Behind&) { return std::optional(answer); };
}

Fault after(const http::Response& answer) {
    return [answer](const ScriptedCall& call, Behind& engine) {
        engine.answer(call);
        return std::optional(answer);
    };
}

Fault silent_before() {
    return [](const ScriptedCall&, Behind&) { return std::nullopt; };
}

Fault silent_after() {
    return [](const ScriptedCall& call, Behind& engine) {
        engine.answer(call);
        return std::nullopt;
    };
}

Fault wrong_checksum() {
    return [](const ScriptedCall& call, Behind& engine) {
        auto answer = engine.answer(call);
        answer.headers.set("x-amz-crc32", "1");
        return std::optional(std::move(answer));
    };
}

http::Response html() {
    auto page = http::Response::text(200, "<html><body>Please log in.</body></html>");
    page.headers.set("Content-Type", "text/html");
    return page;
}

FaultProxy::FaultProxy(base::Clock clock)
    : clock_(clock),
      engine_(dynamodb_port()),
      server_(
          [this](const ScriptedCall& call, const http::Responder& respond) { take(call, respond); },
          std::move(clock)) {}

std::string FaultProxy::url() const {
    return "http://127.0.0.1:" + std::to_string(server_.port());
}

void FaultProxy::play(std::vector<Spoiled> script) {
    const std::lock_guard lock(mutex_);
    script_ = std::move(script);
}

std::size_t FaultProxy::spoiled() const {
    const std::lock_guard lock(mutex_);
    return spoiled_;
}

std::size_t FaultProxy::handed_on(const std::string& operation) const {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(std::ranges::count(handed_on_, operation));
}

std::size_t FaultProxy::hand_on_held() {
    std::vector<std::pair<ScriptedCall, http::Responder>> held;
    {
        const std::lock_guard lock(mutex_);
        held.swap(held_);
    }
    Behind engine(dynamodb_port());
    for (const auto& [call, respond] : held) respond(engine.answer(call));
    return held.size();
}

void FaultProxy::take(const ScriptedCall& call, const http::Responder& respond) {
    if (std::chrono::abs(aws::signed_at(call.request) - clock_()) > skew_max) {
        respond(refusal("InvalidSignatureException", "Signature not yet current or expired"));
        return;
    }
    const Fault fault = fault_for(call.operation);
    auto answer = fault ? fault(call, engine_) : engine_.answer(call);
    if (answer) {
        respond(*std::move(answer));
        return;
    }
    const std::lock_guard lock(mutex_);
    held_.emplace_back(call, respond);
}

Fault FaultProxy::fault_for(const std::string& operation) {
    const std::lock_guard lock(mutex_);
    for (Spoiled& spoiled : script_) {
        if (spoiled.times == 0 ||
            std::ranges::find(spoiled.operations, operation) == spoiled.operations.end()) {
            continue;
        }
        --spoiled.times;
        ++spoiled_;
        return spoiled.fault;
    }
    handed_on_.push_back(operation);
    return {};
}

}  // namespace e2e
