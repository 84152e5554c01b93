// The commands for people and scripts against real servers: what they print, what they record, and
// how they end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <chrono>

#include <algorithm>
#include <fstream>

#include "api.hpp"
#include "base/text.hpp"
#include "base/time.hpp"

namespace {

using namespace e2e;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

constexpr int failed = 1;
constexpr int partly = 2;
constexpr int not_found = 4;
constexpr int wrong_usage = 64;

class Terminal : public ::testing::Test {
protected:
    Finished yardstick(std::vector<std::string> arguments,
                       const std::filesystem::path& input = {}) {
        return run({.arguments = std::move(arguments),
                    .working_folder = folder_.path(),
                    .environment = {{"YARDSTICK_WRITE_URL", server_.write_url()},
                                    {"YARDSTICK_READ_URL", server_.read_url()}},
                    .input = input});
    }
    // What it prints; a failure of the test when it doesn't end well.
    std::string done(std::vector<std::string> arguments) {
        const Finished finished = yardstick(std::move(arguments));
        EXPECT_EQ(finished.exit_code, 0) << finished.errors;
        EXPECT_THAT(finished.errors, IsEmpty());
        return finished.output;
    }
    // Its sentence.
    std::string refused(std::vector<std::string> arguments, int exit_code = failed) {
        const Finished finished = yardstick(std::move(arguments));
        EXPECT_EQ(finished.exit_code, exit_code) << finished.errors;
        EXPECT_THAT(finished.output, IsEmpty());
        EXPECT_THAT(finished.errors, StartsWith("yardstick: "));
        EXPECT_EQ(std::ranges::count(finished.errors, '\n'), 1) << finished.errors;
        return finished.errors;
    }
    Answer metric(const std::string& id) { return api_.get("/metrics/" + id); }
    void create(const std::string& id, const std::vector<std::string>& further = {}) {
        std::vector<std::string> arguments{"create",     id,          "--name", "Books",
                                           "--target",   "24",        "--unit", "books",
                                           "--deadline", "2099-12-31"};
        arguments.insert(arguments.end(), further.begin(), further.end());
        EXPECT_THAT(done(arguments), HasSubstr("created, version 1: no data"));
    }
    std::filesystem::path file(const std::string& text) {
        std::ofstream(folder_.path() / "values.csv") << text;
        return folder_.path() / "values.csv";
    }

    Folder folder_;
    Server server_{folder_};
    Api api_{server_};
};

TEST_F(Terminal, CreatesWithEveryMember) {
    create("books", {"--description", "Two a month",
                     "--gauge",       "--at-most",
                     "--from",        "40",
                     "--start",       "2026-01-01",
                     "--every",       "monthly",
                     "--late-days",   "10",
                     "--decimals",    "1",
                     "--owner",       "sales",
                     "--tag",         "team",
                     "--tag",         "2026",
                     "--link",        "A=b=https://example.com/?a=b",
                     "--checkpoint",  "2027-12-31=30",
                     "--by",          "Zoë"});
    const Answer books = metric("books");
    EXPECT_EQ(books.text("description"), "Two a month");
    EXPECT_EQ(books.text("kind"), "gauge");
    EXPECT_EQ(books.text("direction"), "at_most");
    EXPECT_EQ(books.number("baseline"), 40);
    EXPECT_EQ(books.text("start"), "2026-01-01T00:00:00.000Z");
    EXPECT_EQ(books.text("deadline"), "2099-12-31T23:59:59.999Z");
    EXPECT_EQ(books.text("updateEvery"), "monthly");
    EXPECT_EQ(books.number("lateDays"), 10);
    EXPECT_EQ(books.number("decimals"), 1);
    EXPECT_EQ(books.text("owner"), "sales");
    EXPECT_EQ(books.text("tags/1"), "team");
    EXPECT_EQ(books.text("links/0/title"), "A=b");
    EXPECT_EQ(books.text("links/0/url"), "https://example.com/?a=b");
    EXPECT_EQ(books.text("checkpoints/0/until"), "2027-12-31T23:59:59.999Z");
    EXPECT_THAT(api_.get("/metrics/books/events").body, HasSubstr(R"("by":"Zoë")"));

    EXPECT_THAT(refused({"create", "books", "--like", "books", "--deadline", "2099-01-01"}),
                HasSubstr("The metric 'books' exists"));
}

TEST_F(Terminal, AMetricThatIsKeptIsAGaugeAndMayHaveNoEnd) {
    done({"create", "uptime", "--name", "Uptime", "--target", "95", "--unit", "%", "--keep"});
    EXPECT_EQ(metric("uptime").text("kind"), "gauge");
    EXPECT_EQ(metric("uptime").text("mode"), "keep");
    EXPECT_EQ(metric("uptime").text("deadline"), "9999-12-31T23:59:59.999Z");
}

TEST_F(Terminal, OneLikeAnotherTakesAllButDatesAndStart) {
    create("books-2026", {"--gauge", "--from", "3", "--every", "monthly", "--owner", "sales"});
    done({"create", "books-2027", "--like", "books-2026", "--target", "30", "--owner", "",
          "--deadline", "2099-06-30"});
    const Answer books = metric("books-2027");
    EXPECT_EQ(books.text("name"), "Books");
    EXPECT_EQ(books.number("target"), 30);
    EXPECT_EQ(books.text("kind"), "gauge");
    EXPECT_EQ(books.text("updateEvery"), "monthly");
    EXPECT_EQ(books.json.find("baseline"), nullptr);
    EXPECT_EQ(books.json.find("owner"), nullptr);
    EXPECT_THAT(refused({"create", "x", "--like", "nobody", "--deadline", "2099-01-01"}, not_found),
                HasSubstr("'nobody'"));
}

TEST_F(Terminal, ReportsAValueAndSaysHowTheGoalStands) {
    create("books", {"--start", "2026-01-01"});
    EXPECT_THAT(done({"report", "books", "10", "--comment", "two by ferry", "--by", "Zoë"}),
                StartsWith("books: 10 books, version 2: on track until "));
    EXPECT_THAT(done({"report", "books", "11"}),
                StartsWith("books: 11 books (+1), version 3: on track until "));
    EXPECT_THAT(done({"show", "books"}), HasSubstr("value 10, \"two by ferry\", says Zoë"));
    EXPECT_THAT(refused({"report", "books", "3"}),
                HasSubstr("A counter's value must not be below its current value."));
}

TEST_F(Terminal, NegativeValuesAndDifferencesAreNoOptions) {
    create("books", {"--gauge"});
    EXPECT_THAT(done({"report", "books", "-5"}), StartsWith("books: -5 books, version 2: "));
    EXPECT_THAT(done({"report", "books", "-.5"}),
                StartsWith("books: -0.5 books (+4.5), version 3"));
    EXPECT_THAT(done({"report", "books", "+1"}), StartsWith("books: 0.5 books (+1), version 4"));
    EXPECT_THAT(done({"report", "books", "+-2"}), StartsWith("books: -1.5 books (-2), version 5"));
    EXPECT_THAT(done({"report", "books", "1e3"}), StartsWith("books: 1000 books"));
    EXPECT_THAT(done({"correct", "books", "6", "-7", "--reason", "typed 1000"}),
                StartsWith("books: -7 books, version 7"));
    EXPECT_THAT(done({"edit", "books", "--target", "-3"}), HasSubstr("version 8"));
    EXPECT_EQ(metric("books").number("target"), -3);
}

TEST_F(Terminal, AReportWithItsDateCountsOnceAndOneWithoutEachTime) {
    create("books");
    const std::vector<std::string> dated{"report", "books", "3", "--at", "2026-05-31"};
    EXPECT_THAT(done(dated), StartsWith("books: 3 books, version 2: "));
    EXPECT_THAT(done(dated), StartsWith("books: 3 books, version 2, which was recorded before: "));
    EXPECT_THAT(done({"report", "books", "+1"}), HasSubstr("4 books (+1), version 3"));
    EXPECT_THAT(done({"report", "books", "+1"}), HasSubstr("5 books (+1), version 4"));
    const std::vector<std::string> keyed{"report", "books", "+1", "--key", "monday"};
    EXPECT_THAT(done(keyed), HasSubstr("6 books (+1), version 5: "));
    EXPECT_THAT(done(keyed), HasSubstr("version 5, which was recorded before"));
    EXPECT_EQ(metric("books").number("valuesTotal"), 4);

    auto commented = dated;
    commented.insert(commented.end(), {"--comment", "late"});
    EXPECT_THAT(refused(commented), HasSubstr("'yardstick correct' changes it"));
}

TEST_F(Terminal, AnImportAndAReportOfOneValueCountOnce) {
    create("books");
    const auto values = file("when,what\n2026-05-31,3\n");
    EXPECT_THAT(
        done({"import", values.string(), "--time", "when", "--value", "what", "--id", "books",
              "--server", server_.write_url(), "--read-server", server_.read_url()}),
        StartsWith("1 rows recorded"));
    EXPECT_THAT(done({"report", "books", "3", "--at", "2026-05-31"}), HasSubstr("recorded before"));
    EXPECT_EQ(metric("books").number("valuesTotal"), 1);
}

TEST_F(Terminal, OfAFileRefusedLinesAreNamedAndTheOthersRecorded) {
    create("books");
    create("pages", {"--gauge"});
    const std::string lines =
        "id,value,date\nbooks,3,2026-05-31\npages,-7.5\nnobody,1\nbooks,x\nbooks,2\n"
        "books,3,31.5.2026\nbooks,3,2026-05-31,more\nbooks, +2\n\"books\n";
    const Finished finished = yardstick({"report", "--file", "-"}, file(lines));
    EXPECT_EQ(finished.exit_code, partly);
    EXPECT_EQ(finished.output, "3 recorded, 0 were there, 6 refused\n");
    for (const char* line :
         {"line 4: 'nobody': There is no metric 'nobody'.",
          "line 5: the value 'x' is not a number.",
          "line 6: 'books': A counter's value must not be below its current value.",
          "line 7: --at '31.5.2026' is neither a date", "line 8: a line is id,value or",
          "line 10: has a quote that is never closed"}) {
        EXPECT_THAT(finished.errors, HasSubstr(line));
    }
    EXPECT_EQ(api_.get("/metrics/books?minVersion=3").number("value"), 5);
    EXPECT_EQ(api_.get("/metrics/pages?minVersion=2").number("value"), -7.5);

    const Finished again =
        yardstick({"report", "--file", "values.csv", "--json"}, file("books,3,2026-05-31\n"));
    EXPECT_EQ(again.exit_code, 0);
    EXPECT_EQ(again.output,
              "{\"line\":1,\"id\":\"books\",\"version\":2,\"outcome\":\"repeated\"}\n");
}

TEST_F(Terminal, WhatIsRecordedIsSaidAlsoWithoutAReadApi) {
    create("books");
    const Finished finished =
        yardstick({"report", "books", "3", "--read-server", "http://127.0.0.1:1"});
    EXPECT_EQ(finished.exit_code, 0);
    EXPECT_EQ(finished.output, "books: version 2\n");
    EXPECT_THAT(finished.errors, AllOf(HasSubstr("it is recorded"),
                                       HasSubstr("Nobody listens at http://127.0.0.1:1")));
}

// It is not tried again, as a server would be that is only busy.
TEST_F(Terminal, AnAddressThatNamesNoServerIsSaidAtOnce) {
    const auto began = std::chrono::steady_clock::now();
    const Finished finished = yardstick({"report", "books", "3", "--server", "nonsense.invalid"});
    EXPECT_EQ(finished.exit_code, 1);
    EXPECT_THAT(finished.errors, HasSubstr("Nobody listens at nonsense.invalid"));
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5));
}

TEST_F(Terminal, CorrectsRetractsAndNotes) {
    create("books", {"--gauge"});
    done({"report", "books", "3", "--at", "2026-04-30"});
    done({"report", "books", "61", "--at", "2026-05-31"});
    EXPECT_THAT(done({"correct", "books", "3", "6.1", "--reason", "typed 61", "--comment", "c"}),
                StartsWith("books: 6.1 books, version 4: "));
    EXPECT_THAT(api_.get("/metrics/books/values").body,
                AllOf(HasSubstr(R"("reason":"typed 61")"), HasSubstr(R"("comment":"c")")));
    EXPECT_THAT(done({"retract", "books", "3", "--reason", "not mine"}),
                StartsWith("books: 3 books, version 5: "));
    EXPECT_THAT(done({"note", "books", "new shelf", "--at", "2026-05-01", "--new-process"}),
                StartsWith("books: 3 books, version 6: "));
    EXPECT_THAT(
        api_.get("/metrics/books/events").body,
        HasSubstr(R"({"text":"new shelf","at":"2026-05-01T00:00:00.000Z","newProcess":true})"));

    EXPECT_THAT(refused({"correct", "books", "9", "1", "--reason", "r"}, not_found),
                HasSubstr("No event of version 9 reported a value"));
    EXPECT_THAT(refused({"retract", "books", "3"}, wrong_usage), HasSubstr("--reason"));
    for (const char* version : {"-3", "0", "abc", "1.5", "99999999999999999999"}) {
        EXPECT_THAT(refused({"correct", "books", version, "1", "--reason", "r"}, wrong_usage),
                    HasSubstr("VERSION"));
    }
    EXPECT_THAT(refused({"retract", "books", "abc", "--reason", "r"}, wrong_usage),
                HasSubstr("'abc' is not a version: a whole number from 1"));
}

TEST_F(Terminal, EditsMembersTogetherAndTakesThemAway) {
    create("books", {"--gauge", "--owner", "sales", "--tag", "team", "--every", "monthly"});
    EXPECT_THAT(done({"edit", "books", "--target", "30", "--owner", "", "--tag", "", "--every", "",
                      "--at-most", "--reason", "New year, new shelf"}),
                HasSubstr("books: version "));
    const Answer books = metric("books");
    EXPECT_EQ(books.number("target"), 30);
    EXPECT_EQ(books.text("direction"), "at_most");
    EXPECT_EQ(books.json.find("owner"), nullptr);
    EXPECT_EQ(books.json.find("updateEvery"), nullptr);
    EXPECT_EQ(books.size("tags"), 0U);
    EXPECT_THAT(done({"edit", "books", "--target", "30"}), HasSubstr("nothing changed"));
    const std::string version = std::to_string(books.version());
    EXPECT_THAT(refused({"edit", "books", "--target", "31", "--if-version", "1"}),
                HasSubstr("was changed meanwhile: it is at version " + version));
    done({"edit", "books", "--target", "31", "--if-version", version});
    EXPECT_THAT(done({"edit", "books", "--archive"}), HasSubstr(": archived\n"));
    EXPECT_THAT(refused({"report", "books", "3"}), HasSubstr("archived"));
    EXPECT_THAT(done({"edit", "books", "--reopen"}), Not(HasSubstr("archived")));
}

TEST_F(Terminal, ARefusalNamesTheOptionsAtFault) {
    create("books");
    EXPECT_THAT(refused({"edit", "books", "--every", "hourly", "--tag", "A B"}),
                AllOf(HasSubstr("--every must be \"daily\""), HasSubstr("; --tag must match")));
    EXPECT_THAT(refused({"edit", "books", "--target", "6,1"}, wrong_usage),
                HasSubstr("--target '6,1' is not a number; the decimal sign is a point"));
    EXPECT_THAT(refused({"edit", "books", "--deadline", "31.12.2026"}, wrong_usage),
                HasSubstr("--deadline '31.12.2026' is neither a date"));
    EXPECT_THAT(refused({"edit", "books", "--checkpoint", "2026"}, wrong_usage),
                HasSubstr("DATE=TARGET"));
    EXPECT_THAT(refused({"edit", "books"}, wrong_usage), HasSubstr("what to change"));
    EXPECT_THAT(refused({"edit", "nobody", "--target", "1"}, not_found), HasSubstr("'nobody'"));
    EXPECT_THAT(refused({"create", "x", "--name", "X"}, wrong_usage),
                HasSubstr("--target --unit --deadline"));
    EXPECT_THAT(refused({"create", "a b", "--like", "books", "--deadline", "2099-01-01"}),
                HasSubstr("the id "));
    EXPECT_THAT(refused({"report", "books"}, wrong_usage), HasSubstr("report ID VALUE"));
    EXPECT_THAT(refused({"report", "books", "1", "--server", "http://127.0.0.1:1"}),
                HasSubstr("Nobody listens at http://127.0.0.1:1"));
}

TEST_F(Terminal, ListsByFilterFormAndPage) {
    for (const char* id : {"a", "b", "c"}) create(id, {"--gauge", "--owner", "sales"});
    create("d", {"--tag", "team", "--at-most"});
    done({"report", "a", "24"});
    done({"report", "b", "1"});
    EXPECT_EQ(done({"list", "--status", "achieved,missed"}),
              "achieved  a  24 books  at least 24\n");
    EXPECT_EQ(done({"list", "--owner", "sales", "--sort", "_id", "--ids"}), "a\nb\nc\n");
    EXPECT_EQ(done({"list", "--tag", "team", "--columns", "id,tags"}), "d  team\n");
    EXPECT_EQ(done({"list", "--direction", "at_most", "--format", "csv", "--columns", "id,target"}),
              "id,target\nd,24\n");
    EXPECT_EQ(done({"list", "--status", "achieved", "--format", "markdown"}),
              "| status | name | value | target | outlook |\n| --- | --- | --- | --- | --- |\n"
              "| achieved | Books | 24 books | at least 24 |  |\n");
    const json::Parsed documents = json::parse(done({"list", "--json", "--sort", "-_id"}));
    ASSERT_TRUE(documents.ok());
    EXPECT_EQ(documents.value.array()->size(), 4U);
    EXPECT_EQ(at(*documents.value.array()->begin(), "_id").string()->front(), 'd');
    EXPECT_EQ(done({"list", "--json", "--owner", "nobody"}), "[]\n");
    EXPECT_EQ(done({"list", "--due"}), "");
    done({"create", "e", "--keep", "--name", "Ebb and flow", "--target", "5", "--unit", "m"});
    EXPECT_EQ(done({"list", "--mode", "keep", "--ids"}), "e\n");
    EXPECT_EQ(done({"list", "--query", "FLOW", "--ids"}), "e\n");
    done({"edit", "e", "--archive"});
    EXPECT_EQ(done({"list", "--ids", "--archived"}), "e\n");

    done({"edit", "c", "--archive"});
    EXPECT_EQ(done({"list", "--ids", "--archived", "--sort", "_id"}), "c\ne\n");
    EXPECT_EQ(done({"list", "--ids", "--all", "--sort", "_id"}), "a\nb\nc\nd\ne\n");

    const Finished cut = yardstick({"list", "--limit", "2", "--columns", "id", "--sort", "_id"});
    EXPECT_EQ(cut.output, "a\nb\n");
    EXPECT_THAT(cut.errors, HasSubstr("these are the first 2; --limit lists more"));
    EXPECT_THAT(refused({"list", "--status", "fine"}, wrong_usage), HasSubstr("fine"));
    EXPECT_THAT(refused({"list", "--json", "--columns", "id"}, wrong_usage),
                HasSubstr("--columns"));
}

TEST_F(Terminal, AListIsReadPageByPage) {
    for (int i = 0; i < 1'003; ++i) {
        ASSERT_EQ(api_.create("m" + std::to_string(i)).status, 201);
    }
    ASSERT_TRUE(eventually([&] { return metric("m1002").status == 200; }));
    const std::string ids = done({"list", "--ids", "--limit", "1003"});
    EXPECT_EQ(std::ranges::count(ids, '\n'), 1'003);
    const Finished cut = yardstick({"list"});
    EXPECT_EQ(std::ranges::count(cut.output, '\n'), 1'000);
    EXPECT_THAT(cut.errors, HasSubstr("the first 1000"));
}

TEST_F(Terminal, ShowsStatusPaceForecastAndHistory) {
    create("books", {"--from", "0", "--start", "2026-01-01"});
    for (int month = 1; month < 10; ++month) {
        done({"report", "books", std::to_string(month), "--at",
              "2026-0" + std::to_string(month) + "-28"});
    }
    const std::string shown = done({"show", "books"});
    EXPECT_THAT(shown, StartsWith("Books  (counter, open)\nBooks\n\nvalue     9 books\n"
                                  "target    24 books by 2099-12-31T23:59:59.999Z\nprogress  "));
    for (const char* text :
         {"\nstatus    on track until ", "\ngoal      at least 24 books by 31 Dec 2099",
          "\npace      needs ", "\ntrend     ▁▂▃▄▅▅▆▇█\n", "\nlatest events\n",
          "  value 9 of 28 Sep 2026\n", "  created: target 24 books"}) {
        EXPECT_THAT(shown, HasSubstr(text));
    }
    EXPECT_THAT(shown, Not(HasSubstr("\033")));
    EXPECT_THAT(done({"show", "books", "--ascii"}), HasSubstr("\ntrend     _.,-~~=*#\n"));
    const json::Parsed document = json::parse(done({"show", "books", "--json"}));
    ASSERT_TRUE(document.ok());
    EXPECT_EQ(at(document.value, "value").number()->value, 9);
}

TEST_F(Terminal, ShowsWhatWasKnownAtATime) {
    create("books");
    done({"report", "books", "1"});
    const std::string then = metric("books").text("updatedAt");
    ASSERT_TRUE(eventually([&] { return base::format_time(base::system_now()) > then; }));
    done({"report", "books", "2"});
    done({"edit", "books", "--archive"});
    const std::string shown = done({"show", "books", "--as-of", then});
    EXPECT_THAT(shown, HasSubstr("value     1 books"));
    EXPECT_THAT(shown, Not(HasSubstr("archived")));
    EXPECT_THAT(shown, Not(HasSubstr("value 2")));
    EXPECT_THAT(shown, Not(HasSubstr("newer")));
    EXPECT_THAT(shown, HasSubstr("\ntrend     ▄\n")) << "of one value";
    EXPECT_THAT(shown, HasSubstr("\nforecast  none yet, it needs 8 more values\n"));
    EXPECT_THAT(shown, Not(HasSubstr("1970")));
    EXPECT_THAT(done({"list", "--as-of", then}), StartsWith("on track  books  1 books  "));
    EXPECT_EQ(done({"list", "--as-of", "2020-01-01"}), "");
    EXPECT_THAT(refused({"show", "books", "--as-of", "2020-01-01"}, not_found),
                HasSubstr("it was created on"));
    EXPECT_THAT(refused({"show", "books", "--as-of", "yesterday"}), HasSubstr("--as-of"));
}

TEST_F(Terminal, WritesJsonForScripts) {
    create("books");
    for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
             {"report", "books", "3", "--json"},
             {"correct", "books", "2", "4", "--reason", "r", "--json"},
             {"note", "books", "n", "--json"},
             {"edit", "books", "--target", "30", "--json"},
             {"retract", "books", "2", "--reason", "r", "--json"}}) {
        const json::Parsed line = json::parse(done(arguments));
        ASSERT_TRUE(line.ok()) << arguments.front();
        EXPECT_EQ(*at(line.value, "outcome").string(), "recorded");
        EXPECT_EQ(at(line.value, "version").number()->value,
                  at(line.value, "metric/version").number()->value);
    }
}

TEST_F(Terminal, HostileTextsOfOthersStayText) {
    ASSERT_EQ(api_.post("/metrics",
                        R"({"id":"m","name":"\u202Eevil\u009B31m","description":"a\nb","unit":"u",)"
                        R"("target":1,"deadline":"2099-12-31"})")
                  .status,
              400);
    std::string name = "\"";
    for (int i = 0; i < 199; ++i) name += "売";
    ASSERT_EQ(api_.post("/metrics", R"({"id":"m","name":")" + name.substr(1) +
                                        R"(\u202E","description":"a\nb",)"
                                        R"("unit":"u\u0301\u0301\u0301\u0301",)"
                                        R"("target":1,"deadline":"2099-12-31"})")
                  .status,
              201);
    ASSERT_TRUE(eventually([&] { return metric("m").status == 200; }));
    for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
             {"list", "--columns", "id,name,value,target"}, {"show", "m"}, {"report", "m", "1"}}) {
        const std::string text = done(arguments);
        EXPECT_EQ(base::printable_lines(text), text);
    }
    EXPECT_EQ(std::ranges::count(done({"list", "--columns", "id,name"}), '\n'), 1);
}

}  // namespace
