// A MongoDB that is away, hangs, comes back, or comes back empty: never a wrong answer, and none
// that takes for ever.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <thread>

#include "es/errors.hpp"
#include "kpi/testing/view_store_checks.hpp"
#include "views/mongodb/mongo_fixture.hpp"

namespace views::mongodb {
namespace {

using kpi::testing::change;
using kpi::testing::create;
using kpi::testing::metric;
using kpi::testing::saving;
using std::chrono::steady_clock;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::chrono::milliseconds wait{300};  // for connections, servers and answers
constexpr std::chrono::seconds soon{5};         // in spite of a busy machine
constexpr std::chrono::seconds patience{30};

MongoOptions impatient(const base::testing::Engine& engine) {
    MongoOptions options = testing::own_database(engine);
    options.connect_timeout = wait;
    options.selection_timeout = wait;
    options.socket_timeout = wait;
    return options;
}

std::unique_ptr<kpi::MetricViews> views_of(const MongoOptions& options, bool writer) {
    return mongo_metric_views({.mongo = options, .source = "events", .writer = writer});
}

template <class Question>
void expect_unavailable_soon(Question question) {
    const auto began = steady_clock::now();
    EXPECT_THROW(question(), es::Unavailable);
    EXPECT_LT(steady_clock::now() - began, soon);
}

// Asks until there is an answer, which then is the last one.
template <class Question>
auto when_available(Question question) {
    const auto until = steady_clock::now() + patience;
    for (;;) {
        try {
            return question();
        } catch (const es::Unavailable&) {
            if (steady_clock::now() > until) throw;
            std::this_thread::yield();
        }
    }
}

TEST(MongoOutages, ViewsNeedNoServerBeforeTheFirstQuery) {
    auto engine = base::testing::mongo_java_server();
    engine.kill();
    const auto views = views_of(impatient(engine), true);
    expect_unavailable_soon([&] { views->find("m"); });
    expect_unavailable_soon([&] { views->load({"m"}); });
    expect_unavailable_soon([&] { views->upkeep([] { return false; }); });
    engine.start();
    EXPECT_TRUE(when_available(
        [&] { return views->upkeep([] { return false; }).next == es::Upkeep::Next::reload; }));
    EXPECT_THAT(views->save(saving({change("m", 0, metric())})), IsEmpty());
}

TEST(MongoOutages, ManyWhoAskAtOnceAreAllAnsweredSoon) {
    auto engine = base::testing::mongo_java_server();
    engine.pause();  // takes connections, and says nothing
    const auto views = views_of(impatient(engine), false);
    const auto began = steady_clock::now();
    std::array<std::thread, 40> threads;
    for (auto& thread : threads) {
        thread = std::thread([&] { EXPECT_THROW(views->find("m"), es::Unavailable); });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_LT(steady_clock::now() - began, soon);
    engine.resume();
}

TEST(MongoOutages, AServerThatHangsIsUnavailableSoonAndThenGoneOnWith) {
    auto engine = base::testing::mongo_java_server();
    const auto views = views_of(impatient(engine), true);
    when_available([&] { create(*views, "m", metric()); });
    engine.pause();
    expect_unavailable_soon([&] { views->find("m"); });
    expect_unavailable_soon([&] { views->save(saving({change("n", 0, metric())})); });
    engine.resume();
    EXPECT_TRUE(when_available([&] { return views->find("m"); }).has_value());
    EXPECT_THAT(when_available([&] { return views->save(saving({change("n", 0, metric())})); }),
                IsEmpty());
}

TEST(MongoOutages, MoreQueriesThanConnectionsWaitOnlySoLong) {
    auto engine = base::testing::mongo_java_server();
    MongoOptions options = impatient(engine);
    options.socket_timeout = std::chrono::seconds(1);
    options.uri += "/?maxPoolSize=1&waitQueueTimeoutMS=100";
    const auto views = views_of(options, true);
    when_available([&] { create(*views, "m", metric()); });
    engine.pause();
    std::array<std::thread, 8> threads;
    for (auto& thread : threads) {
        thread = std::thread([&] { expect_unavailable_soon([&] { views->find("m"); }); });
    }
    for (auto& thread : threads) thread.join();
    engine.resume();
    EXPECT_TRUE(when_available([&] { return views->find("m"); }).has_value());
}

TEST(MongoOutages, AKilledServerIsUnavailableSoonAndThenGoneOnWith) {
    const base::testing::TempFolder folder;
    auto engine = base::testing::ferretd(folder.path());
    MongoOptions options = testing::own_database(engine);
    options.selection_timeout = wait;
    const auto views = views_of(options, true);
    views->upkeep([] { return false; });
    testing::declare_complete(options, "events");
    auto save = saving({change("m", 0, metric())});
    save.checkpoints = {{"stream", "1"}};
    views->save(save);
    const auto reader = views_of(options, false);
    ASSERT_EQ(reader->version("m"), 1);

    engine.kill();
    expect_unavailable_soon([&] { reader->find("m"); });
    expect_unavailable_soon([&] { reader->list({}); });
    expect_unavailable_soon([&] { views->save(save); });
    engine.start();
    EXPECT_EQ(when_available([&] { return reader->version("m"); }), 1);
    EXPECT_EQ(reader->list({}).items.size(), 1U);
    auto next = metric("Next");
    next.version = 2;
    EXPECT_THAT(when_available([&] { return views->save(saving({change("m", 1, next)})); }),
                IsEmpty());
    EXPECT_EQ(reader->version("m"), 2);
    EXPECT_EQ(views->checkpoints(), save.checkpoints);
}

TEST(MongoOutages, AServerThatComesBackEmptyAnswersNothing) {
    auto engine = base::testing::mongo_java_server();  // keeps nothing
    const MongoOptions options = impatient(engine);
    const auto views = views_of(options, true);
    when_available(
        [&] { return views->upkeep([] { return false; }).next == es::Upkeep::Next::reload; });
    testing::declare_complete(options, "events");
    create(*views, "m", metric());
    const auto reader = views_of(options, false);
    ASSERT_EQ(reader->version("m"), 1);
    engine.kill();
    engine.start();

    const auto until = steady_clock::now() + patience;
    std::string told;
    while (told.find("not complete") == std::string::npos && steady_clock::now() < until) {
        try {
            ADD_FAILURE() << "the version of a metric that is gone: " << reader->version("m");
        } catch (const es::Unavailable& error) {
            told = error.what();
        }
    }
    EXPECT_THAT(told, HasSubstr("not complete"));
    EXPECT_THROW(reader->list({}), es::Unavailable);
    EXPECT_TRUE(when_available(
        [&] { return views->upkeep([] { return false; }).next == es::Upkeep::Next::reload; }));
    EXPECT_THAT(views->checkpoints(), IsEmpty());
}

TEST(MongoOutages, MessagesHoldNoSecret) {
    auto engine = base::testing::mongo_java_server();
    MongoOptions options = impatient(engine);
    options.user = "someone";
    options.password = "hidden";
    const auto views = views_of(options, false);
    const auto told = [&] {
        try {
            views->find("m");
        } catch (const es::Unavailable& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    EXPECT_THAT(told(), HasSubstr("MongoDB: "));  // this server knows no credentials
    EXPECT_THAT(told(), Not(HasSubstr("hidden")));
    engine.kill();
    EXPECT_THAT(told(), HasSubstr("MongoDB: "));
    EXPECT_THAT(told(), Not(HasSubstr("hidden")));
}

}  // namespace
}  // namespace views::mongodb
