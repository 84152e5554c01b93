#include "kpi/counted_values.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <vector>

#include "es/overloaded.hpp"
#include "kpi/metric.hpp"

namespace {

using namespace kpi;
using std::chrono::minutes;

TimePoint at(std::int64_t minute) {
    return TimePoint(minutes(minute));
}

// The same, one value at a time.
struct OneByOne {
    struct Value {
        CountedValue value;
        bool counts = true;
        std::optional<TimePoint> recorded_at;
    };
    std::vector<Value> all;

    template <class Visitor>
    void visit(TimePoint /*start*/, const Visitor& visitor) const {
        for (const auto& [value, counts, recorded_at] : all) {
            if (counts) visitor(value, recorded_at);
        }
    }
};

struct Replaced {
    const CountedValues& values;
    CountedValues::Instead instead;

    template <class Visitor>
    void visit(TimePoint start, const Visitor& visitor) const {
        values.visit(start, visitor, instead);
    }
};

struct Range {
    double lowest = 0;
    double highest = 0;
    std::size_t steps = 0;
    bool operator==(const Range& other) const {
        return lowest == other.lowest && highest == other.highest;
    }
};

template <class Values>
Range range_of(const Values& values, TimePoint start) {
    Range range;
    const auto take = [&](double lowest, double highest) {
        range.lowest = range.steps == 0 ? lowest : std::min(range.lowest, lowest);
        range.highest = range.steps == 0 ? highest : std::max(range.highest, highest);
        ++range.steps;
    };
    values.visit(start, es::Overloaded{
                            [&](const ValueRun& run) { take(run.lowest, run.highest); },
                            [&](const CountedValue& value, std::optional<TimePoint>) {
                                take(value.value, value.value);
                            },
                        });
    return range;
}

template <class Values>
Metric settled(const Values& values, TimePoint start) {
    Metric metric;
    metric.start = start;
    metric.settle(values);
    return metric;
}

// Values that were reported, corrected and taken back, in no order of dates.
class Walk {
public:
    Walk(unsigned seed, int recorded_at_in) : random_(seed), recorded_at_in_(recorded_at_in) {}

    void step() {
        if (naive.all.empty() || below(4) > 0) {
            report();
        } else {
            amend();
        }
        if (below(100) == 0) {
            start = at(below(1'000));
            if (below(2) == 0) values.set_start(start);
        }
    }

    // As if one of them had another value, or none.
    void expect_the_same_of_another() {
        const std::size_t place = any();
        OneByOne other = naive;
        other.all[place] = {any_value(naive.all[place].value.version), below(2) == 0,
                            naive.all[place].recorded_at};
        CountedValues::Instead instead{other.all[place].value.version, {}};
        if (other.all[place].counts) instead.value = other.all[place].value;
        expect_equal(Replaced{values, instead}, other);
    }
    void expect_the_same() { expect_equal(values, naive); }

    CountedValues values;
    OneByOne naive;
    TimePoint start{};

private:
    int below(int bound) { return static_cast<int>(random_() % static_cast<unsigned>(bound)); }
    std::size_t any() {
        return static_cast<std::size_t>(below(static_cast<int>(naive.all.size())));
    }
    CountedValue any_value(es::Version version) {
        return {at(below(1'000)), below(100) * 0.5 - 5, version};
    }

    void report() {
        version_ += 1 + below(3);
        OneByOne::Value reported{any_value(version_), true, {}};
        if (recorded_at_in_ > 0 && below(recorded_at_in_) == 0) {
            reported.recorded_at = at(below(1'000));
        }
        naive.all.push_back(reported);
        values.add(reported.value, true, reported.recorded_at);
    }

    void amend() {
        OneByOne::Value& value = naive.all[any()];
        value.counts = below(2) == 0;
        if (below(3) > 0) value.value = any_value(value.value.version);
        EXPECT_TRUE(values.change(value.value, value.counts));
        EXPECT_EQ(values.find(value.value.version)->value, value.value);
        EXPECT_EQ(values.find(value.value.version)->counts, value.counts);
    }

    template <class Values>
    void expect_equal(const Values& summed, const OneByOne& one_by_one) {
        EXPECT_EQ(settled(summed, start), settled(one_by_one, start));
        EXPECT_EQ(range_of(summed, start), range_of(one_by_one, start));
    }

    std::mt19937 random_;
    int recorded_at_in_;
    es::Version version_ = 1;
};

void walk(int steps, int recorded_at_in) {
    for (unsigned seed = 1; seed <= 8 && !::testing::Test::HasFailure(); ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Walk walk(seed, recorded_at_in);
        for (int i = 0; i < steps && !::testing::Test::HasFailure(); ++i) {
            walk.step();
            if (i % 23 != 0) continue;
            walk.expect_the_same();
            walk.expect_the_same_of_another();
        }
    }
}

TEST(CountedValues, AmountToTheSameAsOneByOne) {
    walk(9'000, 0);
}

TEST(CountedValues, AmountToTheSameAsOneByOneIfTheirClocksWereWrong) {
    walk(2'000, 3);
    walk(6'000, 300);
}

TEST(CountedValues, OfNoVersionTheyKnowAreNotChanged) {
    CountedValues values;
    values.add({at(1), 1, 5}, true, {});
    EXPECT_FALSE(values.change({at(1), 1, 4}, true));
    EXPECT_FALSE(values.find(6));
}

// What a correction costs: the runs next to its value, and one of each 64 further away.
TEST(CountedValues, AreSummedUpWithoutPassingAll) {
    CountedValues values;
    constexpr int total = 300'000;
    for (int i = 1; i <= total; ++i) values.add({at(i), i * 1.0, i}, true, {});
    EXPECT_LT(range_of(values, TimePoint{}).steps, 64);
    for (const es::Version of : {1, 64, 65, 4096, 4097, 150'000, total - 1, total}) {
        EXPECT_LT(range_of(Replaced{values, {of, {}}}, TimePoint{}).steps, 4 * 64) << of;
    }
    // One by one only where their clock was wrong.
    values.add({at(total), total, total + 1}, true, at(total));
    EXPECT_LT(range_of(values, TimePoint{}).steps, 4 * 64);
    EXPECT_EQ(range_of(values, at(1)).steps, total + 1) << "of another start";
}

TEST(CountedValues, TakeLittleMoreThan24BytesEach) {
    CountedValues values;
    for (int i = 1; i <= 1'048'576; ++i) values.add({at(i), i * 1.0, i}, true, {});
    EXPECT_LT(values.bytes(), 27 * 1'048'576);
}

}  // namespace
