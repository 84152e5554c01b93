// The parts of serve in processes of their own: each may end and come back in any order.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "base/time.hpp"
#include "fold.hpp"
#include "load.hpp"
#include "parts.hpp"
#include "set_up.hpp"

namespace {

using namespace e2e;
using ::testing::HasSubstr;

constexpr int kills = 20;
constexpr int in_use = 5;

std::vector<std::string> part_arguments(Part part, const Folder& folder) {
    return {name_of(part), "--data", folder.data().string(), "--listen", "127.0.0.1:0"};
}

TEST(Parts, ReadYourWritesAcrossProcesses) {
    const Folder folder;
    Parts parts(folder);
    Api api(parts.urls());
    ASSERT_EQ(api.create("visits").status, 201);
    for (int value = 1; value <= 50; ++value) {
        const auto version = api.set_value("visits", value).version();
        const auto read = api.get("/metrics/visits?minVersion=" + std::to_string(version));
        ASSERT_EQ(read.status, 200) << read.body;
        ASSERT_EQ(read.number("value"), value);
    }
    expect_view_equals_fold(api, "visits");
    http::Client projector(parts.projector_url());
    EXPECT_EQ(projector.get("/-/ready").status, 200);
    EXPECT_THAT(projector.get("/-/prometheus").body,
                HasSubstr("yardstick_projector_events_applied_total 51"));
    for (const Part part : all_parts) EXPECT_EQ(parts.terminate(part), 0) << name_of(part);
}

TEST(Parts, AnyOrderOfStartsWillDo) {
    std::array order = all_parts;
    do {
        const Folder folder;
        std::vector<std::unique_ptr<Process>> processes;
        std::string trace;
        Urls urls;
        for (const Part part : order) {
            trace += std::string(name_of(part)) + " ";
            auto arguments = part_arguments(part, folder);
            arguments.insert(arguments.end(), {"--log-format", "json"});
            processes.push_back(std::make_unique<Process>(Launch{.arguments = arguments}));
        }
        SCOPED_TRACE(trace);
        ASSERT_TRUE(eventually([&] {
            for (const auto& process : processes) {
                if (auto url = url_in(process->log(), "write"); !url.empty()) urls.write = url;
                if (auto url = url_in(process->log(), "read"); !url.empty()) urls.read = url;
            }
            return !urls.write.empty() && !urls.read.empty();
        }));
        Api api(urls);
        ASSERT_EQ(api.create("visits").status, 201);
        EXPECT_TRUE(eventually(
            [&] { return api.get("/metrics/visits?minVersion=1&wait=1000").status == 200; }));
    } while (std::next_permutation(order.begin(), order.end()));
}

TEST(Parts, WithoutAProjectorReadersAreToldThatItIsNotVisibleYet) {
    const Folder folder;
    Parts parts(folder);
    Api api(parts.urls());
    api.create("visits");
    ASSERT_EQ(api.get("/metrics/visits?minVersion=1").status, 200);
    parts.kill(Part::projector);
    ASSERT_EQ(api.set_value("visits", 7).status, 201);
    EXPECT_EQ(api.get("/metrics/visits?minVersion=2&wait=50").problem(), "not-yet-visible");
    EXPECT_EQ(api.get("/metrics/visits").number("value"), 0);
    EXPECT_EQ(api.get("/metrics/visits/events").size("items"), 2U) << "the events are there";
    EXPECT_EQ(api.get("/-/ready").number("lag/events"), 1);
    parts.start(Part::projector);
    EXPECT_EQ(api.get("/metrics/visits?minVersion=2").number("value"), 7);
}

TEST(Parts, ASecondOwnerIsRefusedAndTheFirstIsUndisturbed) {
    const Folder folder;
    Parts parts(folder);
    Api api(parts.urls());
    api.create("visits");
    for (const Part part : {Part::write_api, Part::projector}) {
        const auto second = run({.arguments = part_arguments(part, folder)});
        EXPECT_EQ(second.exit_code, in_use) << second.errors;
        EXPECT_THAT(second.errors,
                    HasSubstr("yardstick: The data folder " + folder.data().string() +
                              " is in use: another process (" + name_of(part)));
    }
    const auto all = run({.arguments = serve_arguments(folder.data())});
    EXPECT_EQ(all.exit_code, in_use) << all.errors;
    const auto version = api.set_value("visits", 3).version();
    EXPECT_EQ(api.get("/metrics/visits?minVersion=" + std::to_string(version)).number("value"), 3);
}

TEST(Parts, AnyNumberOfReadersMayRun) {
    const Folder folder;
    Parts parts(folder);
    Process second({.arguments = {"read-api", "--data", folder.data().string(), "--listen",
                                  "127.0.0.1:0", "--log-format", "json"}});
    ASSERT_TRUE(
        second.wait_for_log([](const std::string& log) { return !url_in(log, "read").empty(); }));
    Api api(parts.urls());
    api.create("visits");
    http::Client other(url_in(second.log(), "read"));
    EXPECT_EQ(other.get("/metrics/visits?minVersion=1").status, 200);
}

// Of one metric from its events; of all of them where the events have an order.
TEST(Parts, AReadApiOfItsOwnAnswersFromThePast) {
    const Folder folder;
    const Parts parts(folder);
    Api api(parts.urls());
    api.create("visits");
    api.set_value("visits", 12);
    const std::string then = api.get("/metrics/visits?minVersion=2").text("updatedAt");
    ASSERT_TRUE(eventually([&] { return base::format_time(base::system_now()) > then; }));
    api.set_value("visits", 13);
    EXPECT_EQ(api.get("/metrics/visits?minVersion=3").number("value"), 13);

    const Answer document = api.get("/metrics/visits?asOf=" + then);
    EXPECT_EQ(document.status, 200) << document.body;
    EXPECT_EQ(document.version(), 2);
    EXPECT_EQ(document.number("value"), 12);
    EXPECT_EQ(api.get("/metrics/visits/values?asOf=" + then).size("items"), 1U);
    EXPECT_EQ(api.get("/metrics/visits/chart?asOf=" + then).size("values/value"), 1U);
    EXPECT_EQ(api.get("/metrics/visits?asOf=2020-01-01").status, 404);
    for (const char* of_all : {"/metrics", "/summary", "/metrics.csv"}) {
        const Answer answer = api.get(of_all + std::string("?asOf=") + then);
        EXPECT_EQ(answer.status, is_distributed() ? 501 : 200) << of_all << answer.body;
        EXPECT_EQ(answer.problem(), is_distributed() ? "no-global-order" : "") << of_all;
    }
    EXPECT_EQ(api.get("/events").status, is_distributed() ? 501 : 200);
}

// Invariants 1 to 4, as in the crash test of one process.
TEST(Parts, KeepEveryPromiseAfterTwentyKillsUnderLoadInAnyOrder) {
    const std::uint64_t seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    auto up_to = [&](int max) { return std::uniform_int_distribution<>(1, max)(random); };

    const Folder folder;
    Parts parts(folder);
    Load load(6, seed);
    load.prepare(parts.urls());
    load.start(parts.urls());
    int killed = 0;
    while (killed < kills) {
        const std::size_t enough = load.acknowledged() + static_cast<std::size_t>(up_to(800));
        ASSERT_TRUE(eventually([&] { return load.acknowledged() >= enough; }));
        // One, two or all three are dead at a time, and come back in another order.
        std::array order = all_parts;
        std::shuffle(order.begin(), order.end(), random);
        const auto dead = static_cast<std::size_t>(up_to(3));
        for (std::size_t i = 0; i < dead; ++i, ++killed) parts.kill(order[i]);
        if (!parts.runs(Part::write_api)) load.finish();
        std::shuffle(order.begin(), order.end(), random);
        for (const Part part : order) {
            if (parts.runs(part)) continue;
            parts.start(part);
            if (part != Part::write_api) continue;
            load.repeat_unanswered(parts.urls());
            load.start(parts.urls());
        }
    }
    load.finish();
    load.repeat_unanswered(parts.urls());
    load.verify(parts.urls());
    // What wasn't asked for may come a little later.
    Finished verdict{};
    eventually(
        [&] {
            verdict = run({.arguments = {"rebuild", "--check", "--data", folder.data().string()}});
            return verdict.exit_code == 0;
        },
        std::chrono::seconds(60));
    EXPECT_EQ(verdict.exit_code, 0) << verdict.output << verdict.errors;
}

}  // namespace
