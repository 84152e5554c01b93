// Random commands: the write side, the views folded from its events, and a second implementation
// must say the same of a metric after each of them.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <map>
#include <memory>
#include <random>
#include <string>

#include "base/time.hpp"
#include "es/aggregate.hpp"
#include "es/memory_event_store.hpp"
#include "es/projection.hpp"
#include "kpi/goal_view.hpp"
#include "kpi/metric_fields.hpp"
#include "kpi/refusals.hpp"
#include "kpi/testing/naive_metric.hpp"
#include "views/memory/memory_metric_views.hpp"

namespace kpi::testing {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using Aggregate = es::Aggregate<MetricAggregate>;

// Sanitizers slow it down tenfold and more.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int commands_total = 10'000;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr int commands_total = 10'000;
#else
constexpr int commands_total = 100'000;
#endif
#else
constexpr int commands_total = 100'000;
#endif
constexpr int streams_at_once = 4;

class Chance {
public:
    explicit Chance(unsigned seed) : random_(seed) {}
    // 0 .. bound-1
    int below(int bound) { return static_cast<int>(random_() % static_cast<unsigned>(bound)); }
    bool once_in(int n) { return below(n) == 0; }
    template <class T>
    T one_of(std::initializer_list<T> all) {
        return *(all.begin() + below(static_cast<int>(all.size())));
    }
    milliseconds up_to(milliseconds most) {
        return milliseconds(static_cast<std::int64_t>(random_() % 1'000'003) * most.count() /
                            1'000'003);
    }

private:
    std::mt19937 random_;
};

// One metric as the three see it.
struct Subject {
    es::StreamId id;
    std::optional<Aggregate> written;
    NaiveMetric naive;
    TimePoint last_occurred{};

    [[nodiscard]] const MetricAggregate& state() const { return written->state(); }
    [[nodiscard]] bool exists() const { return written.has_value(); }
};

// What somebody may ask for, often just at a limit.
class Commands {
public:
    Commands(Chance& chance, const Subject& subject, TimePoint now)
        : chance_(chance), subject_(subject), now_(now) {}

    MetricCommand any() {
        if (!subject_.exists()) return creation();
        switch (chance_.below(24)) {
            case 0:
                return MetricDetailsUpdated{"n" + word(), "", word(), reason()};
            case 1:
                return MetricTargetUpdated{target(), reason()};
            case 2:
                return MetricDeadlineUpdated{deadline(), reason()};
            case 3:
                return goal();
            case 4:
                return MetricScheduleUpdated{checkpoints(), reason()};
            case 5:
                return settings();
            case 6:
                return MetricNoted{"note", maybe(4, [&] { return date(); }),
                                   maybe(2, [&] { return chance_.once_in(2); })};
            case 7:
                return chance_.once_in(3) ? MetricCommand(MetricArchived{reason()})
                                          : MetricCommand(MetricReopened{reason()});
            case 8:
            case 9:
                return edit();
            case 10:
                return reports();
            case 11:
            case 12:
                return correction();
            case 13:
                return MetricValueRetracted{version(), "not mine"};
            case 14:
            case 15:
                return amendment();
            default:
                return report();
        }
    }

private:
    template <class Make>
    auto maybe(int once_in, Make make) -> std::optional<decltype(make())> {
        if (!chance_.once_in(once_in)) return std::nullopt;
        return make();
    }
    template <class Make>
    auto change(int once_in, Make make) {
        using T = decltype(make());
        std::optional<ChangeTo<T>> changed;
        if (chance_.once_in(once_in)) changed.emplace(maybe(2, make));
        return changed;
    }

    std::string word() { return std::string(1, static_cast<char>('a' + chance_.below(4))); }
    std::optional<std::string> reason() {
        return maybe(2, [&] { return word(); });
    }
    double target() { return chance_.below(13) - 2; }
    Direction direction() { return static_cast<Direction>(chance_.below(2)); }
    GoalMode mode() { return static_cast<GoalMode>(chance_.below(2)); }

    TimePoint deadline() {
        if (chance_.once_in(20)) return no_deadline;
        if (chance_.once_in(20)) return now_ + milliseconds(chance_.below(3) - 1);
        return now_ + milliseconds(1) + chance_.up_to(days(chance_.one_of({2, 40, 400})));
    }
    // At or around what the metric has.
    TimePoint date() {
        if (subject_.exists() && chance_.once_in(3)) {
            const Metric& metric = subject_.state();
            const TimePoint known = chance_.one_of(
                {metric.starts_at(), metric.deadline, metric.created_at,
                 metric.value_date.value_or(now_), metric.opening_date.value_or(now_)});
            return std::min(known, no_deadline - days(1)) + milliseconds(chance_.below(3) - 1);
        }
        if (chance_.once_in(4)) return now_ + minutes(5) + milliseconds(chance_.below(2));
        if (chance_.once_in(4)) return now_ + chance_.up_to(minutes(5));
        return now_ - chance_.up_to(days(chance_.one_of({1, 30, 300})));
    }
    TimePoint start() { return now_ + chance_.up_to(days(60)) - days(50); }
    std::vector<Checkpoint> checkpoints() {
        std::vector<Checkpoint> steps;
        TimePoint until = subject_.exists() ? subject_.state().starts_at() : now_;
        double reached = chance_.below(3) - 1;
        const int way = chance_.one_of({1, 1, 1, -1});
        for (int n = chance_.below(4); n > 0; --n) {
            until += milliseconds(1) + chance_.up_to(days(chance_.one_of({1, 20})));
            reached += way * chance_.below(4);
            steps.push_back({until, reached});
        }
        return steps;
    }
    std::vector<std::string> tags() {
        return chance_.one_of<std::vector<std::string>>({{}, {"b", "a"}, {"c"}});
    }
    std::vector<Link> links() {
        return chance_.one_of<std::vector<Link>>({{}, {{"t", "https://example.org/"}}});
    }
    UpdatePeriod period() { return static_cast<UpdatePeriod>(chance_.below(5)); }
    std::int64_t late_days() { return chance_.below(4); }
    double baseline() { return chance_.below(9) - 2; }
    double tolerance() { return chance_.below(4) * 0.5; }

    MetricCommand creation() {
        MetricCreated event;
        event.name = "n";
        event.unit = word();
        event.target = target();
        event.deadline = deadline();
        event.kind = static_cast<MetricKind>(chance_.below(2));
        event.direction = maybe(2, [&] { return direction(); });
        event.mode = maybe(3, [&] { return mode(); });
        event.start = maybe(3, [&] { return start(); });
        event.baseline = maybe(3, [&] { return baseline(); });
        event.tolerance = maybe(3, [&] { return tolerance(); });
        event.checkpoints = maybe(3, [&] { return checkpoints(); });
        event.update_every = maybe(3, [&] { return period(); });
        event.late_days = maybe(3, [&] { return late_days(); });
        event.owner = maybe(3, [&] { return word(); });
        event.tags = maybe(3, [&] { return tags(); });
        event.links = maybe(3, [&] { return links(); });
        return event;
    }
    MetricCommand goal() {
        return MetricGoalUpdated{direction(),
                                 mode(),
                                 maybe(2, [&] { return start(); }),
                                 maybe(2, [&] { return baseline(); }),
                                 maybe(2, [&] { return tolerance(); }),
                                 reason()};
    }
    MetricCommand settings() {
        return MetricSettingsUpdated{maybe(2, [&] { return period(); }),
                                     maybe(2, [&] { return late_days(); }),
                                     maybe(2, [&] { return late_days(); }),
                                     maybe(2, [&] { return word(); }),
                                     maybe(2, [&] { return tags(); }),
                                     maybe(2, [&] { return links(); }),
                                     reason()};
    }
    MetricCommand edit() {
        EditMetric edit;
        const int often = chance_.one_of({2, 8});
        edit.name = maybe(often, [&] { return word(); });
        edit.target = maybe(often, [&] { return target(); });
        edit.deadline = change(often, [&] { return deadline(); });
        edit.direction = change(often, [&] { return direction(); });
        edit.mode = change(often, [&] { return mode(); });
        edit.start = change(often, [&] { return start(); });
        edit.baseline = change(often, [&] { return baseline(); });
        edit.tolerance = change(often, [&] { return tolerance(); });
        edit.checkpoints = change(often, [&] { return checkpoints(); });
        edit.update_every = change(often, [&] { return period(); });
        edit.late_days = change(often, [&] { return late_days(); });
        edit.owner = change(often, [&] { return word(); });
        edit.tags = change(often, [&] { return tags(); });
        edit.archived = change(6, [&] { return chance_.once_in(2); });
        edit.reason = reason();
        return edit;
    }

    double value() {
        const Metric& metric = subject_.state();
        if (metric.kind == MetricKind::gauge) return (chance_.below(30) - 6) * 0.5;
        return metric.value + chance_.one_of({0.0, 0.5, 1.0, 0.0, -0.5, -2.0});
    }
    ReportValue report() {
        ReportValue report;
        report.observed_at = maybe(2, [&] { return date(); });
        report.comment = maybe(5, [&] { return word(); });
        if (chance_.once_in(4)) {
            report.add = chance_.once_in(20) ? 1e-120 : chance_.below(5) * 0.5 - 0.5;
        } else {
            report.value = value();
        }
        return report;
    }
    MetricCommand reports() {
        ReportValues several;
        for (int n = 1 + chance_.below(5); n > 0; --n) several.values.push_back(report());
        return several;
    }
    // Mostly of an event that reported a value.
    es::Version version() {
        const auto rows = subject_.naive.rows();
        if (rows.empty() || chance_.once_in(15)) return 1 + chance_.below(20);
        return rows[static_cast<std::size_t>(chance_.below(static_cast<int>(rows.size())))].version;
    }
    MetricCommand correction() {
        return MetricValueCorrected{version(), value(), maybe(2, [&] { return date(); }),
                                    maybe(3, [&] { return chance_.once_in(2) ? word() : ""; }),
                                    "typed wrong"};
    }
    MetricCommand amendment() {
        AmendValue amend;
        amend.of = version();
        amend.value = maybe(2, [&] { return value(); });
        amend.observed_at = maybe(3, [&] { return date(); });
        amend.comment = change(3, [&] { return word(); });
        amend.retracted = maybe(2, [&] { return chance_.once_in(2); });
        amend.reason = "looked again";
        return amend;
    }

    Chance& chance_;
    const Subject& subject_;
    TimePoint now_;
};

class Comparison {
public:
    explicit Comparison(unsigned seed) : chance_(seed) {}

    // False: something differs.
    bool run(int commands) {
        for (int i = 0; i < commands && !::testing::Test::HasFailure(); ++i) {
            move_clock();
            Subject& subject = subjects_[static_cast<std::size_t>(chance_.below(streams_at_once))];
            if (subject.id.empty() || chance_.once_in(90)) begin_another(subject);
            SCOPED_TRACE("command " + std::to_string(i) + " of " + subject.id);
            send(subject);
            if (chance_.once_in(4)) project();
        }
        project();
        return !::testing::Test::HasFailure();
    }

    std::map<std::string, int> refused;  // by rule
    int recorded = 0;
    int unchanged = 0;

private:
    void move_clock() {
        now_ += chance_.up_to(chance_.one_of<milliseconds>(
            {milliseconds(2), minutes(3), hours(3), days(2), days(2)}));
        if (chance_.once_in(60)) now_ += days(chance_.one_of({1, 100}));  // it runs ahead
        if (chance_.once_in(60)) now_ -= chance_.up_to(days(chance_.one_of({1, 110})));
    }

    void begin_another(Subject& subject) {
        project();
        subject = {};
        subject.id = "m" + std::to_string(++streams_);
        now_ = TimePoint(milliseconds(1'780'000'000'000));
    }

    void send(Subject& subject) {
        const MetricCommand command = Commands(chance_, subject, now_).any();
        const es::Times times{now_, std::max(now_, subject.last_occurred)};
        auto decision = Aggregate::decide(subject.written, command, times);
        if (const auto* refusal = std::get_if<es::Refusal>(&decision)) {
            ++refused[refusal->rule];
            expect_justified(subject, command, *refusal, times);
            return;
        }
        expect_allowed(subject, command, times);
        record(subject, std::get<std::vector<MetricEvent>>(std::move(decision)), times);
        if (!subject.exists()) return;
        expect_written(subject);
        expect_repeat_changes_nothing(subject, command);
    }

    void record(Subject& subject, std::vector<MetricEvent> events, es::Times times) {
        EXPECT_FALSE(Aggregate::propose(subject.written, subject.id, std::move(events), times));
        const auto pending = subject.written->commit();
        if (pending.empty()) ++unchanged;
        es::Append append{
            subject.id, subject.written->version() - static_cast<es::Version>(pending.size()), {}};
        for (const auto& [event, on] : pending) {
            subject.naive.add(event, on);
            subject.last_occurred = on;
            append.events.push_back(stored(subject.id, append, event, on));
        }
        if (append.events.empty()) return;
        ++recorded;
        waiting_.insert(waiting_.end(), append.events.begin(), append.events.end());
        EXPECT_EQ(es::append_one(events_, append).status, es::AppendStatus::stored);
    }

    static es::RecordedEvent stored(const es::StreamId& id, const es::Append& append,
                                    const MetricEvent& event, TimePoint on) {
        auto encoded = metric_codec().encode(event);
        es::RecordedEvent recorded;
        recorded.stream = id;
        recorded.version = append.expected + static_cast<es::Version>(append.events.size()) + 1;
        recorded.occurred_on = on;
        recorded.type = std::move(encoded.type);
        recorded.schema = encoded.schema;
        recorded.payload = std::move(encoded.payload);
        EXPECT_EQ(metric_codec().decode(recorded), event);
        return recorded;
    }

    // --- The write side. ---

    void expect_written(const Subject& subject) {
        const MetricAggregate& state = subject.state();
        const MetricDocument expected = subject.naive.document();
        EXPECT_EQ(subject.written->version(), expected.version);
        EXPECT_EQ(static_cast<const Metric&>(state), expected.metric);
        EXPECT_GE(state.bytes(), sizeof state);
        if (state.kind == MetricKind::counter) {
            EXPECT_TRUE(subject.naive.counts_up()) << "a value outside 0 and the current one";
            EXPECT_NE(state.mode, GoalMode::keep);
        }
        EXPECT_TRUE(!state.start || *state.start < state.deadline);
        TimePoint before = state.starts_at();
        for (const Checkpoint& step : state.checkpoints) {
            EXPECT_LT(before, step.until);
            EXPECT_LT(step.until, state.deadline);
            before = step.until;
        }
    }

    void expect_allowed(const Subject& subject, const MetricCommand& command, es::Times times) {
        if (!subject.exists()) return;
        const Metric& metric = subject.state();
        const auto* report = std::get_if<ReportValue>(&command);
        if (report != nullptr) {
            EXPECT_FALSE(metric.archived);
            EXPECT_LT(times.now,
                      std::max(metric.deadline, metric.deadline + days(metric.late_days)));
            EXPECT_LE(report->observed_at.value_or(times.now), times.now + minutes(5));
        }
        if (const auto* corrected = std::get_if<MetricValueCorrected>(&command)) {
            EXPECT_FALSE(metric.archived);
            EXPECT_LE(corrected->observed_at.value_or(times.now), times.now + minutes(5));
        }
    }

    void expect_justified(const Subject& subject, const MetricCommand& command,
                          const es::Refusal& refusal, es::Times times) {
        if (!subject.exists()) return;
        const MetricAggregate& state = subject.state();
        EXPECT_TRUE(refusal.rule != "archived" || state.archived);
        EXPECT_TRUE(refusal.rule != "no-such-value" || is_about_no_value(subject, command));
        EXPECT_TRUE(refusal.rule != "sum-out-of-range" || !(std::abs(state.value) > 0));
        EXPECT_TRUE(!leaves_the_goal(command) || refusal.rule == "archived")
            << refusal.rule << " for what has nothing to do with it";
        if (refusal.rule != "value-below-current" && refusal.rule != "value-out-of-order") return;
        NaiveMetric after = subject.naive;
        if (const auto* report = std::get_if<ReportValue>(&command)) {
            MetricValueUpdated event{report->value.value_or(state.value + report->add.value_or(0)),
                                     report->observed_at};
            after.add(state.completed(event, times), times.on);
        } else if (const auto* corrected = std::get_if<MetricValueCorrected>(&command)) {
            after.add(MetricAggregate::completed(*corrected, times), times.on);
        } else if (const auto* retracted = std::get_if<MetricValueRetracted>(&command)) {
            after.add(*retracted, times.on);
        } else {
            return;
        }
        EXPECT_FALSE(after.counts_up()) << refusal.rule << " without a reason";
    }

    static bool leaves_the_goal(const MetricCommand& command) {
        const auto* edit = std::get_if<EditMetric>(&command);
        return edit != nullptr && !edit->target && !edit->deadline && !edit->direction &&
               !edit->mode && !edit->start && !edit->baseline && !edit->tolerance &&
               !edit->checkpoints;
    }

    static bool is_about_no_value(const Subject& subject, const MetricCommand& command) {
        const auto of = std::visit(
            [](const auto& c) -> es::Version {
                if constexpr (requires { c.of; }) return c.of;
                return 0;
            },
            command);
        const auto* amend = std::get_if<AmendValue>(&command);
        const auto rows = subject.naive.rows();
        const auto row = std::ranges::find(rows, of, &MetricValue::version);
        if (row == rows.end()) return true;
        return amend != nullptr && !amend->retracted && row->retracted();
    }

    // What holds already is no event; of values and notes each is one.
    void expect_repeat_changes_nothing(const Subject& subject, const MetricCommand& command) {
        if (std::holds_alternative<MetricCreated>(command) ||
            std::holds_alternative<ReportValue>(command) ||
            std::holds_alternative<ReportValues>(command) ||
            std::holds_alternative<MetricNoted>(command)) {
            return;
        }
        const es::Times times{now_, std::max(now_, subject.last_occurred)};
        std::optional<Aggregate> again = subject.written;
        auto decision = Aggregate::decide(again, command, times);
        if (const auto* refusal = std::get_if<es::Refusal>(&decision)) {
            ADD_FAILURE() << "a repeat is refused: " << refusal->rule << ", command "
                          << command.index();
            return;
        }
        EXPECT_FALSE(Aggregate::propose(again, subject.id,
                                        std::get<std::vector<MetricEvent>>(decision), times));
        EXPECT_TRUE(again->pending().empty()) << "of command " << command.index();
    }

    // --- The read side. ---

    // Events in batches as a feed gives them; some of the feed's are late, and come from the store.
    void project() {
        while (!waiting_.empty()) {
            std::vector<es::RecordedEvent> batch;
            const auto size = 1 + static_cast<std::size_t>(chance_.below(40));
            while (!waiting_.empty() && batch.size() < size) {
                batch.push_back(std::move(waiting_.front()));
                waiting_.pop_front();
            }
            if (chance_.once_in(5)) batch.erase(batch.begin(), batch.end() - 1);
            if (chance_.once_in(5)) projection_.forget();
            projection_.apply(batch, {{"feed", std::to_string(++batches_)}});
        }
        EXPECT_TRUE(views_.parked().empty());
        for (const Subject& subject : subjects_) {
            if (!subject.exists()) continue;
            projection_.heal(subject.id);  // what the feed left out at the end
            expect_seen(subject);
        }
    }

    void expect_seen(const Subject& subject) {
        const auto found = views_.find(subject.id);
        ASSERT_TRUE(found.has_value());
        const MetricDocument expected = subject.naive.document();
        EXPECT_EQ(found->document, expected);
        EXPECT_EQ(found->document.metric, static_cast<const Metric&>(subject.state()));
        const auto rows = subject.naive.rows();
        ValuesQuery all;
        all.id = subject.id;
        all.limit = 10'000;
        all.retracted = true;
        auto stored = views_.values(all)->items;
        std::ranges::sort(stored, {}, &MetricValue::version);
        EXPECT_EQ(stored, rows);
        std::vector<MetricValue> latest;
        std::ranges::copy_if(rows, std::back_inserter(latest),
                             [](const MetricValue& row) { return !row.retracted(); });
        if (latest.size() > document_values_max) {
            latest.erase(latest.begin(),
                         latest.end() - static_cast<std::ptrdiff_t>(document_values_max));
        }
        EXPECT_EQ(found->values, latest);
        expect_statuses(found->document);
    }

    void expect_statuses(const MetricDocument& document) {
        const Metric& metric = document.metric;
        const auto times = changes_by_clock(document);
        const std::string runs = status_runs(document).text;
        const auto expect_status = [&](TimePoint now) {
            const Status said = status(document, now);
            EXPECT_TRUE(may_have_status(metric, now, said))
                << statuses.write(said) << " at " << base::format_time(now) << described(document);
            EXPECT_EQ(status_in(runs, base::format_time(now)), statuses.write(said));
        };
        for (const TimePoint time : times) {
            if (time == TimePoint::min()) continue;
            for (const int ms : {-1, 0, 1}) expect_status(std::min(time + milliseconds(ms), last_));
        }
        for (int i = 0; i < 3; ++i) {
            expect_status(metric.created_at - days(30) + chance_.up_to(days(500)));
        }
        expect_attention(document, times);
    }

    static std::string described(const MetricDocument& document) {
        std::string text;
        for (const MetricField& field : metric_fields) {
            text += std::string(", ") + field.name + " " + text_of(field.get(document, {}));
        }
        return text;
    }

    static constexpr TimePoint last_ = no_deadline - milliseconds(1);

    static void expect_attention(const MetricDocument& document, std::vector<TimePoint> times) {
        const Metric& metric = document.metric;
        const TimePoint since = metric.value_date.value_or(metric.created_at);
        times.push_back(since);
        std::ranges::sort(times);
        TimePoint expected = metric.deadline;
        if (const auto due = due_since(document)) expected = std::min(expected, *due);
        for (const TimePoint time : times) {
            if (time < since) continue;
            const Status said = status(document, time);
            if (said != Status::on_track && said != Status::achieved) {
                expected = std::min(expected, time);
                break;
            }
        }
        EXPECT_EQ(attention_since(document), expected);
    }

    Chance chance_;
    TimePoint now_{};
    int streams_ = 0;
    int batches_ = 0;
    std::array<Subject, streams_at_once> subjects_;
    es::MemoryEventStore events_;
    views::MemoryMetricViews views_;
    es::Projection<MetricView> projection_{events_, views_, {}};
    std::deque<es::RecordedEvent> waiting_;
};

TEST(RandomCommands, AreSeenByAllSidesAsByASecondImplementation) {
    std::map<std::string, int> refused;
    int recorded = 0;
    int unchanged = 0;
    constexpr int rounds = 20;  // each begins with empty stores
    for (unsigned seed = 1; seed <= rounds; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Comparison comparison(seed);
        if (!comparison.run(commands_total / rounds)) return;
        for (const auto& [rule, count] : comparison.refused) refused[rule] += count;
        recorded += comparison.recorded;
        unchanged += comparison.unchanged;
    }
    // It looks into every corner only while all of these happen.
    EXPECT_GT(recorded, commands_total / 4);
    EXPECT_GT(unchanged, commands_total / 100);
    for (const RuleText& rule : rule_catalogue) EXPECT_GT(refused[rule.name], 0) << rule.name;
}

}  // namespace
}  // namespace kpi::testing
