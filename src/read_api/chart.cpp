#include "read_api/chart.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "base/time.hpp"
#include "kpi/forecast.hpp"

namespace read_api {
namespace {

// A counter that is expected every so often is judged by what it adds each time.
std::optional<kpi::PeriodIncrements> increments_for(const kpi::Goal& goal) {
    if (goal.kind != kpi::MetricKind::counter || !goal.update_every) return std::nullopt;
    return kpi::PeriodIncrements(*goal.update_every);
}

template <class Items, class Write>
void write_array(json::Writer& out, const char* name, const Items& items, Write write) {
    out.name(name).begin_array();
    for (const auto& item : items) write(item);
    out.end_array();
}

void write_time(json::Writer& out, const char* name, es::TimePoint time) {
    out.member(name, base::format_time(time));
}

void write_needed(json::Writer& out, const char* name, std::optional<std::size_t> needed) {
    out.name(name);
    if (needed) {
        out.integer(static_cast<std::int64_t>(*needed));
    } else {
        out.null();
    }
}

void write_readings(json::Writer& out, const std::vector<kpi::Reading>& readings) {
    using kpi::Reading;
    write_array(out, "at", readings,
                [&](const Reading& each) { out.string(base::format_time(each.date)); });
    write_array(out, "value", readings, [&](const Reading& each) { out.number(each.value); });
    write_array(out, "version", readings, [&](const Reading& each) { out.integer(each.version); });
}

void write_buckets(json::Writer& out, const std::vector<kpi::Bucket>& buckets) {
    using kpi::Bucket;
    write_array(out, "at", buckets,
                [&](const Bucket& each) { out.string(base::format_time(each.at)); });
    write_array(out, "first", buckets, [&](const Bucket& each) { out.number(each.first); });
    write_array(out, "min", buckets, [&](const Bucket& each) { out.number(each.min); });
    write_array(out, "max", buckets, [&](const Bucket& each) { out.number(each.max); });
    write_array(out, "last", buckets, [&](const Bucket& each) { out.number(each.last.value); });
    write_array(out, "count", buckets, [&](const Bucket& each) { out.integer(each.count); });
}

void write_shown(json::Writer& out, const kpi::Thinned& shown) {
    out.member("bucketed", shown.is_bucketed()).name("values").begin_object();
    if (shown.is_bucketed()) {
        write_buckets(out, shown.buckets());
    } else {
        write_readings(out, shown.readings());
    }
    out.end_object();
}

void write_before(json::Writer& out, const std::optional<kpi::Reading>& before) {
    out.name("before");
    if (!before) {
        out.null();
        return;
    }
    out.begin_object();
    write_time(out, "at", before->date);
    out.member("value", before->value).member("version", before->version).end_object();
}

// The number of the rule in the docs; that of steps is a part of the first.
std::int64_t number_of(kpi::SignalRule rule) {
    switch (rule) {
        case kpi::SignalRule::outside:
        case kpi::SignalRule::step:
            break;
        case kpi::SignalRule::run:
            return 2;
        case kpi::SignalRule::cluster:
            return 3;
    }
    return 1;
}

void write_signal(json::Writer& out, const kpi::Signal& signal) {
    out.begin_object();
    write_time(out, "at", signal.date);
    out.member("version", signal.version)
        .member("rule", number_of(signal.rule))
        .member("step", signal.rule == kpi::SignalRule::step)
        .member("good", signal.good)
        .end_object();
}

// Where the present goal asks to be: from its baseline over its checkpoints to its target.
void write_pace(json::Writer& out, const kpi::Goal& goal) {
    out.name("pace");
    if (kpi::shape_of(goal) == kpi::GoalShape::keep) {
        out.null();
        return;
    }
    const auto point = [&](es::TimePoint at, double value) {
        out.begin_array().string(base::format_time(at)).number(value).end_array();
    };
    out.begin_array();
    point(goal.start, goal.baseline);
    for (const auto& [until, target] : goal.checkpoints) point(until, target);
    point(goal.deadline, goal.target);
    out.end_array();
}

const char* word_of(kpi::Outlook outlook) {
    switch (outlook) {
        case kpi::Outlook::reliable:
            return "reliable";
        case kpi::Outlook::unlikely:
            return "unlikely";
        case kpi::Outlook::hit_or_miss:
            break;
    }
    return "hit_or_miss";
}

// `kept`: the goal, if it is to stay on the good side.
void write_limits(json::Writer& out, const kpi::Variation& variation, const kpi::Goal* kept,
                  es::TimePoint now) {
    out.name("limits");
    if (!variation.limits) {
        out.null();
        return;
    }
    const kpi::NaturalLimits& limits = *variation.limits;
    out.begin_object()
        .member("mean", limits.mean)
        .member("lower", limits.lower)
        .member("upper", limits.upper)
        .member("step", limits.step_max);
    write_time(out, "from", limits.from);
    out.member("of", static_cast<std::int64_t>(limits.of));
    out.name("outlook");
    if (kept != nullptr) {
        out.string(word_of(kpi::outlook_of(limits, kept->direction, kpi::target_at(*kept, now))));
    } else {
        out.null();
    }
    write_array(out, "signals", variation.signals,
                [&](const kpi::Signal& signal) { write_signal(out, signal); });
    out.member("signalsLeftOut", variation.signals_left_out).end_object();
}

void write_forecast(json::Writer& out, const kpi::Forecast& forecast, const kpi::Goal& goal,
                    std::int64_t values) {
    out.name("forecast");
    if (!forecast.range) {
        out.null();
        return;
    }
    out.begin_object()
        .member("low", forecast.range->low)
        .member("asSoFar", forecast.range->as_so_far)
        .member("high", forecast.range->high);
    write_time(out, "at", goal.deadline);
    const bool is_little = values < static_cast<std::int64_t>(kpi::forecast_values_enough);
    out.member("windows", static_cast<std::int64_t>(forecast.range->windows))
        .member("littleHistory", is_little)
        .end_object();
}

void write_met(json::Writer& out, const std::optional<kpi::Met>& met) {
    out.name("met");
    if (!met) {
        out.null();
        return;
    }
    out.begin_object()
        .member("of", static_cast<std::int64_t>(met->of))
        .member("in", static_cast<std::int64_t>(met->in))
        .end_object();
}

}  // namespace

Chart::Chart(const kpi::MetricDocument& document, es::TimePoint first, const ChartSpan& span)
    : goal_(kpi::goal_of(document.metric)),
      kept_(kpi::shape_of(goal_) == kpi::GoalShape::keep),
      version_(document.version),
      process_since_(document.metric.process_since),
      from_(span.from.value_or(first)),
      to_(span.to),
      shown_(from_, span.to.value_or(document.current().date), span.points),
      history_(first, document.current().date, kpi::forecast_history_max),
      increments_(increments_for(goal_)) {
    if (goal_.kind == kpi::MetricKind::counter && !increments_) return;
    signals_.emplace(
        kpi::SignalOptions{goal_.direction, from_, to_.value_or(es::TimePoint::max())});
}

void Chart::add(const kpi::Reading& reading) {
    ++values_;
    history_.add(reading);
    latest_.push_back(reading);
    if (latest_.size() > kpi::met_values_max) latest_.pop_front();
    if (reading.date < from_) before_ = reading;
    if (reading.date >= from_ && (!to_ || reading.date <= *to_)) shown_.add(reading);
    if (reading.date >= process_since_.value_or(es::TimePoint::min())) judge(reading);
}

void Chart::judge(const kpi::Reading& reading) {
    if (!signals_) return;
    if (!increments_) {
        signals_->add(reading);
    } else if (const auto increment = increments_->add(reading)) {
        signals_->add(*increment);
    }
}

kpi::Variation Chart::variation(es::TimePoint now) const {
    if (!signals_) return {};
    const auto last = increments_ ? increments_->last(now) : std::nullopt;
    if (!last) return signals_->result();
    auto with_last = *signals_;
    with_last.add(*last);
    return with_last.result();
}

kpi::Forecast Chart::forecast(es::TimePoint now) const {
    if (kept_) return {};
    return kpi::forecast_of(history_.lasts(), {goal_.kind, now, goal_.deadline});
}

std::string Chart::render(es::TimePoint now) const {
    const auto variation = this->variation(now);
    const auto forecast = this->forecast(now);
    const bool lacks_values = signals_ && !variation.limits;
    json::Writer out;
    out.begin_object().member("version", version_);
    write_shown(out, shown_);
    write_before(out, before_);
    write_marks(out, marks_);
    write_pace(out, goal_);
    write_limits(out, variation, kept_ ? &goal_ : nullptr, now);
    write_needed(out, "limitsNeed", lacks_values ? std::optional(variation.needed) : std::nullopt);
    write_forecast(out, forecast, goal_, values_);
    write_needed(out, "forecastNeeds", forecast.needed);
    write_met(out, kept_ ? std::optional(kpi::met_of(
                               goal_, std::vector<kpi::Reading>(latest_.begin(), latest_.end())))
                         : std::nullopt);
    out.end_object();
    return out.take();
}

namespace {

// Makes the chart once it knows when the first value was.
class ChartMaker : public kpi::ValuesVisitor {
public:
    explicit ChartMaker(const ChartSpan& span) : span_(span) {}
    void begin(const kpi::MetricDocument& document) override {
        document_ = document;
        chart_ = nullptr;
    }
    void next(const kpi::Reading& reading) override {
        if (chart_ == nullptr) chart_ = std::make_shared<Chart>(document_, reading.date, span_);
        chart_->add(reading);
    }
    std::shared_ptr<Chart> take() {
        if (chart_ == nullptr) return std::make_shared<Chart>(document_, es::TimePoint(), span_);
        return chart_;
    }
    [[nodiscard]] const kpi::MetricDocument& document() const { return document_; }

private:
    ChartSpan span_;
    kpi::MetricDocument document_;
    std::shared_ptr<Chart> chart_;
};

}  // namespace

std::shared_ptr<const Chart> read_chart(kpi::MetricViews& views, const kpi::MetricId& id,
                                        const ChartSpan& span) {
    ChartMaker maker(span);
    if (!views.visit_values(id, maker)) return nullptr;
    auto chart = maker.take();
    chart->set(read_marks(views, id, maker.document()));
    return chart;
}

}  // namespace read_api
