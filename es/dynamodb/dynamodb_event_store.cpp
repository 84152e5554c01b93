#include "es/dynamodb/dynamodb_event_store.hpp"

#include <utility>

#include "es/dynamodb/append_operation.hpp"
#include "es/dynamodb/calls.hpp"
#include "es/dynamodb/read_operation.hpp"
#include "es/dynamodb/store_context.hpp"

namespace es {

void dynamodb::write_key(const es::StreamId& stream, es::Version version, json::Writer& out) {
    out.begin_object();
    out.name("aggregateId").begin_object().member("S", stream).end_object();
    out.name("order").begin_object().member("N", std::to_string(version)).end_object();
    out.end_object();
}

DynamoDbEventStore::DynamoDbEventStore(aws::JsonClient& client, std::string table,
                                       DynamoDbEventStoreOptions options)
    : context_(std::make_shared<dynamodb::StoreContext>(client, std::move(table), options)) {}

DynamoDbEventStore::~DynamoDbEventStore() = default;

void DynamoDbEventStore::append(std::vector<es::Append> batch, OnOutcome on_outcome) {
    for (std::size_t i = 0; i < batch.size(); ++i) {
        auto settle = [on_outcome, i](es::AppendOutcome outcome) {
            on_outcome(i, std::move(outcome));
        };
        std::make_shared<dynamodb::AppendOperation>(context_, std::move(batch[i]),
                                                    std::move(settle))
            ->start();
    }
}

void DynamoDbEventStore::read(std::vector<es::ReadRequest> batch, OnStream on_stream) {
    for (std::size_t i = 0; i < batch.size(); ++i) {
        auto settle = [on_stream, i](es::ReadResult result) { on_stream(i, std::move(result)); };
        std::make_shared<dynamodb::ReadOperation>(context_, std::move(batch[i]), std::move(settle))
            ->start();
    }
}

bool DynamoDbEventStore::healthy() {
    json::Writer out;
    out.begin_object().member("TableName", context_->table).name("Key");
    dynamodb::write_key("-", 0, out);  // no stream has a version 0
    out.end_object();
    const auto until = std::chrono::steady_clock::now() + context_->options.read_time;
    const auto reply =
        context_->client.call(dynamodb::call_of(dynamodb::table_api, "GetItem", out.take(), until));
    return reply.kind == aws::Reply::Kind::answered;
}

}  // namespace es
