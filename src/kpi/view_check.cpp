#include "kpi/view_check.hpp"

#include "base/json.hpp"
#include "base/time.hpp"

namespace kpi {
namespace {

std::string value_text(const MetricValue& value) {
    return json::format_number(value.value) + " at " + base::format_time(value.date);
}

}  // namespace

void ViewCheck::add(const MetricId& id, const std::string& what) {
    ++differences_total;
    if (differences.size() < view_differences_max) differences.push_back({id, what});
}

std::string difference(const std::string& name, const std::string& is, const std::string& should) {
    return name + " is " + is + ", its events say " + should;
}

std::string lateness(es::Version version, es::Version head) {
    if (version == 0) return "it has events, but no view";
    return "it is behind: its events continue to version " + std::to_string(head);
}

std::vector<std::string> document_differences(const MetricDocument& is,
                                              const MetricDocument& should) {
    std::vector<std::string> all;
    const auto member = [&](const char* name, const std::string& found, const std::string& wanted) {
        if (found != wanted) all.push_back(difference(name, found, wanted));
    };
    const auto number = json::format_number;
    const auto time = base::format_time;
    const auto count = [](std::int64_t n) { return std::to_string(n); };
    member("version", count(is.version), count(should.version));
    member("name", is.metric.name, should.metric.name);
    member("description", is.metric.description, should.metric.description);
    member("target", number(is.metric.target), number(should.metric.target));
    member("unit", is.metric.unit, should.metric.unit);
    member("deadline", time(is.metric.deadline), time(should.metric.deadline));
    member("kind", to_string(is.metric.kind), to_string(should.metric.kind));
    member("value", number(is.current().value), number(should.current().value));
    member("the value's date", time(is.current().date), time(should.current().date));
    member("the value's version", count(is.current().version), count(should.current().version));
    member("createdAt", time(is.metric.created_at), time(should.metric.created_at));
    member("updatedAt", time(is.metric.last_occurred), time(should.metric.last_occurred));
    member("valuesTotal", count(is.values_total), count(should.values_total));
    return all;
}

void ValueComparison::count(Same& same, es::Version version, const std::string& detail) {
    if (same.count++ > 0) return;
    same.first = version;
    same.detail = detail;
}

void ValueComparison::add(const MetricValue* is, const MetricValue* should) {
    if (should == nullptr) {
        count(surplus_, is->version, "");
    } else if (is == nullptr) {
        count(missing_, should->version, "");
    } else if (*is != *should) {
        count(other_, is->version, ": " + value_text(*is) + " instead of " + value_text(*should));
    }
}

std::vector<std::string> ValueComparison::differences() const {
    std::vector<std::string> all;
    for (const Same& same : {surplus_, missing_, other_}) {
        if (same.count == 0) continue;
        const std::string which = "version " + std::to_string(same.first) + same.detail;
        all.push_back(same.count == 1 ? std::string("a value is ") + same.way + ", " + which
                                      : std::to_string(same.count) + " values are " + same.way +
                                            ", the first is " + which);
    }
    return all;
}

}  // namespace kpi
