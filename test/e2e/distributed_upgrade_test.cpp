// A table and a database of an earlier release while today's parts start one after the other. What
// holds for a data folder too is in upgrade_test.cpp.
#include <gtest/gtest.h>

#include "earlier_release.hpp"
#include "engine_access.hpp"
#include "fold.hpp"
#include "lambda_function.hpp"
#include "parts.hpp"
#include "set_up.hpp"

namespace {

using namespace e2e;

class DistributedUpgrade : public ::testing::Test {
protected:
    DistributedUpgrade() { load_data_before_goals(folder_); }

    [[nodiscard]] RunningPart start(Part part) const { return start_part(part, folder_.data()); }

    // The document in which the views say that they are complete.
    [[nodiscard]] json::Value views_document() const {
        const auto found = EngineAccess(folder_).mongodb(
            R"({"find": "YardstickState", "filter": {"_id": "views"}})");
        return at(found, "cursor/firstBatch/0");
    }

    const Folder folder_;
};

Answer give_goal(Api& api) {
    return answer_of(api.write().send("PATCH", "/metrics/churn",
                                      {{"Content-Type", "application/json"}},
                                      R"({"direction":"at_most","baseline":8})"));
}

TEST_F(DistributedUpgrade, ItsDocumentsAreReadBeforeAnybodyFoldsThemAgain) {
    const auto read = start(Part::read_api);
    Api api({read.url, read.url});
    expect_answers_as_before_goals(api);
    EXPECT_EQ(api.get("/metrics/nobody").status, 404);
}

TEST_F(DistributedUpgrade, CommandsOfBeforeTheProjectorsStartAreNotLost) {
    const auto write = start(Part::write_api);
    const auto read = start(Part::read_api);
    Api api({write.url, read.url});
    EXPECT_EQ(api.set_value("books", 13).version(), 10);
    EXPECT_EQ(give_goal(api).version(), 7);

    const auto projector = start(Part::projector);
    EXPECT_EQ(api.get("/metrics/books?minVersion=10").number("value"), 13);
    EXPECT_EQ(api.get("/metrics/churn?minVersion=7").text("direction"), "at_most");
    EXPECT_TRUE(eventually([&] { return api.get("/metrics/many/changes").size("items") == 1; }));
    for (const char* id : {"books", "many"}) expect_view_equals_fold(api, id);
}

// Else every upgrade would fold all events at its start.
TEST_F(DistributedUpgrade, TheProjectorContinuesFromItsCheckpoint) {
    const auto generation = json::text_of(*views_document().find("generation"));
    const auto fields = json::text_of(*views_document().find("fields"));
    const auto projector = start(Part::projector);
    EXPECT_TRUE(
        eventually([&] { return json::text_of(*views_document().find("fields")) != fields; }));
    EXPECT_EQ(json::text_of(*views_document().find("generation")), generation)
        << "a rebuild gives the views another one";
}

// A function folds what events come for; the rest is the rebuild's.
class DistributedLambdaUpgrade : public DistributedUpgrade {};

TEST_F(DistributedLambdaUpgrade, AFunctionServesItAndARebuildFillsItIn) {
    const auto write = start(Part::write_api);
    const auto read = start(Part::read_api);
    Api api({write.url, read.url});
    const LambdaFunction function(engine_environment(folder_), {.rebuilds_first = false});
    expect_answers_as_before_goals(api);
    EXPECT_EQ(give_goal(api).version(), 7);
    EXPECT_EQ(api.get("/metrics/churn?minVersion=7").text("direction"), "at_most");

    const auto done = rebuild(engine_environment(folder_));
    EXPECT_EQ(done.exit_code, 0) << done.errors;
    EXPECT_EQ(api.get("/metrics/many/changes").size("items"), 1U);
    for (const char* id : {"books", "many"}) expect_view_equals_fold(api, id);
    EXPECT_EQ(rebuild(engine_environment(folder_), {"--check"}).exit_code, 0);
}

}  // namespace
