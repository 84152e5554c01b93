// A data folder of an earlier release, as its users keep it: opened once, served, and continued.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "fold.hpp"
#include "transfer.hpp"

namespace {

using namespace e2e;

const std::filesystem::path golden = std::filesystem::path(GOLDEN_DIR) / "data-before-goals";
const std::vector<std::string> ids{"books", "churn", "empty", "many", "reached"};

std::string text_of(const std::filesystem::path& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
}

class Upgrade : public ::testing::Test {
protected:
    Upgrade() { std::filesystem::copy(golden / "data", folder_.data()); }
    Folder folder_;
};

// Every member that the earlier program showed is there, as it was.
void expect_shown_as_before(Api& api, const std::string& id) {
    const Answer now = api.get("/metrics/" + id);
    ASSERT_EQ(now.status, 200) << id << now.body;
    const auto before = json::parse(text_of(golden / "documents" / (id + ".json")));
    ASSERT_TRUE(before.ok() && before.value.object() != nullptr) << before.error;
    for (const auto& [name, value] : *before.value.object()) {
        const json::Value* member = now.json.find(name);
        ASSERT_NE(member, nullptr) << id << " lacks " << name;
        EXPECT_EQ(json::text_of(*member), json::text_of(value)) << id << ": " << name;
    }
}

TEST_F(Upgrade, TheFolderIsServedAtOnceAsBefore) {
    Server server(folder_);
    Api api(server);
    for (const auto& id : ids) expect_shown_as_before(api, id);
    EXPECT_EQ(api.get("/metrics?limit=10").size("items"), ids.size());
}

TEST_F(Upgrade, WhatIsNewIsFilledIn) {
    Server server(folder_);
    Api api(server);
    EXPECT_TRUE(eventually([&] { return api.get("/metrics/many/changes").size("items") == 1; }));
    EXPECT_TRUE(eventually([&] { return api.get("/metrics/books/changes").size("items") == 2; }));
    EXPECT_EQ(api.get("/metrics/books/changes").number("items/0/to/target"), 30);
    EXPECT_TRUE(eventually([&] { return api.get("/summary").number("byStatus/no_data") == 1; }));
    for (const auto& id : ids) {
        expect_shown_as_before(api, id);
        expect_view_equals_fold(api, id);
    }
}

TEST_F(Upgrade, ItsMetricsGetGoalsAndItsKeysStillCount) {
    Server server(folder_);
    Api api(server);
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
TEST_F(Upgrade, ItsViewsAreOfTodaysFormatThen) {
    // In an SQLite file the lowest byte of `PRAGMA user_version` is its 64th.
    const auto format = [&] { return int{text_of(folder_.data() / "views-1.db").at(63)}; };
    EXPECT_EQ(format(), 3);
    EXPECT_EQ(Server(folder_).terminate(), 0);
    EXPECT_EQ(format(), 4);
}

TEST_F(Upgrade, ItsViewsAreThoseThatARebuildMakes) {
    {
        Server server(folder_);
        Api api(server);
        EXPECT_TRUE(
            eventually([&] { return api.get("/metrics/many/changes").size("items") == 1; }));
        EXPECT_TRUE(
            eventually([&] { return api.get("/metrics/books/changes").size("items") == 2; }));
        EXPECT_EQ(server.terminate(), 0);
    }
    const auto check =
        run({.arguments = {"rebuild", "--check", "--data", folder_.data().string()}});
    EXPECT_EQ(check.exit_code, 0) << check.output;
}

}  // namespace
