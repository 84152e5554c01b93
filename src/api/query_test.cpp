#include "api/query.hpp"

#include <gmock/gmock.h>

namespace api {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

http::Request with(std::vector<http::Field> query) {
    http::Request request;
    request.query = std::move(query);
    return request;
}

std::vector<std::string> names(const QueryReader& query) {
    std::vector<std::string> all;
    for (const auto& error : query.errors()) {
        EXPECT_EQ(error.kind, "parameter");
        all.push_back(error.place);
    }
    return all;
}

TEST(QueryReader, ReadsWhatIsThere) {
    const auto request =
        with({{"a", "text"}, {"b", "false"}, {"c", "7"}, {"d", "2026-01-02"}, {"e", "desc"}});
    QueryReader query(request);
    EXPECT_EQ(query.text("a"), "text");
    EXPECT_EQ(query.boolean("b"), false);
    EXPECT_EQ(query.integer("c", 1, 7), 7);
    EXPECT_EQ(base::format_time(*query.time("d", base::DateAlone::end_of_day)),
              "2026-01-02T23:59:59.999Z");
    EXPECT_EQ(query.choice("e", {"asc", "desc"}), 1U);
    EXPECT_EQ(query.text("absent"), std::nullopt);
    EXPECT_THAT(names(query), IsEmpty());
}

TEST(QueryReader, NamesEverythingThatIsWrong) {
    const auto request = with({{"b", "TRUE"},
                               {"c", "0"},
                               {"d", "soon"},
                               {"e", "up"},
                               {"x", ""},
                               {"x", ""},
                               {"a", "1"},
                               {"a", "1"}});
    QueryReader query(request);
    EXPECT_FALSE(query.text("a").has_value());
    EXPECT_FALSE(query.boolean("b").has_value());
    EXPECT_FALSE(query.integer("c", 1, 7).has_value());
    EXPECT_FALSE(query.time("d", base::DateAlone::start_of_day).has_value());
    EXPECT_FALSE(query.choice("e", {"asc", "desc"}).has_value());
    query.require("f");
    EXPECT_THAT(names(query), UnorderedElementsAre("a", "b", "c", "d", "e", "f", "x"));
    EXPECT_EQ(query.errors()[4].detail, "must be one of asc, desc");
}

TEST(QueryReader, WholeNumbersAreStrict) {
    for (const char* text : {"", "1.0", "+1", " 1", "1e1", "11", "-1", "99999999999999999999"}) {
        const auto request = with({{"n", text}});
        QueryReader query(request);
        EXPECT_FALSE(query.integer("n", 0, 10).has_value()) << text;
        EXPECT_THAT(names(query), ElementsAre("n")) << text;
    }
}

TEST(QueryReader, ReportsARepeatOnce) {
    const auto request = with({{"a", "1"}, {"a", "2"}});
    QueryReader query(request);
    query.require("a");
    EXPECT_FALSE(query.integer("a", 1, 9).has_value());
    EXPECT_THAT(names(query), ElementsAre("a"));
}

TEST(QueryReader, SaysWhatMayNotStandBesideACursor) {
    const auto request = with({{"cursor", "x"}, {"limit", "5"}, {"sort", "name"}});
    QueryReader query(request);
    for (const char* name : {"cursor", "limit", "sort", "q"}) (void)query.text(name);
    query.allow_beside("cursor", {"limit"});
    EXPECT_THAT(names(query), ElementsAre("sort"));
}

}  // namespace
}  // namespace api
