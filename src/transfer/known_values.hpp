// Which values of a metric are known: those that were stored before an import, and those that it
// has sent. Rows of a file that are equal are as many values: each stored one stands for one row.
// One that was corrected stands for a row of what was reported as well, so that no import undoes
// that.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
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
    explicit KnownValues(StoredValues stored)
        : stored_(std::move(stored.counted)), amended_(sorted(std::move(stored.amended))) {}

    enum class Answer {
        fresh,  // it is to be sent, and is known from now on
        there,  // it is stored, or was until it was corrected or taken back
        other,  // the time has another value
    };
    struct Found {
        Answer answer = Answer::fresh;
        double value = 0;            // with `other`: the latest one at that time
        std::size_t occurrence = 1;  // with `fresh`: which of the equal rows it is
    };
    // The file's next row.
    Found take(const TimedValue& row) {
        const auto stored = stored_.take(row);
        if (stored.taken) return {Answer::there};
        const auto amended = amended_.take(row);
        if (amended.taken) return {Answer::there};
        if (stored.other) return {Answer::other, *stored.other};
        auto& sent =
            sent_.try_emplace(row.first.time_since_epoch().count(), Sent{row.second}).first->second;
        if (!same(sent.value, row.second)) return {Answer::other, sent.value};
        ++sent_total_;
        return {Answer::fresh, 0, stored.equal + amended.equal + ++sent.count};
    }
    [[nodiscard]] std::size_t size() const { return stored_.size() + sent_total_; }

private:
    struct Sent {
        double value = 0;
        std::uint32_t count = 0;
    };
    static bool same(double a, double b) { return !(a < b) && !(a > b); }

    static std::vector<TimedValue> sorted(std::vector<TimedValue> values) {
        std::ranges::sort(values);
        return values;
    }

    // Values of which each stands for one row; by time.
    class Values {
    public:
        explicit Values(std::vector<TimedValue> values)
            : values_(std::move(values)), taken_(values_.size()) {}

        struct Match {
            bool taken = false;           // one stands for the row
            std::size_t equal = 0;        // without one: those that stand for other rows
            std::optional<double> other;  // the latest value of that time, if they aren't all equal
        };
        Match take(const TimedValue& row) {
            Match match;
            const auto range = std::ranges::equal_range(values_, row.first, {}, &TimedValue::first);
            for (auto known = range.begin(); known != range.end(); ++known) {
                if (!same(known->second, row.second)) continue;
                ++match.equal;
                const auto place = static_cast<std::size_t>(known - values_.begin());
                if (taken_[place]) continue;
                taken_[place] = true;
                match.taken = true;
                return match;
            }
            if (match.equal < range.size()) match.other = range.back().second;
            return match;
        }
        [[nodiscard]] std::size_t size() const { return values_.size(); }

    private:
        std::vector<TimedValue> values_;
        std::vector<bool> taken_;
    };

    Values stored_;
    Values amended_;
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
