// `import` of a CSV file: what lands, what is named, and that nothing is recorded twice.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "held_file.hpp"
#include "transfer.hpp"

namespace {

using namespace e2e;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int failed = 1;
constexpr int partly = 2;
constexpr int not_found = 4;
constexpr int wrong_usage = 64;

std::vector<std::string> with(std::vector<std::string> options,
                              const std::vector<std::string>& further) {
    options.insert(options.end(), further.begin(), further.end());
    return options;
}

// "2024-01-05,12" for each day from the first of January on.
std::string some_days(int days, int step = 1) {
    std::string text = "when,what\n";
    for (int day = 1; day <= days; ++day) {
        text += (day < 10 ? "2024-01-0" : "2024-01-") + std::to_string(day) + "," +
                std::to_string(day * step) + "\n";
    }
    return text;
}

TEST(Import, RecordsASeriesAndASecondRunChangesNothing) {
    const Folder folder;
    Server server(folder);
    Api api(server);
    const auto file = write_file(folder, "visits.csv", some_days(31));
    const Finished first = run(series_import(server, file, "visits", creating()));
    EXPECT_EQ(first.exit_code, 0) << first.errors;
    EXPECT_EQ(first.output, summary(31, 0));
    EXPECT_THAT(first.errors, IsEmpty());

    for (const auto& options : {creating(), std::vector<std::string>{}}) {
        const Finished again = run(series_import(server, file, "visits", options));
        EXPECT_EQ(again.exit_code, 0) << again.errors;
        EXPECT_EQ(again.output, summary(0, 31));
    }
    EXPECT_EQ(version_of(api, "visits"), 32);
    const Values values = values_of(api, "visits");
    ASSERT_EQ(values.size(), 31U);
    EXPECT_EQ(values.at("2024-01-31T00:00:00.000Z"), std::vector<double>{31});
    const Answer metric = api.get("/metrics/visits");
    EXPECT_EQ(metric.text("description"), "Imported from visits.csv");
    EXPECT_EQ(metric.text("kind"), "gauge");
    EXPECT_EQ(metric.number("value"), 31);
}

TEST(Import, AddsToAMetricWhatItLacks) {
    const Folder folder;
    Server server(folder);
    Api api(server);
    ASSERT_EQ(api.create("visits").status, 201);
    const auto part = write_file(folder, "part.csv", some_days(10));
    const auto whole = write_file(folder, "whole.csv", some_days(20));
    EXPECT_EQ(run(series_import(server, part, "visits")).output, summary(10, 0));
    EXPECT_EQ(run(series_import(server, whole, "visits")).output, summary(10, 10));
    EXPECT_EQ(values_of(api, "visits").size(), 20U);
}

// What goes wrong with single rows: each is named with its line, and the others land.
TEST(Import, NamesEachBadLineAndRecordsTheRest) {
    const Folder folder;
    Server server(folder);
    Api api(server);
    const std::string long_cell(100'000, 'x');
    const std::vector<std::pair<std::string, std::string>> lines{
        {"2024-01-01,1", ""},
        {"2024-01-02", "has 1 cell where the header has 2"},
        {"2024-01-03,1,234", "has 3 cells"},
        {"2024-01-04,", "the value is missing"},
        {",1", "the time is missing"},
        {"2024-01-06,nan", "'nan' is not a finite number"},
        {"2024-01-07,1e400", "beyond what a number can hold"},
        {"2024-01-08,\"1,234\"", "'1,234' is not a number"},
        {"03/04/2024,1", "day/month or month/day"},
        {"2024-01-10T10:00:00,1", "has no offset"},
        {"20240111,1", "may be 2024-01-11 or a time since 1970"},
        {"2024-01-12," + long_cell, "is longer than 64 KiB"},
        {"2024-01-13,\"1\"2", "has a quote where none may be"},
        {std::string("2024-01-14,1\0", 13), "NUL byte"},
        {"2024-01-15,1e200", "the server refused it"},
        {"2999-01-01,1", "the server refused it: observedAt"},
        {"2024-01-17,17\r", ""},
        {"\"2024-01-18\",\"18\"", ""},
        {"2024-01-19,\"19", "has a quote that is never closed"},
        {"2024-01-20,20", ""},
    };
    std::string text = "\xEF\xBB\xBFwhen,what\r\n";
    for (const auto& [line, why] : lines) text += line + "\n";
    const auto file = write_file(folder, "bad.csv", text);
    const Finished finished = run(series_import(server, file, "visits", creating()));
    EXPECT_EQ(finished.exit_code, partly);
    EXPECT_EQ(finished.output, summary(4, 0, 0, 16));
    const auto said = lines_of(finished.errors);
    EXPECT_EQ(said.size(), 16U) << finished.errors;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (lines[i].second.empty()) continue;
        const std::string line = "line " + std::to_string(i + 2) + ": ";
        EXPECT_THAT(said, ::testing::Contains(::testing::AllOf(::testing::StartsWith(line),
                                                               HasSubstr(lines[i].second))));
    }
    Values expected;
    for (const int day : {1, 17, 18, 20}) {
        expected[(day < 10 ? "2024-01-0" : "2024-01-") + std::to_string(day) + "T00:00:00.000Z"] = {
            static_cast<double>(day)};
    }
    EXPECT_EQ(values_of(api, "visits"), expected);
    EXPECT_EQ(run(series_import(server, file, "visits")).output, summary(0, 4, 0, 16));
}

TEST(Import, ReportsAChangedValueAndLeavesIt) {
    const Folder folder;
    Server server(folder);
    Api api(server);
    const auto file = write_file(folder, "a.csv", some_days(5));
    ASSERT_EQ(run(series_import(server, file, "visits", creating())).exit_code, 0);
    const auto changed = write_file(folder, "b.csv",
                                    "when,what\n2024-01-01,1\n2024-01-02,7\n2024-01-06,6\n"
                                    "2024-01-06,6\n2024-01-06,8\n");
    for (int run_number = 0; run_number < 2; ++run_number) {
        const Finished finished = run(series_import(server, changed, "visits"));
        EXPECT_EQ(finished.exit_code, partly);
        EXPECT_EQ(finished.output, run_number == 0 ? summary(2, 1, 2) : summary(0, 3, 2));
        EXPECT_EQ(lines_of(finished.errors),
                  (std::vector<std::string>{
                      "line 3: at 2024-01-02T00:00:00.000Z the value is 2 already, not 7; it was "
                      "left so.",
                      "line 6: at 2024-01-06T00:00:00.000Z the value is 6 already, not 8; it was "
                      "left so."}));
    }
    EXPECT_EQ(values_of(api, "visits").at("2024-01-02T00:00:00.000Z"), std::vector<double>{2});
}

// What the metric has was reported by others, so that no key shows a repeat.
TEST(Import, UndoesNoCorrection) {
    const Folder folder;
    Server server(folder);
    Api api(server);
    ASSERT_EQ(api.create("visits").status, 201);
    const auto send = [&](const std::string& command, const std::string& props) {
        return api.post("/metrics/" + command, R"({"id":"visits","props":{)" + props + "}}").status;
    };
    for (const char* value :
         {R"("value":1,"observedAt":"2024-01-01")", R"("value":2,"observedAt":"2024-01-02")",
          R"("value":3,"observedAt":"2024-01-03")"}) {
        ASSERT_EQ(send("UpdateMetricValueCommand", value), 201);
    }
    EXPECT_EQ(send("RetractMetricValueCommand", R"("of":2,"reason":"not ours")"), 201);
    EXPECT_EQ(send("CorrectMetricValueCommand", R"("of":3,"value":20,"reason":"typed 2")"), 201);
    const std::string moved = R"("of":4,"value":3,"observedAt":"2024-01-09","reason":"later")";
    EXPECT_EQ(send("CorrectMetricValueCommand", moved), 201);
    const auto file = write_file(folder, "a.csv", some_days(3));
    EXPECT_EQ(run(series_import(server, file, "visits")).output, summary(0, 3));
    const Values expected{{"2024-01-02T00:00:00.000Z", {20}}, {"2024-01-09T00:00:00.000Z", {3}}};
    EXPECT_EQ(values_of(api, "visits"), expected);
}

// Both are values of the file, as when two sensors report in one second.
TEST(Import, RecordsEqualRowsEachAndASecondRunNone) {
    const Folder folder;
    Server server(folder);
    Api api(server);
    const auto file = write_file(folder, "a.csv", "when,what\n2024,5\n2024,5\n2025,6\n2024,5\n");
    EXPECT_EQ(run(series_import(server, file, "visits", creating())).output, summary(4, 0));
    EXPECT_EQ(run(series_import(server, file, "visits")).output, summary(0, 4));
    EXPECT_EQ(values_of(api, "visits").at("2024-01-01T00:00:00.000Z"),
              (std::vector<double>{5, 5, 5}));
}

// The order of recording is what the latest values are shown in. Another writer's values may come
// between any two rows.
TEST(Import, RecordsAGaugesRowsInTheOrderOfTheFile) {
    const Folder folder;
    Server server(folder, {.arguments = {"--no-access-log"}});
    const auto none = write_file(folder, "none.csv", "when,what\n");
    ASSERT_EQ(run(series_import(server, none, "visits", creating())).output, summary(0, 0));
    std::string text = "when,what\n";
    std::vector<double> expected;
    constexpr int rows = 5'000;
    for (int i = 0; i < rows; ++i) {
        text += std::to_string(1'600'000'000 + i * 7'919 % rows) + "," + std::to_string(i) + "\n";
        expected.push_back(i);
    }
    const auto file = write_file(folder, "a.csv", text);
    std::atomic<bool> done = false;
    int others = 0;
    std::thread writer([&] {
        Api other(server);
        while (!done) others += other.set_value("visits", -1).status == 201;
    });
    const Finished finished = run(series_import(server, file, "visits"));
    done = true;
    writer.join();
    EXPECT_EQ(finished.output, summary(rows, 0)) << finished.errors;
    EXPECT_GT(others, 0);
    std::vector<double> recorded;
    for (const auto& line : lines_of(exported_events(folder.data()))) {
        const auto event = json::parse(line);
        const json::Value* value = at(event.value, "payload").find("value");
        if (value != nullptr && value->number()->value >= 0) {
            recorded.push_back(value->number()->value);
        }
    }
    EXPECT_EQ(recorded, expected);
}

// A value that somebody corrected is not put back.
TEST(Import, KnowsAValueThatWasCorrectedSince) {
    const Folder folder;
    Server server(folder);
    Api api(server);
    const auto file = write_file(folder, "a.csv", some_days(3));
    ASSERT_EQ(run(series_import(server, file, "visits", creating())).exit_code, 0);
    ASSERT_EQ(
        api.post(value_path, R"({"id":"visits","props":{"value":50,"observedAt":"2024-01-02"}})")
            .status,
        201);
    EXPECT_EQ(run(series_import(server, file, "visits")).output, summary(0, 3));
}

// A low value right behind a higher one is refused; were it sent later, it would be taken for a
// back-dated one.
TEST(Import, SendsACountersRowsInTheirOrder) {
    const Folder folder;
    Server server(folder);
    Api api(server);
    constexpr int days = 600;
    std::string text = "when,what\n";
    for (int day = 1; day <= days; ++day) {
        const int second = 1'700'000'000 + day * 86'400;
        text += std::to_string(second) + "," + std::to_string(10 * day) + "\n";
        if (day % 3 == 0) text += std::to_string(second + 1) + ",7\n";
    }
    const auto file = write_file(folder, "counter.csv", text);
    const Finished finished = run(series_import(server, file, "visits", creating("counter")));
    EXPECT_EQ(finished.exit_code, partly);
    EXPECT_EQ(finished.output, summary(days, 0, 0, days / 3));
    EXPECT_THAT(finished.errors,
                ::testing::StartsWith("line 5: the server refused it: A counter's value must not "
                                      "be below its current value.\n"));
    EXPECT_EQ(api.get("/metrics/visits?minVersion=601").number("value"), 10 * days);
}

TEST(Import, TakesRowsByTheirColumns) {
    const Folder folder;
    Server server(folder);
    Api api(server);
    const auto file = write_file(
        folder, "long.tsv", "year\tsource\tamount\n2001\tcoal\t1\n2001\tsun\t2\n2002\tcoal\t3\n");
    const Finished finished = run(series_import(
        server, file, "coal",
        with(creating(), {"--time", "year", "--value", "amount", "--where", "source=coal",
                          "--delimiter", "tab", "--description", "Burnt"})));
    EXPECT_EQ(finished.output, summary(2, 0)) << finished.errors;
    EXPECT_EQ(values_of(api, "coal"),
              (Values{{"2001-01-01T00:00:00.000Z", {1}}, {"2002-01-01T00:00:00.000Z", {3}}}));
    EXPECT_EQ(api.get("/metrics/coal").text("description"), "Burnt");
}

// As weather services write times. As milliseconds since 1970 they would lie in May 1976.
TEST(Import, AsksWhatDigitsMeanThatMayBeADate) {
    const Folder folder;
    Server server(folder);
    Api api(server);
    ASSERT_EQ(api.create("visits").status, 201);
    const auto file = write_file(folder, "digits.csv", "when,what\n202402240010,5\n");
    const Finished finished = run(series_import(server, file, "visits"));
    EXPECT_EQ(finished.exit_code, partly);
    EXPECT_EQ(finished.output, summary(0, 0, 0, 1));
    EXPECT_THAT(finished.errors,
                HasSubstr("line 2: '202402240010' may be 2024-02-24 00:10 or a time since 1970"));
    EXPECT_THAT(values_of(api, "visits"), IsEmpty());
    const Finished said = run(series_import(server, file, "visits", {"--digits", "calendar"}));
    EXPECT_EQ(said.output, summary(1, 0)) << said.errors;
    EXPECT_EQ(values_of(api, "visits"), (Values{{"2024-02-24T00:10:00.000Z", {5}}}));
}

// In a file with decimal commas -1.000 is minus one thousand.
TEST(Import, RecordsNothingOfAFileWhoseDecimalSignIsInDoubt) {
    const Folder folder;
    Server server(folder);
    Api api(server);
    ASSERT_EQ(api.create("visits").status, 201);
    const auto file = write_file(
        folder, "comma.csv", "when;what\n2024-01-01;-236,48\n2024-01-02;-1.000\n2024-01-03;7\n");
    const auto thousands = write_file(folder, "thousands.csv", "when;what\n2024-01-02;-1.000\n");
    for (const auto& doubtful : {file, thousands}) {
        for (const bool piped : {false, true}) {
            Launch launch = series_import(server, piped ? "/dev/stdin" : doubtful, "visits",
                                          {"--delimiter", ";"});
            if (piped) launch.input = doubtful;
            const Finished refused = run(launch);
            EXPECT_EQ(refused.exit_code, failed);
            EXPECT_THAT(refused.errors, HasSubstr("'-1.000' in line "));
            EXPECT_THAT(refused.errors, HasSubstr("--decimal comma"));
            EXPECT_THAT(refused.output, IsEmpty());
        }
    }
    EXPECT_EQ(version_of(api, "visits"), 1);
    const Finished said =
        run(series_import(server, file, "visits", {"--delimiter", ";", "--decimal", ","}));
    EXPECT_EQ(said.output, summary(3, 0)) << said.errors;
    EXPECT_EQ(values_of(api, "visits"), (Values{{"2024-01-01T00:00:00.000Z", {-236.48}},
                                                {"2024-01-02T00:00:00.000Z", {-1000}},
                                                {"2024-01-03T00:00:00.000Z", {7}}}));
}

// As Excel on a Mac writes them: more of them than a line may be long.
TEST(Import, TakesLinesThatEndWithACarriageReturnAlone) {
    const Folder folder;
    Server server(folder);
    Api api(server);
    ASSERT_EQ(api.create("visits").status, 201);
    constexpr int rows = 6'000;
    std::string text = "when,what\r2024-01-02,x";
    for (int i = 0; i < rows; ++i) text += "\r" + std::to_string(1'700'000'000 + i) + ",1";
    ASSERT_GT(text.size(), 64U * 1024);
    const Finished finished =
        run(series_import(server, write_file(folder, "mac.csv", text), "visits"));
    EXPECT_EQ(finished.output, summary(rows, 0, 0, 1)) << finished.errors;
    EXPECT_THAT(finished.errors, ::testing::StartsWith("line 2: the value 'x'"));
    EXPECT_EQ(values_of(api, "visits").size(), static_cast<std::size_t>(rows));
}

TEST(Import, ReadsTheStandardInput) {
    const Folder folder;
    Server server(folder);
    Api api(server);
    Launch launch = series_import(server, "-", "visits", creating());
    launch.input = write_file(folder, "input", some_days(4));
    const Finished finished = run(launch);
    EXPECT_EQ(finished.output, summary(4, 0)) << finished.errors;
    EXPECT_EQ(values_of(api, "visits").size(), 4U);
}

// The views stand still: what is stored can't be seen, and must neither be sent again nor be taken
// for unchanged.
TEST(Import, DoublesNothingWhenTheViewLags) {
    const Folder folder;
    Server server(folder);
    Api api(server);
    ASSERT_EQ(api.create("visits").status, 201);
    ASSERT_EQ(api.get("/metrics/visits?minVersion=1").status, 200);
    const auto file = write_file(folder, "a.csv", some_days(20));
    const auto changed = write_file(folder, "b.csv", some_days(20, 2));
    {
        HeldFile held(views_in(folder.data()));
        EXPECT_EQ(run(series_import(server, file, "visits")).output, summary(20, 0));
        EXPECT_EQ(run(series_import(server, file, "new", creating())).output, summary(20, 0));
        EXPECT_EQ(api.get("/metrics/new").status, 404);
        EXPECT_EQ(api.get("/metrics/visits").version(), 1);
        for (const char* id : {"visits", "new"}) {
            for (const auto& again : {file, changed}) {
                const Finished behind =
                    run(series_import(server, again, id, with(creating(), {"--retry-for", "1"})));
                EXPECT_EQ(behind.exit_code, failed);
                EXPECT_THAT(behind.errors, HasSubstr("has not reached minVersion"));
                EXPECT_THAT(behind.output, IsEmpty());
            }
            EXPECT_EQ(version_of(api, id), 21);
        }
        held.release();
    }
    for (const char* id : {"visits", "new"}) {
        const Finished caught_up = run(series_import(server, file, id, creating()));
        EXPECT_EQ(caught_up.output, summary(0, 20)) << caught_up.errors;
        EXPECT_EQ(version_of(api, id), 21);
    }
}

// Neither sees what the other has in flight; the keys of the rows do.
TEST(Import, TwoAtOnceRecordEachRowOnce) {
    const Folder folder;
    Server server(folder);
    Api api(server);
    ASSERT_EQ(api.create("visits").status, 201);
    std::string text = "when,what\n";
    constexpr std::size_t rows = 5'000;
    for (std::size_t i = 0; i < rows; ++i) {
        text += std::to_string(1'700'000'000 + i) + "," + std::to_string(i) + "\n";
    }
    const auto file = write_file(folder, "a.csv", text);
    Process one(series_import(server, file, "visits"));
    Process other(series_import(server, file, "visits"));
    ASSERT_EQ(one.wait(std::chrono::seconds(60)), 0) << one.log();
    ASSERT_EQ(other.wait(std::chrono::seconds(60)), 0) << other.log();
    EXPECT_EQ(version_of(api, "visits"), static_cast<std::int64_t>(rows + 1));
    EXPECT_EQ(values_of(api, "visits").size(), rows);
}

TEST(Import, SaysWhatItCannotDo) {
    const Folder folder;
    Server server(folder);
    const auto file = write_file(folder, "a.csv", some_days(2));
    const auto expect = [&](const Launch& launch, int code, const std::string& what) {
        const Finished finished = run(launch);
        EXPECT_EQ(finished.exit_code, code) << what;
        EXPECT_THAT(finished.errors, ::testing::StartsWith("yardstick: "));
        EXPECT_THAT(finished.errors, HasSubstr(what));
        EXPECT_EQ(lines_of(finished.errors).size(), 1U) << finished.errors;
        EXPECT_THAT(finished.output, IsEmpty());
    };
    expect(series_import(server, file, "nobody"), not_found, "there is no metric 'nobody'");
    expect(series_import(server, folder.path() / "none.csv", "a"), failed,
           "none.csv can't be read");
    expect(series_import(server, folder.path(), "a"), failed, "can't be read");
    expect(series_import(server, file, "a", {"--time", "date"}), failed, "no column 'date'");
    expect(series_import(server, file, "a", {"--name", "A"}), wrong_usage, "--deadline");
    expect(series_import(server, file, "a", {"--where", "x"}), wrong_usage, "COLUMN=VALUE");
    expect(series_import(server, file, "a", {"--delimiter", "ab"}), wrong_usage, "--delimiter");
    expect(series_import(server, file, "a", {"--decimal", ";"}), wrong_usage, "--decimal");
    expect(series_import(server, file, "a", {"--digits", "days"}), wrong_usage, "--digits");
    expect({.arguments = {"import", file.string()}}, wrong_usage, "--time, --value and --id");
    expect(series_import(server, file, "a b", creating()), failed, "#/id must match");
    auto past = creating();
    past[7] = "2001-01-01";
    expect(series_import(server, file, "a", past), failed, "deadline must lie in the future");
    Launch away = series_import(server, file, "a", with(creating(), {"--retry-for", "1"}));
    ASSERT_EQ(server.terminate(), 0);
    expect(away, failed, "the write API at " + server.write_url() + " does not answer");
}

}  // namespace
