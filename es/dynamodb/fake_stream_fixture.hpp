// For tests: a table's stream with shards as the test wants them, served by a real HTTP server.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "es/dynamodb/item.hpp"
#include "es/dynamodb/scripted_dynamodb_fixture.hpp"
#include "es/testing/event_store_suite.hpp"

namespace es::dynamodb {

// Any thread.
class FakeStream {
public:
    // Called first; true: it has answered, or will.
    using Intercept = std::function<bool(const ScriptedCall&, const http::Responder&)>;

    explicit FakeStream(Intercept intercept = {})
        : intercept_(std::move(intercept)),
          server_([this](const ScriptedCall& call, const http::Responder& respond) {
              if (intercept_ && intercept_(call, respond)) return;
              respond(answer(call));
          }) {}

    [[nodiscard]] std::uint16_t port() const { return server_.port(); }
    [[nodiscard]] std::size_t count(const std::string& operation) const {
        const auto operations = server_.operations();
        return static_cast<std::size_t>(std::ranges::count(operations, operation));
    }

    void set_arn(const std::string& arn) {
        const std::lock_guard lock(mutex_);
        arn_ = arn;
    }
    void add_shard(const std::string& id, const std::string& parent = {}) {
        const std::lock_guard lock(mutex_);
        shards_.push_back({id, parent});
    }
    void put(const std::string& shard, const es::StreamId& stream, es::Version after,
             std::size_t count) {
        for (const auto& event : es::testing::some_events(stream, after, count)) {
            json::Writer item;
            write_item(event, "append", item);
            put_record(shard, "INSERT", item.text());
        }
    }
    void put_record(const std::string& shard, const std::string& kind, const std::string& item) {
        const std::lock_guard lock(mutex_);
        Shard& its = find(shard);
        json::Writer out;
        out.begin_object().member("eventName", kind).name("dynamodb").begin_object();
        out.name("Keys").raw(item).name("NewImage").raw(item);
        out.member("SequenceNumber", sequence(its.records.size())).end_object().end_object();
        its.records.push_back(out.take());
    }
    void close(const std::string& shard) {
        const std::lock_guard lock(mutex_);
        find(shard).closed = true;
    }
    void unlist(const std::string& shard) {
        const std::lock_guard lock(mutex_);
        std::erase_if(shards_, [&](const Shard& one) { return one.id == shard; });
    }
    // The shard's first records are gone.
    void trim(const std::string& shard, std::size_t records) {
        const std::lock_guard lock(mutex_);
        find(shard).trimmed = records;
    }
    void expire_iterators() {
        const std::lock_guard lock(mutex_);
        ++generation_;
    }

private:
    struct Shard {
        std::string id;
        std::string parent;
        std::vector<std::string> records{};
        bool closed = false;
        std::size_t trimmed = 0;
    };

    static std::string sequence(std::size_t index) {
        return std::to_string(100'000'000'000'000'000 + index) + "0000";
    }

    // These expect the mutex to be held.
    Shard& find(const std::string& id) {
        return *std::ranges::find_if(shards_, [&](const Shard& shard) { return shard.id == id; });
    }
    bool has(const std::string& id) const {
        return std::ranges::any_of(shards_, [&](const Shard& shard) { return shard.id == id; });
    }
    std::string iterator(const std::string& shard, std::size_t index) const {
        return shard + "|" + std::to_string(index) + "|" + std::to_string(generation_);
    }

    http::Response answer(const ScriptedCall& call) {
        const json::Value body = json::parse(call.request.body).value;
        const auto text = [&](const char* name) -> std::string {
            const json::Value* member = body.find(name);
            return member != nullptr && member->string() != nullptr ? *member->string() : "";
        };
        const std::lock_guard lock(mutex_);
        if (call.operation == "DescribeTable") return describe_table();
        if (call.operation == "DescribeStream") {
            return describe_stream(text("ExclusiveStartShardId"));
        }
        if (call.operation == "GetShardIterator") {
            return shard_iterator(text("ShardId"), text("SequenceNumber"));
        }
        const auto limit = static_cast<std::size_t>(body.find("Limit")->number()->value);
        return records(text("ShardIterator"), limit);
    }

    http::Response describe_table() {
        return http::Response::json(
            200,
            R"({"Table":{"TableId":"id","TableStatus":"ACTIVE","KeySchema":[],"AttributeDefinitions":[],)"
            R"("StreamSpecification":{"StreamEnabled":true,"StreamViewType":"NEW_AND_OLD_IMAGES"},)"
            R"("LatestStreamArn":")" +
                arn_ + "\"}}");
    }

    // Two shards a page, each with an ending sequence number, as some give it for open ones too.
    http::Response describe_stream(const std::string& after) {
        std::size_t at = 0;
        while (!after.empty() && shards_[at].id != after) ++at;
        if (!after.empty()) ++at;
        const std::size_t end = std::min(at + 2, shards_.size());
        json::Writer out;
        out.begin_object().name("StreamDescription").begin_object().name("Shards").begin_array();
        for (std::size_t i = at; i < end; ++i) {
            out.begin_object().member("ShardId", shards_[i].id);
            if (!shards_[i].parent.empty()) out.member("ParentShardId", shards_[i].parent);
            out.name("SequenceNumberRange").begin_object();
            out.member("EndingSequenceNumber", "100").end_object().end_object();
        }
        out.end_array();
        if (end < shards_.size()) out.member("LastEvaluatedShardId", shards_[end - 1].id);
        out.end_object().end_object();
        return http::Response::json(200, out.take());
    }

    http::Response shard_iterator(const std::string& id, const std::string& after) {
        if (!has(id)) return refusal("ResourceNotFoundException");
        const Shard& shard = find(id);
        std::size_t index = shard.trimmed;
        if (!after.empty()) {
            index = 0;
            while (sequence(index) != after) ++index;
            if (index < shard.trimmed) return refusal("TrimmedDataAccessException");
            ++index;
        }
        return http::Response::json(200, R"({"ShardIterator":")" + iterator(id, index) + "\"}");
    }

    http::Response records(const std::string& from, std::size_t limit) {
        const auto first = from.find('|');
        const auto second = from.find('|', first + 1);
        if (from.substr(second + 1) != std::to_string(generation_)) {
            return refusal("ExpiredIteratorException");
        }
        if (!has(from.substr(0, first))) return refusal("ResourceNotFoundException");
        const Shard& shard = find(from.substr(0, first));
        const std::size_t index = std::stoul(from.substr(first + 1, second - first - 1));
        if (index < shard.trimmed) return refusal("TrimmedDataAccessException");
        const std::size_t end = std::min(index + limit, shard.records.size());
        json::Writer out;
        out.begin_object().name("Records").begin_array();
        for (std::size_t i = index; i < end; ++i) out.raw(shard.records[i]);
        out.end_array();
        if (!shard.closed || end < shard.records.size()) {
            out.member("NextShardIterator", iterator(shard.id, end));
        }
        out.end_object();
        return http::Response::json(200, out.take());
    }

    const Intercept intercept_;
    std::mutex mutex_;
    std::string arn_ = "arn:stream:1";
    std::vector<Shard> shards_;
    int generation_ = 0;
    ScriptedDynamoDb server_;  // last: it uses all of the above
};

}  // namespace es::dynamodb
