// Lists of a metric as JSON text: as documents show them, and as views store them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kpi/metric_events.hpp"

namespace kpi {

// A JSON value as text.
struct Json {
    std::string text;
    auto operator<=>(const Json&) const = default;
};

std::string to_json(const std::vector<Checkpoint>& checkpoints);
std::string to_json(const std::vector<Link>& links);
std::string to_json(const std::vector<std::string>& texts);
// Each throws es::Corrupt.
void from_json(std::string_view json, std::vector<Checkpoint>& checkpoints);
void from_json(std::string_view json, std::vector<Link>& links);
void from_json(std::string_view json, std::vector<std::string>& texts);

// Whether a list of texts as to_json() writes it has this one. Texts that need an escape are in no
// list.
bool has_item(std::string_view json, std::string_view text);

}  // namespace kpi
