// What is said of a metric in words: its status, its goal, its amounts and dates. Pure: the clock
// is passed in.
#pragma once

#include <optional>
#include <string>

#include "base/time.hpp"
#include "cli/look.hpp"
#include "cli/metric.hpp"

namespace cli {

// "on track"; "?" where the server doesn't know statuses.
std::string status_word(const std::optional<kpi::Status>& status);
// "▲", or a sign of ASCII: each status has a shape and a colour of its own.
std::string status_sign(const std::optional<kpi::Status>& status, const Look& look);
Colour status_colour(const std::optional<kpi::Status>& status);

// The day in UTC: "5 Jul", with the year if it isn't this one.
std::string day_text(base::TimePoint time, base::TimePoint now);
// "31 May 2026", or "31 May 2026 10:42" if it isn't the first or last moment of a day; in UTC.
std::string time_text(base::TimePoint time);

// "71.83 kEUR", four significant digits or as many decimals as the metric has.
std::string amount_text(const Metric& metric, double value);
// "+3", "-0.5"
std::string change_text(const Metric& metric, double by);
// "at least 24", "at most 4", "keep at least 95".
std::string target_text(const Metric& metric);
// What will change, or since when it is so: "until 5 Jul", "off track from 21 Jul", "since 7 Jun",
// "since 7 Jun, report due since 1 Jul". Empty where there is nothing to say.
std::string outlook_text(const Metric& metric, base::TimePoint now);
// "on track until 5 Jul", "at risk, off track from 21 Jul".
std::string standing_text(const Metric& metric, base::TimePoint now);
// "needs 2.3 books a month, planned were 2" until the deadline; of a budget what it allows. Empty
// where there is no way to go, or no time left.
std::string pace_text(const Metric& metric, base::TimePoint now);

}  // namespace cli
