// Credentials of roles: of an EC2 instance by its metadata service, and of a web identity.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "aws/credentials.hpp"
#include "aws/scripted_service_fixture.hpp"
#include "base/testing/temp_folder.hpp"

namespace {

using namespace aws;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* role_answer =
    R"({"Code":"Success","Type":"AWS-HMAC","AccessKeyId":"ASIAROLE","SecretAccessKey":"s",)"
    R"("Token":"t","Expiration":"2999-01-02T03:04:05Z"})";

class RoleCredentials : public ::testing::Test {
protected:
    void set(const std::string& name, const std::string& value) { variables_[name] = value; }
    [[nodiscard]] Credentials find() const {
        return find_credentials({.variables =
                                     [variables = variables_](const char* name) {
                                         const auto found = variables.find(name);
                                         return found == variables.end() ? std::string()
                                                                         : found->second;
                                     }})
            ->get();
    }
    [[nodiscard]] std::string complaint() const {
        try {
            return "found " + find().access_key_id;
        } catch (const NoCredentials& error) {
            return error.what();
        }
    }
    [[nodiscard]] std::filesystem::path folder() const { return home_.path(); }

private:
    base::testing::TempFolder home_;
    std::map<std::string, std::string> variables_{{"HOME", home_.path()}};
};

class InstanceCredentials : public RoleCredentials {
protected:
    // As an instance with the role `kpi-role` answers; what it answers to one path may be odd.
    void answer(std::map<std::string, http::Response> odd = {}) {
        service_.emplace(
            [this, odd](int, const http::Request& request, const http::Responder& respond) {
                asked_.push_back(request.method + " " + request.target);
                const auto found = odd.find(request.target);
                respond(found != odd.end() ? found->second : usual(request));
            });
        set("AWS_EC2_METADATA_SERVICE_ENDPOINT", service_->endpoint());
    }
    std::vector<std::string> asked_;

private:
    static http::Response usual(const http::Request& request) {
        if (request.target == "/latest/api/token") {
            const auto* time = request.headers.find("X-aws-ec2-metadata-token-ttl-seconds");
            const bool good = request.method == "PUT" && time != nullptr;
            return good ? http::Response::text(200, "a token") : http::Response::text(400, "");
        }
        const auto* token = request.headers.find("X-aws-ec2-metadata-token");
        if (token == nullptr || *token != "a token") return http::Response::text(401, "");
        const std::string roles = "/latest/meta-data/iam/security-credentials/";
        if (request.target == roles) return http::Response::text(200, "kpi-role");
        if (request.target == roles + "kpi-role") return http::Response::json(200, role_answer);
        return http::Response::text(404, "");
    }

    std::optional<ScriptedService> service_;
};

constexpr const char* roles_path = "/latest/meta-data/iam/security-credentials/";

TEST_F(InstanceCredentials, AreAskedForWithAToken) {
    answer();
    const Credentials found = find();
    EXPECT_EQ(found.access_key_id, "ASIAROLE");
    EXPECT_EQ(found.session_token, "t");
    EXPECT_EQ(base::format_time(found.expires.value()), "2999-01-02T03:04:05.000Z");
    asked_.resize(3);
    EXPECT_THAT(asked_, ElementsAre("PUT /latest/api/token", std::string("GET ") + roles_path,
                                    std::string("GET ") + roles_path + "kpi-role"));
}

TEST_F(InstanceCredentials, AProfileWithARegionAloneLeavesThemTheirChance) {
    answer();
    std::filesystem::create_directories(folder() / ".aws");
    std::ofstream(folder() / ".aws/config") << "[default]\nregion=eu-central-1\n";
    EXPECT_EQ(find().access_key_id, "ASIAROLE");
    set("AWS_PROFILE", "default");
    EXPECT_THAT(complaint(), HasSubstr("has no access keys")) << "it was asked for by name";
}

TEST_F(InstanceCredentials, AreNotAskedForWhereTheyAreSwitchedOff) {
    answer();
    set("AWS_EC2_METADATA_DISABLED", "True");
    EXPECT_THAT(complaint(), HasSubstr("instance metadata is switched off"));
    EXPECT_TRUE(asked_.empty());
}

TEST_F(InstanceCredentials, AnInstanceWithoutARoleIsToldApartFromNoInstance) {
    answer({{roles_path, http::Response::text(404, "")}});
    EXPECT_THAT(complaint(), HasSubstr("this instance has no role"));
    answer({{"/latest/api/token", http::Response::text(403, "private")}});
    EXPECT_THAT(complaint(), AllOf(HasSubstr("HTTP 403"), Not(HasSubstr("private"))));
    set("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:1");
    EXPECT_THAT(complaint(), HasSubstr("the instance metadata service: "));
    set("AWS_EC2_METADATA_SERVICE_ENDPOINT", "nonsense:/");
    EXPECT_THAT(complaint(), HasSubstr("AWS_EC2_METADATA_SERVICE_ENDPOINT is not of the form"));
}

TEST_F(InstanceCredentials, OddAnswersAreRefusedWithoutBeingShown) {
    for (const char* role : {"", "../private", "a b", "pri\tvate"}) {
        answer({{roles_path, http::Response::text(200, role)}});
        EXPECT_THAT(complaint(), HasSubstr("names no role")) << role;
    }
    answer({{std::string(roles_path) + "kpi-role",
             http::Response::json(200, R"({"Code":"AssumeRoleUnauthorizedAccess"})")}});
    EXPECT_THAT(complaint(), HasSubstr("answered without credentials"));
    answer({{"/latest/api/token", http::Response::text(200, "")}});
    EXPECT_THAT(complaint(), HasSubstr("gave no token"));
}

TEST_F(InstanceCredentials, ASilentAddressIsGivenUpSoon) {
    Held held;
    const ScriptedService silent(
        [&](int, const http::Request&, const http::Responder& respond) { held.add(respond); });
    set("AWS_EC2_METADATA_SERVICE_ENDPOINT", silent.endpoint());
    const auto began = std::chrono::steady_clock::now();
    EXPECT_THAT(complaint(), HasSubstr("the instance metadata service: "));
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(3));
    held.release(good());
}

// --- Web identity ---

constexpr const char* assumed =
    "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>"
    "<AccessKeyId>ASIAWEB</AccessKeyId><SecretAccessKey>a/b+c=</SecretAccessKey>"
    "<SessionToken>t</SessionToken><Expiration>2999-01-02T03:04:05Z</Expiration>"
    "</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>";

class WebIdentity : public RoleCredentials {
protected:
    WebIdentity() {
        std::ofstream(folder() / "token") << "a.b-c_d/e\n";
        set("AWS_WEB_IDENTITY_TOKEN_FILE", folder() / "token");
        set("AWS_ROLE_ARN", "arn:aws:iam::1:role/kpi");
        set("AWS_REGION", "eu-central-1");
    }
    void answer(const http::Response& response) {
        service_.emplace(
            [this, response](int, const http::Request& request, const http::Responder& respond) {
                asked_ = request.method + " " + request.target + " " + request.body;
                respond(response);
            });
        set("AWS_ENDPOINT_URL_STS", service_->endpoint());
    }
    std::string asked_;

private:
    std::optional<ScriptedService> service_;
};

TEST_F(WebIdentity, ItsTokenIsExchangedForTheRolesCredentials) {
    answer(http::Response::text(200, assumed));
    const Credentials found = find();
    EXPECT_EQ(found.access_key_id, "ASIAWEB");
    EXPECT_EQ(found.secret_access_key, "a/b+c=");
    EXPECT_EQ(found.session_token, "t");
    EXPECT_EQ(base::format_time(found.expires.value()), "2999-01-02T03:04:05.000Z");
    EXPECT_EQ(asked_,
              "POST / Action=AssumeRoleWithWebIdentity&Version=2011-06-15"
              "&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fkpi&RoleSessionName=yardstick"
              "&WebIdentityToken=a.b-c_d%2Fe");
}

TEST_F(WebIdentity, WhatIsWrongIsNamedWithoutTheToken) {
    answer(http::Response::text(
        400,
        "<ErrorResponse><Error><Code>ExpiredTokenException</Code><Message>a.b-c_d/e</Message>"
        "</Error></ErrorResponse>"));
    EXPECT_THAT(complaint(),
                AllOf(HasSubstr("HTTP 400 'ExpiredTokenException'"), Not(HasSubstr("a.b-c_d"))));
    answer(http::Response::text(200, "<AccessKeyId>private"));
    EXPECT_THAT(complaint(),
                AllOf(HasSubstr("answered without credentials"), Not(HasSubstr("private"))));
    for (const std::string& file :
         {(folder() / "missing").string(), folder().string(), std::string("/dev/zero")}) {
        set("AWS_WEB_IDENTITY_TOKEN_FILE", file);
        EXPECT_EQ(complaint(), "AWS_WEB_IDENTITY_TOKEN_FILE can't be read") << file;
    }
    std::ofstream(folder() / "token") << "\n";
    set("AWS_WEB_IDENTITY_TOKEN_FILE", folder() / "token");
    EXPECT_EQ(complaint(), "AWS_WEB_IDENTITY_TOKEN_FILE names an empty file");
    set("AWS_ROLE_ARN", "");
    EXPECT_EQ(complaint(), "AWS_WEB_IDENTITY_TOKEN_FILE is set, AWS_ROLE_ARN is not");
}

}  // namespace
