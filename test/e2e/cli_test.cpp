// The command line: settings and where they come from, one clear sentence and the right exit code
// for every mistake, and `show`.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string_view>

#include "api.hpp"
#include "held_file.hpp"

namespace {

using namespace e2e;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr int failed = 1;
constexpr int in_use = 5;
constexpr int not_found = 4;
constexpr int wrong_usage = 64;

// What the program says for people, among the lines of its log.
std::string sentence_of(const Finished& finished) {
    std::istringstream lines(finished.errors);
    std::string sentence;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("{")) continue;
        EXPECT_EQ(sentence, "") << "more than one: " << finished.errors;
        sentence = line;
    }
    EXPECT_THAT(sentence, ::testing::StartsWith("yardstick: "));
    EXPECT_THAT(finished.output, IsEmpty());
    return sentence;
}

Launch serve(const Folder& folder, const std::vector<std::string>& further = {}) {
    Launch launch{.arguments = serve_arguments(folder.data()), .working_folder = folder.path()};
    launch.arguments.insert(launch.arguments.end(), further.begin(), further.end());
    return launch;
}

TEST(Cli, AMistakeOnTheCommandLineIsExit64AndOneSentence) {
    const std::vector<std::vector<std::string>> mistakes{{},
                                                         {"sevre"},
                                                         {"serve", "--no-such-flag"},
                                                         {"serve", "--data"},
                                                         {"serve", "--log-format", "xml"},
                                                         {"serve", "extra"},
                                                         {"serve", "--shards", "0"},
                                                         {"write-api", "--shards", "65"},
                                                         {"show"}};
    for (const auto& arguments : mistakes) {
        SCOPED_TRACE(::testing::PrintToString(arguments));
        const Finished finished = run({.arguments = arguments});
        EXPECT_EQ(finished.exit_code, wrong_usage);
        EXPECT_THAT(sentence_of(finished), HasSubstr("--help"));
    }
}

TEST(Cli, HelpAndVersionGoToTheOutput) {
    for (const char* flag : {"--help", "--version"}) {
        const Finished finished = run({.arguments = {flag}});
        EXPECT_EQ(finished.exit_code, 0);
        EXPECT_THAT(finished.output, HasSubstr("ardstick"));
        EXPECT_THAT(finished.errors, IsEmpty());
    }
    const Finished help = run({.arguments = {"serve", "--help"}});
    for (const char* text : {"--data", "YARDSTICK_DATA", "--write-listen", "127.0.0.1:3000",
                             "--read-listen", "127.0.0.1:3001", "--listen-anywhere"}) {
        EXPECT_THAT(help.output, HasSubstr(text));
    }
}

TEST(Cli, ASecondServerOnTheFolderIsRefusedAndTheFirstGoesOn) {
    const Folder folder;
    Server first(folder);
    Api api(first);
    ASSERT_EQ(api.create("visits").status, 201);
    const Finished second = run(serve(folder));
    EXPECT_EQ(second.exit_code, in_use);
    EXPECT_THAT(sentence_of(second), HasSubstr(folder.data().string() + " is in use"));
    EXPECT_EQ(api.set_value("visits", 1).status, 201);
    EXPECT_EQ(api.get("/metrics/visits?minVersion=2").number("value"), 1);
    EXPECT_EQ(first.terminate(), 0);
}

TEST(Cli, APortInUseIsNamed) {
    const Folder folder;
    const Folder other;
    Server first(folder);
    const std::string address = "127.0.0.1:" + std::to_string(first.write_port());
    for (const char* flag : {"--write-listen", "--read-listen"}) {
        Launch launch = serve(other);
        const auto value = std::ranges::find(launch.arguments, std::string(flag)) + 1;
        *value = address;
        const Finished second = run(launch);
        EXPECT_EQ(second.exit_code, failed);
        EXPECT_THAT(sentence_of(second), HasSubstr(address));
    }
}

TEST(Cli, ListensToOtherMachinesOnlyWhenToldTwice) {
    const Folder folder;
    Launch launch = serve(folder);
    *(std::ranges::find(launch.arguments, std::string("--write-listen")) + 1) = "0.0.0.0:0";
    const Finished refused = run(launch);
    EXPECT_EQ(refused.exit_code, wrong_usage);
    EXPECT_THAT(sentence_of(refused), HasSubstr("--listen-anywhere"));
    EXPECT_THAT(sentence_of(refused), HasSubstr("--write-listen 0.0.0.0:0"));

    const Folder other;
    Launch wrong = serve(other);
    *(std::ranges::find(wrong.arguments, std::string("--read-listen")) + 1) = "nowhere";
    const Finished finished = run(wrong);
    EXPECT_EQ(finished.exit_code, wrong_usage);
    EXPECT_THAT(sentence_of(finished), HasSubstr("--read-listen 'nowhere'"));
}

TEST(Cli, WhatIsNotKnownIsNamedNotWhatIsMissingThen) {
    for (const std::vector<std::string>& arguments :
         std::vector<std::vector<std::string>>{{"nonsense"}, {"show", "--nonsense"}}) {
        const Finished finished = run({.arguments = arguments});
        EXPECT_EQ(finished.exit_code, wrong_usage);
        EXPECT_THAT(sentence_of(finished), HasSubstr("'" + arguments.back() + "' is not known"));
    }
    const Finished empty = run({.arguments = {"create-table", "--table", ""}});
    EXPECT_EQ(empty.exit_code, wrong_usage);
    EXPECT_THAT(sentence_of(empty), HasSubstr("it is empty"));
}

TEST(Cli, AMisspeltWordIsMetWithTheLikelyOne) {
    const auto sentence = [](std::vector<std::string> arguments) {
        const Finished finished = run({.arguments = std::move(arguments)});
        EXPECT_EQ(finished.exit_code, wrong_usage);
        return sentence_of(finished);
    };
    EXPECT_THAT(sentence({"sevre"}), HasSubstr("did you mean serve? (see yardstick --help)"));
    EXPECT_THAT(sentence({"status", "--jsn"}),
                HasSubstr("did you mean --json? (see yardstick status --help)"));
    EXPECT_THAT(sentence({"frobnicate"}), Not(HasSubstr("did you mean")));
    EXPECT_THAT(sentence({"tail", "--from", "0"}), HasSubstr("'0' is not a whole number from 1"));
    EXPECT_THAT(sentence({"tail", "--from", "9223372036854775808"}), HasSubstr("whole number"));
    EXPECT_THAT(sentence({"serve", "--access-log=maybe"}), HasSubstr("--access-log = maybe is"));
}

TEST(Cli, WhatDoesNotServeSaysThatItTookSettingsFromAFile) {
    const Folder folder;
    std::ofstream(folder.path() / ".env") << "OTHER=1\nnot of ours\n";
    const Launch launch{.arguments = {"status"}, .working_folder = folder.path()};
    EXPECT_THAT(sentence_of(run(launch)), HasSubstr("./data"));

    std::ofstream(folder.path() / ".env") << "YARDSTICK_DATA=elsewhere\n";
    const Finished told = run(launch);
    EXPECT_THAT(told.errors, HasSubstr("settings are taken from " + folder.path().string()));
    EXPECT_THAT(told.errors, HasSubstr("no event store in elsewhere"));

    std::ofstream(folder.path() / ".env") << "YARDSTICK_DATA= # default: ./data\n";
    EXPECT_THAT(sentence_of(run(launch)), HasSubstr("./data"));
}

TEST(Cli, ADotenvThatCannotBeOpenedIsNamed) {
    const Folder folder;
    std::filesystem::create_symlink(".env", folder.path() / ".env");  // also for root
    const Finished server = run(serve(folder));
    EXPECT_EQ(server.exit_code, failed);
    EXPECT_THAT(sentence_of(server), HasSubstr(".env is there and can't be read"));
    const Finished other = run({.arguments = {"status"}, .working_folder = folder.path()});
    EXPECT_THAT(other.errors, HasSubstr("Its settings are not used"));
    EXPECT_THAT(other.errors, HasSubstr("no event store"));
}

TEST(Cli, AFlagBeatsTheEnvironmentAndThatBeatsDotenv) {
    const Folder folder;
    std::ofstream(folder.path() / ".env")
        << "# settings\nYARDSTICK_DATA=from-dotenv\nexport YARDSTICK_WRITE_LISTEN='127.0.0.1:0'\n"
        << "YARDSTICK_READ_LISTEN=127.0.0.1:0\nYARDSTICK_LOG_FORMAT=json\n";
    Launch launch{.arguments = {"serve"}, .working_folder = folder.path()};
    EXPECT_EQ(Server(launch).terminate(), 0);
    EXPECT_TRUE(std::filesystem::exists(folder.path() / "from-dotenv" / "events.db"));

    launch.environment["YARDSTICK_DATA"] = "from-environment";
    EXPECT_EQ(Server(launch).terminate(), 0);
    EXPECT_TRUE(std::filesystem::exists(folder.path() / "from-environment" / "events.db"));

    launch.arguments.insert(launch.arguments.end(), {"--data", "from-flag"});
    EXPECT_EQ(Server(launch).terminate(), 0);
    EXPECT_TRUE(std::filesystem::exists(folder.path() / "from-flag" / "events.db"));
}

TEST(Cli, ADotenvThatCannotBeReadIsNamedWithItsLine) {
    const Folder folder;
    std::ofstream(folder.path() / ".env") << "A=1\nwithout a name\n";
    const Finished finished = run(serve(folder));
    EXPECT_EQ(finished.exit_code, failed);
    EXPECT_THAT(sentence_of(finished), HasSubstr("line 2 of .env"));
}

TEST(Cli, WhatCannotBeWrittenIsNotDone) {
    const Folder folder;
    {
        Server server(folder);
        EXPECT_EQ(server.terminate(), 0);
    }
    for (const char* command : {"status", "verify", "--help"}) {
        Launch launch{.arguments = {command}, .output = "/dev/full"};
        if (std::string_view(command) != "--help") {
            launch.arguments.insert(launch.arguments.end(), {"--data", folder.data().string()});
        }
        const Finished finished = run(launch);
        EXPECT_EQ(finished.exit_code, failed) << command;
        EXPECT_THAT(sentence_of(finished), HasSubstr("can't be written"));
    }
}

TEST(Cli, AFileIsNoDataFolder) {
    for (const std::vector<std::string>& arguments :
         std::vector<std::vector<std::string>>{{"status"},
                                               {"verify"},
                                               {"export", "metrics"},
                                               {"export", "events"},
                                               {"rebuild"},
                                               {"tail"},
                                               {"serve"},
                                               {"backup", "/tmp/no-such-copy"}}) {
        Launch launch{.arguments = arguments};
        launch.arguments.insert(launch.arguments.end(), {"--data", "/etc/passwd"});
        const Finished finished = run(launch);
        EXPECT_EQ(finished.exit_code, failed) << arguments.front();
        EXPECT_THAT(sentence_of(finished), HasSubstr("/etc/passwd is not a folder"));
    }
}

TEST(Cli, AFolderThatCannotBeMadeIsNamed) {
    const Folder folder;
    std::ofstream(folder.data()) << "a file";
    const Finished finished = run(serve(folder));
    EXPECT_EQ(finished.exit_code, failed);
    EXPECT_THAT(sentence_of(finished), HasSubstr(folder.data().string()));
}

void execute(const std::filesystem::path& file, const char* sql) {
    sqlite3* connection = nullptr;
    ASSERT_EQ(sqlite3_open(file.c_str(), &connection), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(connection, sql, nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(connection);
}

TEST(Cli, FilesOfANewerFormatAreRefused) {
    for (const bool events : {true, false}) {
        const Folder folder;
        {
            Server server(folder);
            EXPECT_EQ(Api(server).create("visits").status, 201);
            EXPECT_EQ(server.terminate(), 0);
        }
        const auto file = events ? folder.data() / "events.db" : views_in(folder.data());
        execute(file, "PRAGMA user_version = 999");
        const Finished finished = run(serve(folder));
        EXPECT_EQ(finished.exit_code, failed);
        const std::string sentence = sentence_of(finished);
        EXPECT_THAT(sentence, HasSubstr(file.string()));
        EXPECT_THAT(sentence, HasSubstr("newer version"));
        EXPECT_THAT(sentence, HasSubstr("999"));
    }
}

TEST(Cli, AnotherProgramsDatabaseIsLeftAlone) {
    const Folder folder;
    std::filesystem::create_directory(folder.data());
    execute(folder.data() / "events.db", "CREATE TABLE theirs(x)");
    const Finished finished = run(serve(folder));
    EXPECT_EQ(finished.exit_code, failed);
    EXPECT_THAT(sentence_of(finished), HasSubstr("not an event store"));
}

TEST(Cli, ShowPrintsAMetricForPeople) {
    const Folder folder;
    Server server(folder);
    Api api(server);
    ASSERT_EQ(api.create("a/b c").status, 400);
    ASSERT_EQ(api.create("visits").status, 201);
    ASSERT_EQ(api.set_value("visits", 250).status, 201);
    ASSERT_EQ(api.get("/metrics/visits?minVersion=2").status, 200);

    const Finished shown = run({.arguments = {"show", "visits", "--server", server.read_url()}});
    EXPECT_EQ(shown.exit_code, 0);
    EXPECT_THAT(shown.errors, IsEmpty());
    for (const char* text :
         {"Visits  (gauge, open)", "People who came", "250 people",
          "1000 people by 2099-12-31T23:59:59.999Z", "25 %", "created: target 1000", "value 250"}) {
        EXPECT_THAT(shown.output, HasSubstr(text));
    }
    // The server may also be named by the environment.
    const Finished again = run({.arguments = {"show", "visits"},
                                .environment = {{"YARDSTICK_READ_URL", server.read_url()}}});
    EXPECT_EQ(again.output, shown.output);

    const Finished unknown = run({.arguments = {"show", "nobody", "--server", server.read_url()}});
    EXPECT_EQ(unknown.exit_code, not_found);
    EXPECT_THAT(sentence_of(unknown), HasSubstr("there is no metric 'nobody'"));

    ASSERT_EQ(server.terminate(), 0);
    const Finished away = run({.arguments = {"show", "visits", "--server", server.read_url()}});
    EXPECT_EQ(away.exit_code, failed);
    EXPECT_THAT(sentence_of(away), HasSubstr(server.read_url()));
}

}  // namespace
