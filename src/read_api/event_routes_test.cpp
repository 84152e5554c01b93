// The events of all metrics.
#include "es/errors.hpp"
#include "read_api/read_api_fixture.hpp"

namespace read_api {
namespace {

using testing::HasSubstr;

class AllEvents : public ReadApiTest {
protected:
    void SetUp() override {
        ReadApiTest::SetUp();
        ReadApiOptions options{.views = views, .pool = pool, .events = &events};
        options.order = &order;
        start(std::move(options));
    }
    void append(const std::string& id, es::Version version, const std::string& payload = "{}") {
        es::RecordedEvent event{id, version, now, "MetricArchived", 1, payload, {}};
        ASSERT_EQ(es::append_one(events, {id, version - 1, {event}}).status,
                  es::AppendStatus::stored);
    }
    // "1a1 2b1 | 2": position, id and version of each, and `next`.
    std::string page(const std::string& query) {
        const auto parsed = json::parse(get("/events" + query).body);
        const auto text = [](const json::Value& value) {
            return json::format_number(value.number()->value);
        };
        std::string shown;
        for (const auto& item : *parsed.value.find("items")->array()) {
            shown += text(*item.find("position")) + *item.find("id")->string() +
                     text(*item.find("version")) + " ";
        }
        const auto& next = *parsed.value.find("next");
        return shown + "| " + (next.is_null() ? "-" : text(next));
    }

    es::MemoryEventOrder order{events};
};

TEST_F(AllEvents, AreEventsWithTheirMetricAndPosition) {
    EXPECT_EQ(get("/events").body, R"({"items":[],"next":null})");
    append("a", 1, R"({"reason":"done"})");
    EXPECT_EQ(get("/events").body,
              R"({"items":[{"id":"a","position":1,"version":1,"type":"MetricArchived",)"
              R"("occurredOn":"2026-06-01T12:00:00.000Z","payload":{"reason":"done"},)"
              R"("metadata":{"schema":1}}],"next":null})");
}

TEST_F(AllEvents, ArePagedBackFromTheLatestAndForwardFromAPosition) {
    append("a", 1);
    append("b", 1);
    append("a", 2);
    append("c", 1);
    EXPECT_EQ(page(""), "4c1 3a2 2b1 1a1 | -");
    EXPECT_EQ(page("?limit=2"), "4c1 3a2 | 3");
    EXPECT_EQ(page("?limit=2&before=3"), "2b1 1a1 | -");
    EXPECT_EQ(page("?before=1"), "| -");
    EXPECT_EQ(page("?after=0&limit=3"), "1a1 2b1 3a2 | 3");
    EXPECT_EQ(page("?after=3&limit=3"), "4c1 | -");
    EXPECT_EQ(page("?after=4"), "| -");
    append("b", 2);
    EXPECT_EQ(page("?after=4"), "5b2 | -");
}

TEST_F(AllEvents, AreReadableNextToOneThatIsNot) {
    append("a", 1, "{");
    append("b", 1);
    EXPECT_EQ(page(""), "2b1 1a1 | -");
    EXPECT_THAT(get("/events?after=0").body, HasSubstr(R"("payload":null)"));
}

TEST_F(AllEvents, AreRefusedWithoutAnOrderAndForWrongParameters) {
    EXPECT_THAT(error_places(get("/events?after=-1")), testing::ElementsAre("parameter after"));
    EXPECT_THAT(error_places(get("/events?before=0")), testing::ElementsAre("parameter before"));
    EXPECT_THAT(error_places(get("/events?after=1&before=5")),
                testing::ElementsAre("parameter before"));
    EXPECT_EQ(get("/events?limit=1001").status, 400);
    start({.views = views, .pool = pool, .events = &events});
    EXPECT_EQ(problem_type(get("/events")), "/problems/no-global-order");
}

}  // namespace
}  // namespace read_api
