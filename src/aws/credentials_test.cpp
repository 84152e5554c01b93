// Where credentials are found, in which order, and what is said when they are not.
#include "aws/credentials.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <string>

#include "aws/scripted_service_fixture.hpp"
#include "base/testing/temp_folder.hpp"

namespace {

using namespace aws;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* full_uri = "AWS_CONTAINER_CREDENTIALS_FULL_URI";

// An environment of its own, with a home that is empty.
class CredentialsTest : public ::testing::Test {
protected:
    void set(const std::string& name, const std::string& value) { variables_[name] = value; }
    void write(const std::string& file, const std::string& text) const {
        std::filesystem::create_directories(home_.path() / ".aws");
        std::ofstream(home_.path() / ".aws" / file) << text;
    }
    [[nodiscard]] std::shared_ptr<CredentialsProvider> find() const {
        return find_credentials({.variables = [variables = variables_](const char* name) {
            const auto found = variables.find(name);
            return found == variables.end() ? std::string() : found->second;
        }});
    }
    [[nodiscard]] std::string id() const { return find()->get().access_key_id; }
    // What is said when there are none.
    [[nodiscard]] std::string complaint() const {
        try {
            return "found " + id();
        } catch (const NoCredentials& error) {
            return error.what();
        }
    }

private:
    base::testing::TempFolder home_;
    std::map<std::string, std::string> variables_{{"HOME", home_.path()},
                                                  {"AWS_EC2_METADATA_DISABLED", "true"}};
};

TEST_F(CredentialsTest, AreTakenFromTheEnvironmentFirst) {
    write("credentials", "[default]\naws_access_key_id=FILE\naws_secret_access_key=s\n");
    set("AWS_ACCESS_KEY_ID", "ID");
    set("AWS_SECRET_ACCESS_KEY", "SECRET");
    set("AWS_SESSION_TOKEN", "TOKEN");
    const Credentials found = find()->get();
    EXPECT_EQ(found.access_key_id, "ID");
    EXPECT_EQ(found.secret_access_key, "SECRET");
    EXPECT_EQ(found.session_token, "TOKEN");
    EXPECT_EQ(found.expires, std::nullopt);
    EXPECT_EQ(find()->at_hand()->access_key_id, "ID");
}

TEST_F(CredentialsTest, HalfOfAPairInTheEnvironmentIsNamed) {
    set("AWS_ACCESS_KEY_ID", "ID");
    EXPECT_EQ(complaint(), "AWS_ACCESS_KEY_ID is set, AWS_SECRET_ACCESS_KEY is not");
    set("AWS_ACCESS_KEY_ID", "");
    set("AWS_SECRET_ACCESS_KEY", "SECRET");
    EXPECT_EQ(complaint(), "AWS_SECRET_ACCESS_KEY is set, AWS_ACCESS_KEY_ID is not");
}

TEST_F(CredentialsTest, ThatCantStandInAHeaderAreRefusedWithoutBeingShown) {
    set("AWS_ACCESS_KEY_ID", "ID");
    set("AWS_SECRET_ACCESS_KEY", "very private");
    EXPECT_THAT(complaint(), AllOf(HasSubstr("a blank"), Not(HasSubstr("private"))));
    set("AWS_SECRET_ACCESS_KEY", "s");
    set("AWS_SESSION_TOKEN", "a\r\nHost: b");
    EXPECT_THAT(complaint(), HasSubstr("another character"));

    set("AWS_ACCESS_KEY_ID", "");
    set("AWS_SECRET_ACCESS_KEY", "");
    write("credentials", "[default]\naws_access_key_id=ID\naws_secret_access_key=s s\n");
    EXPECT_THAT(complaint(), HasSubstr("a blank"));

    const ScriptedService endpoint(
        {http::Response::json(200, R"({"AccessKeyId":"a","SecretAccessKey":"b","Token":"c\nd"})")});
    write("credentials", "");
    set(full_uri, endpoint.endpoint());
    EXPECT_THAT(complaint(), HasSubstr("another character"));
}

TEST_F(CredentialsTest, AreTakenFromTheDefaultProfile) {
    write("credentials",
          "# mine\n[other]\naws_access_key_id=OTHER\naws_secret_access_key=o\n\n[ default ]\n"
          "aws_access_key_id = DEFAULT \r\nAWS_SECRET_ACCESS_KEY=s=1\naws_session_token=t\n");
    const Credentials found = find()->get();
    EXPECT_EQ(found.access_key_id, "DEFAULT");
    EXPECT_EQ(found.secret_access_key, "s=1");
    EXPECT_EQ(found.session_token, "t");
}

TEST_F(CredentialsTest, AreTakenFromTheNamedProfileOfEitherFile) {
    write("config",
          "[other]\naws_access_key_id=NOT_ME\n"
          "[profile other]\naws_access_key_id=CONFIG\naws_secret_access_key=c\n");
    set("AWS_PROFILE", "other");
    EXPECT_EQ(id(), "CONFIG");
    write("credentials", "[other]\naws_access_key_id=CREDENTIALS\naws_secret_access_key=c\n");
    EXPECT_EQ(id(), "CREDENTIALS");
    set("AWS_PROFILE", "third");
    EXPECT_EQ(complaint(), "the AWS profile 'third' has no access keys");
}

TEST_F(CredentialsTest, AreTakenFromFilesElsewhere) {
    const base::testing::TempFolder folder;
    std::ofstream(folder.path() / "keys") << "[default]\naws_access_key_id=KEYS\n";
    std::ofstream(folder.path() / "rest") << "[profile default]\naws_secret_access_key=s\n";
    set("AWS_SHARED_CREDENTIALS_FILE", folder.path() / "keys");
    set("AWS_CONFIG_FILE", folder.path() / "rest");
    EXPECT_EQ(id(), "KEYS");
}

TEST_F(CredentialsTest, OfAProfileAreReadAgainWhenTheyWereRejected) {
    write("credentials", "[default]\naws_access_key_id=OLD\naws_secret_access_key=s\n");
    const auto provider = find();
    const Credentials old = provider->get();
    EXPECT_EQ(old.access_key_id, "OLD");
    write("credentials", "[default]\naws_access_key_id=NEW\naws_secret_access_key=s\n");
    EXPECT_EQ(provider->get().access_key_id, "OLD");
    provider->reject(old);
    EXPECT_EQ(provider->get().access_key_id, "NEW");
}

TEST_F(CredentialsTest, WhatAProfileNeedsAndIsNotSupportedIsNamed) {
    for (const char* name : {"role_arn", "sso_session", "sso_start_url", "web_identity_token_file",
                             "credential_process"}) {
        write("config", std::string("[default]\n") + name + " = x\n");
        EXPECT_EQ(complaint(), std::string("the AWS profile 'default' needs ") + name +
                                   ", which is not supported here; put access keys into the "
                                   "environment");
    }
}

// They are the keys that the role is asked for with.
TEST_F(CredentialsTest, KeysBesideARoleAreNotTakenForIt) {
    write("config", "[default]\nrole_arn=arn\naws_access_key_id=ID\naws_secret_access_key=s\n");
    EXPECT_THAT(complaint(), HasSubstr("needs role_arn"));
}

TEST_F(CredentialsTest, WithoutAnyTheSentenceNamesTheirPlaces) {
    EXPECT_THAT(complaint(), AllOf(HasSubstr("AWS_ACCESS_KEY_ID"), HasSubstr("~/.aws"),
                                   HasSubstr("container"), HasSubstr("instance")));
}

constexpr const char* container_answer =
    R"({"AccessKeyId":"CONTAINER","SecretAccessKey":"s","Token":"t",)"
    R"("Expiration":"2999-01-02T03:04:05Z","RoleArn":"a"})";

TEST_F(CredentialsTest, AreTakenFromTheContainersEndpointWithItsToken) {
    http::Request seen;
    const ScriptedService endpoint(
        [&](int, const http::Request& request, const http::Responder& respond) {
            seen = request;
            respond(http::Response::json(200, container_answer));
        });
    set(full_uri, endpoint.endpoint() + "/creds?a=b");
    set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "Basic abc");
    write("config", "[default]\nregion=eu-central-1\n");  // leaves the container its chance
    const Credentials found = find()->get();
    EXPECT_EQ(found.access_key_id, "CONTAINER");
    EXPECT_EQ(found.secret_access_key, "s");
    EXPECT_EQ(found.session_token, "t");
    EXPECT_EQ(base::format_time(found.expires.value()), "2999-01-02T03:04:05.000Z");
    EXPECT_EQ(seen.method + " " + seen.target, "GET /creds?a=b");
    EXPECT_EQ(*seen.headers.find("Authorization"), "Basic abc");
}

TEST_F(CredentialsTest, TheTokenFileIsReadForEachFetch) {
    std::string seen;
    const ScriptedService endpoint(
        [&](int, const http::Request& request, const http::Responder& respond) {
            seen = *request.headers.find("Authorization");
            respond(http::Response::json(200, container_answer));
        });
    const base::testing::TempFolder folder;
    const auto file = folder.path() / "token";
    std::ofstream(file) << "first\n";
    set(full_uri, endpoint.endpoint());
    set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "not this one");
    set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", file);
    const auto provider = find();
    const Credentials found = provider->get();
    EXPECT_EQ(seen, "first");
    std::ofstream(file) << "second\n";
    provider->reject(found);
    provider->get();
    EXPECT_EQ(seen, "second");

    set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", folder.path() / "missing");
    EXPECT_EQ(complaint(), "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE can't be read");
    std::ofstream(file) << "two\r\nlines";
    set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", file);
    EXPECT_THAT(complaint(), HasSubstr("several lines"));
}

TEST_F(CredentialsTest, AnEndpointThatIsNotTheContainersOwnIsNotAsked) {
    for (const char* address :
         {"http://example.com/", "http://127.evil.example/", "http://169.254.170.2.example/",
          "http://127.0.0.1@evil.example/", "ftp://127.0.0.1/", "http://10.0.0.1/", "nonsense",
          "http://169.254.169.254/"}) {
        set(full_uri, address);
        EXPECT_THAT(complaint(), HasSubstr("is neither https nor an address of this machine"))
            << address;
    }
    set(full_uri, "");
    set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "@evil.example/");
    EXPECT_EQ(complaint(), "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI does not begin with a slash");
}

TEST_F(CredentialsTest, WhatTheEndpointAnswersInsteadIsToldWithoutItsText) {
    const auto complaint_about = [this](const http::Response& answer) {
        const ScriptedService endpoint({answer});
        set(full_uri, endpoint.endpoint());
        return complaint();
    };
    EXPECT_THAT(complaint_about(http::Response::text(403, "private")), HasSubstr("HTTP 403"));
    EXPECT_THAT(complaint_about(http::Response::text(200, "private")),
                HasSubstr("without credentials"));
    EXPECT_THAT(complaint_about(http::Response::json(200, R"({"AccessKeyId":"private"})")),
                AllOf(HasSubstr("without credentials"), Not(HasSubstr("private"))));
    EXPECT_THAT(complaint_about(http::Response::json(
                    200, R"({"AccessKeyId":"a","SecretAccessKey":"b","Expiration":"soon"})")),
                HasSubstr("an Expiration that is no time"));
    EXPECT_THAT(complaint_about(http::Response::text(200, std::string(70'000, 'x'))),
                HasSubstr("the container's credentials endpoint: "));
}

TEST_F(CredentialsTest, AProfileWithKeysGoesBeforeTheContainer) {
    write("credentials", "[default]\naws_access_key_id=FILE\naws_secret_access_key=s\n");
    set(full_uri, "https://example.com/");
    EXPECT_EQ(id(), "FILE");
}

}  // namespace
