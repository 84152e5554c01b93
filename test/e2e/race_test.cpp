// Many clients at once: the same expected version, and the same Idempotency-Key.
#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "crowd.hpp"
#include "fold.hpp"

namespace {

using namespace e2e;

TEST(Race, OneOfSixteenClientsWithTheSameVersionWins) {
    const Folder folder;
    Server server(folder);
    Crowd crowd({server}, 16);
    Api api(server);
    ASSERT_EQ(api.create("visits").status, 201);
    for (std::int64_t version = 1; version <= 20; ++version) {
        SCOPED_TRACE(version);
        const auto answers = crowd.ask([&](Api& client, std::size_t i) {
            return client.set_value("visits",
                                    static_cast<double>(100 * version) + static_cast<double>(i),
                                    {.version = version});
        });
        ASSERT_EQ(count_status(answers, 201), 1);
        ASSERT_EQ(count_status(answers, 409), 15);
        for (const Answer& answer : answers) {
            if (answer.status != 409) continue;
            EXPECT_EQ(answer.problem(), "stale-version");
            EXPECT_EQ(answer.number("currentVersion"), static_cast<double>(version + 1));
        }
    }
    expect_view_equals_fold(api, "visits");
}

TEST(Race, AllSixteenLandWhenNoneExpectsAVersion) {
    const Folder folder;
    Server server(folder);
    Crowd crowd({server}, 16);
    Api api(server);
    ASSERT_EQ(api.create("visits").status, 201);
    std::set<std::int64_t> versions;
    for (int round = 0; round < 20; ++round) {
        for (const Answer& answer : crowd.ask([&](Api& client, std::size_t i) {
                 return client.set_value("visits", static_cast<double>(i));
             })) {
            ASSERT_EQ(answer.status, 201) << answer.body;
            EXPECT_TRUE(versions.insert(answer.version()).second) << answer.version();
        }
    }
    EXPECT_EQ(versions.size(), 320U);
    EXPECT_EQ(*versions.rbegin(), 321);
    expect_view_equals_fold(api, "visits");
}

TEST(Race, OneOfSixteenClientsCreatesTheMetric) {
    const Folder folder;
    Server server(folder);
    Crowd crowd({server}, 16);
    const auto answers =
        crowd.ask([](Api& client, std::size_t) { return client.create("visits"); });
    EXPECT_EQ(count_status(answers, 201), 1);
    EXPECT_EQ(count_status(answers, 409), 15);
    Api api(server);
    EXPECT_EQ(read_events(api, "visits").size(), 1U);
}

TEST(Race, ACommandSentFiftyTimesWithItsKeyIsRecordedOnce) {
    const Folder folder;
    std::vector<Answer> answers;
    const auto send = [](Api& client, std::size_t) {
        return client.set_value("visits", 7, {.key = "the-key"});
    };
    {
        Server server(folder);
        Crowd crowd({server}, 50);
        Api api(server);
        ASSERT_EQ(api.create("visits").status, 201);
        answers = crowd.ask(send);
        expect_one_answer(answers, answers.front(), 1);
        server.kill();
    }
    Server again(folder);
    Crowd crowd({again}, 50);
    Api api(again);
    ASSERT_EQ(api.set_value("visits", 8).version(), 3);
    expect_one_answer(crowd.ask(send), answers.front(), 0);
    EXPECT_EQ(read_events(api, "visits").size(), 3U);
    const Answer other = api.set_value("visits", 9, {.key = "the-key"});
    EXPECT_EQ(other.status, 422);
    EXPECT_EQ(other.problem(), "key-reused");
}

TEST(Race, ACreationSentFiftyTimesWithItsKeyMakesOneMetric) {
    const Folder folder;
    std::vector<Answer> answers;
    const auto send = [](Api& client, std::size_t) { return client.create("", {.key = "\"k1\""}); };
    {
        Server server(folder);
        Crowd crowd({server}, 50);
        answers = crowd.ask(send);
        expect_one_answer(answers, answers.front(), 1);
        EXPECT_EQ(server.terminate(), 0);
    }
    Server again(folder);
    Crowd crowd({again}, 50);
    expect_one_answer(crowd.ask(send), answers.front(), 0);
    Api api(again);
    const std::string id = answers.front().text("id");
    EXPECT_EQ(api.get("/metrics/" + id + "?minVersion=1").status, 200);
    EXPECT_EQ(read_events(api, id).size(), 1U);
    EXPECT_EQ(api.get("/metrics").size("items"), 1U);
}

}  // namespace
