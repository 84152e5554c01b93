#include "read_api/document_cache.hpp"

#include <gtest/gtest.h>

namespace {

using namespace read_api;

constexpr es::TimePoint at(int ms) {
    return es::TimePoint(std::chrono::milliseconds(ms));
}
const kpi::ViewStamp stamp{1, 2, 3};

std::shared_ptr<const RenderedDocument> rendered(const std::string& body,
                                                 es::TimePoint since = at(0),
                                                 es::TimePoint until = at(1000)) {
    return std::make_shared<RenderedDocument>(RenderedDocument{stamp, since, until, "tag", body});
}

TEST(DocumentCache, GivesWhatWasPutAsLongAsTheViewIsTheSame) {
    DocumentCache cache(1000);
    EXPECT_EQ(cache.find("a", stamp, at(1)), nullptr);
    cache.put("a", rendered("body"));
    ASSERT_NE(cache.find("a", stamp, at(1)), nullptr);
    EXPECT_EQ(cache.find("a", stamp, at(1))->body, "body");
    EXPECT_EQ(cache.find("b", stamp, at(1)), nullptr);
    for (const kpi::ViewStamp other : {kpi::ViewStamp{2, 2, 3}, {1, 3, 3}, {1, 2, 4}}) {
        cache.put("a", rendered("body"));
        EXPECT_EQ(cache.find("a", other, at(1)), nullptr);
        EXPECT_EQ(cache.find("a", stamp, at(1)), nullptr) << "what isn't good is dropped";
    }
}

TEST(DocumentCache, ADocumentIsGoodUntilItChangesByTheClock) {
    DocumentCache cache(1000);
    cache.put("a", rendered("open"));
    EXPECT_NE(cache.find("a", stamp, at(999)), nullptr);
    EXPECT_EQ(cache.find("a", stamp, at(1000)), nullptr);
    cache.put("a", rendered("expired", at(1000), es::TimePoint::max()));
    EXPECT_EQ(cache.find("a", stamp, at(1000))->body, "expired");
    EXPECT_EQ(cache.find("a", stamp, at(999)), nullptr) << "a clock that is put back";
}

TEST(DocumentCache, ForgetsWhatWasNotAskedForTheLongest) {
    DocumentCache cache(10);
    cache.put("a", rendered("1234"));
    cache.put("b", rendered("1234"));
    cache.find("a", stamp, at(1));
    cache.put("c", rendered("1234"));
    EXPECT_NE(cache.find("a", stamp, at(1)), nullptr);
    EXPECT_EQ(cache.find("b", stamp, at(1)), nullptr);
    EXPECT_NE(cache.find("c", stamp, at(1)), nullptr);
    cache.put("a", rendered("12345678901"));
    EXPECT_NE(cache.find("a", stamp, at(1)), nullptr) << "too large for the cache: not taken";
    cache.put("a", rendered("12"));
    cache.put("d", rendered("1234"));
    EXPECT_NE(cache.find("c", stamp, at(1)), nullptr) << "what is put again counts once";
}

}  // namespace
