// Signatures before a service that checks them: moto's, with IAM enforced.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/json_client.hpp"
#include "aws/scripted_service_fixture.hpp"
#include "aws/signing.hpp"
#include "base/testing/engine.hpp"
#include "http/client.hpp"

namespace {

using namespace aws;
using ::testing::HasSubstr;
using Kind = Reply::Kind;

// "...<Name>value</Name>..." -> "value"
std::string element(const std::string& xml, const std::string& name) {
    const auto begin = xml.find("<" + name + ">") + name.size() + 2;
    return xml.substr(begin, xml.find("</" + name + ">") - begin);
}

class MotoTest : public ::testing::Test {
protected:
    // Not SetUpTestSuite: each test is skipped by itself if there is no such engine.
    void SetUp() override {
        if (moto_ == nullptr) start();
    }
    static void TearDownTestSuite() { moto_.reset(); }

    // With a user who may do everything, made by the three calls that it doesn't check.
    static void start() {
        moto_ = std::make_unique<base::testing::Engine>(
            "moto_server",
            [](const std::string& port) {
                return std::vector<std::string>{"-H", "127.0.0.1", "-p", port};
            },
            std::vector<std::string>{"INITIAL_NO_AUTH_ACTION_COUNT=3"});
        ask_iam("Action=CreateUser&UserName=tester");
        ask_iam(
            "Action=PutUserPolicy&UserName=tester&PolicyName=all&PolicyDocument="
            "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow"
            "%22%2C%22Action%22%3A%22%2A%22%2C%22Resource%22%3A%22%2A%22%7D%5D%7D");
        const std::string key = ask_iam("Action=CreateAccessKey&UserName=tester");
        credentials_ = {element(key, "AccessKeyId"), element(key, "SecretAccessKey"), "",
                        std::nullopt};
    }

    static std::string endpoint() { return "http://127.0.0.1:" + std::to_string(moto_->port()); }

    static std::string ask_iam(const std::string& form) {
        http::Client client(endpoint());
        const auto answer =
            client.send("POST", "/",
                        {{"Content-Type", "application/x-www-form-urlencoded"},
                         {"Authorization",
                          "AWS4-HMAC-SHA256 Credential=none/20260101/us-east-1/iam/aws4_request, "
                          "SignedHeaders=host, Signature=none"}},
                        form + "&Version=2010-05-08");
        EXPECT_EQ(answer.status, 200) << answer.body;
        return answer.body;
    }

    static Reply list_tables(const Credentials& credentials) {
        JsonClientOptions options = options_for(endpoint());
        options.credentials = fixed_credentials(credentials);
        Call call = patient_call();
        call.target = "DynamoDB_20120810.ListTables";
        return JsonClient(options).call(std::move(call));
    }

    // The status of a call that was signed, and then changed on its way.
    template <class Change>
    static int status_of(Change change) {
        UnsignedRequest request{"POST", endpoint().substr(7)};
        request.headers = {{"Content-Type", "application/x-amz-json-1.0"},
                           {"X-Amz-Target", "DynamoDB_20120810.ListTables"}};
        request.body = R"({"Limit":1})";
        const auto added =
            Signer().sign(request, credentials_, {"eu-central-1", "dynamodb", base::system_now()});
        change(request);
        http::Headers headers;
        for (const auto& [name, value] : request.headers) headers.add(name, value);
        for (const auto& [name, value] : added) headers.add(name, value);
        http::Client client(endpoint());
        return client.send("POST", "/", headers, request.body).status;
    }

    static inline std::unique_ptr<base::testing::Engine> moto_;
    static inline Credentials credentials_;
};

TEST_F(MotoTest, AcceptsOurSignature) {
    const Reply reply = list_tables(credentials_);
    EXPECT_EQ(reply.kind, Kind::answered) << reply.error << ": " << reply.message;
    EXPECT_THAT(reply.body, HasSubstr("TableNames"));
    EXPECT_EQ(status_of([](const UnsignedRequest&) {}), 200);
}

TEST_F(MotoTest, RefusesAWrongSecret) {
    Credentials wrong = credentials_;
    wrong.secret_access_key.back() = wrong.secret_access_key.back() == 'a' ? 'b' : 'a';
    const Reply reply = list_tables(wrong);
    EXPECT_EQ(reply.kind, Kind::refused);
    EXPECT_EQ(reply.error, "HTTP 403");  // it says so in XML
    EXPECT_THAT(reply.body, HasSubstr("SignatureDoesNotMatch"));
}

TEST_F(MotoTest, RefusesABodyThatWasChanged) {
    EXPECT_EQ(status_of([](UnsignedRequest& request) { request.body = R"({"Limit":2})"; }), 403);
}

TEST_F(MotoTest, RefusesAHeaderThatWasChanged) {
    EXPECT_EQ(status_of([](UnsignedRequest& request) {
                  request.headers[1].second = "DynamoDB_20120810.DescribeLimits";
              }),
              403);
}

}  // namespace
