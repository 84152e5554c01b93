// One append to the table: sends it, and looks up its outcome if the answer does not show it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "es/dynamodb/calls.hpp"
#include "es/dynamodb/store_context.hpp"
#include "es/event_store.hpp"

namespace es::dynamodb {

// Lives until its outcome is known. Its steps run one after the other, on the client's thread.
class AppendOperation : public std::enable_shared_from_this<AppendOperation> {
public:
    using OnOutcome = std::function<void(es::AppendOutcome)>;

    AppendOperation(std::shared_ptr<StoreContext> context, es::Append append, OnOutcome on_outcome);
    void start();

private:
    // A single event after a known one: its predecessor need not be checked.
    [[nodiscard]] bool fits_put() const;
    [[nodiscard]] std::string put_body() const;
    [[nodiscard]] std::string transaction_body() const;
    void write_put(const es::RecordedEvent& event, json::Writer& out) const;

    void on_put(const aws::Reply& reply);
    void on_transaction(const aws::Reply& reply);
    // The outcome is unknown: refused for another reason than the version, or no answer.
    void on_trouble(const aws::Reply& reply);
    // Reads whether it took effect.
    void confirm(const std::string& why);
    void on_found(const aws::Reply& reply, const std::string& why);
    void ask_current();
    void on_current(const aws::Reply& reply);

    void settle_stored();
    void settle(es::AppendStatus status, es::Version current, std::string reason);
    // Sends a call, and continues in `step` with its reply.
    void send(std::string_view operation, std::string body, Deadline deadline,
              std::function<void(const aws::Reply&)> step,
              std::function<bool(const aws::Reply&)> try_again = {});

    const std::shared_ptr<StoreContext> context_;
    const es::Append append_;
    const OnOutcome on_outcome_;
    // Stored in each item; also the transaction's token.
    const std::string id_;
    const Deadline deadline_;
    std::chrono::milliseconds attempt_timeout_{0};
};

}  // namespace es::dynamodb
