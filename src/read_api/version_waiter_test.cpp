// Waiting for a version: minVersion and wait, parked metrics, the limit, and the stop.
#include <atomic>
#include <thread>

#include "read_api/read_api_fixture.hpp"
#include "read_api/version_waiter.hpp"

namespace read_api {
namespace {

using namespace std::chrono_literals;

class Waiting : public ReadApiTest {
protected:
    void save_version(es::Version version) {
        auto document = metric();
        document.version = version;
        save("m1", document);
    }
    static bool is_waiting(std::future<http::Response>& answer) {
        return answer.wait_for(30ms) == std::future_status::timeout;
    }
};

TEST_F(Waiting, IsNotNeededForWhatIsThere) {
    save_version(5);
    EXPECT_EQ(get("/metrics/m1?minVersion=5&wait=0").status, 200);
    EXPECT_EQ(get("/metrics/m1/values?minVersion=5&wait=0").status, 200);
}

TEST_F(Waiting, EndsWhenTheViewIsSavedAndNotified) {
    save_version(1);
    auto document = ask("/metrics/m1?minVersion=3&wait=10000");
    auto legacy = ask("/metrics/GetMetricsById?metricId=m1&minVersion=2&wait=10000");
    auto values = ask("/metrics/m1/values?minVersion=3&wait=10000");
    EXPECT_TRUE(is_waiting(document));
    save_version(2);
    read_api->notify_saved();
    EXPECT_EQ(legacy.get().status, 200);
    EXPECT_TRUE(is_waiting(document));
    save_version(3);
    read_api->notify_saved();
    const auto response = document.get();
    EXPECT_EQ(response.status, 200);
    EXPECT_NE(response.body.find("\"version\":3"), std::string::npos);
    EXPECT_EQ(values.get().status, 200);
}

TEST_F(Waiting, FindsSavesOfOtherProcessesWithoutNotification) {
    auto answer = ask("/metrics/m1?minVersion=1&wait=10000");  // a metric not seen yet
    EXPECT_TRUE(is_waiting(answer));
    save_version(1);
    EXPECT_EQ(answer.get().status, 200);
}

TEST_F(Waiting, EndsWhenItsTimeIsOver) {
    save_version(1);
    const auto response = get("/metrics/m1?minVersion=2&wait=20");
    EXPECT_EQ(response.status, 503);
    EXPECT_EQ(problem_type(response), "/problems/not-yet-visible");
    EXPECT_NE(response.headers.find("Retry-After"), nullptr);
    EXPECT_EQ(problem_type(get("/metrics/m1/values?minVersion=2&wait=0")),
              "/problems/not-yet-visible");
}

TEST_F(Waiting, IsSparedForAMetricParkedBelow) {
    save_version(3);
    es::ViewSave<kpi::MetricView> parking;
    parking.parked = {{"m1", 4, "unknown event type"}};
    views.save(parking);
    const auto began = std::chrono::steady_clock::now();
    const auto response = get("/metrics/m1?minVersion=4&wait=10000");
    EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
    EXPECT_EQ(response.status, 503);
    EXPECT_EQ(problem_type(response), "/problems/parked");
    EXPECT_EQ(get("/metrics/m1?minVersion=3").status, 200);
}

TEST_F(Waiting, GoesOnForAVersionBeforeTheParkedOne) {
    save_version(2);
    es::ViewSave<kpi::MetricView> parking;
    parking.parked = {{"m1", 4, "unknown event type"}};
    views.save(parking);
    auto answer = ask("/metrics/m1?minVersion=3&wait=10000");
    EXPECT_TRUE(is_waiting(answer));
    save_version(3);
    EXPECT_EQ(answer.get().status, 200);
}

TEST_F(Waiting, IsLimitedInNumber) {
    start({.views = views, .pool = pool, .waiters_max = 2});
    auto first = ask("/metrics/m1?minVersion=1&wait=10000");
    auto second = ask("/metrics/m1?minVersion=1&wait=10000");
    const auto third = get("/metrics/m1?minVersion=1&wait=10000");
    EXPECT_EQ(third.status, 503);
    EXPECT_EQ(problem_type(third), "/problems/overloaded");
    save_version(1);
    read_api->notify_saved();
    EXPECT_EQ(first.get().status, 200);
    EXPECT_EQ(second.get().status, 200);
    for (int i = 0; i < 5; ++i) {  // their places are free again
        EXPECT_EQ(problem_type(get("/metrics/m1?minVersion=2&wait=0")),
                  "/problems/not-yet-visible");
    }
}

TEST_F(Waiting, OneCallerLeavesPlacesForOthers) {
    VersionWaiter waiter(views, {.waiters_max = 100});
    std::atomic<int> settled = 0;
    const auto wait = [&](const char* caller) {
        return waiter.wait(caller, "m1", 1, 30s, [&](auto) { ++settled; });
    };
    int taken = 0;
    while (wait("127.0.0.1")) ++taken;
    EXPECT_EQ(taken, 51);
    EXPECT_TRUE(wait("127.0.0.2"));
    EXPECT_EQ(waiter.counters().waiting, 52U);
    EXPECT_EQ(waiter.counters().refused, 1U);
    save_version(1);
    waiter.notify();
    waiter.stop();
    EXPECT_EQ(settled, 52);
    EXPECT_EQ(waiter.counters().waiting, 0U);
}

TEST_F(Waiting, IsAnsweredAtAStop) {
    auto before = ask("/metrics/m1?minVersion=1&wait=10000");
    read_api->stop();
    EXPECT_EQ(before.get().status, 503);
    EXPECT_EQ(get("/metrics/m1?minVersion=1&wait=10000").status, 503);
}

TEST_F(Waiting, EndsAtANotificationAndNotOnlyByLooking) {
    VersionWaiter waiter(views, {.look_min = 1h, .look_max = 1h});
    std::promise<VersionWaiter::Outcome> promise;
    ASSERT_TRUE(waiter.wait("a", "m1", 1, 1h, [&](auto outcome) { promise.set_value(outcome); }));
    auto outcome = promise.get_future();
    EXPECT_EQ(outcome.wait_for(20ms), std::future_status::timeout);
    save_version(1);
    waiter.notify();
    ASSERT_EQ(outcome.wait_for(30s), std::future_status::ready);
    EXPECT_EQ(outcome.get(), VersionWaiter::Outcome::reached);
}

TEST_F(Waiting, ManyAreSettledOnceEach) {
    VersionWaiter waiter(views, {});
    std::atomic<int> settled = 0;
    std::vector<std::thread> callers;
    for (int caller = 0; caller < 4; ++caller) {
        callers.emplace_back([&] {
            for (es::Version version = 1; version <= 100; ++version) {
                EXPECT_TRUE(waiter.wait("a", "m1", version, 30s, [&](auto outcome) {
                    EXPECT_NE(outcome, VersionWaiter::Outcome::too_late);
                    ++settled;
                }));
            }
        });
    }
    for (es::Version version = 1; version <= 90; ++version) {
        save_version(version);
        waiter.notify();
    }
    for (auto& caller : callers) caller.join();
    waiter.stop();  // for the last ten of each
    EXPECT_EQ(settled, 400);
}

struct LostViews : views::MemoryMetricViews {
    std::optional<kpi::ViewStamp> stamp(const kpi::MetricId&) override {
        throw es::Unavailable("gone");
    }
};

TEST_F(Waiting, EndsInItsTimeWhenTheStoreIsAway) {
    LostViews lost;
    start({.views = lost, .pool = pool});
    EXPECT_EQ(problem_type(get("/metrics/m1?minVersion=1&wait=50")), "/problems/store-unavailable");
}

struct LateViews : views::MemoryMetricViews {
    std::optional<kpi::ViewStamp> stamp(const kpi::MetricId& id) override {
        if (++questions < 3) throw es::Unavailable("not made yet");
        return MemoryMetricViews::stamp(id);
    }
    std::atomic<int> questions = 0;
};

TEST_F(Waiting, OutlivesViewsThatComeLate) {
    LateViews late;
    es::ViewSave<kpi::MetricView> save;
    save.changes.push_back({"m1", 0, metric(), {}});
    late.save(save);
    start({.views = late, .pool = pool});
    EXPECT_EQ(get("/metrics/m1?minVersion=1&wait=10000").status, 200);
}

}  // namespace
}  // namespace read_api
