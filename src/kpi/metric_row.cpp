#include "kpi/metric_row.hpp"

namespace kpi {

void MetricRow::Index::put(const MetricRow& row) {
    const MetricValue* reported = row.value();
    if (reported == nullptr) return;
    const CountedValue value{reported->date, reported->value, reported->version};
    if (values.change(value, row.counts())) return;
    values.add(value, row.counts(),
               reported->notes != nullptr ? reported->notes->recorded_at : std::nullopt);
}

void MetricRow::Index::remove(es::Version of) {
    if (const auto found = values.find(of)) values.change(found->value, false);
}

}  // namespace kpi
