// A MongoDB that is killed, hangs, comes back, or comes back empty: readers are told so, soon, and
// are never told anything else than what is so. Commands go on all the while.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <map>
#include <random>
#include <thread>

#include "base/testing/engine.hpp"
#include "crowd.hpp"
#include "fold.hpp"
#include "load.hpp"
#include "parts.hpp"

namespace {

using namespace e2e;
using std::chrono::steady_clock;
using ::testing::AnyOf;

// A question waits 2 s for a server and 5 s for its answer; libmongoc 1.30 asks twice where the
// connection has to be opened first, which is 10 s. The rest is for a busy machine.
constexpr std::chrono::seconds answer_time{15};

constexpr const char* known = "/metrics/known";
constexpr const char* unknown = "/metrics/nobody";
// Whose answers stay as they are: nobody sends commands to these metrics.
const std::vector<std::string> lasting{known, "/metrics/GetMetricsById?metricId=known",
                                       "/metrics/known/values", "/metrics?q=lasting"};
const std::vector<std::string> further{unknown,
                                       "/metrics/nobody/values",
                                       "/metrics",
                                       "/metrics/known?minVersion=3&wait=100",
                                       "/metrics/GetMetricsByExpiration?isExpired=false",
                                       "/metrics/GetMetricsBySuccess?isSuccessful=true"};

Answer in_time(Api& api, const std::string& target) {
    const auto began = steady_clock::now();
    Answer answer = api.get(target);
    EXPECT_LT(steady_clock::now() - began, answer_time) << target;
    return answer;
}

void expect_unavailable(const Answer& answer) {
    EXPECT_EQ(answer.status, 503) << answer.body;
    EXPECT_THAT(answer.problem(), AnyOf("store-unavailable", "not-yet-visible")) << answer.body;
    EXPECT_EQ(answer.header("Content-Type"), "application/problem+json");
    EXPECT_FALSE(answer.header("Retry-After").empty());
}

void expect_all_unavailable(Api& api) {
    for (const auto* targets : {&lasting, &further}) {
        for (const std::string& target : *targets) {
            SCOPED_TRACE(target);
            expect_unavailable(in_time(api, target));
        }
    }
    EXPECT_EQ(in_time(api, "/-/ready").status, 503);
    EXPECT_EQ(in_time(api, "/-/healthy").status, 200);
}

// Asks over and over; each answer must be the good one or say that there is none now.
class SuspiciousReader {
public:
    SuspiciousReader(const Urls& urls, const std::map<std::string, std::string>& good)
        : thread_([this, urls, good] {
              Api api(urls);
              while (!stopping_) ask(api, good);
          }) {}
    ~SuspiciousReader() {
        stopping_ = true;
        thread_.join();
    }

private:
    static void ask(Api& api, const std::map<std::string, std::string>& good) {
        for (const auto& [target, body] : good) {
            const Answer answer = in_time(api, target);
            if (answer.status != 200) {
                expect_unavailable(answer);
            } else {
                EXPECT_EQ(answer.body, body);
            }
        }
        const Answer nobody = in_time(api, unknown);
        if (nobody.status != 404) expect_unavailable(nobody);
    }

    std::atomic<bool> stopping_ = false;
    std::thread thread_;
};

class DistributedOutage : public ::testing::Test {
protected:
    explicit DistributedOutage(const std::string& file = {})
        : mongodb_(base::testing::mongo_java_server(file)) {}

    void SetUp() override {
        ASSERT_TRUE(eventually([&] { return api_.get("/-/ready").status == 200; }));
        const auto created =
            api_.post(create_path, R"({"id": "known", "props": {"name": "lasting", "target": 10,
                "description": "d", "unit": "u", "deadline": "2099-12-31"}})");
        ASSERT_EQ(created.status, 201) << created.body;
        ASSERT_EQ(api_.set_value("known", 7).version(), 2);
        ASSERT_EQ(api_.set_value("known", 8).version(), 3);
        ASSERT_EQ(api_.get("/metrics/known?minVersion=3").status, 200);
        for (const std::string& target : lasting) good_[target] = api_.get(target).body;
        load_.prepare(parts_.urls());
        load_.start(parts_.urls());
        await_more_commands();
    }

    void await_more_commands() {
        const auto enough = load_.acknowledged() + 300;
        ASSERT_TRUE(eventually([&] { return load_.acknowledged() >= enough; }));
    }

    // More of them than the read API has threads.
    void expect_many_readers_are_told() {
        Crowd crowd({parts_.urls()}, 40);
        const auto began = steady_clock::now();
        const auto answers = crowd.ask([](Api& one, std::size_t) { return one.get(known); });
        EXPECT_LT(steady_clock::now() - began, answer_time);
        for (const Answer& answer : answers) expect_unavailable(answer);
    }

    // The views are all there again, and always were right.
    void expect_all_is_well() {
        await_more_commands();
        load_.finish();
        EXPECT_EQ(load_.unavailable(), 0U) << "commands did not go on";
        ASSERT_TRUE(eventually([&] { return api_.get("/-/ready").status == 200; }));
        load_.verify(parts_.urls());
        for (const auto& [target, body] : good_) EXPECT_EQ(api_.get(target).body, body);
        EXPECT_EQ(api_.get(unknown).status, 404);
    }

    [[nodiscard]] Finished rebuild() const {
        return run({.arguments = {"rebuild", "--data", folder_.data().string()},
                    .environment = environment_});
    }

    const Folder folder_;
    base::testing::Engine mongodb_;
    const Environment environment_{
        {"MONGO_URI", "mongodb://127.0.0.1:" + std::to_string(mongodb_.port())}};
    Parts parts_{folder_, environment_};
    Api api_{parts_.urls()};
    Load load_{4, std::random_device{}()};
    std::map<std::string, std::string> good_;  // bodies by target
};

TEST_F(DistributedOutage, AKilledOneIsSaidSoToAllReadersSoon) {
    mongodb_.kill();
    expect_all_unavailable(api_);
    expect_many_readers_are_told();
    await_more_commands();
    mongodb_.start();
    expect_all_is_well();
}

TEST_F(DistributedOutage, OneThatHangsIsSaidSoToAllReadersSoon) {
    mongodb_.pause();
    expect_many_readers_are_told();
    await_more_commands();
    mongodb_.resume();
    expect_all_is_well();
}

TEST_F(DistributedOutage, OneThatComesBackEmptySaysNothingUntilARebuild) {
    parts_.kill(Part::projector);
    mongodb_.kill();
    mongodb_.start();
    const SuspiciousReader reader(parts_.urls(), good_);
    for (int times = 0; times < 3; ++times) expect_all_unavailable(api_);
    const auto done = rebuild();
    ASSERT_EQ(done.exit_code, 0) << done.errors;
    for (const auto& [target, body] : good_) EXPECT_EQ(api_.get(target).body, body);
    EXPECT_EQ(api_.get(unknown).status, 404);
    parts_.start(Part::projector);
    expect_all_is_well();
}

TEST_F(DistributedOutage, OneThatComesBackEmptyIsFilledByTheProjector) {
    const SuspiciousReader reader(parts_.urls(), good_);
    for (int times = 0; times < 3; ++times) {
        mongodb_.kill();
        await_more_commands();
        mongodb_.start();
        ASSERT_TRUE(eventually([&] { return api_.get("/-/ready").status == 200; }));
    }
    expect_all_is_well();
}

TEST_F(DistributedOutage, OneThatComesBackEmptyIsFilledByAProjectorThatStartsLater) {
    parts_.kill(Part::projector);
    mongodb_.kill();
    mongodb_.start();
    const SuspiciousReader reader(parts_.urls(), good_);
    expect_all_unavailable(api_);
    parts_.start(Part::projector);
    expect_all_is_well();
}

class DistributedLastingOutage : public DistributedOutage {
protected:
    DistributedLastingOutage() : DistributedOutage((disk_.path() / "mongodb").string()) {}
    static inline const Folder disk_;
};

TEST_F(DistributedLastingOutage, OneThatComesBackWithItsDataIsServedAgain) {
    const SuspiciousReader reader(parts_.urls(), good_);
    mongodb_.stop();  // a kill would damage this engine's indexes
    await_more_commands();
    mongodb_.start();
    expect_all_is_well();
}

}  // namespace
