#include "aws/verdict.hpp"

#include <gtest/gtest.h>

namespace {

using namespace aws;
using Kind = Verdict::Kind;

curl::Answer refusal(const std::string& type, const std::string& message = "why") {
    return {400, R"({"__type":")" + type + R"(","message":")" + message + R"("})"};
}

TEST(Verdict, AnObjectIsGood) {
    EXPECT_EQ(judge({200, "{}"}).kind, Kind::good);
    EXPECT_EQ(judge({200, "{}", {{"x-amz-crc32", "2745614147"}}}).kind, Kind::good);
}

TEST(Verdict, AnythingElseThatSaysOkMayHaveTakenEffect) {
    EXPECT_EQ(judge({200, "<html>hello</html>"}).kind, Kind::broken);
    EXPECT_EQ(judge({200, ""}).kind, Kind::broken);
    EXPECT_EQ(judge({200, "{}", {{"X-Amz-Crc32", "17"}}}).error, "WrongChecksum");
    EXPECT_EQ(judge({200, "{}", {{"X-Amz-Crc32", "17"}}}).kind, Kind::broken);
}

TEST(Verdict, TheErrorIsNamedWithoutWhatIsAroundIt) {
    const Verdict verdict = judge(refusal(
        "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException:http://internal/"));
    EXPECT_EQ(verdict.kind, Kind::refused);
    EXPECT_EQ(verdict.error, "ConditionalCheckFailedException");
    EXPECT_EQ(verdict.message, "why");
    EXPECT_EQ(
        judge({400, R"({"Message":"Why"})", {{"x-amzn-ErrorType", "AccessDeniedException:x"}}})
            .error,
        "AccessDeniedException");
    EXPECT_EQ(judge({400, R"({"Message":"Why"})"}).message, "Why");
    EXPECT_EQ(judge({403, "<html>"}).error, "HTTP 403");
}

TEST(Verdict, ThrottlingIsTemporaryWhateverItsStatus) {
    EXPECT_EQ(judge(refusal("ProvisionedThroughputExceededException")).kind, Kind::temporary);
    EXPECT_EQ(judge(refusal("x#ThrottlingException")).kind, Kind::temporary);
    curl::Answer throttled = refusal("ThrottlingException");
    throttled.status = 500;
    EXPECT_EQ(judge(throttled).kind, Kind::temporary);
    EXPECT_EQ(judge({429, "<html>"}).kind, Kind::temporary);
}

TEST(Verdict, AServersFailureMayHaveTakenEffect) {
    curl::Answer failure = refusal("InternalServerError");
    failure.status = 500;
    EXPECT_EQ(judge(failure).kind, Kind::broken);
    EXPECT_EQ(judge({502, "<html>bad gateway</html>"}).kind, Kind::broken);
    failure.status = 400;
    EXPECT_EQ(judge(failure).kind, Kind::broken);
}

TEST(Verdict, OldCredentialsAndClocksAreTold) {
    for (const char* type : {"ExpiredTokenException", "UnrecognizedClientException",
                             "RequestExpired", "InvalidSignatureException"}) {
        EXPECT_EQ(judge(refusal(type)).kind, Kind::not_accepted) << type;
    }
}

TEST(Verdict, ReadsTheServersDate) {
    EXPECT_EQ(parse_http_date("Wed, 25 Nov 2026 08:12:31 GMT"),
              base::parse_time("2026-11-25T08:12:31Z", base::DateAlone::start_of_day));
    EXPECT_EQ(parse_http_date(""), std::nullopt);
    EXPECT_EQ(parse_http_date("yesterday"), std::nullopt);
}

}  // namespace
