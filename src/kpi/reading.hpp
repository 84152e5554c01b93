// A reported value as charts, limits and forecasts see it: how much, and when it was true.
#pragma once

#include "es/event.hpp"

namespace kpi {

struct Reading {
    es::TimePoint date{};
    double value = 0;
    es::Version version = 0;  // of the event that reported it
    bool operator==(const Reading&) const = default;
};

}  // namespace kpi
