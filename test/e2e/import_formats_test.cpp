// `import` of files as spreadsheets, statistics offices, banks and trackers export them
// (test/e2e/csv): each lands with the options that a person would give, and without one of them
// says which one is missing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <ostream>

#include "transfer.hpp"

namespace {

using namespace e2e;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Option = std::vector<std::string>;

struct Export {
    std::string file;
    std::string time;  // the columns
    std::string value;
    std::vector<Option>
        needed;  // without each of them the import names it, and sends nothing wrong
    Values values;
    std::vector<Option> further = {};  // that nothing would ask for
    std::string summary = {};          // as `values` say, unless it is given
    int exit_code = 0;
};

void PrintTo(const Export& e, std::ostream* out) {  // NOLINT(readability-identifier-naming)
    *out << e.file;
}

const std::vector<Export> exports{
    {"excel-de.csv",
     "Datum",
     "Umsatz (€)",
     {{"--delimiter", ";"},
      {"--encoding", "windows-1252"},
      {"--date-order", "dmy"},
      {"--decimal", "comma"}},
     {{"2024-03-01T00:00:00.000Z", {1234.5}},
      {"2024-03-02T00:00:00.000Z", {987}},
      {"2024-03-13T00:00:00.000Z", {-12.25}}}},
    {"excel-us.csv",
     "Date",
     "Net Sales",
     {{"--date-order", "mdy"}, {"--decimal", "point"}},
     {{"2024-03-01T00:00:00.000Z", {1234.5}},
      {"2024-03-02T00:00:00.000Z", {987}},
      {"2024-03-13T00:00:00.000Z", {12.25}}}},
    {"excel-unicode.txt",
     "Datum",
     "Größe",
     {{"--delimiter", "tab"}, {"--date-order", "dmy"}, {"--decimal", ","}},
     {{"2024-03-01T00:00:00.000Z", {1234.5}}, {"2024-03-13T00:00:00.000Z", {7}}}},
    {"libreoffice.csv",
     "Zeit",
     "Besucher",
     {{"--delimiter", ";"}, {"--date-order", "dmy"}, {"--time-zone", "Europe/Berlin"}},
     {{"2024-03-30T11:00:00.000Z", {17}}, {"2024-03-31T10:00:00.000Z", {21}}}},
    {"numbers-mac.csv",
     "Day",
     "Weight",
     {{"--time-format", "%b %d, %Y"}},
     {{"2024-03-01T00:00:00.000Z", {81.5}},
      {"2024-03-02T00:00:00.000Z", {81.2}},
      {"2024-03-13T00:00:00.000Z", {80}}}},
    {"sap-list.csv",
     "Buch.datum",
     "Betrag in HW",
     {{"--header-line", "3"},
      {"--delimiter", ";"},
      {"--date-order", "dmy"},
      {"--decimal", "comma"}},
     {{"2024-03-01T00:00:00.000Z", {1000}},
      {"2024-03-04T00:00:00.000Z", {2345678.9}},
      {"2024-03-13T00:00:00.000Z", {0.5}}},
     {{"--encoding", "iso-8859-1"}}},
    {"google-sheets.csv",
     "Timestamp",
     "Score",
     {{"--time-zone", "America/New_York"}, {"--skip-blank"}},
     {{"2024-03-01T14:05:00.000Z", {7}}, {"2024-03-11T13:05:00.000Z", {8}}},
     {},
     "2 rows recorded, 0 were there, 0 changed values, 0 bad lines, 1 blank\n"},
    {"world-bank.csv",
     "Year",
     "Value",
     {{"--header-line", "5"}, {"--skip-blank"}},
     {{"2021-01-01T00:00:00.000Z", {61.5}}, {"2022-01-01T00:00:00.000Z", {62.25}}},
     {{"--where", "Country Name=Atlantis"}},
     "2 rows recorded, 0 were there, 0 changed values, 0 bad lines, 1 blank\n"},
    {"eurostat.tsv",
     "TIME_PERIOD",
     "OBS_VALUE",
     {{"--delimiter", "tab"}, {"--time-format", "%Y-M%m"}, {"--skip-blank"}},
     {{"2024-01-01T00:00:00.000Z", {5.9}}, {"2024-03-01T00:00:00.000Z", {6.1}}},
     {{"--where", "geo=XX"}},
     "2 rows recorded, 0 were there, 0 changed values, 0 bad lines, 1 blank\n"},
    {"fred.csv",
     "observation_date",
     "INVRATE",
     {},
     {{"2024-01-01T00:00:00.000Z", {3.7}},
      {"2024-02-01T00:00:00.000Z", {3.9}},
      {"2024-03-01T00:00:00.000Z", {3.8}}}},
    {"ecb.csv",
     "DATE",
     "Euro/Taler (EXR.D.XTL.EUR.SP00.A)",
     {{"--decimal", "point"}},
     {{"2024-03-01T00:00:00.000Z", {1.083}}, {"2024-03-04T00:00:00.000Z", {1.085}}}},
    {"github-traffic.csv",
     "_date",
     "clones",
     {},
     {{"2024-03-01T00:00:00.000Z", {12}}, {"2024-03-02T00:00:00.000Z", {9}}}},
    {"bank.csv",
     "Buchungsdatum",
     "Betrag (€)",
     {{"--header-line", "4"},
      {"--delimiter", ";"},
      {"--encoding", "iso-8859-15"},
      {"--time-format", "%d.%m.%y"},
      {"--decimal", "comma"}},
     {{"2024-03-01T00:00:00.000Z", {-850}}, {"2024-03-04T00:00:00.000Z", {2100.75}}}},
    {"tracker-uk.csv",
     "Date",
     "Steps",
     {{"--date-order", "dmy"}, {"--time-zone", "Europe/London"}},
     {{"2024-10-26T22:30:00.000Z", {400}},
      {"2024-10-27T02:30:00.000Z", {9}},
      {"2024-10-28T07:15:00.000Z", {950}}},
     {},
     "3 rows recorded, 0 were there, 0 changed values, 1 bad lines\n",  // one of the doubled hour
     2},
    {"weather-hours.csv",
     "MESS_DATUM",
     "TT_TU",
     {{"--digits", "calendar"}},
     {{"2024-03-31T12:00:00.000Z", {11.5}}, {"2024-03-31T13:00:00.000Z", {12.1}}}},
    {"survey.csv",
     "Week",
     "Mean#2",
     {{"--time-format", "%G-W%V"}},
     {{"2024-01-01T00:00:00.000Z", {4.1}}, {"2024-01-08T00:00:00.000Z", {4}}}},
    {"watch.csv",
     "start",
     "heart rate",
     {{"--delimiter", ";"}},
     {{"2024-03-01T09:05:00.000Z", {61}}, {"2024-03-01T09:06:00.000Z", {64}}}},
};

Option command_line(const Export& e, const std::vector<Option>& options) {
    Option line{"--time", e.time, "--value", e.value};
    for (const auto& some : {options, e.further}) {
        for (const Option& option : some) line.insert(line.end(), option.begin(), option.end());
    }
    return line;
}

std::filesystem::path path_of(const Export& e) {
    return std::filesystem::path(CSV_DIR) / e.file;
}

class ImportOf : public ::testing::TestWithParam<Export> {};

TEST_P(ImportOf, LandsWithTheOptionsThatItNeeds) {
    const Export& e = GetParam();
    const Folder folder;
    Server server(folder);
    Api api(server);
    auto options = command_line(e, e.needed);
    for (const auto& option : creating()) options.push_back(option);
    const Finished finished = run(series_import(server, path_of(e), "m", options));
    EXPECT_EQ(finished.exit_code, e.exit_code) << finished.errors;
    EXPECT_EQ(finished.output, e.summary.empty() ? summary(e.values.size(), 0) : e.summary);
    EXPECT_EQ(finished.errors.empty(), e.exit_code == 0) << finished.errors;
    EXPECT_EQ(values_of(api, "m"), e.values);

    options.emplace_back("--dry-run");
    const Finished dry =
        run({.arguments = series_import(server, path_of(e), "m", options).arguments});
    EXPECT_EQ(dry.exit_code, e.exit_code) << dry.errors;
    EXPECT_THAT(dry.output, HasSubstr(std::to_string(e.values.size()) + " rows would be recorded"));
    for (const auto& [date, values] : e.values) EXPECT_THAT(dry.output, HasSubstr(date));
    EXPECT_EQ(dry.errors, finished.errors);
}

TEST_P(ImportOf, NamesEachOptionThatIsMissing) {
    const Export& e = GetParam();
    for (std::size_t missing = 0; missing < e.needed.size(); ++missing) {
        auto options = e.needed;
        options.erase(options.begin() + static_cast<std::ptrdiff_t>(missing));
        Launch launch{.arguments = {"import", path_of(e).string(), "--dry-run"}};
        for (const auto& word : command_line(e, options)) launch.arguments.push_back(word);
        const Finished finished = run(launch);
        EXPECT_THAT(finished.exit_code, ::testing::AnyOf(1, 2)) << e.needed[missing].front();
        EXPECT_THAT(finished.errors, HasSubstr(e.needed[missing].front()));
    }
}

INSTANTIATE_TEST_SUITE_P(Files, ImportOf, ::testing::ValuesIn(exports), [](const auto& of) {
    std::string name = of.param.file;
    std::erase_if(name, [](char c) { return c == '-' || c == '.'; });
    return name;
});

constexpr int failed = 1;
constexpr int partly = 2;
constexpr int wrong_usage = 64;

Finished dry_run(const std::filesystem::path& file, const Option& further) {
    Launch launch{
        .arguments = {"import", file.string(), "--time", "when", "--value", "what", "--dry-run"}};
    launch.arguments.insert(launch.arguments.end(), further.begin(), further.end());
    return run(launch);
}

TEST(ImportDryRun, ShowsRowsCountsAndDoubtsWithoutAServer) {
    const Folder folder;
    const auto file =
        write_file(folder, "a.csv",
                   "when,what\n2024-03-01,1\n03/04/2024,2\n03/05/2024,2\n2024-03-02,\n"
                   "2024-03-03,3\n2024-03-01,4\n");
    const Finished finished = dry_run(file, {"--skip-blank"});
    EXPECT_EQ(finished.exit_code, partly);
    EXPECT_EQ(
        finished.output,
        "line 2        2024-03-01T00:00:00.000Z  1\n"
        "line 6        2024-03-03T00:00:00.000Z  3\n"
        "2 rows would be recorded, 1 changed values, 2 bad lines, 1 blank; nothing was sent\n");
    EXPECT_EQ(lines_of(finished.errors),
              (std::vector<std::string>{
                  "line 3: '03/04/2024' may be day/month or month/day (2024-04-03 or 2024-03-04); "
                  "say which with --date-order dmy or --date-order mdy (as in 1 further line).",
                  "line 7: at 2024-03-01T00:00:00.000Z the value is 1 already, not 4; it was left "
                  "so."}));
}

// Whatever is in doubt for the whole file is shown with the rows as they are understood so far.
TEST(ImportDryRun, RecordsNothingOfAFileInDoubt) {
    const Folder folder;
    const auto file = write_file(folder, "a.csv", "when,what\n2024-03-01,1.000\n2024-03-02,7\n");
    const Finished finished = dry_run(file, {});
    EXPECT_EQ(finished.exit_code, partly);
    EXPECT_THAT(finished.output, HasSubstr("0 rows would be recorded"));
    EXPECT_THAT(finished.errors,
                HasSubstr("Nothing would be recorded: the value '1.000' in line 2 may be a "
                          "fraction or thousands; say which sign is the decimal one with "
                          "--decimal comma or --decimal point.\n"));
    EXPECT_EQ(dry_run(file, {"--decimal", "point"}).exit_code, 0);
}

TEST(ImportDryRun, SaysThatANewMetricWouldBeRefused) {
    const Folder folder;
    const auto file = write_file(folder, "a.csv", "when,what\n2024-03-01,1\n");
    const auto creating = [&](const char* id, const char* deadline) {
        return dry_run(file, {"--id", id, "--name", "Books", "--target", "5", "--unit", "books",
                              "--deadline", deadline});
    };
    EXPECT_EQ(creating("books", "2099-12-31").exit_code, 0);
    const Finished past = creating("books", "2020-01-01");
    EXPECT_EQ(past.exit_code, partly);
    EXPECT_THAT(past.output, HasSubstr("0 rows would be recorded"));
    EXPECT_THAT(past.errors, HasSubstr("unless the metric is there already, it would be refused"));
    for (const Finished& faulty : {creating("a b", "2099-12-31"), creating("books", "soon")}) {
        EXPECT_EQ(faulty.exit_code, failed);
        EXPECT_THAT(faulty.errors, HasSubstr("The metric can't be created"));
    }
}

// A file of American dates: only those of the first twelve days would land, on wrong days.
TEST(ImportDryRun, ADateAgainstTheOrderThatIsSaidStopsTheFile) {
    const Folder folder;
    const auto file = write_file(folder, "a.csv", "when,what\n03/04/2024,1\n03/31/2024,7\n");
    const std::string doubt =
        "the date '03/31/2024' in line 3 has the month first, against --date-order dmy";
    EXPECT_THAT(dry_run(file, {"--date-order", "dmy"}).errors, HasSubstr(doubt));
    Server server(folder);
    Api api(server);
    ASSERT_EQ(api.create("visits").status, 201);
    const Finished refused = run(series_import(server, file, "visits", {"--date-order", "dmy"}));
    EXPECT_EQ(refused.exit_code, failed);
    EXPECT_THAT(refused.errors,
                HasSubstr("Nothing of " + file.string() + " is imported: " + doubt));
    EXPECT_EQ(version_of(api, "visits"), 1);
}

TEST(ImportOptions, ThatDontFitAreWrongUsage) {
    const Folder folder;
    const auto file = write_file(folder, "a.csv", "when,what\n2024-03-01,1\n");
    for (const auto& [options, why] : std::vector<std::pair<Option, std::string>>{
             {{"--decimal", "dot"}, "--decimal is comma or point"},
             {{"--date-order", "ydm"}, "--date-order is dmy, mdy or ymd"},
             {{"--header-line", "0"}, "--header-line"},
             {{"--encoding", "ebcdic"}, "--encoding is utf-8, utf-16le"},
             {{"--utc-offset", "2"}, "--utc-offset is of the form +02:00"},
             {{"--utc-offset", "Z", "--time-zone", "UTC"}, "exclude each other"},
             {{"--time-zone", "Europe/Berln"}, "there is no time zone 'Europe/Berln'"},
             {{"--time-format", "%x"}, "'%x', which is not known"},
             {{"--time-format", "%F", "--date-order", "dmy"},
              "leave --date-order and --digits out"},
         }) {
        const Finished finished = dry_run(file, options);
        EXPECT_EQ(finished.exit_code, wrong_usage) << why;
        EXPECT_THAT(finished.errors, HasSubstr(why));
        EXPECT_THAT(finished.errors, HasSubstr("see yardstick import --help"));
        EXPECT_THAT(finished.output, IsEmpty());
    }
    const auto events = write_file(folder, "a.ndjson", "");
    EXPECT_EQ(dry_run(events, {}).exit_code, wrong_usage);
}

}  // namespace
