// Invariants 1, 4 and 6 where two processes write to one table: whoever was first, no version is
// lost or doubled, and every answer tells what is stored.
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "crowd.hpp"
#include "fold.hpp"
#include "load.hpp"
#include "parts.hpp"

namespace {

using namespace e2e;

class DistributedWriters : public ::testing::Test {
protected:
    // The same read API behind both.
    [[nodiscard]] std::vector<Urls> both() const {
        return {parts_.urls(), {second_.url, parts_.urls().read}};
    }
    [[nodiscard]] Api api() const { return Api(parts_.urls()); }

    void expect_views_are_good() const {
        const auto verdict =
            run({.arguments = {"rebuild", "--check", "--data", folder_.data().string()}});
        EXPECT_EQ(verdict.exit_code, 0) << verdict.output << verdict.errors;
    }

    // One decides in two threads, the other in three: they share out the metrics differently.
    const Folder folder_;
    Parts parts_{folder_, {{"YARDSTICK_SHARDS", "2"}}};
    const RunningPart second_ =
        start_part(Part::write_api, folder_.data(), {{"YARDSTICK_SHARDS", "3"}});
};

TEST_F(DistributedWriters, KeepEveryAcknowledgedCommandOnceUnderLoad) {
    constexpr std::size_t enough = 4'000;
    const std::uint64_t seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    Load load(32, seed);
    load.prepare(parts_.urls());
    load.start(both());
    ASSERT_TRUE(
        eventually([&] { return load.acknowledged() >= enough; }, std::chrono::seconds(60)));
    load.finish();
    load.repeat_unanswered(both().back());
    load.verify(parts_.urls());
    expect_views_are_good();
}

TEST_F(DistributedWriters, AllCommandsOnOneHotMetricLand) {
    Crowd crowd(both(), 32);
    Api client = api();
    ASSERT_EQ(client.create("visits").status, 201);
    std::set<std::int64_t> versions;
    for (int round = 0; round < 20; ++round) {
        for (const Answer& answer : crowd.ask([&](Api& one, std::size_t i) {
                 return one.set_value("visits", static_cast<double>(i));
             })) {
            ASSERT_EQ(answer.status, 201) << answer.body;
            EXPECT_TRUE(versions.insert(answer.version()).second) << answer.version();
        }
    }
    EXPECT_EQ(versions.size(), 640U);
    EXPECT_EQ(*versions.rbegin(), 641);
    expect_view_equals_fold(client, "visits");
}

TEST_F(DistributedWriters, OneOfThirtyTwoWithTheSameVersionWins) {
    Crowd crowd(both(), 32);
    Api client = api();
    ASSERT_EQ(client.create("visits").status, 201);
    for (std::int64_t version = 1; version <= 20; ++version) {
        SCOPED_TRACE(version);
        const auto answers = crowd.ask([&](Api& one, std::size_t i) {
            return one.set_value("visits",
                                 static_cast<double>(100 * version + static_cast<std::int64_t>(i)),
                                 {.version = version});
        });
        ASSERT_EQ(count_status(answers, 201), 1);
        ASSERT_EQ(count_status(answers, 409), 31);
        for (const Answer& answer : answers) {
            if (answer.status == 409) {
                EXPECT_EQ(answer.number("currentVersion"), static_cast<double>(version + 1));
            }
        }
    }
    expect_view_equals_fold(client, "visits");
}

TEST_F(DistributedWriters, AKeySentToBothAtOnceIsRecordedOnceWithTheSameAnswer) {
    constexpr int rounds = 20;
    Crowd crowd(both(), 32);
    Api client = api();
    for (int round = 0; round < rounds; ++round) {
        const std::string id = "visits-" + std::to_string(round);
        SCOPED_TRACE(id);
        const auto created =
            crowd.ask([&](Api& one, std::size_t) { return one.create(id, {.key = "creation"}); });
        expect_one_answer(created, created.front(), 1);
        const auto set = crowd.ask(
            [&](Api& one, std::size_t) { return one.set_value(id, round, {.key = "the-key"}); });
        expect_one_answer(set, set.front(), 1);
        EXPECT_EQ(read_events(client, id).size(), 2U);
    }
    EXPECT_EQ(client.get("/metrics/visits-0?minVersion=2").status, 200);
}

// Each decides on what the other stored a moment ago, not on what it remembers.
TEST_F(DistributedWriters, EachSeesWhatTheOtherHasStored) {
    Api first(both().front());
    Api second(both().back());
    ASSERT_EQ(first.create("visits").version(), 1);
    for (std::int64_t version = 2; version <= 40; version += 2) {
        const auto value = static_cast<double>(version);
        ASSERT_EQ(second.set_value("visits", value, {.version = version - 1}).version(), version);
        const Answer stale = first.set_value("visits", value + 0.5, {.version = version - 1});
        ASSERT_EQ(stale.status, 409);
        ASSERT_EQ(stale.number("currentVersion"), value);
        ASSERT_EQ(first.set_value("visits", value + 0.5, {.version = version}).version(),
                  version + 1);
    }
    ASSERT_EQ(second.create("visits").status, 409);
    expect_view_equals_fold(first, "visits");
}

}  // namespace
