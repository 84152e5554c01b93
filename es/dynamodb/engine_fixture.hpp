// For tests: one Dynoxide for the whole test program, and a table for each check.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "aws/json_client.hpp"
#include "base/testing/engine.hpp"
#include "es/dynamodb/calls.hpp"
#include "es/dynamodb/dynamodb_event_store.hpp"
#include "es/dynamodb/dynamodb_stream_feed.hpp"
#include "es/dynamodb/dynamodb_table.hpp"

namespace es::dynamodb {

// Credentials that only stand-ins take.
class TestCredentials : public aws::CredentialsProvider {
public:
    aws::Credentials get() override { return {"AKIDEXAMPLE", "secret", "", std::nullopt}; }
    void reject(const aws::Credentials&) override {}
};

inline std::unique_ptr<aws::JsonClient> test_client(std::uint16_t port) {
    aws::JsonClientOptions options;
    options.endpoint = "http://127.0.0.1:" + std::to_string(port);
    options.region = "eu-central-1";
    options.credentials = std::make_shared<TestCredentials>();
    return std::make_unique<aws::JsonClient>(std::move(options));
}

// The engine of this test program; it ends with it.
inline base::testing::Engine& engine() {
    static base::testing::Engine running = base::testing::dynoxide();
    return running;
}

// A table that no other test uses.
inline std::string fresh_table(aws::JsonClient& client) {
    static std::atomic<int> count{0};
    std::string name = "yardstick-test-" + std::to_string(++count);
    create_table(client, name, {.look_every = std::chrono::milliseconds(5)});
    return name;
}

// A call that must succeed.
inline void call_raw(aws::JsonClient& client, const std::string& operation,
                     const std::string& body) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    const auto reply = client.call(call_of(table_api, operation, body, until));
    ASSERT_EQ(reply.kind, aws::Reply::Kind::answered) << reply.error << " " << reply.message;
}

// Engines allow more requests than AWS.
inline DynamoDbStreamFeedOptions fast_feed() {
    return {.shard_pause = std::chrono::milliseconds(2),
            .discover_every = std::chrono::milliseconds(200),
            .lag_every = std::chrono::milliseconds(0)};
}

}  // namespace es::dynamodb
