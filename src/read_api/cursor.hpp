// Cursors: where a page ended, and the question it belongs to, as a URL-safe text that callers hand
// back and don't look into. It is base64url of a checksum and a small JSON object; whatever else
// comes in reads as nullopt.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kpi/metric_views.hpp"

namespace read_api {

// The lists that pages can be of; a cursor of one is no cursor of another.
enum class ListKind { metrics, by_expiration, by_success };

// With asOf the query's clock is that time.
struct ListQuestion {
    kpi::ListQuery query;
    bool is_past = false;

    [[nodiscard]] std::optional<es::TimePoint> as_of() const {
        return is_past ? std::optional(query.now) : std::nullopt;
    }
};

// The question with `after` set; its limit is not part of the cursor.
std::string list_cursor(ListKind kind, const ListQuestion& question);
std::optional<ListQuestion> read_list_cursor(ListKind kind, std::string_view cursor);

std::string values_cursor(const kpi::ValuesQuery& query);
// A cursor of another metric's values is none.
std::optional<kpi::ValuesQuery> read_values_cursor(const kpi::MetricId& id,
                                                   std::string_view cursor);

// The orders that lists can have, as they are asked for: "name", "-name", ...
struct SortOrder {
    std::string name;
    const kpi::MetricField* field;  // nullptr: the id
    bool descending;
};
const std::vector<SortOrder>& sort_orders();

}  // namespace read_api
