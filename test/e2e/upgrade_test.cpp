// What an earlier release left, as its users keep it: a data folder, or a table and a database.
// Opened once, served, and continued.
#include <gtest/gtest.h>

#include <optional>

#include "earlier_release.hpp"
#include "fold.hpp"
#include "parts.hpp"
#include "set_up.hpp"
#include "transfer.hpp"

namespace {

using namespace e2e;

const std::vector<std::string> ids{"books", "churn", "empty", "many", "reached"};

// What serves: one process, or on DynamoDB and MongoDB the parts.
class Today {
public:
    explicit Today(const Folder& folder) {
        if (is_distributed()) {
            parts_.emplace(folder);
        } else {
            server_.emplace(folder);
        }
    }
    [[nodiscard]] Urls urls() const { return parts_ ? parts_->urls() : server_->urls(); }
    [[nodiscard]] std::optional<int> terminate() {
        if (server_) return server_->terminate();
        std::optional<int> worst = 0;
        for (const Part part : all_parts) {
            if (const auto code = parts_->terminate(part); code != 0) worst = code;
        }
        return worst;
    }

private:
    std::optional<Parts> parts_;
    std::optional<Server> server_;
};

class Upgrade : public ::testing::Test {
protected:
    Upgrade() { load_data_before_goals(folder_); }
    Folder folder_;
};

void expect_filled_in(Api& api) {
    EXPECT_TRUE(eventually([&] { return api.get("/metrics/many/changes").size("items") == 1; }));
    EXPECT_TRUE(eventually([&] { return api.get("/metrics/books/changes").size("items") == 2; }));
    EXPECT_TRUE(eventually([&] { return api.get("/metrics/reached/changes").size("items") == 2; }));
}

TEST_F(Upgrade, ItIsServedAtOnceAsBefore) {
    Today today(folder_);
    Api api(today.urls());
    expect_answers_as_before_goals(api);
    EXPECT_EQ(api.get("/metrics?limit=10").size("items"), ids.size());
}

TEST_F(Upgrade, WhatIsNewIsFilledIn) {
    Today today(folder_);
    Api api(today.urls());
    expect_filled_in(api);
    EXPECT_EQ(api.get("/metrics/books/changes").number("items/0/to/target"), 30);
    EXPECT_TRUE(eventually([&] { return api.get("/summary").number("byStatus/no_data") == 1; }));
    expect_answers_as_before_goals(api);
    for (const auto& id : ids) expect_view_equals_fold(api, id);
}

TEST_F(Upgrade, ItsMetricsGetGoalsAndItsKeysStillCount) {
    Today today(folder_);
    Api api(today.urls());
    const Answer again = api.post(
        value_path, R"({"id":"churn","props":{"value":6,"observedAt":"2026-04-15"}})", "churn-3");
    EXPECT_EQ(again.status, 201) << again.body;
    EXPECT_EQ(again.header("Idempotent-Replayed"), "true");
    EXPECT_EQ(again.version(), 5);
    const Answer edited = answer_of(
        api.write().send("PATCH", "/metrics/churn", {{"Content-Type", "application/json"}},
                         R"({"direction":"at_most","baseline":8,"tags":["team-x"]})"));
    EXPECT_EQ(edited.status, 201) << edited.body;
    const Answer corrected = answer_of(api.write().send("PATCH", "/metrics/churn/values/2",
                                                        {{"Content-Type", "application/json"}},
                                                        R"({"value":8.5,"reason":"typed 8"})"));
    EXPECT_EQ(corrected.status, 201) << corrected.body;
    const Answer churn =
        api.get("/metrics/churn?minVersion=" + std::to_string(corrected.version()));
    EXPECT_EQ(churn.text("direction"), "at_most");
    EXPECT_EQ(churn.number("values/0/value"), 8.5);
    EXPECT_EQ(churn.number("values/0/amended/was/value"), 8);
    expect_view_equals_fold(api, "books");
}

// An earlier program then says that a newer one wrote the views, and leaves them.
TEST_F(Upgrade, TheViewsOfAFolderAreOfTodaysFormatThen) {
    // In an SQLite file the lowest byte of `PRAGMA user_version` is its 64th.
    const auto format = [&] { return int{read_file(folder_.data() / "views-1.db").at(63)}; };
    EXPECT_EQ(format(), 3);
    EXPECT_EQ(Server(folder_).terminate(), 0);
    EXPECT_EQ(format(), 5);
}

TEST_F(Upgrade, ItsViewsAreThoseThatARebuildMakes) {
    {
        Today today(folder_);
        Api api(today.urls());
        expect_filled_in(api);
        EXPECT_EQ(today.terminate(), 0);
    }
    const auto check =
        run(on_engines({.arguments = {"rebuild", "--check", "--data", folder_.data().string()}}));
    EXPECT_EQ(check.exit_code, 0) << check.output;
}

}  // namespace
