#include "kpi/view_check.hpp"

#include "base/json.hpp"
#include "base/time.hpp"

namespace kpi {
namespace {

std::string text_of(const MetricRow& row) {
    if (const MetricChange* change = row.change()) return change->json;
    const MetricValue& value = *row.value();
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

void RowComparison::count(Same& same, es::Version version, const std::string& detail) {
    if (same.count++ > 0) return;
    same.first = version;
    same.detail = detail;
}

void RowComparison::add(const MetricRow* is, const MetricRow* should) {
    const MetricRow& either = should != nullptr ? *should : *is;
    Ways& ways = either.value() != nullptr ? values_ : changes_;
    if (should == nullptr) {
        count(ways.surplus, is->version, "");
    } else if (is == nullptr) {
        count(ways.missing, should->version, "");
    } else if (*is != *should) {
        count(ways.other, is->version, ": " + text_of(*is) + " instead of " + text_of(*should));
    }
}

std::vector<std::string> RowComparison::differences() const {
    std::vector<std::string> all;
    const auto add = [&](const Ways& ways, const std::string& noun) {
        for (const Same& same : {ways.surplus, ways.missing, ways.other}) {
            if (same.count == 0) continue;
            const std::string which = "version " + std::to_string(same.first) + same.detail;
            all.push_back(same.count == 1 ? "a " + noun + " is " + same.way + ", " + which
                                          : std::to_string(same.count) + " " + noun + "s are " +
                                                same.way + ", the first is " + which);
        }
    };
    add(values_, "value");
    add(changes_, "change");
    return all;
}

}  // namespace kpi
