#include "kpi/testing/random_comparison_fixture.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "es/memory_event_store.hpp"
#include "es/projection.hpp"
#include "kpi/goal_view.hpp"
#include "kpi/metric_fields.hpp"
#include "kpi/testing/naive_metric.hpp"
#include "kpi/testing/random_commands.hpp"
#include "views/memory/memory_metric_views.hpp"

namespace kpi::testing {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using Aggregate = es::Aggregate<MetricAggregate>;

constexpr int streams_at_once = 4;

class Comparison {
public:
    Comparison(unsigned seed, int commands_each) : chance_(seed), commands_each_(commands_each) {}

    void run(int commands) {
        for (int i = 0; i < commands && !::testing::Test::HasFailure(); ++i) {
            move_clock();
            Subject& subject = subjects_[static_cast<std::size_t>(chance_.below(streams_at_once))];
            if (subject.id.empty() || chance_.once_in(commands_each_)) begin_another(subject);
            SCOPED_TRACE("command " + std::to_string(i) + " of " + subject.id);
            send(subject);
            if (chance_.once_in(4)) project();
        }
        project();
    }

    RandomResult result;

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
        const MetricCommand command = random_command(chance_, subject, now_);
        const es::Times times{now_, std::max(now_, subject.last_occurred)};
        auto decision = Aggregate::decide(subject.written, command, times);
        if (const auto* refusal = std::get_if<es::Refusal>(&decision)) {
            ++result.refused[refusal->rule];
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
        if (pending.empty()) ++result.unchanged;
        es::Append append{
            subject.id, subject.written->version() - static_cast<es::Version>(pending.size()), {}};
        for (const auto& [event, on] : pending) {
            subject.naive.add(event, on);
            subject.last_occurred = on;
            append.events.push_back(stored(subject.id, append, event, on));
        }
        if (append.events.empty()) return;
        ++result.recorded;
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
        // Of several, an earlier one may have left the 0 that this takes.
        EXPECT_TRUE(refusal.rule != "sum-out-of-range" || !(std::abs(state.value) > 0) ||
                    std::holds_alternative<ReportValues>(command));
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
    const int commands_each_;
    TimePoint now_{};
    int streams_ = 0;
    int batches_ = 0;
    std::array<Subject, streams_at_once> subjects_;
    es::MemoryEventStore events_;
    views::MemoryMetricViews views_;
    es::Projection<MetricView> projection_{events_, views_, {}};
    std::deque<es::RecordedEvent> waiting_;
};

}  // namespace

RandomResult compare_random_commands(unsigned seed, int commands, int commands_each) {
    Comparison comparison(seed, commands_each);
    comparison.run(commands);
    return comparison.result;
}

}  // namespace kpi::testing
