// The six variables of the original system: they alone choose the engines, and the secrets among
// them are shown nowhere, whatever goes wrong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <iterator>

#include "api.hpp"
#include "base/testing/engine.hpp"
#include "parts.hpp"
#include "set_up.hpp"

namespace {

using namespace e2e;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::array secrets{"S3cretKeyOfTheTable", "T0kenOfTheSession", "Passw0rdOfTheViews"};

void expect_no_secret(const std::string& text, const std::string& where) {
    for (const char* secret : secrets) EXPECT_THAT(text, Not(HasSubstr(secret))) << where;
}

std::string command_line(const Process& process) {
    std::ifstream file("/proc/" + std::to_string(process.pid()) + "/cmdline");
    return {std::istreambuf_iterator<char>(file), {}};
}

class DistributedSecrets : public ::testing::Test {
protected:
    // Checks all that the program says.
    [[nodiscard]] Finished finished(const std::vector<std::string>& arguments,
                                    const Environment& environment) const {
        Finished done = run(
            {.arguments = arguments, .working_folder = folder_.path(), .environment = environment});
        expect_no_secret(done.output + done.errors, arguments.front());
        return done;
    }

    [[nodiscard]] Environment with(Environment more) const {
        more.insert(environment_.begin(), environment_.end());
        return more;
    }

    const Folder folder_;
    const base::testing::Engine dynamodb_ = base::testing::dynoxide();
    // Knows no users: whoever gives a password is refused.
    const base::testing::Engine mongodb_ = base::testing::mongo_java_server();
    const Environment environment_{
        {"AWS_ACCESS_KEY_ID", "id"},
        {"AWS_SECRET_ACCESS_KEY", secrets[0]},
        {"AWS_REGION", "eu-central-1"},
        {"MONGO_DB_NAME", "metrics"},
        {"MONGO_USER_ID", "ada"},
        {"MONGO_SECRET_KEY", secrets[2]},
        // Where the original's are on the Internet, and one more secret.
        {"AWS_SESSION_TOKEN", secrets[1]},
        {"AWS_ENDPOINT_URL", "http://127.0.0.1:" + std::to_string(dynamodb_.port())},
        {"MONGO_HOST", "127.0.0.1:" + std::to_string(mongodb_.port())},
        {"YARDSTICK_LOG_FORMAT", "json"},
        {"YARDSTICK_LOG_LEVEL", "debug"}};
};

TEST_F(DistributedSecrets, TheSixVariablesAloneChooseAndNoneIsShown) {
    EXPECT_EQ(finished({"create-table"}, environment_).exit_code, 0);
    for (const Part part : all_parts) {
        Process process({.arguments = {name_of(part), "--listen", any_port},
                         .working_folder = folder_.path(),
                         .environment = environment_});
        ASSERT_TRUE(process.wait_for_log([](const std::string& log) {
            return log.find(R"("message":"listening")") != std::string::npos;
        })) << process.log();
        std::string api = name_of(part);
        api = api.substr(0, api.find('-'));
        http::Client client(url_in(process.log(), api));
        std::string answers;
        for (const char* path : {"/", "/-/healthy", "/-/ready", "/-/prometheus", "/metrics",
                                 "/metrics/m", "/metrics/m/events"}) {
            answers += client.get(path).body;
        }
        if (part == Part::write_api) {
            const auto made = client.post_json(create_path, create_body("m", 10));
            EXPECT_EQ(made.status, 201) << made.body;
            EXPECT_TRUE(process.wait_for_log([](const std::string& log) {
                return log.find("yardstick-events") != std::string::npos;
            })) << process.log();
        } else {
            EXPECT_EQ(client.get("/-/ready").status, 503);
            ASSERT_TRUE(process.wait_for_log([](const std::string& log) {
                return log.find("saslStart") != std::string::npos;
            })) << process.log();
        }
        expect_no_secret(answers, "answers of " + api);
        expect_no_secret(command_line(process), "command line of " + api);
        process.signal(SIGTERM);
        EXPECT_EQ(process.wait(), 0);
        expect_no_secret(process.log() + process.output(), api);
    }
}

TEST_F(DistributedSecrets, CommandsThatFailShowNone) {
    EXPECT_EQ(finished({"--help"}, environment_).exit_code, 0);
    for (const char* command : {"write-api", "read-api", "projector", "rebuild", "create-table"}) {
        EXPECT_EQ(finished({command, "--help"}, environment_).exit_code, 0);
        EXPECT_NE(finished({command, "--no-such-flag"}, environment_).exit_code, 0);
    }
    EXPECT_EQ(finished({"create-table"}, environment_).exit_code, 0);
    const auto refused = finished({"rebuild"}, environment_);
    EXPECT_NE(refused.exit_code, 0);
    EXPECT_THAT(refused.errors, HasSubstr("MongoDB"));

    const std::string nobody = "http://127.0.0.1:1";
    EXPECT_NE(finished({"create-table"}, with({{"AWS_ENDPOINT_URL", nobody}})).exit_code, 0);

    const std::string password = secrets[2];
    for (const std::string& uri :
         {"mongodb://ada:" + password + "@127.0.0.1:1/", "mongodb://ada:" + password + "@/x@h",
          "mongodb:/ada:" + password + "@127.0.0.1", "mongodb://ada:" + password + "@h:port/",
          "mongodb+srv://ada:" + password + "@127.0.0.1/"}) {
        EXPECT_NE(finished({"rebuild"}, with({{"MONGO_URI", uri}})).exit_code, 0) << uri;
    }
    for (const char* name : {"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}) {
        const std::string broken = std::string(secrets[0]) + "\n" + secrets[1];
        EXPECT_NE(finished({"create-table"}, with({{name, broken}})).exit_code, 0) << name;
    }
}

TEST_F(DistributedSecrets, AFileOfSettingsThatCannotBeReadShowsNone) {
    std::ofstream(folder_.path() / ".env")
        << "AWS_REGION=eu-central-1\n"
        << secrets[0] << "\nMONGO_SECRET_KEY " << secrets[2] << "\n";
    const auto done = finished({"write-api", "--listen", any_port}, {});
    EXPECT_NE(done.exit_code, 0);
    EXPECT_THAT(done.errors, HasSubstr("line 2"));
}

}  // namespace
