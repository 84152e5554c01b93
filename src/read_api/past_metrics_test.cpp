// Lists of the past: what was known at a time, judged by the clock of then.
#include "read_api/past_metrics.hpp"

#include <atomic>
#include <random>
#include <utility>

#include "base/testing/temp_folder.hpp"
#include "es/errors.hpp"
#include "es/projection.hpp"
#include "es/sqlite.hpp"
#include "kpi/csv_rows.hpp"
#include "read_api/read_api_fixture.hpp"
#include "views/memory/past_views.hpp"
#include "views/sqlite/sqlite_metric_views.hpp"

namespace read_api {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* books = R"({"name":"Books","description":"d","target":24,"unit":"books",)"
                              R"("deadline":"2026-06-30T23:59:59.999Z","kind":"gauge"})";

// Held up as often as it is told to, and counted.
struct Folds {
    std::atomic<int> begun = 0;
    std::atomic<int> steps = 0;
    std::atomic<bool> held = false;
};

class HeldFold : public kpi::PastFold {
public:
    HeldFold(Folds& folds, std::unique_ptr<kpi::PastFold> fold)
        : folds_(folds), fold_(std::move(fold)) {
        ++folds_.begun;
    }
    bool step() override {
        ++folds_.steps;
        return folds_.held || fold_->step();
    }
    std::shared_ptr<kpi::MetricViews> views() override { return fold_->views(); }
    [[nodiscard]] std::size_t bytes() const override { return fold_->bytes(); }

private:
    Folds& folds_;
    std::unique_ptr<kpi::PastFold> fold_;
};

// The order of the events, which can fail.
struct FailingOrder : es::MemoryEventOrder {
    using MemoryEventOrder::MemoryEventOrder;
    es::PlacedEvents after(std::int64_t position, std::size_t limit) override {
        if (fails) throw es::Unavailable("no disk");
        return MemoryEventOrder::after(position, limit);
    }
    std::atomic<bool> fails = false;
};

class AsOfLists : public ReadApiTest {
protected:
    void SetUp() override {
        ReadApiTest::SetUp();
        start_with({});
        now = moment("2026-11-30T12:00:00Z");
    }
    void TearDown() override { pool.stop(); }  // its jobs use what is of this class

    void start_with(PastBounds bounds) {
        ReadApiOptions options{.views = views, .pool = pool, .events = &events};
        options.order = &order;
        options.fold_past = [this](es::TimePoint time) {
            return std::make_unique<HeldFold>(folds, views::fold_past(order, events, time));
        };
        options.past = bounds;
        start(std::move(options));
    }

    void append(const std::string& id, const char* type, const char* on, const char* payload,
                int schema = 1) {
        es::RecordedEvent event;
        event.stream = id;
        event.version = ++versions[id];
        event.occurred_on = moment(on);
        event.type = type;
        event.schema = schema;
        event.payload = payload;
        ASSERT_EQ(es::append_one(events, {id, event.version - 1, {event}}).status,
                  es::AppendStatus::stored);
    }
    std::string at(const std::string& time) { return get("/metrics?asOf=" + time).body; }
    std::vector<std::string> ids_at(const std::string& question) {
        return ids_in(get("/metrics?asOf=" + question).body);
    }

    std::map<std::string, es::Version> versions;
    FailingOrder order{events};
    Folds folds;
};

TEST_F(AsOfLists, ShowTheValueTargetAndNameOfThen) {
    append("m", "MetricCreated", "2026-01-01T08:00:00Z", books);
    append("m", "MetricValueUpdated", "2026-02-01T08:00:00Z", R"({"value":3})");
    append("m", "MetricValueUpdated", "2026-02-01T09:00:00Z", R"({"value":5})");
    append("m", "MetricTargetUpdated", "2026-03-01T08:00:00Z", R"({"target":30})");
    append("m", "MetricDetailsUpdated", "2026-04-01T08:00:00Z",
           R"({"name":"Read","description":"d","unit":"books"})");
    EXPECT_THAT(at("2026-01-31"), HasSubstr(R"("status":"no_data")"));
    EXPECT_THAT(at("2026-02-01T08:30:00Z"), HasSubstr(R"("value":3,)"));
    EXPECT_THAT(at("2026-02-01"), HasSubstr(R"("value":5,)"));  // the latest of the day
    EXPECT_THAT(at("2026-02-15"), HasSubstr(R"("target":24,)"));
    EXPECT_THAT(at("2026-03-01T08:00:00Z"), HasSubstr(R"("target":30,)"));
    EXPECT_THAT(at("2026-03-01T07:59:59.999Z"), HasSubstr(R"("target":24,)"));
    EXPECT_THAT(at("2026-03-15"), HasSubstr(R"("name":"Books")"));
    EXPECT_THAT(ids_at("2026-03-15&q=read"), IsEmpty());
    EXPECT_THAT(ids_at("2026-04-15&q=read"), ElementsAre("m"));
}

TEST_F(AsOfLists, AreJudgedByTheClockOfThen) {
    append("m", "MetricCreated", "2026-01-01T08:00:00Z", books);
    append("m", "MetricSettingsUpdated", "2026-01-01T09:00:00Z", R"({"updateEvery":"monthly"})");
    append("m", "MetricValueUpdated", "2026-02-01T00:00:00Z", R"({"value":3})");
    EXPECT_THAT(ids_at("2026-03-01&stale=true"), IsEmpty());
    EXPECT_THAT(ids_at("2026-05-01&stale=true"), ElementsAre("m"));
    EXPECT_THAT(ids_at("2026-06-30T23:59:59.998Z&expired=true"), IsEmpty());
    EXPECT_THAT(ids_at("2026-06-30&expired=true"), ElementsAre("m"));
    EXPECT_THAT(ids_at("2026-06-01&status=missed"), IsEmpty());
    EXPECT_THAT(ids_at("2026-07-01&status=missed"), ElementsAre("m"));
}

TEST_F(AsOfLists, HaveWhatThereWasAsItWas) {
    append("a", "MetricCreated", "2026-01-01T08:00:00Z", books);
    append("b", "MetricCreated", "2026-03-01T08:00:00Z", books);
    append("a", "MetricArchived", "2026-05-01T08:00:00Z", "{}");
    EXPECT_EQ(at("2025-12-31"), R"({"items":[],"next":null})");
    EXPECT_THAT(ids_at("2026-02-01"), ElementsAre("a"));
    EXPECT_THAT(ids_at("2026-04-30"), ElementsAre("a", "b"));
    EXPECT_THAT(ids_at("2026-05-01"), ElementsAre("b"));
    EXPECT_THAT(ids_at("2026-05-01&archived=true"), ElementsAre("a"));
    EXPECT_THAT(ids_at("2026-04-30&archived=true"), IsEmpty());
    const auto csv = get("/metrics.csv?asOf=2026-02-01").body;
    EXPECT_THAT(csv, testing::StartsWith(kpi::metrics_csv_header() + "a,Books,"));
    EXPECT_THAT(csv, Not(HasSubstr("\nb,")));
}

// What was found out later, also of dates before, was not known then.
TEST_F(AsOfLists, KnowNoLaterCorrections) {
    append("m", "MetricCreated", "2026-01-01T08:00:00Z", books);
    append("m", "MetricValueUpdated", "2026-02-01T08:00:00Z", R"({"value":30})");
    append("m", "MetricValueUpdated", "2026-03-01T08:00:00Z",
           R"({"value":1,"observedAt":"2026-01-15T00:00:00.000Z"})");
    append("m", "MetricValueCorrected", "2026-04-01T08:00:00Z",
           R"({"of":2,"value":3,"reason":"typo"})");
    append("m", "MetricValueRetracted", "2026-05-01T08:00:00Z", R"({"of":2,"reason":"not ours"})");
    EXPECT_THAT(at("2026-02-15"), HasSubstr(R"("value":30,)"));
    EXPECT_THAT(at("2026-02-15"), HasSubstr(R"("valuesTotal":1,)"));
    EXPECT_THAT(at("2026-03-15"), HasSubstr(R"("value":30,)"));
    EXPECT_THAT(at("2026-03-15"), HasSubstr(R"("valuesTotal":2,)"));
    EXPECT_THAT(at("2026-04-15"), HasSubstr(R"("value":3,)"));
    EXPECT_THAT(at("2026-05-15"), HasSubstr(R"("value":1,)"));
}

TEST_F(AsOfLists, PagesStayAtTheirInstant) {
    for (const char* id : {"a", "b", "c"}) {
        append(id, "MetricCreated", "2026-01-01T08:00:00Z", books);
    }
    const auto first = get("/metrics?asOf=2026-02-01&sort=-_id&limit=2").body;
    EXPECT_THAT(ids_in(first), ElementsAre("c", "b"));
    append("a", "MetricArchived", "2026-03-01T08:00:00Z", "{}");
    now += std::chrono::hours(24 * 365);
    const std::string cursor = "/metrics?cursor=" + text_member(first, "next");
    const auto second = get(cursor).body;
    EXPECT_THAT(ids_in(second), ElementsAre("a"));
    EXPECT_THAT(second, HasSubstr(R"("isExpired":false)"));
    EXPECT_EQ(folds.begun, 1);
    EXPECT_EQ(get(cursor + "&asOf=2026-02-01").status, 400);
}

TEST_F(AsOfLists, TodayMeansNowAndTheFutureIsRefused) {
    save("m", metric());
    EXPECT_THAT(ids_at("2026-11-30"), ElementsAre("m"));  // the views of now: nothing to fold
    EXPECT_THAT(ids_at("2026-11-30T12:00:00Z"), ElementsAre("m"));
    EXPECT_EQ(folds.begun, 0);
    for (const char* question : {"/metrics?asOf=2026-12-01", "/metrics?asOf=yesterday",
                                 "/metrics.csv?asOf=2026-11-30T12:00:00.001Z"}) {
        EXPECT_THAT(error_places(get(question)), ElementsAre("parameter asOf")) << question;
    }
}

TEST_F(AsOfLists, NeedAnOrderOfAllEvents) {
    start({.views = views, .pool = pool, .events = &events});
    const auto response = get("/metrics?asOf=2026-02-01");
    EXPECT_EQ(response.status, 501);
    EXPECT_EQ(problem_type(response), "/problems/no-global-order");
    EXPECT_EQ(get("/metrics.csv?asOf=2026-02-01").status, 501);
}

TEST_F(AsOfLists, AnInstantIsFoldedOnceForAllWhoAsk) {
    append("m", "MetricCreated", "2026-01-01T08:00:00Z", books);
    folds.held = true;
    auto first = ask("/metrics?asOf=2026-02-01");
    auto second = ask("/metrics?asOf=2026-02-01&sort=name");
    // Others are answered while it is being folded, on the one thread of the slow lane.
    save("live", metric());
    EXPECT_THAT(ids_in(get("/metrics").body), ElementsAre("live"));
    folds.held = false;
    EXPECT_THAT(ids_in(first.get().body), ElementsAre("m"));
    EXPECT_THAT(ids_in(second.get().body), ElementsAre("m"));
    EXPECT_EQ(folds.begun, 1);
}

TEST_F(AsOfLists, TheInstantsAskedForLastAreKept) {
    for (const char* day : {"01", "02", "03", "04"}) at(std::string("2026-02-") + day);
    EXPECT_EQ(folds.begun, 4);
    at("2026-02-01");
    const int steps = folds.steps;
    at("2026-02-01");
    EXPECT_EQ(folds.steps, steps + 1);  // a look for later events
    at("2026-02-05");                   // in the place of the 2nd
    at("2026-02-01");
    at("2026-02-03");
    EXPECT_EQ(folds.begun, 5);
    at("2026-02-02");
    EXPECT_EQ(folds.begun, 6);
}

TEST_F(AsOfLists, AreRefusedWhileAllInstantsAreBeingFolded) {
    folds.held = true;
    std::vector<std::future<http::Response>> asked;
    for (const char* day : {"01", "02", "03", "04"}) {
        asked.push_back(ask(std::string("/metrics?asOf=2026-02-") + day));
    }
    EXPECT_EQ(problem_type(get("/metrics?asOf=2026-02-05")), "/problems/overloaded");
    read_api->stop();
    for (auto& each : asked) EXPECT_EQ(each.get().status, 503);
    EXPECT_EQ(get("/metrics?asOf=2026-02-01").status, 503);
}

// The clocks of writers differ, and one may be set back.
TEST_F(AsOfLists, TakeInWhatIsRecordedLaterOfThatTime) {
    append("a", "MetricCreated", "2026-01-01T08:00:00Z", books);
    append("c", "MetricCreated", "2026-01-01T08:00:00Z", books);
    append("c", "MetricValueUpdated", "2026-01-01T09:00:00Z", R"({"value":30})");
    EXPECT_THAT(ids_at("2026-02-01"), ElementsAre("a", "c"));
    append("b", "MetricCreated", "2026-01-31T08:00:00Z", books);
    append("a", "MetricTargetUpdated", "2026-01-31T08:00:00Z", R"({"target":77})");
    append("c", "MetricValueCorrected", "2026-01-31T08:00:00Z",
           R"({"of":2,"value":3,"reason":"typo"})");
    append("a", "MetricTargetUpdated", "2026-02-02T08:00:00Z", R"({"target":99})");
    EXPECT_THAT(ids_at("2026-02-01"), ElementsAre("a", "b", "c"));
    EXPECT_THAT(at("2026-02-01"), HasSubstr(R"("target":77,)"));
    EXPECT_THAT(at("2026-02-01"), HasSubstr(R"("value":3,)"));
    EXPECT_EQ(folds.begun, 1);
}

TEST_F(AsOfLists, AMetricThatCantBeReadIsShownAsItWasBefore) {
    append("m", "MetricCreated", "2026-01-01T08:00:00Z", books);
    append("m", "MetricValueUpdated", "2026-01-02T08:00:00Z", R"({"value":3})");
    append("m", "MetricValueUpdated", "2026-01-03T08:00:00Z", R"({"value":"x"})");
    append("m", "MetricValueUpdated", "2026-01-04T08:00:00Z", R"({"value":5})");
    append("n", "MetricValueUpdated", "2026-01-03T08:00:00Z", R"({"value":1})");
    append("o", "MetricCreated", "2026-01-01T08:00:00Z", books);
    EXPECT_THAT(ids_at("2026-02-01"), ElementsAre("m", "o"));
    EXPECT_THAT(at("2026-02-01"), HasSubstr(R"("_id":"m","version":2,)"));
}

TEST_F(AsOfLists, ThereIsABoundAndItIsNamed) {
    start_with({.events_max = 2});
    append("m", "MetricCreated", "2026-01-01T08:00:00Z", books);
    append("m", "MetricValueUpdated", "2026-01-02T08:00:00Z", R"({"value":3})");
    EXPECT_EQ(get("/metrics?asOf=2026-02-01").status, 200);
    append("m", "MetricValueUpdated", "2026-03-02T08:00:00Z", R"({"value":4})");
    const auto response = get("/metrics?asOf=2026-02-02");
    EXPECT_EQ(response.status, 422);
    EXPECT_EQ(problem_type(response), "/problems/as-of-too-large");
    EXPECT_THAT(response.body, HasSubstr("There are 3 events, and a list with asOf folds at most "
                                         "2. Ask for single metrics"));
    EXPECT_THAT(operator_told, IsEmpty());
}

TEST_F(AsOfLists, MemoryIsBoundInAll) {
    append("m", "MetricCreated", "2026-01-01T08:00:00Z", books);
    at("2026-02-01");
    const std::size_t one = read_api->past_bytes();
    EXPECT_GT(one, sizeof(kpi::MetricDocument));
    start_with({.bytes_max = 2 * one});
    for (const char* day : {"01", "02", "03"}) at(std::string("2026-02-") + day);
    EXPECT_EQ(read_api->past_bytes(), 2 * one);
    start_with({.bytes_max = one - 1});
    EXPECT_EQ(get("/metrics?asOf=2026-02-01").status, 422);
    EXPECT_EQ(read_api->past_bytes(), 0U);
}

TEST_F(AsOfLists, AStoreThatFailsIsAskedAgain) {
    append("m", "MetricCreated", "2026-01-01T08:00:00Z", books);
    order.fails = true;
    EXPECT_EQ(problem_type(get("/metrics?asOf=2026-02-01")), "/problems/store-unavailable");
    order.fails = false;
    EXPECT_THAT(ids_at("2026-02-01"), ElementsAre("m"));
}

// A random history: each event as it may come, whether or not the rules would allow it.
class History {
public:
    explicit History(es::EventStore& store) : store_(store) {}

    void add_one(es::TimePoint on) {
        const std::string id = "m" + std::to_string(any(metrics));
        const es::Version version = ++versions_[id];
        es::RecordedEvent event{id, version, on, "", 1, "{}", {}};
        if (version == 1) {
            event.type = "MetricCreated";
            event.payload = R"({"name":"N","description":"d","target":)" + number() +
                            R"(,"unit":"u","deadline":")" + time_near(on) + R"(","kind":"gauge"})";
        } else {
            std::tie(event.type, event.payload) = change(id, on);
            if (event.type == "MetricValueUpdated") reported_[id].push_back(version);
        }
        EXPECT_EQ(es::append_one(store_, {id, version - 1, {event}}).status,
                  es::AppendStatus::stored);
    }

    int any(int count) { return std::uniform_int_distribution(0, count - 1)(random_); }

private:
    static constexpr int metrics = 25;

    std::string number() { return std::to_string(any(40)); }
    std::string time_near(es::TimePoint on) {
        return base::format_time(on + std::chrono::hours(any(400) - 100));
    }
    std::pair<std::string, std::string> change(const std::string& id, es::TimePoint on) {
        const auto& reported = reported_[id];
        const std::string of =
            reported.empty()
                ? ""
                : std::to_string(
                      reported[static_cast<std::size_t>(any(static_cast<int>(reported.size())))]);
        switch (any(of.empty() ? 7 : 11)) {
            case 0:
                return {"MetricTargetUpdated", R"({"target":)" + number() + "}"};
            case 1:
                return {"MetricDeadlineUpdated", R"({"deadline":")" + time_near(on) + "\"}"};
            case 2:
                return {"MetricGoalUpdated", any(2) == 0
                                                 ? R"({"direction":"at_most","mode":"reach"})"
                                                 : R"({"direction":"at_least","mode":"keep"})"};
            case 3:
                return {"MetricSettingsUpdated", any(2) == 0 ? R"({"updateEvery":"daily"})"
                                                             : R"({"owner":"o","tags":["t"]})"};
            case 4:
                return {any(2) == 0 ? "MetricArchived" : "MetricReopened", "{}"};
            case 5:
                return {"MetricDetailsUpdated",
                        R"({"name":"N)" + number() + R"(","description":"d","unit":"u"})"};
            case 7:
                return {"MetricValueRetracted", R"({"of":)" + of + R"(,"reason":"r"})"};
            case 8:
                return {"MetricValueCorrected",
                        R"({"of":)" + of + R"(,"value":)" + number() + R"(,"reason":"r"})"};
            default:
                return {"MetricValueUpdated",
                        R"({"value":)" + number() + R"(,"observedAt":")" + time_near(on) + "\"}"};
        }
    }

    es::EventStore& store_;
    std::mt19937 random_{20'261'130};
    std::map<std::string, es::Version> versions_;
    std::map<std::string, std::vector<es::Version>> reported_;
};

// Everything in SQLite: the answers of then are recorded while the history is made.
TEST_F(ReadApiTest, AListOfThePastIsTheAnswerThatWasGivenThen) {
    const base::testing::TempFolder folder;
    es::SqliteEventStore store(folder.path());
    es::SqliteEventOrder order(folder.path());
    es::SqliteEventFeed feed(folder.path(), store.signal());
    views::SqliteMetricViews stored(folder.path(), {.writer = true});
    es::Projection<kpi::MetricView> projection(store, stored, {});
    ReadApiOptions options{.views = stored, .pool = pool, .events = &store};
    options.order = &order;
    options.fold_past = [&](es::TimePoint time) { return views::fold_past(order, store, time); };
    start(std::move(options));
    const std::vector<std::string> questions{
        "archived=any",       "sort=attention",       "sort=-value&archived=true",
        "status=missed",      "stale=true&sort=name", "due=true&sort=-deadline",
        "tag=t&owner=o&q=n1", "sort=-updatedAt",      "direction=at_most&sort=progress"};
    History history(store);
    std::vector<std::pair<std::string, std::string>> recorded;
    now = moment("2026-01-01T00:00:00Z");
    for (int round = 0; round < 120; ++round) {
        for (int i = history.any(20); i > 0; --i) {
            history.add_one(now);
            now += std::chrono::milliseconds(history.any(3) * 40'000'000 + 1);
        }
        for (;;) {
            const auto batch = feed.poll(stored.checkpoints(), 1'000, std::chrono::milliseconds(0));
            if (batch.events.empty()) break;
            projection.apply(batch.events, batch.reached);
        }
        ASSERT_THAT(projection.parked(), IsEmpty());
        const std::string question =
            questions[static_cast<std::size_t>(round) % questions.size()] + "&limit=1000";
        recorded.emplace_back(question + "&asOf=" + base::format_time(now),
                              get("/metrics?" + question).body);
        now += std::chrono::milliseconds(1);
    }
    std::size_t shown = 0;
    for (const auto& [question, answer] : recorded) {
        ASSERT_EQ(get("/metrics?" + question).body, answer) << question;
        shown += ids_in(answer).size();
    }
    EXPECT_GT(shown, 500U);
}

}  // namespace
}  // namespace read_api
