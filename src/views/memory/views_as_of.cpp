#include "views/memory/views_as_of.hpp"

#include <optional>

#include "es/rows.hpp"
#include "es/view_store.hpp"
#include "views/memory/memory_metric_views.hpp"

namespace views {

std::unique_ptr<kpi::MetricViews> views_as_of(es::EventStore& events, const kpi::MetricId& id,
                                              es::TimePoint time) {
    std::optional<kpi::MetricDocument> document;
    auto rows = es::Rows<kpi::MetricRow>::with_history();
    const auto fold_page = [&](const es::ReadResult& page) {
        for (const es::RecordedEvent& event : page.events) {
            if (event.occurred_on > time) return false;
            kpi::MetricView::fold(document, event, rows);
        }
        return page.more;
    };
    while (fold_page(es::read_page(events, {id, document ? document->version : 0}))) {
    }
    auto views = std::make_unique<MemoryMetricViews>();
    if (!document) return views;
    es::ViewChange<kpi::MetricView> change;
    change.id = id;
    change.document = *document;
    change.rows = rows.all();
    es::ViewSave<kpi::MetricView> save;
    save.changes.push_back(std::move(change));
    views->save(save);
    return views;
}

}  // namespace views
