#include "kpi/reported_values.hpp"

#include <algorithm>

#include "es/errors.hpp"

namespace kpi {

void ReportedValues::add(const CountedValue& value, const std::optional<std::string>& comment,
                         std::optional<es::TimePoint> recorded_at) {
    entries_.push_back({value.date, value.value, value.version});
    if (comment) comments_[value.version] = *comment;
    if (recorded_at) recorded_at_[value.version] = *recorded_at;
}

void ReportedValues::apply(const MetricValueCorrected& event) {
    Entry& entry = at(event.of);
    entry = {event.observed_at.value_or(entry.date), event.value, event.of};
    if (!event.comment) return;
    if (event.comment->empty()) {
        comments_.erase(event.of);
    } else {
        comments_[event.of] = *event.comment;
    }
}

void ReportedValues::apply(const MetricValueRetracted& event) {
    at(event.of).signed_version = -event.of;
}

std::optional<ReportedValues::Found> ReportedValues::find(es::Version version) const {
    const auto place = place_of(version);
    if (place == entries_.end() || place->version() != version) return std::nullopt;
    const auto comment = comments_.find(version);
    return Found{{place->date, place->value, version},
                 comment != comments_.end() ? comment->second : std::string(),
                 place->signed_version < 0,
                 recorded_at(version)};
}

std::size_t ReportedValues::bytes() const {
    constexpr std::size_t node_bytes = 64;  // of a map, roughly
    std::size_t bytes = entries_.capacity() * sizeof(Entry) + recorded_at_.size() * node_bytes;
    for (const auto& [version, comment] : comments_) bytes += node_bytes + comment.size();
    return bytes;
}

std::vector<ReportedValues::Entry>::const_iterator ReportedValues::place_of(
    es::Version version) const {
    return std::ranges::lower_bound(entries_, version, {}, &Entry::version);
}

ReportedValues::Entry& ReportedValues::at(es::Version version) {
    const auto place = place_of(version);
    if (place == entries_.end() || place->version() != version) {
        throw es::Corrupt("a correction of version " + std::to_string(version) +
                          ", which reported no value");
    }
    return entries_[static_cast<std::size_t>(place - entries_.begin())];
}

}  // namespace kpi
