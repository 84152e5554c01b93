#include "base/uuid.hpp"

#include <gtest/gtest.h>

#include <regex>
#include <set>

namespace {

TEST(Uuid, RandomOnesAreVersion4AndDiffer) {
    std::set<std::string> seen;
    const std::regex form("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
    for (int i = 0; i < 1000; ++i) {
        const std::string uuid = base::random_uuid();
        EXPECT_TRUE(std::regex_match(uuid, form)) << uuid;
        EXPECT_TRUE(seen.insert(uuid).second);
    }
}

// RFC 9562, appendix A.4: the version 5 UUID of www.example.com in the DNS namespace.
TEST(Uuid, NamedOnesAreAsTheRfcComputesThem) {
    EXPECT_EQ(base::name_uuid("6ba7b810-9dad-11d1-80b4-00c04fd430c8", "www.example.com"),
              "2ed6657d-e927-568b-95e1-2665a8aea6a2");
}

}  // namespace
