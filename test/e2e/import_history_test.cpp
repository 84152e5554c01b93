// `import --from-history`: a metric with the history of its values, straight into a data folder.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "base/json.hpp"
#include "transfer.hpp"

namespace {

using namespace e2e;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int failed = 1;
constexpr int partly = 2;
constexpr int in_use = 5;
constexpr int wrong_usage = 64;

const char* const books = "when,what\n2023-01-31,2\n2023-03-31,9\n2023-02-28,5\n2023-12-31,26\n";

Finished import_history(const Folder& folder, const std::string& text,
                        const std::vector<std::string>& further = {}) {
    const auto file = write_file(folder, "books.csv", text);
    Launch launch{.arguments = {"import", file.string(), "--from-history", "--data",
                                folder.data().string(), "--time", "when", "--value", "what", "--id",
                                "books", "--name", "Books read", "--target", "24", "--unit",
                                "books"}};
    launch.arguments.insert(launch.arguments.end(), further.begin(), further.end());
    if (std::find(further.begin(), further.end(), "--deadline") == further.end()) {
        launch.arguments.insert(launch.arguments.end(), {"--deadline", "2023-12-31"});
    }
    return run(launch);
}

TEST(ImportHistory, BringsInAGoalThatIsOver) {
    const Folder folder;
    const Finished finished = import_history(folder, books);
    EXPECT_EQ(finished.exit_code, 0) << finished.errors;
    EXPECT_EQ(finished.output,
              "5 events recorded, 0 were there; the metric was created 2023-01-31T00:00:00.000Z\n");
    Server server(folder);
    Api api(server);
    const Answer metric = api.get("/metrics/books?minVersion=5&wait=10000");
    EXPECT_EQ(metric.text("createdAt"), "2023-01-31T00:00:00.000Z");
    EXPECT_EQ(metric.text("updatedAt"), "2023-12-31T00:00:00.000Z");
    EXPECT_EQ(metric.text("deadline"), "2023-12-31T23:59:59.999Z");
    EXPECT_EQ(metric.number("value"), 26);
    EXPECT_THAT(metric.body, HasSubstr("\"isExpired\":true"));
    EXPECT_THAT(metric.body, HasSubstr("\"isSuccessful\":true"));
    EXPECT_EQ(values_of(api, "books"), (Values{{"2023-01-31T00:00:00.000Z", {2}},
                                               {"2023-02-28T00:00:00.000Z", {5}},
                                               {"2023-03-31T00:00:00.000Z", {9}},
                                               {"2023-12-31T00:00:00.000Z", {26}}}));
}

TEST(ImportHistory, EachEventOccurredWhenItsRowWasTrue) {
    const Folder folder;
    ASSERT_EQ(import_history(folder, books).exit_code, 0);
    std::vector<std::string> occurred;
    for (const auto& line : lines_of(exported_events(folder.data()))) {
        const auto event = json::parse(line);
        occurred.push_back(*at(event.value, "occurredOn").string());
        EXPECT_THAT(line, HasSubstr(R"("extra":{"importedAs":"history"})"));
    }
    EXPECT_EQ(occurred,
              (std::vector<std::string>{"2023-01-31T00:00:00.000Z", "2023-01-31T00:00:00.000Z",
                                        "2023-02-28T00:00:00.000Z", "2023-03-31T00:00:00.000Z",
                                        "2023-12-31T00:00:00.000Z"}));
    const Finished verified =
        run({.arguments = {"verify", (folder.data() / "events.db").string()}});
    EXPECT_EQ(verified.exit_code, 0) << verified.output << verified.errors;
}

TEST(ImportHistory, ASecondRunContinuesAndAChangedFileIsRefused) {
    const Folder folder;
    const std::string part = "when,what\n2023-01-31,2\n2023-02-28,5\n";
    ASSERT_EQ(import_history(folder, part).exit_code, 0);
    EXPECT_THAT(import_history(folder, part).output, HasSubstr("0 events recorded, 3 were there"));
    EXPECT_THAT(import_history(folder, books).output, HasSubstr("2 events recorded, 3 were there"));
    const std::string before = exported_events(folder.data());
    const Finished changed = import_history(folder, "when,what\n2023-01-31,2\n2023-02-28,6\n");
    EXPECT_EQ(changed.exit_code, failed);
    EXPECT_THAT(changed.errors, HasSubstr("Nothing is recorded: stream 'books' has another event "
                                          "of version 3 in the store"));
    EXPECT_EQ(exported_events(folder.data()), before);
}

// A row that is put right later would have to come before those that were recorded.
TEST(ImportHistory, IsOfTheWholeFileOrNothing) {
    for (const auto& [row, why] : std::vector<std::pair<std::string, std::string>>{
             {"2024-01-05,30", "line 6: it would be refused: The metric's deadline has passed"},
             {"2023-12-31,x", "line 6: the value 'x' is not a number"},
             {"2023-05-31,1", "line 6: it would be refused: A counter's value"},
             {"2023-02-28,6", "line 6: at 2023-02-28T00:00:00.000Z the value is 5 already"},
             {"2999-01-01,40", "line 6: it would be refused: it is dated in the future"}}) {
        const Folder folder;
        const Finished finished = import_history(folder, books + row + "\n");
        EXPECT_EQ(finished.exit_code, failed) << row;
        EXPECT_THAT(finished.errors, HasSubstr(why));
        EXPECT_THAT(finished.errors, HasSubstr("a history is imported as a whole"));
        EXPECT_FALSE(std::filesystem::exists(folder.data() / "events.db")) << row;
        EXPECT_EQ(import_history(folder, books + row + "\n", {"--dry-run"}).exit_code, partly);
    }
}

TEST(ImportHistory, ADryRunShowsTheRowsByTime) {
    const Folder folder;
    const Finished finished = import_history(folder, books, {"--dry-run"});
    EXPECT_EQ(finished.exit_code, 0) << finished.errors;
    EXPECT_EQ(finished.output,
              "line 2        2023-01-31T00:00:00.000Z  2\n"
              "line 4        2023-02-28T00:00:00.000Z  5\n"
              "line 3        2023-03-31T00:00:00.000Z  9\n"
              "line 5        2023-12-31T00:00:00.000Z  26\n"
              "4 rows would be recorded, 0 changed values, 0 bad lines; nothing was sent\n");
    EXPECT_FALSE(std::filesystem::exists(folder.data() / "events.db"));
}

TEST(ImportHistory, TheMetricMustBeOneThatTheServerWouldTake) {
    const Folder folder;
    const Finished late = import_history(folder, books, {"--deadline", "2022-12-31"});
    EXPECT_EQ(late.exit_code, failed);
    EXPECT_THAT(late.errors,
                HasSubstr("The metric can't be created: at the time of its first row"));
    const Finished unnamed = import_history(folder, books, {"--description", " "});
    EXPECT_EQ(unnamed.exit_code, failed);
    EXPECT_THAT(unnamed.errors, HasSubstr("#/props/description must not be blank"));
    EXPECT_THAT(import_history(folder, "when,what\n").errors, HasSubstr("no row to begin with"));
    const auto file = write_file(folder, "a.csv", books);
    const Finished incomplete = run(
        {.arguments = {"import", file.string(), "--from-history", "--data", folder.data().string(),
                       "--time", "when", "--value", "what", "--id", "m"}});
    EXPECT_EQ(incomplete.exit_code, wrong_usage);
    EXPECT_THAT(incomplete.errors, HasSubstr("a metric is created with --name"));
    EXPECT_THAT(incomplete.output, IsEmpty());
}

TEST(ImportHistory, NeedsTheDataFolderForItself) {
    const Folder folder;
    Server server(folder);
    EXPECT_EQ(import_history(folder, books).exit_code, in_use);
}

}  // namespace
