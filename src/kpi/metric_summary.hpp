// Many metrics in a few numbers: how many have which status, what is due, whose they are.
//
//     kpi::MetricSummary summary(now);
//     for (const auto& document : documents) summary.add(document);
//     summary.of(kpi::Status::at_risk);
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "es/event.hpp"
#include "kpi/goal.hpp"
#include "kpi/metric_view.hpp"

namespace kpi {

// Of tags and owners as many as this, the most frequent ones.
inline constexpr std::size_t summary_names_max = 50;

// The next time at which something changes by the clock.
class NextChange {
public:
    explicit NextChange(es::TimePoint now) : now_(now) {}

    void at(es::TimePoint time) {
        if (time > now_ && time < next_) next_ = time;
    }
    // Something ends then; what ends with the last time of all holds for ever.
    void ends(es::TimePoint until) {
        if (until < no_deadline) at(until);
    }
    // Whether what begins then, and ends with the deadline, is so now.
    bool holds(es::TimePoint since, es::TimePoint deadline) {
        if (since >= deadline) return false;
        at(since);
        at(deadline);
        return since <= now_ && now_ < deadline;
    }
    [[nodiscard]] std::optional<es::TimePoint> next() const {
        return next_ < es::TimePoint::max() ? std::optional(next_) : std::nullopt;
    }

    bool operator==(const NextChange&) const = default;

private:
    es::TimePoint now_;
    es::TimePoint next_ = es::TimePoint::max();
};

class MetricSummary {
public:
    explicit MetricSummary(es::TimePoint now);

    // What it takes of a document, in the form in which stores keep it.
    struct Row {
        std::optional<std::string_view> owner;
        std::string_view tags;         // to_json()
        std::string_view status_runs;  // status_runs()
        es::TimePoint deadline{};
        std::optional<es::TimePoint> due_from;
        std::optional<es::TimePoint> stale_from;
    };
    void add(const Row& row);
    void add(const MetricDocument& document);

    using Count = std::pair<std::string, std::int64_t>;
    // What a store has counted by itself.
    struct Counted {
        explicit Counted(es::TimePoint now) : next(now) {}

        std::array<std::int64_t, statuses.names.size()> by_status{};
        std::int64_t due = 0;
        std::int64_t stale = 0;
        std::vector<Count> tag_lists;  // by to_json()
        std::vector<Count> owners;
        NextChange next;
    };
    MetricSummary(es::TimePoint now, const Counted& counted);

    [[nodiscard]] std::int64_t total() const { return total_; }
    [[nodiscard]] std::int64_t of(Status status) const {
        return by_status_.at(static_cast<std::size_t>(status));
    }
    [[nodiscard]] std::int64_t due() const { return due_; }
    [[nodiscard]] std::int64_t stale() const { return stale_; }
    // The most frequent first, ties by name.
    [[nodiscard]] std::vector<Count> tags() const { return most_of(tags_); }
    [[nodiscard]] std::vector<Count> owners() const { return most_of(owners_); }
    // When the first of these metrics changes by the clock.
    [[nodiscard]] std::optional<es::TimePoint> next() const { return next_.next(); }

    bool operator==(const MetricSummary&) const = default;

private:
    using Counts = std::map<std::string, std::int64_t, std::less<>>;
    static std::vector<Count> most_of(const Counts& counts);
    static void count(Counts& counts, std::string_view name, std::int64_t times = 1);
    void count_tags(std::string_view list, std::int64_t times = 1);
    bool holds(std::optional<es::TimePoint> since, es::TimePoint deadline);

    std::string now_text_;
    std::int64_t total_ = 0;
    std::array<std::int64_t, statuses.names.size()> by_status_{};
    std::int64_t due_ = 0;
    std::int64_t stale_ = 0;
    Counts tags_;
    Counts owners_;
    NextChange next_;
};

}  // namespace kpi
