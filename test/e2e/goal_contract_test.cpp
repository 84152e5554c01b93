// Goals as clients see them: resources, corrections, what they leave behind, and lists of them. The
// same on all engines.
#include <gtest/gtest.h>

#include "api.hpp"

namespace {

using namespace e2e;

// "churn" should fall from 8 to 4, and has two values, of which the second was corrected.
class GoalContract : public ::testing::Test {
protected:
    GoalContract() : server_(folder_), api_(server_) {
        send(
            "POST", "/metrics",
            R"({"id":"churn","name":"Churn","description":"Who leaves","target":4,"unit":"%","deadline":"2099-12-31",)"
            R"("kind":"gauge","direction":"at_most","baseline":8,"tags":["team-x"]})");
        send("POST", "/metrics/churn/values",
             R"([{"value":7,"observedAt":"2026-01-31"},{"value":61,"observedAt":"2026-02-28"}])");
        send("PATCH", "/metrics/churn", R"({"target":5,"owner":"sales","reason":"as agreed"})");
        send("PATCH", "/metrics/churn/values/3", R"({"value":6.1,"reason":"typed 61"})");
        send("POST", "/metrics/churn/notes", R"({"text":"new prices","at":"2026-02-01"})");
    }

    void send(const std::string& method, const std::string& target, const std::string& body) {
        const Answer answer = answer_of(api_.write().send(
            method, target, {{"Content-Type", "application/json"}, {"X-By", "Ada"}}, body));
        EXPECT_EQ(answer.status, 201) << target << answer.body;
        version_ = answer.version();
    }
    // Once the view has all that was sent.
    Answer get(const std::string& target) {
        return api_.get(target + (target.find('?') == std::string::npos ? "?" : "&") +
                        "minVersion=" + std::to_string(version_));
    }

    Folder folder_;
    Server server_;
    Api api_;
    std::int64_t version_ = 0;
};

TEST_F(GoalContract, ADocumentHasTheGoalAndItsStatus) {
    const Answer churn = get("/metrics/churn");
    EXPECT_EQ(churn.version(), 7);
    EXPECT_EQ(churn.number("value"), 6.1);
    EXPECT_EQ(churn.text("direction"), "at_most");
    EXPECT_EQ(churn.text("status"), "on_track");
    EXPECT_EQ(churn.number("values/1/amended/was/value"), 61);
}

TEST_F(GoalContract, ChangesSayWhoChangedWhatAndWhy) {
    const Answer changes = get("/metrics/churn/changes");
    EXPECT_EQ(changes.status, 200);
    ASSERT_EQ(changes.size("items"), 5U) << changes.body;
    EXPECT_EQ(changes.text("items/0/to/text"), "new prices");
    EXPECT_EQ(changes.text("items/1/type"), "MetricValueCorrected");
    EXPECT_EQ(changes.number("items/1/of"), 3);
    EXPECT_EQ(changes.number("items/1/from/value"), 61);
    EXPECT_EQ(changes.number("items/1/to/value"), 6.1);
    EXPECT_EQ(changes.text("items/2/to/owner"), "sales");
    EXPECT_EQ(changes.number("items/3/from/target"), 4);
    EXPECT_EQ(changes.number("items/3/to/target"), 5);
    EXPECT_EQ(changes.text("items/3/reason"), "as agreed");
    EXPECT_EQ(changes.text("items/3/by"), "Ada");
    EXPECT_EQ(changes.number("items/4/to/baseline"), 8);
    EXPECT_EQ(api_.get("/metrics/churn/changes?after=5&limit=1").number("items/0/version"), 4);
    EXPECT_EQ(api_.get("/metrics/nobody/changes").status, 404);
}

TEST_F(GoalContract, AChartShowsWhatHeldWhen) {
    const Answer chart = get("/metrics/churn/chart");
    EXPECT_EQ(chart.number("target/0/target"), 4);
    EXPECT_EQ(chart.number("target/1/target"), 5);
    EXPECT_EQ(chart.text("deadlines/0/deadline"), "2099-12-31T23:59:59.999Z");
    EXPECT_EQ(chart.text("notes/0/text"), "new prices");
    EXPECT_EQ(chart.text("notes/0/at"), "2026-02-01T00:00:00.000Z");
}

TEST_F(GoalContract, ListsAndTheirSummaryAgree) {
    EXPECT_EQ(get("/metrics/churn").status, 200);
    const Answer listed = api_.get("/metrics?status=on_track&tag=team-x&recent=1");
    ASSERT_EQ(listed.size("items"), 1U) << listed.body;
    EXPECT_EQ(listed.number("items/0/recent/0/value"), 6.1);
    const Answer summary = api_.get("/summary?tag=team-x");
    EXPECT_EQ(summary.number("total"), 1);
    EXPECT_EQ(summary.number("byStatus/on_track"), 1);
    EXPECT_EQ(summary.text("owners/0/owner"), "sales");
    EXPECT_EQ(api_.get("/summary?status=missed").number("total"), 0);
    EXPECT_EQ(api_.get("/metrics?status=missed").size("items"), 0U);
}

}  // namespace
