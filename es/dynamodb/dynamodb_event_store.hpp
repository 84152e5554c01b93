// Events in a DynamoDB table, each an item, written by any number of processes beside each other
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
    // From the call to the outcome, at most. Below the 4 s that a command has.
    std::chrono::milliseconds append_time{3'500};
    // The part of it that is kept to find out whether an append whose answer did not come took
    // effect, and what a conflicting stream's version is.
    std::chrono::milliseconds confirm_time{1'000};
    std::chrono::milliseconds read_time{3'500};
    // Streams whose head is remembered: a single event that goes on from a known one costs half of
    // one that doesn't.
    std::size_t heads_max = 200'000;
};

// Both calls return at once; each append and each read settles by itself, on the client's thread,
// so a slow or throttled stream holds up no other. Any thread.
class DynamoDbEventStore : public es::EventStore {
public:
    // `client` must outlive the store and all that it has begun.
    DynamoDbEventStore(aws::JsonClient& client, std::string table,
                       DynamoDbEventStoreOptions options = {});
    ~DynamoDbEventStore() override;

    void append(std::vector<es::Append> batch, OnOutcome on_outcome) override;
    void read(std::vector<es::ReadRequest> batch, OnStream on_stream) override;
    [[nodiscard]] bool sole_writer() const override { return false; }

    // Whether the table can be read. Asks it, and waits for `read_time` at most.
    bool healthy();

private:
    std::shared_ptr<dynamodb::StoreContext> context_;  // also of what is under way
};

}  // namespace es
