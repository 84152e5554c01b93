// Lists and the legacy arrays: form, filters, paging, and what is refused.
#include "kpi/testing/documents.hpp"
#include "read_api/document_array.hpp"
#include "read_api/read_api_fixture.hpp"

namespace read_api {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;
using testing::UnorderedElementsAre;
using Ids = std::vector<std::string>;

class Lists : public ReadApiTest {
protected:
    // Ten metrics of which pairs are alike in every sort key but the id.
    void save_pairs() {
        for (int i = 0; i < 10; ++i) {
            const int key = i / 2 * 3 % 5;
            auto document = metric("Name " + std::to_string(key));
            document.metric.kind = kpi::MetricKind::gauge;
            document.metric.deadline += std::chrono::hours(key);
            document.metric.value = key * 0.1;
            document.metric.created_at += std::chrono::milliseconds(key);
            document.metric.last_occurred += std::chrono::seconds(key);
            save("m" + std::to_string(i), document);
        }
    }

    Ids read_pages(const std::string& question) {
        std::string body = get("/metrics?limit=3&" + question).body;
        Ids ids = ids_in(body);
        while (true) {
            const std::string next = text_member(body, "next");
            if (next.empty() || ids.size() > 100) return ids;
            body = get("/metrics?limit=4&cursor=" + next).body;
            const Ids more = ids_in(body);
            ids.insert(ids.end(), more.begin(), more.end());
        }
    }

    // The target of Link rel="next"; empty when there is none.
    static std::string next_link(const http::Response& response) {
        const auto* link = response.headers.find("Link");
        if (link == nullptr) return "";
        EXPECT_TRUE(link->starts_with('<') && link->ends_with(">; rel=\"next\"")) << *link;
        return link->substr(1, link->find('>') - 1);
    }
};

TEST_F(Lists, AreAsTheContractSays) {
    save_with_values("m1", 2);
    EXPECT_THAT(
        get("/metrics").body,
        StartsWith(
            R"({"items":[{"_id":"m1","version":3,"name":"Users","description":"Who \"came\"",)"
            R"("target":15,"deadline":"2026-12-31T23:59:59.999Z","unit":"users",)"
            R"("kind":"counter","value":2,"isExpired":false,"isSuccessful":false,)"
            R"("progress":0.13333333333333333,"createdAt":"2026-06-01T10:00:00.000Z",)"
            R"("updatedAt":"2026-06-01T10:00:00.000Z","valuesTotal":2,)"));
    EXPECT_EQ(get("/metrics?expired=true").body, R"({"items":[],"next":null})");
}

TEST_F(Lists, FilterAsAsked) {
    auto document = metric("100% of Users");
    save("a", document);
    document.metric.kind = kpi::MetricKind::gauge;
    document.metric.target = 0;
    document.version = 2;
    kpi::testing::set_current(document, {0, now, 2});
    save("b", document);
    document.metric.deadline = now;
    document.metric.unit = "m & m";
    save("c", document);
    EXPECT_THAT(ids_in(get("/metrics?expired=false").body), ElementsAre("a", "b"));
    EXPECT_THAT(ids_in(get("/metrics?successful=true").body), ElementsAre("b", "c"));
    EXPECT_THAT(ids_in(get("/metrics?kind=counter").body), ElementsAre("a"));
    EXPECT_THAT(ids_in(get("/metrics?unit=m+%26+m").body), ElementsAre("c"));
    EXPECT_THAT(ids_in(get("/metrics?q=0%25%20OF&kind=gauge&expired=false").body),
                ElementsAre("b"));
}

TEST_F(Lists, PageInEveryOrderWithTies) {
    save_pairs();
    const Ids ascending{"m0", "m1", "m4", "m5", "m8", "m9", "m2", "m3", "m6", "m7"};
    const Ids descending{"m6", "m7", "m2", "m3", "m8", "m9", "m4", "m5", "m0", "m1"};
    for (const char* sort : {"name", "deadline", "value", "progress", "createdAt", "updatedAt"}) {
        EXPECT_EQ(read_pages(std::string("sort=") + sort), ascending) << sort;
        EXPECT_EQ(read_pages(std::string("sort=-") + sort), descending) << sort;
    }
    const Ids by_id{"m0", "m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "m9"};
    EXPECT_EQ(read_pages("q=name"), by_id);
    EXPECT_EQ(get("/metrics?sort=-attention").status, 200);
    EXPECT_EQ(get("/metrics?sort=attentionAt").status, 400) << "the order has another name";
    EXPECT_EQ(read_pages("sort=-_id"), Ids(by_id.rbegin(), by_id.rend()));
}

TEST_F(Lists, KeepTheFirstPagesClockAndFilters) {
    for (const char* id : {"a", "b", "c", "d"}) save(id, metric());
    auto other = metric("Other");
    save("e", other);
    const auto first = get("/metrics?expired=false&q=Users&limit=2").body;
    now = moment("2027-01-01");
    const auto second = get("/metrics?limit=5&cursor=" + text_member(first, "next")).body;
    EXPECT_THAT(ids_in(second), ElementsAre("c", "d"));
    EXPECT_EQ(second.find("\"isExpired\":true"), std::string::npos);
}

TEST_F(Lists, NameEveryWrongParameter) {
    const auto response =
        get("/metrics?expired=yes&successful=&kind=Gauge&sort=unit&limit=0&"
            "isExpired=true&q=a&q=b&minVersion=1");
    EXPECT_EQ(response.status, 400);
    EXPECT_THAT(error_places(response),
                UnorderedElementsAre("parameter expired", "parameter successful", "parameter kind",
                                     "parameter sort", "parameter limit", "parameter isExpired",
                                     "parameter q", "parameter minVersion"));
    EXPECT_NE(response.body.find("must be one of counter, gauge"), std::string::npos);
    EXPECT_THAT(error_places(get("/metrics?limit=1001")), ElementsAre("parameter limit"));
}

TEST_F(Lists, BesideACursorOnlyLimitMayStand) {
    save_pairs();
    const auto next = text_member(get("/metrics?sort=name&q=Name&limit=2").body, "next");
    EXPECT_THAT(error_places(get("/metrics?sort=name&q=Name&cursor=" + next)),
                UnorderedElementsAre("parameter sort", "parameter q"));
}

TEST_F(Lists, TamperedCursorsAreRefused) {
    save_pairs();
    const auto next = text_member(get("/metrics?limit=2").body, "next");
    ASSERT_FALSE(next.empty());
    for (std::size_t i = 0; i < next.size(); ++i) {
        std::string other = next;
        other[i] = other[i] == 'A' ? 'B' : 'A';
        EXPECT_THAT(error_places(get("/metrics?cursor=" + other)), ElementsAre("parameter cursor"))
            << other;
        EXPECT_EQ(get("/metrics?cursor=" + next.substr(0, i)).status, 400);
    }
    for (const char* other : {"%00", "!", "eyJ2IjoxfQ", "AAAA", "AAAAAAA"}) {
        EXPECT_THAT(error_places(get(std::string("/metrics?cursor=") + other)),
                    ElementsAre("parameter cursor"));
    }
    EXPECT_THAT(error_places(get("/metrics/GetMetricsBySuccess?cursor=" + next)),
                ElementsAre("parameter cursor"))
        << "a cursor of another list";
}

TEST_F(Lists, LegacyArraysHoldWholeDocuments) {
    save_with_values("a", 1);
    save_with_values("b", 20);
    EXPECT_EQ(get("/metrics/GetMetricsByExpiration?isExpired=true").body, "[]");
    const auto unexpired = get("/metrics/GetMetricsByExpiration?isExpired=false");
    EXPECT_EQ(unexpired.body, "[" + get("/metrics/a").body + "," + get("/metrics/b").body + "]");
    EXPECT_EQ(next_link(unexpired), "");
    EXPECT_THAT(ids_in(get("/metrics/GetMetricsBySuccess?isSuccessful=true").body),
                ElementsAre("b"));
    EXPECT_THAT(ids_in(get("/metrics/GetMetricsBySuccess?isSuccessful=false").body),
                ElementsAre("a"));
}

TEST_F(Lists, AreCountedByTheirSummary) {
    auto document = metric();
    document.metric.owner = "sales";
    document.metric.tags = {"team-x"};
    save("a", document);
    save("b", metric());
    document.metric.archived = true;
    save("c", document);
    EXPECT_EQ(get("/summary").body,
              R"({"total":2,"byStatus":{"no_data":2,"on_track":0,"at_risk":0,"off_track":0,)"
              R"("achieved":0,"missed":0},"due":0,"stale":0,"tags":[{"tag":"team-x","count":1}],)"
              R"("owners":[{"owner":"sales","count":1}],"next":"2026-12-31T23:59:59.999Z"})");
    EXPECT_THAT(get("/summary?archived=any&tag=team-x").body, HasSubstr(R"({"total":2,)"));
    EXPECT_THAT(get("/summary?status=missed").body, HasSubstr(R"({"total":0,)"));
    for (const char* query : {"limit=1", "sort=name", "cursor=x", "status=bad", "owner=", "q="}) {
        EXPECT_EQ(get(std::string("/summary?") + query).status, 400) << query;
    }
}

TEST_F(Lists, AreCountedByWhatIsDueAndWhatIsStale) {
    auto document = metric();
    document.metric.update_every = kpi::UpdatePeriod::daily;
    for (const char* reported : {"2026-06-01T00:00:00Z", "2026-06-02T00:00:00Z"}) {
        document.version = 2;
        document.values_total = 1;
        kpi::testing::set_current(document, {5, moment(reported), 2});
        save(reported, document, {document.current()});
    }
    const auto counted = [&](const char* time) {
        now = moment(time);
        const std::string body = get("/summary").body;
        return body.substr(body.find("\"due\""), std::string(R"("due":0,"stale":0)").size());
    };
    EXPECT_EQ(counted("2026-06-01T12:00:00Z"), R"("due":0,"stale":0)");
    EXPECT_EQ(counted("2026-06-02T12:00:00Z"), R"("due":1,"stale":0)");
    EXPECT_EQ(counted("2026-06-03T12:00:00Z"), R"("due":2,"stale":1)");
    EXPECT_EQ(counted("2026-06-04T12:00:00Z"), R"("due":2,"stale":2)");
}

TEST_F(Lists, LegacyArraysNeedTheirQuestion) {
    for (const char* target :
         {"/metrics/GetMetricsByExpiration", "/metrics/GetMetricsByExpiration?isExpired=",
          "/metrics/GetMetricsByExpiration?isExpired=False"}) {
        EXPECT_THAT(error_places(get(target)), ElementsAre("parameter isExpired")) << target;
    }
    EXPECT_THAT(
        error_places(get("/metrics/GetMetricsBySuccess?isExpired=true&limit=10001")),
        UnorderedElementsAre("parameter isSuccessful", "parameter isExpired", "parameter limit"));
}

TEST_F(Lists, LegacyArraysPageByLink) {
    for (int i = 0; i < 7; ++i) save("m" + std::to_string(i), metric());
    std::string target = "/metrics/GetMetricsByExpiration?isExpired=false&limit=3";
    Ids ids;
    int pages = 0;
    for (; !target.empty() && pages < 10; ++pages) {
        const auto response = get(target);
        for (const auto& id : ids_in(response.body)) ids.push_back(id);
        target = next_link(response);
        now += std::chrono::hours(24 * 365);  // later pages keep the clock of the first
    }
    EXPECT_EQ(pages, 3);
    EXPECT_THAT(ids, ElementsAre("m0", "m1", "m2", "m3", "m4", "m5", "m6"));
}

TEST_F(Lists, LongArraysAreStreamedInChunks) {
    const auto count = array_chunk * 3 + 1;
    Ids expected;
    for (std::size_t i = 0; i < count; ++i) {
        expected.push_back("m" + std::to_string(1000 + i));
        save(expected.back(), metric());
    }
    const auto response = get("/metrics/GetMetricsByExpiration?isExpired=false");
    ASSERT_TRUE(response.stream.has_value());
    EXPECT_EQ(*response.headers.find("Content-Type"), "application/json");
    // What stops to match after its id was read is left out; the first piece is made at once.
    for (const auto& gone : {expected[0], expected[40], expected.back()}) {
        auto document = metric();
        document.version = 2;
        document.metric.deadline = now;
        save(gone, document);
    }
    const std::string body = whole_body(response);
    expected.pop_back();
    expected.erase(expected.begin() + 40);
    EXPECT_EQ(ids_in(body), expected);
}

struct BreakingViews : views::MemoryMetricViews {
    std::vector<kpi::WholeMetric> find_all(const std::vector<kpi::MetricId>& ids) override {
        if (++reads > 1) throw es::Unavailable("gone");
        return MemoryMetricViews::find_all(ids);
    }
    int reads = 0;
};

TEST_F(Lists, StreamIsCutWhenTheStoreFailsMidway) {
    BreakingViews breaking;
    start({.views = breaking, .pool = pool});
    es::ViewSave<kpi::MetricView> all;
    for (std::size_t i = 0; i < array_chunk * 2; ++i) {
        all.changes.push_back({"m" + std::to_string(i), 0, metric(), {}});
    }
    breaking.save(all);
    const auto response = get("/metrics/GetMetricsByExpiration?isExpired=false");
    EXPECT_TRUE(whole_body(response).ends_with("CUT"));
    EXPECT_EQ(operator_told, "an answer was cut off: gone");
}

}  // namespace
}  // namespace read_api
