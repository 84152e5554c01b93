#include "es/dynamodb/append_operation.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/json_members.hpp"
#include "base/uuid.hpp"
#include "es/dynamodb/item.hpp"
#include "es/errors.hpp"

namespace es::dynamodb {
namespace {

using es::AppendStatus;
using Kind = aws::Reply::Kind;

constexpr std::string_view not_there = "attribute_not_exists(#id)";
constexpr std::string_view there = "attribute_exists(#id)";

void write_condition(std::string_view condition, json::Writer& out) {
    out.member("ConditionExpression", condition);
    out.name("ExpressionAttributeNames").begin_object();
    out.member("#id", "aggregateId").end_object();
}

// The body of a reply, whatever it is; null when it is no JSON.
json::Value body_of(const aws::Reply& reply) {
    return json::parse(reply.body, reply_limits).value;
}

bool written_by(const std::string& append_id, const json::Value* item) {
    return item != nullptr && append_id_in(*item) == append_id;
}

// Why a transaction was cancelled: a reason for each of its actions.
struct Cancellation {
    bool condition = false;  // the version was another one
    bool temporary = false;  // throttled, or a concurrent transaction
    bool ours = false;       // an earlier try of this append was stored
    std::string other;       // a reason for which trying again doesn't help
};

Cancellation read_cancellation(const aws::Reply& reply, const std::string& append_id) {
    constexpr std::array temporary{"TransactionConflict", "ThrottlingError",
                                   "ProvisionedThroughputExceeded"};
    Cancellation cancellation;
    const json::Value body = body_of(reply);
    const auto* reasons = json::member<json::Array>(body, "CancellationReasons");
    if (reasons == nullptr) return cancellation;
    for (const json::Value& reason : *reasons) {
        const std::string code = json::text_or_empty(reason, "Code");
        if (code.empty() || code == "None") continue;
        if (code == "ConditionalCheckFailed") {
            cancellation.condition = true;
            cancellation.ours |= written_by(append_id, reason.find("Item"));
        } else if (std::ranges::find(temporary, code) != temporary.end()) {
            cancellation.temporary = true;
        } else {
            const auto* text = json::member<std::string>(reason, "Message");
            cancellation.other = code + (text != nullptr ? ": " + *text : "");
        }
    }
    return cancellation;
}

}  // namespace

AppendOperation::AppendOperation(std::shared_ptr<StoreContext> context, es::Append append,
                                 OnOutcome on_outcome)
    : context_(std::move(context)),
      append_(std::move(append)),
      on_outcome_(std::move(on_outcome)),
      id_(base::random_uuid()),
      deadline_(std::chrono::steady_clock::now() + context_->options.append_time) {}

void AppendOperation::start() {
    if (append_.events.empty() || append_.events.size() > es::append_events_max) {
        settle(AppendStatus::not_stored, 0,
               "an append holds 1 to " + std::to_string(es::append_events_max) + " events");
        return;
    }
    if (!es::is_whole(append_)) {
        settle(AppendStatus::not_stored, 0, "an append whose versions don't follow");
        return;
    }
    const auto write_time = context_->options.append_time - context_->options.confirm_time;
    const Deadline until = deadline_ - context_->options.confirm_time;
    // A call without an answer leaves time for another one.
    attempt_timeout_ = write_time * 2 / 5;
    try {
        if (fits_put()) {
            send("PutItem", put_body(), until, [this](const auto& reply) { on_put(reply); });
            return;
        }
        send(
            "TransactWriteItems", transaction_body(), until,
            [this](const auto& reply) { on_transaction(reply); },
            [](const auto& reply) {
                if (reply.error != "TransactionCanceledException") return false;
                const auto why = read_cancellation(reply, {});
                return why.temporary && !why.condition && why.other.empty();
            });
    } catch (const es::Corrupt& error) {
        settle(AppendStatus::not_stored, 0, error.what());
    }
}

bool AppendOperation::fits_put() const {
    return append_.events.size() == 1 &&
           (append_.expected == 0 || context_->heads.exists(append_.stream, append_.expected));
}

void AppendOperation::write_put(const es::RecordedEvent& event, json::Writer& out) const {
    out.begin_object().member("TableName", context_->table).name("Item");
    write_item(event, id_, out);
    write_condition(not_there, out);
    out.member("ReturnValuesOnConditionCheckFailure", "ALL_OLD").end_object();
}

std::string AppendOperation::put_body() const {
    json::Writer out;
    write_put(append_.events.front(), out);
    return out.take();
}

std::string AppendOperation::transaction_body() const {
    json::Writer out;
    out.begin_object().member("ClientRequestToken", id_).name("TransactItems").begin_array();
    if (append_.expected > 0) {
        out.begin_object().name("ConditionCheck").begin_object();
        out.member("TableName", context_->table).name("Key");
        write_key(append_.stream, append_.expected, out);
        write_condition(there, out);
        out.end_object().end_object();
    }
    for (const es::RecordedEvent& event : append_.events) {
        out.begin_object().name("Put");
        write_put(event, out);
        out.end_object();
    }
    out.end_array().end_object();
    return out.take();
}

void AppendOperation::on_put(const aws::Reply& reply) {
    if (reply.kind == Kind::answered) return settle_stored();
    if (!refused_with(reply, "ConditionalCheckFailedException")) return on_trouble(reply);
    const json::Value body = body_of(reply);
    const json::Value* item = body.find("Item");
    // The answer doesn't say whose event is there: it is read.
    if (item == nullptr) return confirm(reason_of(reply, context_->table));
    if (written_by(id_, item)) return settle_stored();
    ask_current();
}

void AppendOperation::on_transaction(const aws::Reply& reply) {
    if (reply.kind == Kind::answered) return settle_stored();
    const Cancellation cancellation = read_cancellation(reply, id_);
    if (cancellation.ours) return settle_stored();
    if (cancellation.condition) return ask_current();
    if (!cancellation.other.empty() && !reply.may_have_happened) {
        return settle(AppendStatus::not_stored, 0, "DynamoDB refused: " + cancellation.other);
    }
    on_trouble(reply);
}

void AppendOperation::on_trouble(const aws::Reply& reply) {
    if (refused_with(reply, "ResourceNotFoundException")) context_->heads.forget_all();
    std::string why = reason_of(reply, context_->table);
    if (reply.may_have_happened) return confirm(why);
    settle(AppendStatus::not_stored, 0, std::move(why));
}

void AppendOperation::confirm(const std::string& why) {
    json::Writer out;
    out.begin_object().member("TableName", context_->table).name("Key");
    write_key(append_.stream, append_.expected + 1, out);
    out.member("ConsistentRead", true).end_object();
    send("GetItem", out.take(), deadline_,
         [this, why](const auto& reply) { on_found(reply, why); });
}

void AppendOperation::on_found(const aws::Reply& reply, const std::string& why) {
    const json::Value body = body_of(reply);
    const json::Value* item = body.find("Item");
    if (reply.kind == Kind::answered && written_by(id_, item)) return settle_stored();
    // Another append's event has that version: ours can't be stored there any more.
    if (reply.kind == Kind::answered && item != nullptr) return ask_current();
    settle(AppendStatus::unknown, 0, why);
}

void AppendOperation::ask_current() {
    json::Writer out;
    out.begin_object().member("TableName", context_->table);
    out.member("KeyConditionExpression", "#id = :id");
    out.member("ProjectionExpression", "#order");
    out.name("ExpressionAttributeNames").begin_object();
    out.member("#id", "aggregateId").member("#order", "order").end_object();
    out.name("ExpressionAttributeValues").begin_object().name(":id").begin_object();
    out.member("S", append_.stream).end_object().end_object();
    out.member("ConsistentRead", true).member("ScanIndexForward", false);
    out.member("Limit", std::int64_t{1}).end_object();
    send("Query", out.take(), deadline_, [this](const auto& reply) { on_current(reply); });
}

void AppendOperation::on_current(const aws::Reply& reply) {
    if (reply.kind != Kind::answered) {
        return settle(AppendStatus::not_stored, 0,
                      "the version was another, and the current one can't be read: " +
                          reason_of(reply, context_->table));
    }
    try {
        const json::Value body = read_body(reply.body);
        const json::Array& items = array_of(body, "Items");
        const es::Version current = items.empty() ? 0 : read_order(items.front());
        if (current > 0) context_->heads.note(append_.stream, current);
        settle(AppendStatus::conflict, current, {});
    } catch (const std::runtime_error& error) {  // Unavailable or Corrupt
        settle(AppendStatus::not_stored, 0, error.what());
    }
}

void AppendOperation::settle_stored() {
    context_->heads.note(append_.stream, append_.events.back().version);
    settle(AppendStatus::stored, 0, {});
}

void AppendOperation::settle(AppendStatus status, es::Version current, std::string reason) {
    on_outcome_({status, current, std::move(reason)});
}

void AppendOperation::send(std::string_view operation, std::string body, Deadline deadline,
                           std::function<void(const aws::Reply&)> step,
                           std::function<bool(const aws::Reply&)> try_again) {
    aws::Call call = call_of(table_api, operation, std::move(body), deadline);
    call.attempt_timeout = attempt_timeout_;
    call.try_again = std::move(try_again);
    context_->client.send(std::move(call), [self = shared_from_this(), step = std::move(step)](
                                               const aws::Reply& reply) { step(reply); });
}

}  // namespace es::dynamodb
