// A metric in one line, for a README or a wall: its name, its value and how its goal stands, as an
// SVG picture or in the endpoint form of shields.io.
#pragma once

#include <optional>
#include <string>

#include "api/etag.hpp"
#include "http/message.hpp"
#include "kpi/metric_view.hpp"

namespace read_api {

struct Badge {
    std::string label;
    std::string message;
    std::string colour;  // six hexadecimal digits; white text can be read on it
};

Badge badge_of(const kpi::MetricDocument& document, es::TimePoint now);
// Of a metric that isn't there: proxies would keep a 404.
Badge unknown_badge();

enum class BadgeForm { svg, shield };

// At most 1.5 kB.
std::string render_svg(const Badge& badge);
std::string render_shield(const Badge& badge);

// 304 for who has it already. It may be kept for a minute.
http::Response badge_response(const Badge& badge, BadgeForm form,
                              const std::optional<api::ETagList>& known);

}  // namespace read_api
