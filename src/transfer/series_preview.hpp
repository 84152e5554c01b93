// What an import of a series would record, found out from the file alone: nothing is sent, and no
// server is asked. The values that the metric has are therefore unknown.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "kpi/metric.hpp"
#include "transfer/known_values.hpp"
#include "transfer/metric_client.hpp"
#include "transfer/series_reader.hpp"

namespace transfer {

// Of the rows that would be recorded, so many at the begin and at the end are shown.
inline constexpr std::size_t shown_rows = 3;
// Of the lines that would not land, so many are named; those that one option decides count once.
inline constexpr std::size_t shown_lines = 20;

// For the middle of a sentence.
std::string words_of(const es::Refusal& refusal);

class SeriesPreview {
public:
    // `create`: the metric is taken for a new one, whose rules judge the rows; otherwise only the
    // rules that hold for each metric do. `now`: the clock's.
    SeriesPreview(const std::optional<MetricProps>& create, base::TimePoint now);
    // The metric was created at the time of its first row, and its values are reported each at its
    // own time; see metric_history.hpp.
    SeriesPreview(const kpi::MetricCreated& creation, base::TimePoint created, base::TimePoint now);

    // Reads to the end. Throws es::Unusable: there are more values than an import takes.
    void look_at(SeriesReader& rows);
    void take(const SeriesRow& row);

    // Those that would be recorded, the first and the last ones, a line of text each.
    [[nodiscard]] std::string shown() const;

    // Lines that would not land. Of those that the same option decides, the first one.
    struct Trouble {
        std::size_t line = 0;
        std::string why;
        std::string_view option;    // that decides it
        std::uint64_t further = 0;  // lines that it decides as well
    };
    [[nodiscard]] const std::vector<Trouble>& troubles() const { return troubles_; }
    [[nodiscard]] std::uint64_t unnamed() const { return unnamed_; }  // beyond shown_lines

    [[nodiscard]] std::uint64_t recorded() const { return recorded_; }
    [[nodiscard]] std::uint64_t changed() const { return changed_; }  // the time has another value
    [[nodiscard]] std::uint64_t bad() const { return bad_; }
    [[nodiscard]] bool all() const { return changed_ == 0 && bad_ == 0; }

private:
    void show(const SeriesRow& row);
    void name(std::size_t line, std::string why, std::string_view option);
    [[nodiscard]] std::string refusal_of(const SeriesRow& row) const;

    const base::TimePoint now_;
    const bool as_reported_then_ = false;
    kpi::MetricAggregate metric_;
    es::Version next_version_ = 2;
    KnownValues known_{{}};
    std::vector<SeriesRow> first_;
    std::deque<SeriesRow> last_;
    std::uint64_t recorded_ = 0;
    std::uint64_t changed_ = 0;
    std::uint64_t bad_ = 0;
    std::uint64_t unnamed_ = 0;
    std::vector<Trouble> troubles_;
};

}  // namespace transfer
