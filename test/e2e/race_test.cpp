// Many clients at once: the same expected version, and the same Idempotency-Key.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <latch>
#include <memory>
#include <set>
#include <thread>
#include <vector>

#include "fold.hpp"

namespace {

using namespace e2e;

// Clients, each with a connection of its own that is open already.
class Crowd {
public:
    Crowd(const Server& server, std::size_t size) {
        for (std::size_t i = 0; i < size; ++i) {
            apis_.push_back(std::make_unique<Api>(server));
            EXPECT_EQ(apis_.back()->write().get("/-/healthy").status, 200);
        }
    }

    // All at the same moment; the answers in the order of the clients.
    std::vector<Answer> ask(const std::function<Answer(Api&, std::size_t)>& question) {
        std::vector<Answer> answers(apis_.size());
        std::latch go(static_cast<std::ptrdiff_t>(apis_.size()));
        {
            std::vector<std::jthread> threads;
            for (std::size_t i = 0; i < apis_.size(); ++i) {
                threads.emplace_back([&, i] {
                    go.arrive_and_wait();
                    answers[i] = question(*apis_[i], i);
                });
            }
        }
        return answers;
    }

private:
    std::vector<std::unique_ptr<Api>> apis_;
};

auto count_status(const std::vector<Answer>& answers, int status) {
    return std::ranges::count(answers, status, &Answer::status);
}

TEST(Race, OneOfSixteenClientsWithTheSameVersionWins) {
    const Folder folder;
    Server server(folder);
    Crowd crowd(server, 16);
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
    Crowd crowd(server, 16);
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
    Crowd crowd(server, 16);
    const auto answers =
        crowd.ask([](Api& client, std::size_t) { return client.create("visits"); });
    EXPECT_EQ(count_status(answers, 201), 1);
    EXPECT_EQ(count_status(answers, 409), 15);
    Api api(server);
    EXPECT_EQ(read_events(api, "visits").size(), 1U);
}

// All answers are the first one's; just one says that it was not a repeat, or none.
void expect_one_answer(const std::vector<Answer>& answers, const Answer& first,
                       std::ptrdiff_t originals) {
    for (const Answer& answer : answers) {
        ASSERT_EQ(answer.status, 201) << answer.body;
        EXPECT_EQ(answer.body, first.body);
        EXPECT_EQ(answer.header("ETag"), first.header("ETag"));
        EXPECT_EQ(answer.header("Location"), first.header("Location"));
    }
    EXPECT_EQ(std::ranges::count_if(
                  answers, [](const Answer& a) { return a.header("Idempotent-Replayed").empty(); }),
              originals);
}

TEST(Race, ACommandSentFiftyTimesWithItsKeyIsRecordedOnce) {
    const Folder folder;
    std::vector<Answer> answers;
    const auto send = [](Api& client, std::size_t) {
        return client.set_value("visits", 7, {.key = "the-key"});
    };
    {
        Server server(folder);
        Crowd crowd(server, 50);
        Api api(server);
        ASSERT_EQ(api.create("visits").status, 201);
        answers = crowd.ask(send);
        expect_one_answer(answers, answers.front(), 1);
        server.kill();
    }
    Server again(folder);
    Crowd crowd(again, 50);
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
        Crowd crowd(server, 50);
        answers = crowd.ask(send);
        expect_one_answer(answers, answers.front(), 1);
        EXPECT_EQ(server.terminate(), 0);
    }
    Server again(folder);
    Crowd crowd(again, 50);
    expect_one_answer(crowd.ask(send), answers.front(), 0);
    Api api(again);
    const std::string id = answers.front().text("id");
    EXPECT_EQ(api.get("/metrics/" + id + "?minVersion=1").status, 200);
    EXPECT_EQ(read_events(api, id).size(), 1U);
    EXPECT_EQ(api.get("/metrics").size("items"), 1U);
}

}  // namespace
