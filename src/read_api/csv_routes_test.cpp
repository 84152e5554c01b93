// Metrics and values as CSV.
#include <algorithm>
#include <set>
#include <sstream>

#include "es/errors.hpp"
#include "kpi/csv_rows.hpp"
#include "read_api/read_api_fixture.hpp"

namespace read_api {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

class Csv : public ReadApiTest {
protected:
    // Of "m": 1, 2, 3, ...; the second one was taken back.
    void save_with_retracted(int count) {
        kpi::MetricDocument document = metric();
        std::vector<kpi::MetricValue> rows;
        for (int i = 1; i <= count; ++i) {
            rows.push_back({static_cast<double>(i),
                            moment("2026-06-01T11:00:00Z") + std::chrono::minutes(i),
                            ++document.version});
        }
        kpi::ValueNotes notes;
        notes.retracted = true;
        rows[1].notes = std::make_shared<kpi::ValueNotes>(notes);
        save("m", document, rows);
    }
};

std::string header(const http::Response& response, const char* name) {
    const auto* value = response.headers.find(name);
    return value != nullptr ? *value : "";
}

TEST_F(Csv, AMetricIsARowAsTheExportWritesIt) {
    save("=a", metric("Say \"hi\", twice"));
    const auto response = get("/metrics.csv");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(header(response, "Content-Type"), "text/csv; charset=utf-8; header=present");
    EXPECT_EQ(header(response, "Content-Disposition"), "attachment; filename=\"metrics.csv\"");
    EXPECT_THAT(response.body,
                StartsWith(kpi::metrics_csv_header() +
                           "'=a,\"Say \"\"hi\"\", twice\",\"Who \"\"came\"\"\",users,counter,15,"
                           "2026-12-31T23:59:59.999Z,0,0,false,false,1,"));
}

TEST_F(Csv, MetricsAreFilteredAndSortedAsAList) {
    save("a", metric("B"));
    save("b", metric("A"));
    auto gauge = metric("C");
    gauge.metric.kind = kpi::MetricKind::gauge;
    save("c", gauge);
    auto archived = metric("D");
    archived.metric.archived = true;
    save("d", archived);
    const auto rows = [this](const std::string& query) {
        std::string ids;
        std::istringstream lines(get("/metrics.csv" + query).body);
        for (std::string line; std::getline(lines, line);) ids += line.substr(0, line.find(','));
        return ids;
    };
    EXPECT_EQ(rows(""), "idabc");
    EXPECT_EQ(rows("?sort=name"), "idbac");
    EXPECT_EQ(rows("?sort=-name&kind=counter"), "idab");
    EXPECT_EQ(rows("?archived=any"), "idabcd");
    EXPECT_EQ(rows("?q=nothing"), "id");
    EXPECT_EQ(get("/metrics.csv?limit=1").status, 400);
    EXPECT_EQ(get("/metrics.csv?cursor=x").status, 400);
}

TEST_F(Csv, ManyMetricsComeInPiecesEachOnce) {
    for (int i = 0; i < 2'500; ++i) {
        const std::string id = "m" + std::to_string(10'000 + i);
        save(id, metric("Name " + std::to_string(i % 7)));
    }
    const auto response = get("/metrics.csv?sort=-name");
    ASSERT_TRUE(response.stream.has_value());
    std::istringstream lines(whole_body(response));
    std::set<std::string> ids;
    std::string last_name = "Name 9";
    std::string line;
    std::getline(lines, line);
    while (std::getline(lines, line)) {
        ids.insert(line.substr(0, 6));
        const std::string name = line.substr(7, 6);
        EXPECT_LE(name, last_name);
        last_name = name;
    }
    EXPECT_EQ(ids.size(), 2'500U);
}

TEST_F(Csv, ValuesAreRowsByDate) {
    save_with_retracted(3);
    const auto response = get("/metrics/m/values.csv");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(header(response, "Content-Type"), "text/csv; charset=utf-8; header=present");
    EXPECT_EQ(header(response, "Content-Disposition"), "attachment; filename=\"values-m.csv\"");
    EXPECT_EQ(response.body,
              "id,date,value,version\n"
              "m,2026-06-01T11:01:00.000Z,1,2\n"
              "m,2026-06-01T11:03:00.000Z,3,4\n");
    EXPECT_EQ(get("/metrics/m/values.csv?retracted=true&to=2026-06-01T11:02:00Z").body,
              "id,date,value,version,retracted\n"
              "m,2026-06-01T11:01:00.000Z,1,2,\n"
              "m,2026-06-01T11:02:00.000Z,2,3,true\n");
    EXPECT_EQ(get("/metrics/m/values.csv?from=2026-06-02").body, "id,date,value,version\n");
    EXPECT_EQ(get("/metrics/nobody/values.csv").status, 404);
    EXPECT_EQ(get("/metrics/m/values.csv?order=desc").status, 400);
    EXPECT_EQ(get("/metrics/m/values.csv?asOf=2026-06-01").status, 501);
}

TEST_F(Csv, ManyValuesComeInPieces) {
    save_with_values("m", 2'500);
    const auto response = get("/metrics/m/values.csv");
    ASSERT_TRUE(response.stream.has_value());
    const std::string body = whole_body(response);
    EXPECT_EQ(std::ranges::count(body, '\n'), 2'501);
    EXPECT_THAT(body, EndsWith(",2500,2501\n"));
}

TEST_F(Csv, AMetricMayBeNamedLikeAFile) {
    save("x.csv", metric());
    EXPECT_THAT(get("/metrics/x.csv").body, HasSubstr(R"("_id":"x.csv")"));
    EXPECT_THAT(get("/metrics/x.csv/values.csv").body, StartsWith("id,date"));
}

TEST_F(Csv, NoIdReachesTheHeader) {
    const std::string id = "..\"/\r\nü%";
    save(id, metric());
    const auto response = get("/metrics/..%22%2F%0D%0A%C3%BC%25/values.csv");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(header(response, "Content-Disposition"),
              "attachment; filename=\"values-.._______.csv\"");
}

struct BreakingPages : views::MemoryMetricViews {
    kpi::ListPage list(const kpi::ListQuery& query) override {
        if (++reads > whole) throw es::Unavailable("gone");
        return MemoryMetricViews::list(query);
    }
    std::optional<kpi::ValuesPage> values(const kpi::ValuesQuery& query) override {
        if (++reads > whole) throw es::Unavailable("gone");
        return MemoryMetricViews::values(query);
    }
    int reads = 0;
    int whole = 1;
};

TEST_F(Csv, AStoreThatFailsMidwayCutsTheAnswer) {
    BreakingPages breaking;
    start({.views = breaking, .pool = pool});
    es::ViewSave<kpi::MetricView> all;
    for (int i = 0; i < 1'500; ++i) {
        all.changes.push_back({"m" + std::to_string(i), 0, metric(), {}});
    }
    breaking.save(all);
    EXPECT_THAT(whole_body(get("/metrics.csv")), EndsWith("CUT"));
    EXPECT_EQ(operator_told, "an answer was cut off: gone");
    // One that fails at once is a problem as any other.
    EXPECT_EQ(get("/metrics.csv").status, 503);
    EXPECT_EQ(get("/metrics/m1/values.csv").status, 503);
}

}  // namespace
}  // namespace read_api
