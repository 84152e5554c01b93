// How the feed follows a stream's shards: splits, ends, expired iterators, lost records (a scripted
// stream).
#include "es/dynamodb/dynamodb_stream_feed.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <iterator>

#include "es/dynamodb/engine_fixture.hpp"
#include "es/dynamodb/fake_stream_fixture.hpp"
#include "es/dynamodb/stream_checkpoint.hpp"
#include "es/errors.hpp"

namespace es::dynamodb {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class StreamFeed : public ::testing::Test {
protected:
    void begin(FakeStream::Intercept intercept = {}) {
        stream_ = std::make_unique<FakeStream>(std::move(intercept));
        client_ = test_client(stream_->port());
        options_.clock = [this] { return es::TimePoint(milliseconds(now_)); };
        options_.discover_every = milliseconds(5);
        options_.log = [this](std::string_view line) { log_ += line; };
        restart();
        reached_ = position_of({});
    }
    // A checkpoint of the stream that the test begins with.
    [[nodiscard]] es::Checkpoints position_of(std::map<std::string, ShardPosition> shards) const {
        return checkpoints_at({.stream = "arn:stream:1",
                               .polled = es::TimePoint(milliseconds(now_)),
                               .shards = std::move(shards)});
    }
    // Another feed, as in a process that starts again.
    void restart() {
        feed_ = dynamodb_stream_feed(*client_, *client_, "yardstick-events", options_);
    }
    void pass(milliseconds time) { now_ += time.count(); }

    // Polls until nothing came for a while; what came, as "stream version".
    std::vector<std::string> drain(std::size_t limit = 1'000) {
        std::vector<std::string> seen;
        for (int quiet = 0; quiet < 3;) {
            const auto batch = poll(limit);
            for (const auto& event : batch.events) {
                seen.push_back(event.stream + " " + std::to_string(event.version));
            }
            quiet = batch.reached.empty() ? quiet + 1 : 0;
        }
        return seen;
    }
    es::FeedBatch poll(std::size_t limit = 1'000) {
        auto batch = feed_->poll(reached_, limit, milliseconds(10));
        for (const auto& [partition, position] : batch.reached) reached_[partition] = position;
        return batch;
    }
    [[nodiscard]] std::map<std::string, ShardPosition> shards() const {
        return checkpoint_in(reached_)->shards;
    }

    std::atomic<std::int64_t> now_{1'795'593'600'000};
    DynamoDbStreamFeedOptions options_ = fast_feed();
    std::string log_;
    std::unique_ptr<FakeStream> stream_;
    std::unique_ptr<aws::JsonClient> client_;
    std::unique_ptr<EventFeed> feed_;
    es::Checkpoints reached_;
};

const ShardPosition at_start{};
const ShardPosition covered{.kind = ShardPosition::Kind::covered};
const ShardPosition done{.kind = ShardPosition::Kind::done};

TEST_F(StreamFeed, ReadsParentsToTheirEndBeforeTheirChildren) {
    begin();
    // Listed youngest first, over two pages.
    stream_->add_shard("grandchild", "child");
    stream_->add_shard("child", "parent");
    stream_->add_shard("parent");
    stream_->put("parent", "s", 0, 3);
    stream_->put("child", "s", 3, 2);
    stream_->put("grandchild", "s", 5, 1);
    stream_->close("parent");
    EXPECT_THAT(drain(1), ElementsAre("s 1", "s 2", "s 3", "s 4", "s 5")) << "the child is open";
    stream_->close("child");
    EXPECT_THAT(drain(1), ElementsAre("s 6"));
    EXPECT_EQ(shards().at("parent"), done);
    EXPECT_EQ(shards().at("child"), done);
}

TEST_F(StreamFeed, AnOpenShardIsReadOnThoughItsListHasAnEnd) {
    begin();
    stream_->add_shard("open");
    EXPECT_THAT(drain(), IsEmpty());
    stream_->put("open", "s", 0, 2);
    EXPECT_THAT(drain(), ElementsAre("s 1", "s 2"));
    stream_->put("open", "s", 2, 1);
    EXPECT_THAT(drain(), ElementsAre("s 3"));
}

TEST_F(StreamFeed, NewShardsAreInTheCheckpointBeforeTheirFirstRecord) {
    begin();
    stream_->add_shard("first");
    stream_->put("first", "s", 0, 1);
    EXPECT_THAT(poll().events, IsEmpty());
    EXPECT_THAT(shards(), ElementsAre(std::pair("first", at_start)));
    drain();
    stream_->close("first");
    stream_->add_shard("second", "first");
    stream_->put("second", "s", 1, 1);
    while (!shards().contains("second")) EXPECT_THAT(poll().events, IsEmpty());
    EXPECT_EQ(shards().at("second"), at_start);
    EXPECT_THAT(drain(), ElementsAre("s 2"));
}

TEST_F(StreamFeed, DoneShardsAreForgottenWhenTheyAreNotListedAnyMore) {
    begin();
    stream_->add_shard("old");
    stream_->add_shard("new", "old");
    stream_->close("old");
    drain();
    EXPECT_THAT(shards(), ElementsAre(std::pair("new", at_start), std::pair("old", done)));
    stream_->unlist("old");
    drain();
    EXPECT_THAT(shards(), ElementsAre(std::pair("new", at_start)));
}

TEST_F(StreamFeed, GoesOnFromItsCheckpointInAnotherProcess) {
    begin();
    stream_->add_shard("a");
    stream_->add_shard("b");
    stream_->put("a", "s", 0, 3);
    stream_->put("b", "t", 0, 1);
    EXPECT_THAT(drain(), UnorderedElementsAre("s 1", "s 2", "s 3", "t 1"));
    stream_->put("a", "s", 3, 1);
    restart();
    EXPECT_THAT(drain(), ElementsAre("s 4"));
}

TEST_F(StreamFeed, AnOlderCheckpointGivesTheSameAgain) {
    begin();
    stream_->add_shard("a");
    stream_->put("a", "s", 0, 3);
    poll();
    const auto before = reached_;
    EXPECT_THAT(drain(), ElementsAre("s 1", "s 2", "s 3"));
    reached_ = before;
    EXPECT_THAT(drain(), ElementsAre("s 1", "s 2", "s 3"));
}

TEST_F(StreamFeed, ExpiredIteratorsAreMadeAnew) {
    begin();
    stream_->add_shard("a");
    stream_->add_shard("quiet");
    stream_->put("a", "s", 0, 2);
    EXPECT_THAT(drain(), ElementsAre("s 1", "s 2"));
    stream_->expire_iterators();
    stream_->put("a", "s", 2, 1);
    stream_->put("quiet", "t", 0, 1);
    EXPECT_THAT(drain(), UnorderedElementsAre("s 3", "t 1"));
}

TEST_F(StreamFeed, LostRecordsAreSaid) {
    begin();
    stream_->add_shard("a");
    stream_->put("a", "s", 0, 5);
    poll();
    poll(2);
    restart();
    stream_->trim("a", 4);
    EXPECT_THROW(poll(), es::Trimmed);
    reached_ = feed_->current_position();
    EXPECT_THAT(drain(), ElementsAre("s 5"));
}

TEST_F(StreamFeed, AShardThatIsGoneBeforeItsEndIsLost) {
    begin();
    stream_->add_shard("a");
    stream_->add_shard("b");
    drain();
    stream_->unlist("a");
    EXPECT_THROW(drain(), es::Trimmed);
    restart();
    EXPECT_THROW(poll(), es::Trimmed);
}

TEST_F(StreamFeed, WithoutACheckpointOrWithOneThatCantBeReadEventsMayBeLost) {
    begin();
    stream_->add_shard("a");
    reached_ = {};
    EXPECT_THROW(poll(), es::Trimmed);
    reached_ = {{"stream", "12"}};
    EXPECT_THROW(poll(), es::Trimmed);
    reached_ = feed_->current_position();
    EXPECT_NO_THROW(poll());
}

TEST_F(StreamFeed, ACheckpointIsTooOldBeforeRecordsAreDropped) {
    begin();
    stream_->add_shard("a");
    drain();
    pass(hours(23));
    const auto before = reached_;
    EXPECT_NO_THROW(poll());
    reached_ = before;
    pass(milliseconds(1));
    EXPECT_THROW(poll(), es::Trimmed) << "records live for 24 hours";
    reached_ = feed_->current_position();
    EXPECT_NO_THROW(poll());
}

TEST_F(StreamFeed, AnotherStreamIsNoticedBeforeTheFirstEvent) {
    begin();
    stream_->add_shard("a");
    stream_->put("a", "s", 0, 1);
    stream_->set_arn("arn:stream:2");
    EXPECT_THROW(poll(), es::Trimmed);
}

TEST_F(StreamFeed, AnotherStreamInThePlaceOfOneThatEndedIsNoticed) {
    begin();
    stream_->add_shard("a");
    stream_->put("a", "s", 0, 1);
    drain();
    stream_->close("a");
    EXPECT_THAT(drain(), IsEmpty());
    stream_->set_arn("arn:stream:2");
    EXPECT_THROW(drain(), es::Trimmed);
}

TEST_F(StreamFeed, ItsCurrentPositionIsTheStartOfAllShards) {
    begin();
    stream_->add_shard("a");
    stream_->add_shard("b", "a");
    stream_->add_shard("c");
    const auto start = checkpoint_in(feed_->current_position());
    ASSERT_TRUE(start);
    EXPECT_EQ(start->stream, "arn:stream:1");
    EXPECT_EQ(start->polled, es::TimePoint(milliseconds(now_)));
    EXPECT_EQ(start->shards, (std::map<std::string, ShardPosition>{
                                 {"a", covered}, {"b", covered}, {"c", covered}}));
}

TEST_F(StreamFeed, AShardThatVanishesUnreadAfterTheStartIsNotLost) {
    begin();
    stream_->add_shard("a");
    stream_->close("a");
    stream_->add_shard("b", "a");
    const auto start = feed_->current_position();  // and all views are rebuilt
    stream_->unlist("a");
    const auto batch = feed_->poll(start, 100, milliseconds(0));
    const auto reached = checkpoint_in(batch.reached);
    ASSERT_TRUE(reached);
    EXPECT_FALSE(reached->shards.contains("a"));
    stream_->unlist("b");
    restart();
    EXPECT_NO_THROW(feed_->poll(batch.reached, 100, milliseconds(0))) << "nothing was read of it";
}

TEST_F(StreamFeed, TheCheckpointMovesOnceAMinuteWithoutEvents) {
    begin();
    stream_->add_shard("a");
    drain();
    const auto before = checkpoint_in(reached_)->polled;
    pass(milliseconds(30'000));
    EXPECT_THAT(drain(), IsEmpty());
    EXPECT_EQ(checkpoint_in(reached_)->polled, before);
    pass(milliseconds(31'000));
    EXPECT_THAT(drain(), IsEmpty());
    EXPECT_GE(checkpoint_in(reached_)->polled, before + minutes(1));
    for (int hour = 0; hour < 48; ++hour) {
        pass(hours(1));
        EXPECT_NO_THROW(drain());
    }
}

TEST_F(StreamFeed, AChildThatWaitsForItsParentHoldsThatUp) {
    begin();
    stream_->add_shard("parent");
    stream_->add_shard("child", "parent");
    stream_->put("parent", "s", 0, 100);
    stream_->put("child", "s", 100, 1);
    stream_->close("parent");
    poll(1);
    for (int i = 0; i < 20; ++i) {
        pass(hours(1));
        poll(1);
    }
    EXPECT_FALSE(shards().at("parent").done());
    pass(hours(4));
    EXPECT_THROW(poll(1), es::Trimmed) << "the child may have lost records that nobody saw";
}

TEST_F(StreamFeed, ShardsAreAskedBesideEachOther) {
    std::mutex mutex;
    std::vector<std::pair<ScriptedCall, http::Responder>> held;
    std::atomic<std::size_t> asked{0};
    begin([&](const ScriptedCall& call, const http::Responder& respond) {
        if (call.operation != "GetRecords") return false;
        // Nobody is answered before all three were asked.
        const std::lock_guard lock(mutex);
        held.emplace_back(call, respond);
        if (++asked < 3) return true;
        for (const auto& [one, its_respond] : held) {
            its_respond(http::Response::json(200, R"({"Records":[]})"));
        }
        held.clear();
        return true;
    });
    for (const char* shard : {"a", "b", "c"}) stream_->add_shard(shard);
    poll();
    poll();
    EXPECT_EQ(shards().at("c"), done);
}

TEST_F(StreamFeed, OneShardThatCannotBeReadDoesNotHideTheOthers) {
    std::atomic<bool> broken{true};
    begin([&](const ScriptedCall& call, const http::Responder& respond) {
        if (!broken || call.operation != "GetRecords" || !call.mentions("bad|")) return false;
        respond(refusal("AccessDeniedException", "not this one"));
        return true;
    });
    stream_->add_shard("bad");
    stream_->add_shard("good");
    stream_->put("bad", "b", 0, 1);
    stream_->put("good", "g", 0, 1);
    poll();
    EXPECT_EQ(poll().events.size(), 1U);
    EXPECT_THAT(log_, HasSubstr("bad can't be read: DynamoDB refused: AccessDenied"));
    EXPECT_THROW(poll(), es::Unavailable) << "when the others have nothing";
    broken = false;
    EXPECT_THAT(drain(), ElementsAre("b 1"));
}

TEST_F(StreamFeed, WhatWasReadBeforeAFailureComesAgain) {
    begin();
    options_.shards_at_once = 1;
    options_.discover_every = minutes(10);
    restart();
    stream_->add_shard("a");
    stream_->add_shard("b");
    stream_->put("a", "s", 0, 1);
    stream_->put("b", "t", 0, 1);
    poll();
    stream_->unlist("b");
    EXPECT_THROW(poll(), es::Trimmed) << "a was read, then b was found gone";
    EXPECT_EQ(stream_->count("GetRecords"), 1U) << "b's first question is for an iterator";
    stream_->add_shard("b");
    EXPECT_THAT(drain(), ElementsAre("s 1"));
}

TEST_F(StreamFeed, AShardIsNotAskedTooOften) {
    begin();
    options_.shard_pause = milliseconds(100);
    restart();
    stream_->add_shard("a");
    poll();
    const auto began = std::chrono::steady_clock::now();
    const auto before = stream_->count("GetRecords");
    feed_->poll(reached_, 10, milliseconds(350));
    const auto took = std::chrono::steady_clock::now() - began;
    EXPECT_LE(stream_->count("GetRecords") - before,
              static_cast<std::size_t>(took / milliseconds(100)) + 1);
}

TEST_F(StreamFeed, LagCountsWhatAllShardsHold) {
    begin();
    EXPECT_THROW(feed_->lag({}), es::Unavailable) << "it is unknown how far the views are";
    const auto start = feed_->current_position();
    stream_->add_shard("parent");
    stream_->add_shard("child", "parent");
    stream_->add_shard("other");
    stream_->put("parent", "s", 0, 3);
    stream_->put("child", "s", 3, 2);
    stream_->put("other", "t", 0, 4);
    stream_->close("parent");
    auto lag = feed_->lag(start);
    EXPECT_EQ(lag.events, 9U);
    const es::TimePoint first(milliseconds(1'700'000'000'001));  // of some_events
    EXPECT_EQ(lag.age, es::TimePoint(milliseconds(now_)) - first);
    drain();
    lag = feed_->lag(reached_);
    EXPECT_EQ(lag.events, 0U);
    EXPECT_EQ(lag.age, milliseconds(0));
}

TEST_F(StreamFeed, LagIsNotCountedTooOften) {
    begin();
    options_.lag_every = minutes(10);
    restart();
    stream_->add_shard("a");
    stream_->put("a", "s", 0, 3);
    const auto start = feed_->current_position();
    EXPECT_EQ(feed_->lag(start).events, 3U);
    const auto before = stream_->count("GetRecords");
    stream_->put("a", "s", 3, 3);
    EXPECT_EQ(feed_->lag(start).events, 3U);
    EXPECT_EQ(stream_->count("GetRecords"), before);
}

TEST_F(StreamFeed, SaysWhereItCannotBeReached) {
    begin([](const ScriptedCall&, const http::Responder& respond) {
        respond(refusal("ResourceNotFoundException"));
        return true;
    });
    EXPECT_THROW(poll(), es::Unavailable);
    EXPECT_THROW(feed_->current_position(), es::Unavailable);
    EXPECT_THROW(feed_->lag({}), es::Unavailable);
}

}  // namespace
}  // namespace es::dynamodb
