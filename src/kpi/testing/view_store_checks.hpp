// What the checks of the view store suite share: metrics to save, and short ways to save them.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "kpi/testing/documents.hpp"
#include "kpi/testing/view_store_suite.hpp"

namespace kpi::testing {

using Change = es::ViewChange<MetricView>;
using Save = es::ViewSave<MetricView>;

// Noon of 1 June 2026 and so many seconds.
TimePoint at(std::int64_t seconds);
// RFC 3339.
TimePoint moment(const char* time);

// A counter of version 1 without values, its deadline at(1000).
MetricDocument metric(std::string name = "Users");
Change change(MetricId id, es::Version loaded, MetricDocument document,
              const std::vector<MetricValue>& rows = {});
// A save of changes alone.
Save saving(std::vector<Change> changes);

// Saves a new metric and expects that to work.
void create(MetricViews& views, const MetricId& id, const MetricDocument& document);
// A new metric with these reported values: their versions are 2, 3, ...
struct Reported {
    double value;
    TimePoint date;
};
void create_with_values(MetricViews& views, const MetricId& id,
                        const std::vector<Reported>& reported);

// What visit_values() brings.
struct Visited : ValuesVisitor {
    void begin(const MetricDocument& of) override {
        document = of;
        readings.clear();
    }
    void next(const Reading& reading) override { readings.push_back(reading); }
    MetricDocument document;
    std::vector<Reading> readings;
};

std::vector<MetricId> ids_of(const std::vector<MetricEntry>& items);

// Each file's checks.
std::vector<ViewStoreCheck> save_checks();
std::vector<ViewStoreCheck> row_checks();
std::vector<ViewStoreCheck> list_checks();
std::vector<ViewStoreCheck> values_checks();
std::vector<ViewStoreCheck> note_checks();
std::vector<ViewStoreCheck> change_checks();
std::vector<ViewStoreCheck> goal_checks();
std::vector<ViewStoreCheck> random_checks();

}  // namespace kpi::testing
