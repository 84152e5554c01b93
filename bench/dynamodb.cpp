// A table without the product:
//   bench_dynamodb puts URL TABLE IN_FLIGHT SECONDS   signed conditional puts a second, bare: the
//                                                     floor of commands over 1,000 metrics
//   bench_dynamodb fill URL TABLE EVENTS METRICS HOT  stores events, of m0 alone HOT more
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <functional>
#include <latch>
#include <string>
#include <vector>

#include "aws/json_client.hpp"
#include "es/dynamodb/item.hpp"
#include "events.hpp"

namespace {

using Clock = std::chrono::steady_clock;

aws::Call call_of(const char* operation, std::string body) {
    return {std::string("DynamoDB_20120810.") + operation, std::move(body),
            Clock::now() + std::chrono::seconds(30)};
}

// As the product asks, but for the item's payload and mark, which are always the same.
std::string put_body(const std::string& table, long number) {
    const es::RecordedEvent event = [&] {
        es::RecordedEvent value;
        value.stream = "bare-" + std::to_string(number * 7919 % 1000);
        value.version = number / 1000 + 1;
        value.occurred_on = es::TimePoint(std::chrono::milliseconds(1'700'000'000'000 + number));
        value.type = "MetricValueUpdated";
        value.schema = 1;
        value.payload = R"({"value":1234.5})";
        value.metadata.command_id = "3409f1fa-d9aa-415c-a19c-dff78679e2a1";
        return value;
    }();
    json::Writer out;
    out.begin_object().member("TableName", table).name("Item");
    es::dynamodb::write_item(event, event.metadata.command_id, out);
    out.member("ConditionExpression", "attribute_not_exists(#id)");
    out.name("ExpressionAttributeNames").begin_object().member("#id", "aggregateId").end_object();
    out.member("ReturnValuesOnConditionCheckFailure", "ALL_OLD").end_object();
    return out.take();
}

// Each answer begins the next put.
int put(aws::JsonClient& client, const std::string& table, int in_flight, double seconds) {
    const auto end = Clock::now() + std::chrono::duration<double>(seconds);
    std::latch ended(in_flight);
    std::atomic<bool> failed = false;
    long sent = in_flight;  // the client's thread's, after the first ones
    std::function<void(aws::Reply)> next = [&](const aws::Reply& reply) {
        if (reply.kind != aws::Reply::Kind::answered) failed = true;
        if (failed || Clock::now() > end) return ended.count_down();
        client.send(call_of("PutItem", put_body(table, sent++)), next);
    };
    for (int first = 0; first < in_flight; ++first) {
        client.send(call_of("PutItem", put_body(table, first)), next);
    }
    ended.wait();
    if (failed) return 1;
    std::printf("%.1f\n", static_cast<double>(sent) / seconds);
    return 0;
}

int fill(aws::JsonClient& client, const std::string& table, long count, long metrics, long hot) {
    constexpr long items_a_call = 25;  // DynamoDB's most
    bench::Events events(metrics);
    for (long number = 0; number < count + hot; number += items_a_call) {
        json::Writer out;
        out.begin_object().name("RequestItems").begin_object().name(table).begin_array();
        const long end = std::min(number + items_a_call, count + hot);
        for (long place = number; place < end; ++place) {
            const es::RecordedEvent event = place < count ? events.next() : events.of(0);
            out.begin_object().name("PutRequest").begin_object().name("Item");
            es::dynamodb::write_item(event, event.metadata.command_id, out);
            out.end_object().end_object();
        }
        out.end_array().end_object().end_object();
        const aws::Reply reply = client.call(call_of("BatchWriteItem", out.take()));
        if (reply.kind != aws::Reply::Kind::answered) {
            std::fprintf(stderr, "%s: %s\n", reply.error.c_str(), reply.message.c_str());
            return 1;
        }
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) try {
    if (argc < 6) return 64;
    aws::JsonClient client({.endpoint = argv[2],
                            .region = "eu-central-1",
                            .credentials = aws::fixed_credentials({"bench", "bench", {}, {}})});
    if (std::strcmp(argv[1], "puts") == 0) {
        return put(client, argv[3], std::atoi(argv[4]), std::atof(argv[5]));
    }
    if (argc != 7) return 64;
    return fill(client, argv[3], std::atol(argv[4]), std::atol(argv[5]), std::atol(argv[6]));
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
