// Which values of a metric are known: those that were stored before an import, and those that it
// has sent.
#pragma once

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "transfer/metric_client.hpp"

namespace transfer {

class KnownValues {
public:
    // `stored` by time; of one time, in the order of recording.
    explicit KnownValues(std::vector<TimedValue> stored) : stored_(std::move(stored)) {}

    enum class Answer { unknown, same, other };
    struct Found {
        Answer answer = Answer::unknown;
        double value = 0;  // with `other`: the latest one at that time
    };
    [[nodiscard]] Found find(const TimedValue& row) const {
        const auto by_time = [](const TimedValue& a, const TimedValue& b) {
            return a.first < b.first;
        };
        const auto [begin, end] = std::ranges::equal_range(stored_, row, by_time);
        const auto same = [&](const TimedValue& known) {
            return !(known.second < row.second) && !(known.second > row.second);
        };
        if (std::any_of(begin, end, same)) return {Answer::same, row.second};
        if (begin != end) return {Answer::other, std::prev(end)->second};
        const auto sent = sent_.find(row.first.time_since_epoch().count());
        if (sent == sent_.end()) return {};
        const bool equal = same({row.first, sent->second});
        return {equal ? Answer::same : Answer::other, sent->second};
    }
    void add(const TimedValue& row) {
        sent_.emplace(row.first.time_since_epoch().count(), row.second);
    }
    [[nodiscard]] std::size_t size() const { return stored_.size() + sent_.size(); }

private:
    std::vector<TimedValue> stored_;
    std::unordered_map<std::int64_t, double> sent_;
};

}  // namespace transfer
