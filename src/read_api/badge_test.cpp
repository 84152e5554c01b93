// Badges: what they say, that texts from outside stay texts, and how they are answered.
#include "read_api/badge.hpp"

#include "read_api/read_api_fixture.hpp"

namespace read_api {
namespace {

using testing::HasSubstr;
using testing::Not;

class Badges : public ReadApiTest {
protected:
    // The year's goal, and what was reported so far.
    kpi::MetricDocument year(kpi::MetricKind kind, kpi::Direction direction, double target,
                             const char* unit) {
        auto document = metric("Books read");
        document.metric.kind = kind;
        document.metric.direction = direction;
        document.metric.target = target;
        document.metric.unit = unit;
        document.metric.start = moment("2026-01-01T00:00:00Z");
        return document;
    }
    static void report(kpi::MetricDocument& document, double value) {
        document.version = 2;
        document.values_total = 1;
        kpi::testing::set_current(document, {value, moment("2026-06-01T11:00:00Z"), 2});
    }
    // Its message in the form of shields.io.
    std::string message(const kpi::MetricDocument& document) {
        return badge_of(document, now).message;
    }

    const kpi::MetricKind counter = kpi::MetricKind::counter;
    const kpi::MetricKind gauge = kpi::MetricKind::gauge;
    const kpi::Direction at_least = kpi::Direction::at_least;
    const kpi::Direction at_most = kpi::Direction::at_most;
};

TEST_F(Badges, SayHowFarAGoalHasCome) {
    auto books = year(counter, at_least, 24, "books");
    EXPECT_EQ(message(books), "no data");
    report(books, 18);
    EXPECT_EQ(message(books), "18 of 24 books, on track");
    EXPECT_EQ(badge_of(books, now).colour, "007a85");
    report(books, 2);
    EXPECT_EQ(message(books), "2 of 24 books, off track");
    report(books, 24);
    EXPECT_EQ(message(books), "24 of 24 books, achieved");
}

TEST_F(Badges, SayWhatAValueMayBeAtMost) {
    auto churn = year(gauge, at_most, 4, "%");
    churn.metric.baseline = 8;
    report(churn, 7);
    EXPECT_EQ(message(churn), "7 % (at most 4), at risk");
    now = churn.metric.deadline;
    EXPECT_EQ(message(churn), "7 % (at most 4), missed");
}

TEST_F(Badges, SayWhatAValueIsKeptAt) {
    auto uptime = year(gauge, at_least, 99.9, "%");
    uptime.metric.mode = kpi::GoalMode::keep;
    report(uptime, 99.95);
    EXPECT_EQ(message(uptime), "99.95 % (at least 99.9), on track");
}

TEST_F(Badges, SayWhenAValueIsStale) {
    auto uptime = year(gauge, at_least, 99, "%");
    uptime.metric.mode = kpi::GoalMode::keep;
    uptime.metric.update_every = kpi::UpdatePeriod::daily;
    report(uptime, 99.5);
    now = moment("2026-06-03T11:00:00Z");
    EXPECT_EQ(message(uptime), "99.5 % (at least 99), on track, stale");
}

TEST_F(Badges, WriteNumbersAsPeopleDo) {
    const auto written = [&](double value, std::optional<std::int64_t> decimals = {}) {
        auto document = year(gauge, at_most, 0, "u");
        document.metric.decimals = decimals;
        report(document, value);
        const std::string text = message(document);
        return text.substr(0, text.find(' '));
    };
    EXPECT_EQ(written(0), "0");
    EXPECT_EQ(written(-0.0), "0");
    EXPECT_EQ(written(24), "24");
    EXPECT_EQ(written(1234567), "1234567");
    EXPECT_EQ(written(12345.678), "12346");
    EXPECT_EQ(written(123.456), "123.5");
    EXPECT_EQ(written(99.95), "99.95");
    EXPECT_EQ(written(9.99999), "10");
    EXPECT_EQ(written(0.0123456), "0.01235");
    EXPECT_EQ(written(-71.8), "-71.8");
    EXPECT_EQ(written(1e15), "1.000e+15");
    EXPECT_EQ(written(-1.25e-7), "-1.250e-07");
    EXPECT_EQ(written(24, 2), "24.00");
    EXPECT_EQ(written(-0.004, 2), "0.00");
}

TEST_F(Badges, KeepTextsFromOutsideTexts) {
    auto hostile = year(gauge, at_most, 4, "<&>\"");
    hostile.metric.name = "</title><script>alert(1)</script>";
    report(hostile, 3);
    const std::string svg = render_svg(badge_of(hostile, now));
    EXPECT_THAT(svg, Not(HasSubstr("<script")));
    EXPECT_THAT(svg, HasSubstr("&lt;/title&gt;&lt;script&gt;"));
    EXPECT_THAT(svg, HasSubstr("3 &lt;&amp;&gt;&#34; (at most 4)"));
    // Misleading on purpose.  NOLINTNEXTLINE(misc-misleading-bidirectional)
    hostile.metric.name = "a\u202Eb\u0085";
    EXPECT_THAT(render_svg(badge_of(hostile, now)), HasSubstr("<title>a\uFFFDb\uFFFD: "));
}

TEST_F(Badges, StaySmallWhateverTheirTexts) {
    auto large = year(gauge, at_most, -123456789012345.678, "");
    large.metric.decimals = 9;
    for (const char* letter : {"&", "\U0001F4C8", "W"}) {
        large.metric.name.clear();
        large.metric.unit.clear();
        for (int i = 0; i < 200; ++i) large.metric.name += letter;
        for (int i = 0; i < 40; ++i) large.metric.unit += letter;
        report(large, -123456789012345.678);
        const std::string svg = render_svg(badge_of(large, now));
        EXPECT_LE(svg.size(), 1536U) << letter;
        EXPECT_THAT(svg, HasSubstr("…:"));
    }
}

TEST_F(Badges, AreAnsweredAsAPictureThatMayBeKeptForAMinute) {
    save("m", metric("Users"));
    const auto response = get("/metrics/m/badge.svg");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(*response.headers.find("Content-Type"), "image/svg+xml");
    EXPECT_EQ(*response.headers.find("Cache-Control"), "max-age=60");
    EXPECT_EQ(*response.headers.find("Content-Security-Policy"),
              "default-src 'none'; style-src 'unsafe-inline'");
    EXPECT_THAT(response.body, HasSubstr("<title>Users: no data</title>"));
    const std::string tag = *response.headers.find("ETag");
    const auto again = get("/metrics/m/badge.svg", {{"If-None-Match", tag}});
    EXPECT_EQ(again.status, 304);
    EXPECT_EQ(again.body, "");
    EXPECT_EQ(*again.headers.find("Cache-Control"), "max-age=60");
}

TEST_F(Badges, AreGivenToShields) {
    save("m", metric("Users"));
    const auto response = get("/metrics/m/badge.json");
    EXPECT_EQ(*response.headers.find("Content-Type"), "application/json");
    EXPECT_EQ(response.body,
              R"({"schemaVersion":1,"label":"Users","message":"no data","color":"57606a"})");
}

// Proxies keep a 404.
TEST_F(Badges, OfAnUnknownMetricSaySo) {
    const auto response = get("/metrics/nobody/badge.svg");
    EXPECT_EQ(response.status, 200);
    EXPECT_THAT(response.body, HasSubstr("<title>metric: unknown</title>"));
    EXPECT_THAT(get("/metrics/nobody/badge.json").body, HasSubstr(R"("message":"unknown")"));
    EXPECT_THAT(error_places(get("/metrics/nobody/badge.svg?style=flat")),
                testing::ElementsAre("parameter style"));
}

}  // namespace
}  // namespace read_api
