#include "kpi/counted_values.hpp"

namespace kpi {

void CountedValues::add(const CountedValue& value, bool counts,
                        std::optional<es::TimePoint> recorded_at) {
    entries_.push_back({value.date, value.value, counts ? value.version : -value.version});
    if (recorded_at) recorded_at_[value.version] = *recorded_at;
    add_to_runs();
}

bool CountedValues::change(const CountedValue& value, bool counts) {
    std::size_t place = place_of(value.version);
    if (place == entries_.size()) return false;
    entries_[place] = {value.date, value.value, counts ? value.version : -value.version};
    for (std::size_t level = 0; level < levels_.size(); ++level) {
        place /= run_length;
        levels_[level][place] = summed_up(level, place);
    }
    return true;
}

void CountedValues::set_start(es::TimePoint start) {
    if (start == start_) return;
    start_ = start;
    sum_all_up();
}

std::optional<CountedValues::Found> CountedValues::find(es::Version version) const {
    const std::size_t place = place_of(version);
    if (place == entries_.size()) return std::nullopt;
    const Entry& entry = entries_[place];
    return Found{entry.counted(), entry.signed_version > 0, recorded_at(version)};
}

std::size_t CountedValues::bytes() const {
    constexpr std::size_t node_bytes = 64;  // of a map, roughly
    std::size_t bytes = entries_.capacity() * sizeof(Entry) + recorded_at_.size() * node_bytes +
                        levels_.capacity() * sizeof(std::vector<Run>);
    for (const auto& level : levels_) bytes += level.capacity() * sizeof(Run);
    return bytes;
}

std::size_t CountedValues::place_of(es::Version version) const {
    const auto place = std::ranges::lower_bound(entries_, version, {}, &Entry::version);
    if (place == entries_.end() || place->version() != version) return entries_.size();
    return static_cast<std::size_t>(place - entries_.begin());
}

CountedValues::Run CountedValues::run_of(const Entry& entry) const {
    const CountedValue value = entry.counted();
    const bool counts = entry.signed_version > 0;
    return {{value, value, value.value, value.value},
            counts,
            counts && recorded_at_.contains(value.version)};
}

void CountedValues::Run::add(const Run& later, es::TimePoint start) {
    if (!later.counts) return;
    if (!counts) {
        *this = later;
        return;
    }
    has_recorded_at = has_recorded_at || later.has_recorded_at;
    const auto& [latest, opening, lowest, highest] = later.values;
    if (latest.date >= values.latest.date) values.latest = latest;
    if (becomes_opening(values.opening.date, opening.date, start)) values.opening = opening;
    values.lowest = std::min(values.lowest, lowest);
    values.highest = std::max(values.highest, highest);
}

CountedValues::Run CountedValues::summed_up(std::size_t level, std::size_t place) const {
    const std::size_t below = level == 0 ? entries_.size() : levels_[level - 1].size();
    const std::size_t end = std::min((place + 1) * run_length, below);
    Run run;
    for (std::size_t i = place * run_length; i < end; ++i) {
        run.add(level == 0 ? run_of(entries_[i]) : levels_[level - 1][i], start_);
    }
    return run;
}

void CountedValues::add_to_runs() {
    if (levels_.empty()) {
        if (entries_.size() > run_length) sum_all_up();
        return;
    }
    const Run added = run_of(entries_.back());
    std::size_t place = entries_.size() - 1;
    for (auto& level : levels_) {
        place /= run_length;
        if (place == level.size()) level.emplace_back();
        level[place].add(added, start_);
    }
    if (levels_.back().size() > run_length) sum_all_up();
}

void CountedValues::sum_all_up() {
    levels_.clear();
    for (std::size_t below = entries_.size(); below > run_length; below = levels_.back().size()) {
        const std::size_t level = levels_.size();
        levels_.emplace_back();
        for (std::size_t place = 0; place * run_length < below; ++place) {
            levels_[level].push_back(summed_up(level, place));
        }
    }
}

}  // namespace kpi
