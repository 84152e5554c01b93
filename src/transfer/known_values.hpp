// Which values of a metric are known: those that were stored before an import, and those that it
// has sent. Rows of a file that are equal are as many values: each stored one stands for one row.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "base/time.hpp"
#include "es/errors.hpp"
#include "transfer/metric_client.hpp"

namespace transfer {

class KnownValues {
public:
    // `stored` by time; of one time, in the order of recording.
    explicit KnownValues(std::vector<TimedValue> stored)
        : stored_(std::move(stored)), taken_(stored_.size()) {}

    enum class Answer {
        fresh,  // it is to be sent, and is known from now on
        there,  // it is stored
        other,  // the time has another value
    };
    struct Found {
        Answer answer = Answer::fresh;
        double value = 0;            // with `other`: the latest one at that time
        std::size_t occurrence = 1;  // with `fresh`: which of the equal rows it is
    };
    // The file's next row.
    Found take(const TimedValue& row) {
        const auto by_time = [](const TimedValue& a, const TimedValue& b) {
            return a.first < b.first;
        };
        const auto range = std::ranges::equal_range(stored_, row, by_time);
        std::size_t equal = 0;
        for (auto known = range.begin(); known != range.end(); ++known) {
            if (!same(known->second, row.second)) continue;
            ++equal;
            const auto place = static_cast<std::size_t>(known - stored_.begin());
            if (!taken_[place]) {
                taken_[place] = true;
                return {Answer::there};
            }
        }
        if (equal < range.size()) return {Answer::other, range.back().second};
        auto& sent =
            sent_.try_emplace(row.first.time_since_epoch().count(), Sent{row.second}).first->second;
        if (!same(sent.value, row.second)) return {Answer::other, sent.value};
        ++sent_total_;
        return {Answer::fresh, 0, equal + ++sent.count};
    }
    [[nodiscard]] std::size_t size() const { return stored_.size() + sent_total_; }

private:
    struct Sent {
        double value = 0;
        std::uint32_t count = 0;
    };
    static bool same(double a, double b) { return !(a < b) && !(a > b); }

    std::vector<TimedValue> stored_;
    std::vector<bool> taken_;  // those that stand for a row
    std::unordered_map<std::int64_t, Sent> sent_;
    std::size_t sent_total_ = 0;
};

// What is wrong with a row whose time has another value.
inline std::string changed_value(const TimedValue& row, double known) {
    return "at " + base::format_time(row.first) + " the value is " + json::format_number(known) +
           " already, not " + json::format_number(row.second) + "; it was left so";
}

inline es::Unusable too_many_values() {
    return es::Unusable("the metric would get more than " + std::to_string(values_max) + " values");
}

}  // namespace transfer
