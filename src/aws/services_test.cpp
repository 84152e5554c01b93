#include "aws/services.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "base/testing/temp_folder.hpp"

namespace {

using namespace aws;
using ::testing::HasSubstr;

Services find(std::map<std::string, std::string> variables) {
    variables.try_emplace("AWS_CONFIG_FILE", "/nonexistent");
    variables.try_emplace("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent");
    return find_services([&](const char* name) {
        const auto found = variables.find(name);
        return found == variables.end() ? std::string() : found->second;
    });
}

std::string complaint(const std::map<std::string, std::string>& variables) {
    try {
        find(variables);
        return {};
    } catch (const Misconfigured& error) {
        return error.what();
    }
}

TEST(Services, AreAwssOwnInTheRegion) {
    const Services services = find({{"AWS_REGION", "eu-central-1"}});
    EXPECT_EQ(services.region, "eu-central-1");
    EXPECT_EQ(services.dynamodb, "https://dynamodb.eu-central-1.amazonaws.com");
    EXPECT_EQ(services.streams, "https://streams.dynamodb.eu-central-1.amazonaws.com");
}

TEST(Services, InChinaAreUnderItsDomain) {
    const Services services = find({{"AWS_REGION", "cn-north-1"}});
    EXPECT_EQ(services.dynamodb, "https://dynamodb.cn-north-1.amazonaws.com.cn");
    EXPECT_EQ(services.streams, "https://streams.dynamodb.cn-north-1.amazonaws.com.cn");
}

TEST(Services, TheRegionIsLookedForInOrder) {
    const base::testing::TempFolder folder;
    std::ofstream(folder.path() / "config")
        << "[default]\nregion = us-west-1\n[profile other]\nregion = us-west-2\n";
    std::map<std::string, std::string> variables{{"AWS_CONFIG_FILE", folder.path() / "config"}};
    EXPECT_EQ(find(variables).region, "us-west-1");
    variables["AWS_PROFILE"] = "other";
    EXPECT_EQ(find(variables).region, "us-west-2");
    variables["AWS_DEFAULT_REGION"] = "eu-west-1";
    EXPECT_EQ(find(variables).region, "eu-west-1");
    variables["AWS_REGION"] = "eu-west-2";
    EXPECT_EQ(find(variables).region, "eu-west-2");
}

TEST(Services, AMissingOrImpossibleRegionIsNamed) {
    EXPECT_THAT(complaint({}), HasSubstr("set AWS_REGION"));
    EXPECT_THAT(complaint({{"AWS_REGION", "evil.example/"}}), HasSubstr("not a region"));
}

TEST(Services, TheirAddressesMayBeOthers) {
    std::map<std::string, std::string> variables{{"AWS_REGION", "eu-central-1"},
                                                 {"AWS_ENDPOINT_URL", "http://127.0.0.1:8000/"}};
    EXPECT_EQ(find(variables).dynamodb, "http://127.0.0.1:8000");
    EXPECT_EQ(find(variables).streams, "http://127.0.0.1:8000");
    variables["AWS_ENDPOINT_URL_DYNAMODB"] = "https://tables.example:443";
    EXPECT_EQ(find(variables).dynamodb, "https://tables.example");
    EXPECT_EQ(find(variables).streams, "http://127.0.0.1:8000");
    variables["AWS_ENDPOINT_URL_DYNAMODB_STREAMS"] = "http://[::1]:8001";
    EXPECT_EQ(find(variables).streams, "http://[::1]:8001");
}

TEST(Services, AnAddressThatCantBeUsedIsNamed) {
    for (const char* address :
         {"127.0.0.1:8000", "ftp://a", "http://", "http://a b", "http://user:secret@a",
          "http://a/path", "http://a?x=1", "http://a#b", "http://a:99999", "http://a\r\nb"}) {
        const std::string said =
            complaint({{"AWS_REGION", "eu-central-1"}, {"AWS_ENDPOINT_URL_DYNAMODB", address}});
        EXPECT_THAT(said, HasSubstr("AWS_ENDPOINT_URL_DYNAMODB")) << address;
        EXPECT_THAT(said, ::testing::Not(HasSubstr("secret"))) << address;
    }
}

}  // namespace
