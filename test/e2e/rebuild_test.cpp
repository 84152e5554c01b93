// `yardstick rebuild` beside running processes and without them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <atomic>
#include <fstream>
#include <random>
#include <thread>

#include "fold.hpp"
#include "held_file.hpp"
#include "load.hpp"
#include "parts.hpp"

namespace {

using namespace e2e;
using ::testing::HasSubstr;

constexpr int differs = 3;
constexpr int not_found = 4;

Finished rebuild(const Folder& folder, std::vector<std::string> options = {}) {
    std::vector<std::string> arguments{"rebuild", "--data", folder.data().string()};
    arguments.insert(arguments.end(), options.begin(), options.end());
    return run({.arguments = arguments});
}

// Changes the views in force behind the program's back.
void damage(const Folder& folder, const char* sql) {
    sqlite3* opened = nullptr;
    ASSERT_EQ(sqlite3_open(views_in(folder.data()).c_str(), &opened), SQLITE_OK);
    sqlite3_busy_timeout(opened, 5'000);
    sqlite3_db_config(opened, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    EXPECT_EQ(sqlite3_exec(opened, sql, nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(opened);
    sqlite3_close(opened);
}

void fill(Api& api) {
    for (const char* id : {"a", "b", "c"}) {
        ASSERT_EQ(api.create(id).status, 201);
        for (int value = 1; value <= 20; ++value) api.set_value(id, value);
    }
    for (const char* id : {"a", "b", "c"}) {
        ASSERT_EQ(api.get("/metrics/" + std::string(id) + "?minVersion=21").status, 200);
    }
}

TEST(Rebuild, MakesDamagedViewsGoodBesideARunningServer) {
    const Folder folder;
    Server server(folder);
    Api api(server);
    fill(api);
    damage(folder, "UPDATE metrics SET value = 99 WHERE id = 'b'; DELETE FROM metric_values");
    const auto found = rebuild(folder, {"--check"});
    EXPECT_EQ(found.exit_code, differs);
    EXPECT_THAT(found.output, HasSubstr("b: value is 99, its events say 20"));
    EXPECT_THAT(found.errors, HasSubstr("differences between the views and their events: 4;"));
    const auto done = rebuild(folder);
    EXPECT_EQ(done.exit_code, 0) << done.errors;
    EXPECT_THAT(done.output, HasSubstr("events folded: 63,"));
    EXPECT_TRUE(done.errors.empty()) << "quiet in a pipe: " << done.errors;
    for (const char* id : {"a", "b", "c"}) expect_view_equals_fold(api, id);
    EXPECT_EQ(rebuild(folder, {"--check"}).exit_code, 0);
    api.set_value("b", 21);
    expect_view_equals_fold(api, "b");
}

TEST(Rebuild, MakesDamagedViewsGoodWithoutAServer) {
    const Folder folder;
    {
        Server server(folder);
        Api api(server);
        fill(api);
        server.terminate();
    }
    damage(folder, "UPDATE metrics SET value = 99 WHERE id = 'b'; DELETE FROM metric_values");
    EXPECT_EQ(rebuild(folder).exit_code, 0);
    EXPECT_EQ(rebuild(folder, {"--check"}).exit_code, 0);
    const Server server(folder);
    Api api(server);
    for (const char* id : {"a", "b", "c"}) expect_view_equals_fold(api, id);
}

TEST(Rebuild, OfOneMetricLeavesTheOthersAsTheyAre) {
    const Folder folder;
    auto server = std::make_unique<Server>(folder);
    Api api(*server);
    fill(api);
    const char* harm =
        "UPDATE metrics SET value = 99 WHERE id IN ('a', 'b'); "
        "DELETE FROM metric_values WHERE metric = 2";
    damage(folder, harm);
    const auto done = rebuild(folder, {"--metric", "b"});
    EXPECT_EQ(done.exit_code, 0) << done.errors;
    EXPECT_THAT(done.output, HasSubstr("b was rebuilt, up to version 21"));
    expect_view_equals_fold(api, "b");
    const auto left = rebuild(folder, {"--check"});
    EXPECT_EQ(left.output, "a: value is 99, its events say 20\n");
    const auto unknown = rebuild(folder, {"--metric", "nobody"});
    EXPECT_EQ(unknown.exit_code, not_found);
    EXPECT_EQ(unknown.errors, "yardstick: there is no metric 'nobody'.\n");
    server->terminate();
    EXPECT_EQ(rebuild(folder, {"--metric", "a"}).exit_code, 0) << "without a server";
    EXPECT_EQ(rebuild(folder, {"--check"}).exit_code, 0);
}

TEST(Rebuild, ACheckNamesViewsThatAreBehindAndStaySo) {
    const Folder folder;
    Parts parts(folder);
    Api api(parts.urls());
    fill(api);
    ASSERT_EQ(parts.terminate(Part::projector), 0);
    for (int value = 21; value <= 23; ++value) ASSERT_EQ(api.set_value("b", value).status, 201);
    ASSERT_EQ(api.create("new").status, 201);
    const auto behind = rebuild(folder, {"--check"});
    EXPECT_EQ(behind.exit_code, differs);
    EXPECT_EQ(behind.output,
              "b: it is behind: its events continue to version 24\n"
              "new: it has events, but no view\n");
    parts.start(Part::projector);
    ASSERT_EQ(api.get("/metrics/new?minVersion=1&wait=10000").status, 200);
    EXPECT_EQ(rebuild(folder, {"--check"}).exit_code, 0);
}

TEST(Rebuild, WithoutEventsSaysSo) {
    const Folder folder;
    const auto refused = rebuild(folder);
    EXPECT_EQ(refused.exit_code, 1);
    EXPECT_EQ(refused.errors,
              "yardstick: There is no event store in " + folder.data().string() + ".\n");
    EXPECT_FALSE(std::filesystem::exists(folder.data()));
}

// Reads one metric over and over, each time at least as new as the last answer.
class PatientReader {
public:
    explicit PatientReader(const Urls& urls) : thread_([this, urls] { read(urls); }) {}
    ~PatientReader() { finish(); }

    void finish() {
        stopping_ = true;
        if (thread_.joinable()) thread_.join();
    }
    [[nodiscard]] int answers() const { return answers_; }

private:
    void read(const Urls& urls) {
        Api api(urls);
        std::int64_t seen = 1;
        while (!stopping_) {
            const auto path = "/metrics/shared?wait=10000&minVersion=" + std::to_string(seen);
            const Answer answer = api.get(path);
            EXPECT_EQ(answer.status, 200) << answer.body;
            const Answer list = api.get("/metrics?limit=5");
            EXPECT_EQ(list.status, 200) << list.body;
            EXPECT_EQ(api.get("/metrics/shared/values?limit=5").status, 200);
            if (answer.status != 200) return;
            EXPECT_GE(answer.version(), seen) << "an older answer than before";
            seen = answer.version();
            const Answer unasked = api.get("/metrics/shared");
            EXPECT_GE(unasked.version(), seen) << "went back without a minVersion";
            ++answers_;
        }
    }

    std::atomic<bool> stopping_ = false;
    std::atomic<int> answers_ = 0;
    std::thread thread_;
};

TEST(Rebuild, UnderFullLoadFailsNoReadAndShowsNothingOlder) {
    const std::uint64_t seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    const Folder folder;
    Parts parts(folder);
    Load load(4, seed);
    load.prepare(parts.urls());
    Api(parts.urls()).get("/metrics/shared?wait=10000&minVersion=1");
    load.start(parts.urls());
    {
        PatientReader one(parts.urls());
        PatientReader other(parts.urls());
        for (int times = 0; times < 2; ++times) {
            const auto done = rebuild(folder);
            EXPECT_EQ(done.exit_code, 0) << done.errors;
        }
        for (int times = 0; times < 5; ++times) {
            Process killed({.arguments = {"rebuild", "--data", folder.data().string()}});
            std::this_thread::sleep_for(
                std::chrono::milliseconds(std::uniform_int_distribution<>(0, 60)(random)));
            killed.signal(SIGKILL);
            killed.wait();
        }
        const auto after = rebuild(folder);
        EXPECT_EQ(after.exit_code, 0) << after.errors;
        const int answers = one.answers();
        EXPECT_TRUE(eventually([&] { return one.answers() > answers + 10; }));
    }
    load.finish();
    load.repeat_unanswered(parts.urls());
    load.verify(parts.urls());
    EXPECT_EQ(rebuild(folder, {"--check"}).exit_code, 0);
}

TEST(Rebuild, GoesOnWhenTheProjectorIsKilledAndComesBack) {
    const Folder folder;
    Parts parts(folder);
    Api api(parts.urls());
    fill(api);
    parts.kill(Part::projector);
    api.set_value("a", 21);
    EXPECT_EQ(rebuild(folder).exit_code, 0) << "it is the projector itself";
    EXPECT_EQ(api.get("/metrics/a?minVersion=22&wait=10").number("value"), 21);
    parts.start(Part::projector);
    api.set_value("a", 22);
    EXPECT_EQ(api.get("/metrics/a?minVersion=23").number("value"), 22);
}

TEST(Rebuild, OfDeletedViewsHappensByItselfWhileTheServerRuns) {
    const Folder folder;
    Server server(folder);
    Api api(server);
    fill(api);
    std::filesystem::remove(views_in(folder.data()));
    EXPECT_TRUE(eventually([&] {
        std::ifstream pointer(folder.data() / "views.current");
        std::string name;
        return std::getline(pointer, name) && name == "views-2.db";
    })) << server.log();
    for (const char* id : {"a", "b", "c"}) expect_view_equals_fold(api, id);
}

}  // namespace
