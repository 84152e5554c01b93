// What the operations of one event store share.
#pragma once

#include <string>
#include <utility>

#include "aws/json_client.hpp"
#include "base/json.hpp"
#include "es/dynamodb/dynamodb_event_store.hpp"
#include "es/dynamodb/known_heads.hpp"

namespace es::dynamodb {

struct StoreContext {
    StoreContext(aws::JsonClient& a_client, std::string a_table,
                 const DynamoDbEventStoreOptions& some_options)
        : client(a_client),
          table(std::move(a_table)),
          options(some_options),
          heads(some_options.heads_max) {}

    aws::JsonClient& client;
    const std::string table;
    const DynamoDbEventStoreOptions options;
    KnownHeads heads;
};

// {"aggregateId":{"S":"..."},"order":{"N":"..."}}
void write_key(const es::StreamId& stream, es::Version version, json::Writer& out);

}  // namespace es::dynamodb
