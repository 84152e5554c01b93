// Only one process is the active projector, and one that has lost the lease moves no checkpoint.
#include "views/mongodb/projector_lease.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <latch>

#include "es/errors.hpp"
#include "kpi/testing/view_store_checks.hpp"
#include "views/mongodb/metric_document.hpp"
#include "views/mongodb/mongo_fixture.hpp"
#include "views/mongodb/parked_streams.hpp"
#include "views/mongodb/process_name.hpp"

namespace views::mongodb {
namespace {

using kpi::testing::change;
using kpi::testing::metric;
using kpi::testing::saving;
using std::chrono::steady_clock;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;

constexpr std::chrono::milliseconds short_time{400};
constexpr std::chrono::milliseconds long_time{600'000};
constexpr std::chrono::seconds patience{20};

const es::Checkpoints somewhere{{"stream", "7"}};

class Leases : public ::testing::Test {
protected:
    // As if the holder had stopped on another machine.
    void stands_still() { set_state(Bson().text("holder", "on another machine")); }

    void set_state(const Bson& members) {
        ASSERT_TRUE(database.update_one(state_collection, Bson().text("_id", "projector"),
                                        Bson().document("$set", members)));
    }

    Database database{testing::own_database(testing::shared_mongo())};
};

std::string mark_of_a_process_that_ended() {
    std::array<int, 2> pipe{};
    EXPECT_EQ(::pipe(pipe.data()), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        const std::string mark = own_process_name();
        const auto written = ::write(pipe[1], mark.data(), mark.size());
        ::_exit(written == static_cast<ssize_t>(mark.size()) ? 0 : 1);
    }
    std::array<char, 512> text{};
    const auto size = ::read(pipe[0], text.data(), text.size());
    ::waitpid(child, nullptr, 0);
    ::close(pipe[0]);
    ::close(pipe[1]);
    EXPECT_GT(size, 0);
    return {text.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
}

bool take_in_time(ProjectorLease& lease) {
    const auto until = steady_clock::now() + patience;
    while (steady_clock::now() < until) {
        if (lease.try_to_take()) return true;
        std::this_thread::yield();
    }
    return false;
}

TEST_F(Leases, TheFirstGetsItAndASecondDoesNot) {
    ProjectorLease first(database, short_time);
    ProjectorLease second(database, short_time);
    EXPECT_TRUE(first.try_to_take());
    const auto until = steady_clock::now() + 3 * short_time;
    while (steady_clock::now() < until) ASSERT_FALSE(second.try_to_take());
    EXPECT_TRUE(first.look().has_value()) << "its beat kept it";
    EXPECT_FALSE(second.held());
}

TEST_F(Leases, OneThatIsReleasedIsTakenAtOnceWithItsCheckpoints) {
    ProjectorLease second(database, long_time);
    {
        ProjectorLease first(database, long_time);
        ASSERT_TRUE(first.try_to_take());
        ASSERT_TRUE(first.save(somewhere));
        ASSERT_FALSE(second.try_to_take());
    }
    EXPECT_TRUE(second.try_to_take());
    EXPECT_EQ(second.checkpoints(), somewhere);
}

TEST_F(Leases, AHolderThatGivesNoSignLosesItAndMovesNoCheckpointAnyMore) {
    ProjectorLease silent(database, long_time);  // its first beat would come far too late
    ASSERT_TRUE(silent.try_to_take());
    ASSERT_TRUE(silent.save(somewhere));
    stands_still();
    ProjectorLease other(database, short_time);
    EXPECT_FALSE(other.try_to_take()) << "it might have given a sign just now";
    ASSERT_TRUE(take_in_time(other));
    EXPECT_EQ(other.checkpoints(), somewhere);

    EXPECT_FALSE(silent.save({{"stream", "8"}}));
    EXPECT_FALSE(silent.held());
    EXPECT_EQ(stored_checkpoints(database), somewhere);
    EXPECT_TRUE(other.save({{"stream", "9"}}));
}

TEST_F(Leases, OneThatWasTakenIsNoticedByLooking) {
    ProjectorLease silent(database, long_time);
    ASSERT_TRUE(silent.try_to_take());
    stands_still();
    ProjectorLease other(database, short_time);
    ASSERT_TRUE(take_in_time(other));
    EXPECT_FALSE(silent.look().has_value());
    EXPECT_TRUE(other.look().has_value());
}

TEST_F(Leases, OfManyAtOnceOneGetsIt) {
    constexpr std::ptrdiff_t count = 6;
    const std::string ended = mark_of_a_process_that_ended();
    // Made in the first round, taken over in the others.
    for (int round = 0; round < 20; ++round) {
        std::vector<std::unique_ptr<ProjectorLease>> leases;
        for (int i = 0; i < count; ++i) {
            leases.push_back(std::make_unique<ProjectorLease>(database, long_time));
        }
        std::latch start(count);
        std::atomic<int> winners = 0;
        std::vector<std::thread> threads;
        for (auto& lease : leases) {
            threads.emplace_back([&] {
                start.arrive_and_wait();
                winners += lease->try_to_take() ? 1 : 0;
            });
        }
        for (auto& thread : threads) thread.join();
        EXPECT_EQ(winners, 1) << "round " << round;
        leases.clear();
        set_state(Bson().text("holder", ended).integer("beat", 0));
    }
}

TEST_F(Leases, OneWhoseDocumentIsGoneIsLostAndRecreatedWithoutCheckpoints) {
    ProjectorLease lease(database, long_time);
    ASSERT_TRUE(lease.try_to_take());
    ASSERT_TRUE(lease.save(somewhere));
    database.remove(state_collection, {});
    EXPECT_FALSE(lease.save({{"stream", "8"}}));
    EXPECT_FALSE(database.find_one(state_collection, {}).has_value()) << "a save recreated it";
    EXPECT_FALSE(lease.held());
    EXPECT_TRUE(lease.try_to_take());
    EXPECT_THAT(lease.checkpoints(), IsEmpty());
}

// Epochs start at 1 again with the document.
TEST_F(Leases, OneOfAnEmptiedDatabaseIsNotTakenForTheLatestHoldersOfTheSameEpoch) {
    ProjectorLease before(database, long_time);
    ASSERT_TRUE(before.try_to_take());
    const Bson projector = Bson().text("_id", "projector").integer("epoch", 1);
    ASSERT_TRUE(database.find_one(state_collection, projector).has_value());
    database.remove(state_collection, {});
    ProjectorLease after(database, long_time);
    ASSERT_TRUE(after.try_to_take());
    ASSERT_TRUE(database.find_one(state_collection, projector).has_value());
    ASSERT_TRUE(after.save(somewhere));

    EXPECT_FALSE(before.save({{"stream", "8"}}));
    EXPECT_FALSE(before.held());
    EXPECT_EQ(stored_checkpoints(database), somewhere);
    EXPECT_TRUE(after.look().has_value());
}

TEST_F(Leases, ItsBeatNoticesThatTheDocumentIsGone) {
    ProjectorLease lease(database, short_time);
    ASSERT_TRUE(lease.try_to_take());
    database.remove(state_collection, {});
    const auto until = steady_clock::now() + patience;
    while (lease.held() && steady_clock::now() < until) std::this_thread::yield();
    EXPECT_FALSE(lease.held());
}

TEST_F(Leases, ThatOfAProcessThatEndedOnThisMachineIsFree) {
    const std::string mark = mark_of_a_process_that_ended();
    EXPECT_TRUE(has_ended(mark));
    EXPECT_FALSE(has_ended(own_process_name()));
    EXPECT_FALSE(has_ended("another-machine 1 1"));
    EXPECT_FALSE(has_ended(""));

    ProjectorLease ended(database, long_time);
    ASSERT_TRUE(ended.try_to_take());
    set_state(Bson().text("holder", mark));
    ProjectorLease next(database, long_time);
    EXPECT_TRUE(next.try_to_take());
}

// --- As the views use it ---

class Projectors : public ::testing::Test {
protected:
    std::unique_ptr<kpi::MetricViews> projector(std::chrono::milliseconds lease_time) {
        return mongo_metric_views({.mongo = options,
                                   .source = source,
                                   .writer = true,
                                   .lease_time = lease_time,
                                   .log = [this](const std::string& line) {
                                       const std::lock_guard lock(mutex);
                                       logged.push_back(line);
                                   }});
    }

    static bool look_after(kpi::MetricViews& views) {
        return views.upkeep([] { return false; }).next == es::Upkeep::Next::reload;
    }

    static kpi::testing::Save moving(const std::string& position) {
        kpi::testing::Save save;
        save.checkpoints = {{"stream", position}};
        return save;
    }

    // Waits until upkeep() says reload; false when it doesn't in time.
    static bool reloads(kpi::MetricViews& views) {
        const auto until = steady_clock::now() + patience;
        while (steady_clock::now() < until) {
            if (look_after(views)) return true;
            std::this_thread::yield();
        }
        return false;
    }

    // Waits until the views' own process notices that it has lost the lease.
    static std::string loss(kpi::MetricViews& views) {
        const auto until = steady_clock::now() + patience;
        while (steady_clock::now() < until) {
            try {
                look_after(views);
            } catch (const es::Unavailable& error) {
                return error.what();
            }
        }
        return "none";
    }

    // Lets whoever holds the lease seem to be silent, and another have taken it.
    void overtake() {
        Database(options).update_one(
            state_collection, Bson().text("_id", "projector"),
            Bson()
                .document("$inc", Bson().integer("epoch", 1))
                .document("$set", Bson().text("holder", "on another machine")));
    }

    std::vector<std::string> index_names(const char* collection) const {
        const std::unique_ptr<mongoc_client_t, decltype(&mongoc_client_destroy)> client(
            mongoc_client_new_from_uri(uri_of(options).get()), &mongoc_client_destroy);
        const std::unique_ptr<mongoc_collection_t, decltype(&mongoc_collection_destroy)> place(
            mongoc_client_get_collection(client.get(), options.database.c_str(), collection),
            &mongoc_collection_destroy);
        const std::unique_ptr<mongoc_cursor_t, decltype(&mongoc_cursor_destroy)> indexes(
            mongoc_collection_find_indexes_with_opts(place.get(), nullptr), &mongoc_cursor_destroy);
        std::vector<std::string> names;
        const bson_t* index = nullptr;
        while (mongoc_cursor_next(indexes.get(), &index)) {
            names.push_back(BsonView(index).text("name").value_or(""));
        }
        return names;
    }

    std::string last_logged() {
        const std::lock_guard lock(mutex);
        return logged.empty() ? "" : logged.back();
    }

    const MongoOptions options = testing::own_database(testing::shared_mongo());
    const std::string source = "a test's events";
    std::mutex mutex;
    std::vector<std::string> logged;
};

TEST_F(Projectors, TheFirstWorksAndASecondStandsBy) {
    const auto first = projector(short_time);
    EXPECT_TRUE(look_after(*first)) << "its checkpoints are to be read";
    EXPECT_FALSE(look_after(*first));
    const auto second = projector(short_time);
    for (int i = 0; i < 3; ++i) {
        const es::Upkeep upkeep = second->upkeep([] { return false; });
        EXPECT_EQ(upkeep.next, es::Upkeep::Next::stand_by);
    }
    EXPECT_THAT(last_logged(), HasSubstr("standing by"));
    EXPECT_EQ(logged.size(), 1U) << "it says so once";
    EXPECT_THROW(second->save(moving("1")), es::Unavailable);
}

TEST_F(Projectors, AStandbyTakesOverWhenTheFirstEnds) {
    auto first = projector(long_time);
    testing::declare_complete(options, source);
    look_after(*first);
    first->save(moving("5"));
    const auto second = projector(long_time);
    EXPECT_EQ(second->upkeep([] { return false; }).next, es::Upkeep::Next::stand_by);
    first.reset();
    EXPECT_TRUE(reloads(*second));
    EXPECT_THAT(last_logged(), HasSubstr("taking over"));
    EXPECT_EQ(second->checkpoints(), (es::Checkpoints{{"stream", "5"}}));
    EXPECT_THAT(second->save(moving("6")), IsEmpty());
}

TEST_F(Projectors, OneThatLostTheLeaseSavesNoCheckpointAndDoesNotTakeItBackBySaving) {
    const auto first = projector(long_time);
    testing::declare_complete(options, source);
    look_after(*first);
    first->save(moving("5"));
    overtake();
    EXPECT_THROW(first->save(moving("6")), es::Unavailable);
    // The other one gives it back, and its checkpoints may be others now.
    Database(options).update_one(state_collection, Bson().text("_id", "projector"),
                                 Bson().document("$set", Bson().integer("beat", -1)));
    EXPECT_THROW(first->save(moving("6")), es::Unavailable);
    EXPECT_EQ(first->checkpoints(), (es::Checkpoints{{"stream", "5"}}));
    EXPECT_TRUE(reloads(*first)) << "to read the checkpoints again";
    EXPECT_THAT(first->save(moving("6")), IsEmpty());
}

TEST_F(Projectors, EmptiedViewsAreNoticedAndHaveNoCheckpoints) {
    const auto views = projector(long_time);
    testing::declare_complete(options, source);
    look_after(*views);
    auto save = saving({change("m", 0, metric())});
    save.checkpoints = {{"stream", "5"}};
    views->save(save);
    Database database(options);
    database.remove(metrics_collection, {});
    database.remove(state_collection, {});
    EXPECT_THROW(views->save(moving("6")), es::Unavailable);
    EXPECT_TRUE(reloads(*views));
    EXPECT_THAT(views->checkpoints(), IsEmpty());
    EXPECT_FALSE(look_after(*views)) << "reported once";
}

TEST_F(Projectors, EmptiedViewsAreNoticedWithoutAnySave) {
    const auto views = projector(long_time);
    look_after(*views);
    Database(options).remove(state_collection, {});
    EXPECT_THAT(loss(*views), HasSubstr("the views are gone"));
    EXPECT_TRUE(reloads(*views));
}

TEST_F(Projectors, CheckpointsThatAServerForgotAreGoneBackTo) {
    const auto views = projector(long_time);
    testing::declare_complete(options, source);
    look_after(*views);
    views->save(moving("6"));
    Database(options).update_one(
        state_collection, Bson().text("_id", "projector"),
        Bson().document("$set",
                        Bson().array("checkpoints",
                                     {Bson().text("partition", "stream").text("position", "5")})));
    EXPECT_TRUE(reloads(*views)) << "what was saved after them is gone as well";
    EXPECT_EQ(views->checkpoints(), (es::Checkpoints{{"stream", "5"}}));
    EXPECT_FALSE(look_after(*views)) << "reported once";
}

TEST_F(Projectors, ARequestToCatchAMetricUpIsNoticed) {
    const auto views = projector(long_time);
    look_after(*views);
    Database database(options);
    database.write(parked_collection, {park({"a", 1, "damaged"}), request_catch_up({"a", 1, ""})});
    EXPECT_TRUE(reloads(*views));
    EXPECT_FALSE(look_after(*views));
}

TEST_F(Projectors, TheActiveOneCreatesTheIndexes) {
    const auto views = projector(long_time);
    look_after(*views);
    EXPECT_THAT(index_names(metrics_collection), IsSupersetOf({"name_1__id_1", "name_-1__id_1"}));
    EXPECT_THAT(index_names(values_collection), Contains("metric_1_date_1_version_1"));
}

TEST_F(Projectors, AReaderSavesNothing) {
    const auto reader = mongo_metric_views({.mongo = options});
    EXPECT_THROW(reader->save(saving({change("m", 0, metric())})), es::Unavailable);
}

TEST_F(Projectors, AViewRebuiltSinceItWasLoadedIsNotOverwritten) {
    const auto views = projector(long_time);
    testing::declare_complete(options, source);
    look_after(*views);
    views->save(saving({change("m", 0, metric("Damaged"))}));
    ASSERT_EQ(views->load({"m"}).at("m").metric.name, "Damaged");
    Database(options).update_one(
        metrics_collection, Bson().text("_id", "m"),
        Bson().document("$set", Bson().text("name", "Mended").integer("edition", 1)));
    auto folded = metric("Damaged");
    folded.version = 2;
    EXPECT_THAT(views->save(saving({change("m", 1, folded)})), ElementsAre("m"));
    EXPECT_EQ(views->find("m")->document.metric.name, "Mended");
}

}  // namespace
}  // namespace views::mongodb
