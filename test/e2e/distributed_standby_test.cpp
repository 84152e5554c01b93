// Two projectors: one works, the other stands by and takes over, soon and without losing anything,
// whatever becomes of the first.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <random>

#include "engine_access.hpp"
#include "fold.hpp"
#include "load.hpp"
#include "parts.hpp"

namespace {

using namespace e2e;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;

// A lease without a sign of life ends after this time (docs/distributed.md).
constexpr seconds lease_time{10};
// Far below it: whoever needs so long has waited for it.
constexpr seconds at_once{5};
constexpr seconds busy_machine{10};

bool says(const RunningPart& part, const std::string& text, std::chrono::milliseconds at_most) {
    return part.process->wait_for_log(
        [&](const std::string& log) { return log.find(text) != std::string::npos; }, at_most);
}

// How many events it has folded into views.
long applied(const std::string& url) {
    const std::string page = http::Client(url).get("/-/prometheus").body;
    const std::string name = "\nyardstick_projector_events_applied_total ";
    const auto place = page.find(name);
    if (place == std::string::npos) throw std::runtime_error("no such figure in " + page);
    return std::stol(page.substr(place + name.size()));
}

class DistributedStandby : public ::testing::Test {
protected:
    DistributedStandby() {
        EXPECT_TRUE(eventually([&] { return api_.get("/-/ready").status == 200; }));
        second_ = start_part(Part::projector, folder_.data());
        EXPECT_TRUE(says(second_, "standing by", patience));
    }

    Process& first() { return parts_.process(Part::projector); }

    // As if the first ran on another machine, from where its end can't be seen.
    void move_first_elsewhere() {
        const auto updated = engines_.mongodb(R"({"update": "YardstickState", "updates": [{
                "q": {"_id": "projector"}, "u": {"$set": {"holder": "elsewhere 1 1"}}}]})");
        ASSERT_EQ(at(updated, "n").number()->value, 1);
    }

    // A command of now is seen.
    void expect_views_go_on() {
        const Answer created = api_.create("now-" + std::to_string(++created_));
        ASSERT_EQ(created.status, 201) << created.body;
        const std::string path = "/metrics/" + created.text("id") + "?minVersion=1";
        EXPECT_TRUE(
            eventually([&] { return api_.get(path + "&wait=5000").status == 200; }, busy_machine));
    }

    void run_load() {
        load_.prepare(parts_.urls());
        load_.start(parts_.urls());
        await_more();
    }
    void await_more() {
        const auto enough = load_.acknowledged() + 500;
        ASSERT_TRUE(eventually([&] { return load_.acknowledged() >= enough; }));
    }
    void expect_nothing_lost() {
        load_.finish();
        load_.verify(parts_.urls());
        const auto verdict =
            run({.arguments = {"rebuild", "--check", "--data", folder_.data().string()}});
        EXPECT_EQ(verdict.exit_code, 0) << verdict.output << verdict.errors;
    }

    const Folder folder_;
    Parts parts_{folder_};
    RunningPart second_;
    Api api_{parts_.urls()};
    EngineAccess engines_{folder_};
    Load load_{6, std::random_device{}()};
    int created_ = 0;
};

TEST_F(DistributedStandby, OneOfTwoWorks) {
    run_load();
    expect_nothing_lost();
    EXPECT_EQ(applied(parts_.projector_url()), static_cast<long>(load_.acknowledged()));
    EXPECT_EQ(applied(second_.url), 0);
    EXPECT_THAT(second_.process->log(), Not(HasSubstr("taking over")));
}

TEST_F(DistributedStandby, TakesOverAtOnceFromOneThatWasKilledOnThisMachine) {
    run_load();
    parts_.kill(Part::projector);
    EXPECT_TRUE(says(second_, "taking over", at_once));
    expect_views_go_on();
    await_more();
    expect_nothing_lost();
    EXPECT_THAT(second_.process->log(), Not(HasSubstr("rebuilding all views")));
}

TEST_F(DistributedStandby, TakesOverInTimeFromOneThatWasKilledElsewhere) {
    run_load();
    move_first_elsewhere();
    parts_.kill(Part::projector);
    await_more();
    load_.finish();  // ten seconds of load would be caught up with for long
    EXPECT_TRUE(says(second_, "taking over", lease_time + busy_machine));
    expect_views_go_on();
    expect_nothing_lost();
    EXPECT_THAT(second_.process->log(), Not(HasSubstr("rebuilding all views")));
}

TEST_F(DistributedStandby, TakesOverAtOnceFromOneThatWasStopped) {
    run_load();
    move_first_elsewhere();
    EXPECT_EQ(parts_.terminate(Part::projector), 0);
    EXPECT_TRUE(says(second_, "taking over", at_once));
    expect_views_go_on();
    await_more();
    expect_nothing_lost();
}

// One that stood still and goes on believes for a moment that it still holds the lease.
TEST_F(DistributedStandby, OneThatStoodStillStandsByWhenItGoesOn) {
    run_load();
    first().signal(SIGSTOP);
    await_more();
    load_.finish();
    EXPECT_TRUE(says(second_, "taking over", lease_time + busy_machine));
    expect_views_go_on();
    first().signal(SIGCONT);
    EXPECT_TRUE(first().wait_for_log([](const std::string& log) {
        return log.find("standing by") != std::string::npos;
    })) << first().log();
    const long before = applied(parts_.projector_url());
    load_.start(parts_.urls());
    await_more();
    expect_nothing_lost();
    EXPECT_EQ(applied(parts_.projector_url()), before);

    second_.process->signal(SIGTERM);
    EXPECT_EQ(second_.process->wait(at_once), 0);
    expect_views_go_on();
}

}  // namespace
