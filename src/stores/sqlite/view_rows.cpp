#include "stores/sqlite/view_rows.hpp"

namespace stores::sqlite {

kpi::MetricDocument document_in(const Rows& row) {
    kpi::MetricDocument document;
    document.version = row.integer(2);
    document.metric.name = row.text(3);
    document.metric.target = row.real(4);
    document.metric.unit = row.text(5);
    document.metric.deadline = time_of(row.integer(6));
    document.metric.kind = kpi::parse_metric_kind(row.text(7)).value_or(kpi::MetricKind::counter);
    document.set_current({row.real(8), time_of(row.integer(9)), row.integer(10)});
    document.metric.created_at = time_of(row.integer(11));
    document.metric.last_occurred = time_of(row.integer(12));
    document.values_total = row.integer(13);
    document.metric.description = row.text(14);
    return document;
}

}  // namespace stores::sqlite
