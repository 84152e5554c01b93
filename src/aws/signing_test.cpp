#include "aws/signing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace {

using namespace aws;
using ::testing::EndsWith;
using ::testing::HasSubstr;

// AWS's published suite of test vectors for Signature Version 4.
const Credentials example{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "", {}};
const SigningScope scope{
    "us-east-1", "service",
    base::parse_time("2015-08-30T12:36:00Z", base::DateAlone::start_of_day).value()};

std::string header(const std::vector<Header>& headers, const std::string& name) {
    const auto found = std::ranges::find(headers, name, &Header::first);
    return found == headers.end() ? std::string() : found->second;
}

std::string authorization(UnsignedRequest request, const Credentials& credentials = example) {
    request.host = "example.amazonaws.com";
    return header(Signer().sign(request, credentials, scope), "Authorization");
}

TEST(Signing, AgreesWithThePublishedVectors) {
    EXPECT_THAT(authorization({"GET", ""}),
                EndsWith("Signature="
                         "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"));
    EXPECT_THAT(authorization({"POST", ""}),
                EndsWith("Signature="
                         "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"));
    EXPECT_THAT(authorization({"POST", "", "/", "", {{"My-Header1", "value1"}}}),
                EndsWith("Signature="
                         "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"));
    EXPECT_THAT(authorization({"POST",
                               "",
                               "/",
                               "",
                               {{"Content-Type", "application/x-www-form-urlencoded"}},
                               "Param1=value1"}),
                EndsWith("Signature="
                         "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"));
}

TEST(Signing, NamesItsScopeAndTheHeadersItCovers) {
    EXPECT_THAT(authorization({"POST", "", "/", "", {{"My-Header1", "value1"}}}),
                HasSubstr("Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
                          "SignedHeaders=host;my-header1;x-amz-date, "));
}

TEST(Signing, TakesBlanksInAHeaderAsOne) {
    EXPECT_EQ(authorization({"GET", "", "/", "", {{"My-Header1", "  a   b "}}}),
              authorization({"GET", "", "/", "", {{"my-header1", "a b"}}}));
}

TEST(Signing, CoversTheSessionToken) {
    Credentials session = example;
    session.session_token = "a token";
    UnsignedRequest request{"GET", "example.amazonaws.com"};
    const auto headers = Signer().sign(request, session, scope);
    EXPECT_EQ(header(headers, "X-Amz-Security-Token"), "a token");
    EXPECT_THAT(header(headers, "Authorization"),
                HasSubstr("SignedHeaders=host;x-amz-date;x-amz-security-token"));
    EXPECT_EQ(header(headers, "X-Amz-Date"), "20150830T123600Z");
}

TEST(Signing, KeepsItsKeyNoLongerThanItIsRight) {
    Signer one;
    Credentials other = example;
    other.secret_access_key = "another";
    SigningScope tomorrow = scope;
    tomorrow.time += std::chrono::hours(24);
    SigningScope elsewhere = scope;
    elsewhere.region = "eu-central-1";
    const UnsignedRequest request{"POST", "example.amazonaws.com"};
    for (const auto& [credentials, where] :
         {std::pair(example, scope), std::pair(other, scope), std::pair(other, tomorrow),
          std::pair(other, elsewhere), std::pair(example, scope)}) {
        EXPECT_EQ(one.sign(request, credentials, where),
                  Signer().sign(request, credentials, where));
    }
}

}  // namespace
