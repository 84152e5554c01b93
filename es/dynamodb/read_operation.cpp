#include "es/dynamodb/read_operation.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "es/dynamodb/item.hpp"
#include "es/errors.hpp"

namespace es::dynamodb {
namespace {

// A read that has this much ends, and reports that there is more.
constexpr std::size_t read_bytes_max = 4'000'000;
// Items of a page, at most; 1 MB may end it earlier.
constexpr std::size_t page_items_max = 5'000;
// A read can see a part of a transaction that is being written: it is repeated after each of these.
constexpr std::array gap_pauses{std::chrono::milliseconds(0), std::chrono::milliseconds(50),
                                std::chrono::milliseconds(200), std::chrono::milliseconds(800)};
// DynamoDB's own limit.
constexpr std::size_t key_bytes_max = 2'048;

}  // namespace

ReadOperation::ReadOperation(std::shared_ptr<StoreContext> context, es::ReadRequest request,
                             OnResult on_result)
    : context_(std::move(context)),
      request_(std::move(request)),
      on_result_(std::move(on_result)),
      deadline_(std::chrono::steady_clock::now() + context_->options.read_time),
      from_(std::max(request_.after, es::Version{0})) {}

void ReadOperation::start() {
    // DynamoDB refuses such a key, so there is no such stream.
    if (request_.stream.empty() || request_.stream.size() > key_bytes_max) {
        return settle(es::ReadStatus::read, {});
    }
    ask();
}

es::Version ReadOperation::reached() const {
    return std::max(request_.after, es::Version{0}) +
           static_cast<es::Version>(result_.events.size());
}

bool ReadOperation::full() const {
    return result_.events.size() >= request_.limit || bytes_ >= read_bytes_max;
}

std::string ReadOperation::body() const {
    // One more than requested shows whether there is more.
    const std::size_t wanted =
        full() ? 1 : std::min(request_.limit - result_.events.size(), page_items_max - 1) + 1;
    json::Writer out;
    out.begin_object().member("TableName", context_->table);
    out.member("KeyConditionExpression", "#id = :id AND #order > :from");
    out.name("ExpressionAttributeNames").begin_object();
    out.member("#id", "aggregateId").member("#order", "order").end_object();
    out.name("ExpressionAttributeValues").begin_object();
    out.name(":id").begin_object().member("S", request_.stream).end_object();
    out.name(":from").begin_object().member("N", std::to_string(from_)).end_object();
    out.end_object();
    out.member("ConsistentRead", true).member("Limit", static_cast<std::int64_t>(wanted));
    if (!next_page_.empty()) out.name("ExclusiveStartKey").raw(next_page_);
    out.end_object();
    return out.take();
}

void ReadOperation::ask() {
    aws::Call call = call_of(table_api, "Query", body(), deadline_);
    call.not_before = not_before_;
    context_->client.send(std::move(call), [self = shared_from_this()](const aws::Reply& reply) {
        self->on_page(reply);
    });
}

void ReadOperation::on_page(const aws::Reply& reply) {
    if (reply.kind != aws::Reply::Kind::answered) {
        if (refused_with(reply, "ResourceNotFoundException")) context_->heads.forget_all();
        return settle(es::ReadStatus::unavailable, reason_of(reply, context_->table));
    }
    try {
        const json::Value body = read_body(reply.body);
        next_page_ = json::raw_member(reply.body, "LastEvaluatedKey").value_or("");
        for (const json::Value& item : array_of(body, "Items")) {
            if (take(item)) return;
        }
    } catch (const es::Unavailable& error) {
        return settle(es::ReadStatus::unavailable, error.what());
    }
    if (next_page_.empty()) return settle(es::ReadStatus::read, {});
    ask();
}

bool ReadOperation::take(const json::Value& item) {
    if (full()) {
        result_.more = true;
        settle(es::ReadStatus::read, {});
        return true;
    }
    try {
        es::RecordedEvent event = read_item(item);
        if (event.version != reached() + 1) return take_gap(event.version);
        gaps_ = 0;
        bytes_ += es::approximate_bytes(event);
        result_.events.push_back(std::move(event));
        return false;
    } catch (const es::Corrupt& error) {
        settle_corrupt("the item after version " + std::to_string(reached()) + ": " + error.what());
        return true;
    }
}

bool ReadOperation::take_gap(es::Version version) {
    if (gaps_ == gap_pauses.size()) {
        settle_corrupt("version " + std::to_string(version) + " comes after version " +
                       std::to_string(reached()));
        return true;
    }
    from_ = reached();
    next_page_.clear();
    not_before_ = std::chrono::steady_clock::now() + gap_pauses[gaps_++];
    ask();
    return true;
}

void ReadOperation::settle_corrupt(const std::string& reason) {
    if (result_.events.empty()) {
        return settle(es::ReadStatus::corrupt,
                      "stream '" + request_.stream + "' can't be read: " + reason);
    }
    result_.more = true;
    settle(es::ReadStatus::read, {});
}

void ReadOperation::settle(es::ReadStatus status, std::string reason) {
    result_.status = status;
    result_.reason = std::move(reason);
    if (status != es::ReadStatus::read) result_.events.clear();
    if (!result_.events.empty()) context_->heads.note(request_.stream, reached());
    on_result_(std::move(result_));
}

}  // namespace es::dynamodb
