#include "transfer/series_preview.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/json.hpp"
#include "es/errors.hpp"
#include "kpi/member_rules.hpp"

namespace transfer {
namespace {

// A metric as it is before the import, as far as its rules need it.
kpi::MetricAggregate metric_of(const std::optional<MetricProps>& create, base::TimePoint now) {
    kpi::MetricAggregate metric;
    metric.kind = create ? create->kind : kpi::MetricKind::gauge;  // which takes every value
    metric.deadline = base::TimePoint::max();
    metric.created_at = metric.last_occurred = now;
    return metric;
}

std::string line_of(const SeriesRow& row) {
    std::string line = "line " + std::to_string(row.line);
    line.resize(std::max<std::size_t>(line.size(), 12), ' ');
    return line + "  " + base::format_time(row.time) + "  " + json::format_number(row.value) + "\n";
}

bool holds(double value) {
    const double size = std::abs(value);
    return !(size > 0) || (size >= kpi::number_min && size <= kpi::number_max);
}

}  // namespace

std::string words_of(const es::Refusal& refusal) {
    return refusal.detail.substr(0, refusal.detail.find_last_not_of('.') + 1);
}

SeriesPreview::SeriesPreview(const std::optional<MetricProps>& create, base::TimePoint now)
    : now_(now), metric_(metric_of(create, now)) {}

SeriesPreview::SeriesPreview(const kpi::MetricCreated& creation, base::TimePoint created,
                             base::TimePoint now)
    : now_(now), as_reported_then_(true) {
    metric_.apply(creation, {1, created});
}

void SeriesPreview::look_at(SeriesReader& rows) {
    while (const auto row = rows.next()) take(*row);
}

// What the server would say; empty: nothing against it.
std::string SeriesPreview::refusal_of(const SeriesRow& row) const {
    if (!holds(row.value))
        return "the value " + json::format_number(row.value) + " is too large or too small";
    if (row.time > now_ + kpi::observed_ahead_max) return "it is dated in the future";
    const es::TimePoint on = as_reported_then_ ? row.time : now_;
    const auto refusal = metric_.check(kpi::MetricValueUpdated{row.value, row.time}, {on, on});
    if (!refusal) return "";
    return words_of(*refusal);
}

void SeriesPreview::take(const SeriesRow& row) {
    if (!row.fault.empty()) {
        ++bad_;
        return name(row.line, row.fault, row.option);
    }
    const auto found = known_.take({row.time, row.value});
    if (known_.size() > values_max) throw too_many_values();
    if (found.answer == KnownValues::Answer::other) {  // there is none before the import
        ++changed_;
        return name(row.line, changed_value({row.time, row.value}, found.value), {});
    }
    if (const std::string refusal = refusal_of(row); !refusal.empty()) {
        ++bad_;
        return name(row.line, "it would be refused: " + refusal, {});
    }
    metric_.apply(kpi::MetricValueUpdated{row.value, row.time},
                  {next_version_++, as_reported_then_ ? row.time : now_});
    ++recorded_;
    show(row);
}

void SeriesPreview::show(const SeriesRow& row) {
    if (first_.size() < shown_rows) return first_.push_back(row);
    last_.push_back(row);
    if (last_.size() > shown_rows) last_.pop_front();
}

void SeriesPreview::name(std::size_t line, std::string why, std::string_view option) {
    const auto same = std::ranges::find_if(troubles_, [&](const Trouble& trouble) {
        return !option.empty() && trouble.option == option;
    });
    if (same != troubles_.end()) {
        ++same->further;
    } else if (troubles_.size() < shown_lines) {
        troubles_.push_back({line, std::move(why), option});
    } else {
        ++unnamed_;
    }
}

std::string SeriesPreview::shown() const {
    std::string text;
    for (const SeriesRow& row : first_) text += line_of(row);
    if (recorded_ > first_.size() + last_.size()) text += "…\n";
    for (const SeriesRow& row : last_) text += line_of(row);
    return text;
}

}  // namespace transfer
