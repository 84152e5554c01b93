// The checkpoint of a stream as text, and which shards it lets be read.
#include "es/dynamodb/stream_checkpoint.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/time.hpp"
#include "es/dynamodb/shard_lineage.hpp"

namespace es::dynamodb {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const ShardPosition at_start{};
const ShardPosition after_seven{.kind = ShardPosition::Kind::after, .after = "7"};
const ShardPosition done{.kind = ShardPosition::Kind::done};

StreamCheckpoint checkpoint(std::map<std::string, ShardPosition> shards) {
    return {.stream = "arn:aws:dynamodb:eu-central-1:1:table/t/stream/2026",
            .polled = *base::parse_time("2026-11-25T08:00:00.123Z", {}),
            .shards = std::move(shards)};
}

TEST(StreamCheckpoint, HasTheFormOfItsDocument) {
    const auto written = checkpoints_at(checkpoint({{"a", done}, {"b", after_seven}, {"c", {}}}));
    ASSERT_EQ(written.size(), 1U);
    EXPECT_EQ(written.at("stream"),
              R"({"stream":"arn:aws:dynamodb:eu-central-1:1:table/t/stream/2026",)"
              R"("polled":"2026-11-25T08:00:00.123Z",)"
              R"("shards":{"a":"done","b":{"after":"7"},"c":"start"}})");
}

TEST(StreamCheckpoint, ReadsBackAsItWasWritten) {
    std::map<std::string, ShardPosition> many;
    for (int i = 0; i < 500; ++i) {
        many["shardId-" + std::to_string(i)] = i % 3 == 0   ? done
                                               : i % 3 == 1 ? after_seven
                                                            : at_start;
    }
    for (const auto& shards : {std::map<std::string, ShardPosition>{}, many}) {
        EXPECT_EQ(checkpoint_in(checkpoints_at(checkpoint(shards))), checkpoint(shards));
    }
}

TEST(StreamCheckpoint, OfAnotherFormIsNone) {
    EXPECT_EQ(checkpoint_in({}), std::nullopt);
    EXPECT_EQ(checkpoint_in({{"events", "12"}}), std::nullopt);
    for (const char* text : {
             "",
             "12",
             R"({"stream":"a","polled":"2026-11-25T08:00:00.123Z"})",
             R"({"stream":"a","polled":"today","shards":{}})",
             R"({"polled":"2026-11-25T08:00:00.123Z","shards":{}})",
             R"({"stream":"a","polled":"2026-11-25T08:00:00.123Z","shards":{"x":"middle"}})",
             R"({"stream":"a","polled":"2026-11-25T08:00:00.123Z","shards":{"x":{"after":7}}})",
         }) {
        EXPECT_EQ(checkpoint_in({{"stream", text}}), std::nullopt) << text;
    }
}

// A split into two, one of which was split again; and one apart.
const std::vector<Shard> family{
    {"root"}, {"left", "root"}, {"right", "root"}, {"leaf", "left"}, {"apart", "long gone"}};

TEST(ShardLineage, LetsChildrenBeReadWhenTheirParentsAreDone) {
    auto at = checkpoint({});
    EXPECT_TRUE(adopt(family, at));
    EXPECT_THAT(readable_shards(family, at), ElementsAre("root", "apart"));
    at.shards["root"] = after_seven;
    EXPECT_THAT(readable_shards(family, at), ElementsAre("root", "apart"));
    at.shards["root"] = done;
    EXPECT_THAT(readable_shards(family, at), ElementsAre("left", "right", "apart"));
    at.shards["right"] = done;
    EXPECT_THAT(readable_shards(family, at), ElementsAre("left", "apart"));
    at.shards["left"] = done;
    EXPECT_THAT(readable_shards(family, at), ElementsAre("leaf", "apart"));
}

TEST(ShardLineage, KnowsNewShardsAndForgetsThoseThatAreDoneAndGone) {
    auto at = checkpoint({{"gone", done}, {"root", done}, {"left", after_seven}});
    EXPECT_TRUE(adopt(family, at));
    EXPECT_EQ(at, checkpoint({{"root", done},
                              {"left", after_seven},
                              {"right", at_start},
                              {"leaf", at_start},
                              {"apart", at_start}}));
    EXPECT_FALSE(adopt(family, at));
}

TEST(ShardLineage, NamesAShardThatIsGoneBeforeItsEnd) {
    EXPECT_EQ(lost_shard(family, checkpoint({{"root", after_seven}, {"gone", done}})),
              std::nullopt);
    EXPECT_EQ(lost_shard(family, checkpoint({{"gone", after_seven}})), "gone");
    EXPECT_EQ(lost_shard(family, checkpoint({{"gone", at_start}})), "gone");
    EXPECT_THAT(readable_shards({}, checkpoint({})), IsEmpty());
}

}  // namespace
}  // namespace es::dynamodb
