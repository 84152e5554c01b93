// How a metric's document stands in a row of the views. Private to this room.
#pragma once

#include <cstdint>
#include <string_view>

#include "kpi/metric_view.hpp"
#include "stores/sqlite/connection.hpp"

namespace stores::sqlite {

inline constexpr std::string_view document_columns =
    "number, id, version, name, target, unit, deadline, kind, value, value_date, value_version, "
    "created_at, updated_at, values_total, description";

// From the columns of document_columns, which stand first.
kpi::MetricDocument document_in(const Rows& row);
inline constexpr int number_column = 0;
inline constexpr int id_column = 1;
inline constexpr int kind_column = 7;
// When these are asked for after document_columns.
inline constexpr int successful_column = 15;
inline constexpr int progress_column = 16;

inline es::TimePoint time_of(std::int64_t ms) {
    return es::TimePoint(std::chrono::milliseconds(ms));
}
inline std::int64_t ms_of(es::TimePoint time) {
    return time.time_since_epoch().count();
}

}  // namespace stores::sqlite
