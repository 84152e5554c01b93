// Events in a DynamoDB table, each an item. Any number of processes may write at the same time
// (docs/formats/dynamodb.md).
//
//     es::DynamoDbEventStore store(client, "yardstick-events");
//     store.append({{"account-1", 0, {opened}}}, on_outcome);
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "aws/json_client.hpp"
#include "es/event_store.hpp"

namespace es {

namespace dynamodb {
struct StoreContext;
}

struct DynamoDbEventStoreOptions {
    // From the call to the outcome, at most. A command has 4 s.
    std::chrono::milliseconds append_time{3'500};
    // The part of it that is reserved for reading whether an append without an answer took effect,
    // and which version a conflicting stream has.
    std::chrono::milliseconds confirm_time{1'000};
    std::chrono::milliseconds read_time{3'500};
    // Streams whose last version is cached: appending a single event to a known one costs half as
    // much.
    std::size_t heads_max = 200'000;
};

// Both calls return at once. Each append and each read ends on its own, on the client's thread: a
// slow or throttled stream delays no other. Any thread.
class DynamoDbEventStore : public es::EventStore {
public:
    // `client` must outlive the store and its calls that have not ended.
    DynamoDbEventStore(aws::JsonClient& client, std::string table,
                       DynamoDbEventStoreOptions options = {});
    ~DynamoDbEventStore() override;

    void append(std::vector<es::Append> batch, OnOutcome on_outcome) override;
    void read(std::vector<es::ReadRequest> batch, OnStream on_stream) override;
    [[nodiscard]] bool sole_writer() const override { return false; }

    // Whether the table can be read: reads it, and waits for `read_time` at most.
    bool healthy();

private:
    std::shared_ptr<dynamodb::StoreContext> context_;  // also of calls that have not ended
};

}  // namespace es
