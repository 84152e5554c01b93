#include "kpi/reported_values.hpp"

#include "es/errors.hpp"

namespace kpi {

void ReportedValues::add(const CountedValue& value, const std::optional<std::string>& comment,
                         std::optional<es::TimePoint> recorded_at) {
    values_.add(value, true, recorded_at);
    if (comment) comments_[value.version] = *comment;
}

void ReportedValues::apply(const MetricValueCorrected& event) {
    const CountedValue before = at(event.of);
    values_.change({event.observed_at.value_or(before.date), event.value, event.of}, true);
    if (!event.comment) return;
    if (event.comment->empty()) {
        comments_.erase(event.of);
    } else {
        comments_[event.of] = *event.comment;
    }
}

void ReportedValues::apply(const MetricValueRetracted& event) {
    values_.change(at(event.of), false);
}

std::optional<ReportedValues::Found> ReportedValues::find(es::Version version) const {
    const auto found = values_.find(version);
    if (!found) return std::nullopt;
    const auto comment = comments_.find(version);
    return Found{found->value, comment != comments_.end() ? comment->second : std::string(),
                 !found->counts};
}

std::size_t ReportedValues::bytes() const {
    constexpr std::size_t node_bytes = 64;  // of a map, roughly
    std::size_t bytes = values_.bytes();
    for (const auto& [version, comment] : comments_) bytes += node_bytes + comment.size();
    return bytes;
}

CountedValue ReportedValues::at(es::Version version) const {
    const auto found = values_.find(version);
    if (!found) {
        throw es::Corrupt("a correction of version " + std::to_string(version) +
                          ", which reported no value");
    }
    return found->value;
}

}  // namespace kpi
