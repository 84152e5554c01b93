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

std::string lateness(es::Version version, es::Version head) {
    if (version == 0) return "it has events, but no view";
    return "it is behind: its events continue to version " + std::to_string(head);
}

std::vector<std::string> document_differences(const std::function<FieldView(std::size_t)>& is,
                                              const MetricDocument& should) {
    std::vector<std::string> all;
    for (std::size_t place = 0; place < stored_fields.size(); ++place) {
        const MetricField& field = *stored_fields.at(place);
        const std::string found = text_of(is(place));
        const std::string wanted = text_of(field.stored(should));
        if (found == wanted) continue;
        all.push_back(std::string(field.name) + " is " + found + ", its events say " + wanted);
    }
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
