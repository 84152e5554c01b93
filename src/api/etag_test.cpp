#include "api/etag.hpp"

#include <gtest/gtest.h>

namespace api {
namespace {

std::optional<ETagList> read(http::Headers headers) {
    std::vector<http::Problem::Error> errors;
    auto list = read_etags(headers, "If-Match", errors);
    EXPECT_TRUE(errors.empty());
    return list;
}

TEST(ETags, AbsentHeaderIsNoList) {
    EXPECT_FALSE(read({}).has_value());
}

TEST(ETags, TagsOfBothApisCarryTheVersion) {
    EXPECT_EQ((ETag{"5", false}.version()), 5);
    EXPECT_EQ((ETag{"5-1a.e", false}.version()), 5);
    for (const char* foreign : {"", "x", "5x", "0", "05", "-5", "5.0", "99999999999999999999"}) {
        EXPECT_FALSE((ETag{foreign, false}.version().has_value())) << foreign;
    }
}

TEST(ETags, ListMatchesIfAnyTagDoes) {
    const auto list = read({{"If-Match", " \"4\" ,, \"7-x\"\t,\"other\""}, {"if-match", "\"9\""}});
    ASSERT_TRUE(list.has_value());
    EXPECT_EQ(list->tags.size(), 4U);
    EXPECT_EQ(list->versions(), (std::vector<es::Version>{4, 7, 9}));
}

TEST(ETags, WeakTagNeverMatchesAVersionButMatchesWeakly) {
    const auto list = read({{"If-Match", R"(W/"5-a")"}});
    ASSERT_TRUE(list.has_value());
    EXPECT_TRUE(list->versions().empty());
    EXPECT_TRUE(list->matches_weakly("5-a"));
    EXPECT_FALSE(list->matches_weakly("5-b"));
}

TEST(ETags, StarMatchesAnything) {
    const auto list = read({{"If-Match", " * "}});
    ASSERT_TRUE(list && list->any);
    EXPECT_TRUE(list->matches_weakly("anything"));
}

TEST(ETags, TagMayHoldACommaAndABackslash) {
    const auto list = read({{"If-Match", R"("a,b\", "5")"}});
    ASSERT_TRUE(list && list->tags.size() == 2);
    EXPECT_EQ(list->tags[0].value, "a,b\\");
}

TEST(ETags, UnreadableListIsAnErrorOfItsHeader) {
    for (const char* text :
         {"", ",", "5", "\"5", "\"5\" \"6\"", "*, \"5\"", "w/\"5\"", "\"a b\""}) {
        std::vector<http::Problem::Error> errors;
        EXPECT_FALSE(read_etags({{"If-Match", text}}, "If-Match", errors).has_value()) << text;
        ASSERT_EQ(errors.size(), 1U) << text;
        EXPECT_EQ(errors[0].kind, "header");
        EXPECT_EQ(errors[0].place, "If-Match");
    }
}

}  // namespace
}  // namespace api
