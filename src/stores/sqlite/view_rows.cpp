#include "stores/sqlite/view_rows.hpp"

namespace stores::sqlite {

kpi::MetricDocument document_in(const Rows& row) {
    kpi::MetricDocument document;
    document.version = row.integer(2);
    document.name = row.text(3);
    document.target = row.real(4);
    document.unit = row.text(5);
    document.deadline = time_of(row.integer(6));
    document.kind = kpi::parse_metric_kind(row.text(7)).value_or(kpi::MetricKind::counter);
    document.current = {row.real(8), time_of(row.integer(9)), row.integer(10)};
    document.created_at = time_of(row.integer(11));
    document.updated_at = time_of(row.integer(12));
    document.values_total = row.integer(13);
    document.description = row.text(14);
    return document;
}

}  // namespace stores::sqlite
