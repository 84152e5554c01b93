// Events as a store has them, for tests of what is made from them.
#pragma once

#include <chrono>
#include <string>

#include "es/event.hpp"

namespace kpi::testing {

// Of one stream each a millisecond later than the one before.
inline es::RecordedEvent recorded(const std::string& stream, es::Version version,
                                  const std::string& type, const std::string& payload) {
    es::RecordedEvent event;
    event.stream = stream;
    event.version = version;
    event.occurred_on = es::TimePoint(std::chrono::milliseconds(1'700'000'000'000 + version));
    event.type = type;
    event.payload = payload;
    event.metadata.command_id = stream + std::to_string(version);
    return event;
}

// A gauge that never expires.
inline es::RecordedEvent created(const std::string& stream) {
    return recorded(stream, 1, "MetricCreated",
                    R"({"name":"n","description":"d","target":10,"unit":"u",)"
                    R"("deadline":"2099-12-31T00:00:00.000Z","kind":"gauge"})");
}

inline es::RecordedEvent value_reported(const std::string& stream, es::Version version,
                                        double value) {
    return recorded(stream, version, "MetricValueUpdated",
                    R"({"value":)" + std::to_string(value) + "}");
}

}  // namespace kpi::testing
