// A value as it is reported, and the key by which a repeat is recognised.
#pragma once

#include <string>

#include "cli/metric_api.hpp"

namespace cli {

struct ValueReport {
    std::string id;
    std::string body;
    // Made of metric, value and time, the same as an import's; empty: there is none to make it of.
    std::string key;
    bool has_comment = false;
};

// `value`: "11", "-5", "+1" (is added). `at`: empty, or a date or time. Throws WrongUsage, which
// names the value as `value_name`.
ValueReport value_report(const std::string& id, const std::string& value,
                         const std::string& value_name, const std::string& at,
                         const std::string& comment);

// With `key`, if there is one, else with the report's own, else a random one. Throws Failed.
Changed send_report(MetricApi& api, const ValueReport& report, const std::string& key);

}  // namespace cli
