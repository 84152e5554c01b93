#include "views/memory/memory_metric_views.hpp"

#include <algorithm>
#include <ranges>
#include <tuple>

namespace views {
namespace {

using kpi::ListPosition;
using kpi::ListQuery;
using kpi::MetricValue;
using kpi::ValuesQuery;

// Whether `a` stands before `b` in a list: by key, ties by ascending id either way.
bool before(const ListQuery& query, const ListPosition& a, const ListPosition& b) {
    if (a.key != b.key) return query.descending ? b.key < a.key : a.key < b.key;
    return a.id < b.id;
}

bool asked_for(const ValuesQuery& query, const MetricValue& row) {
    if (row.retracted() && !query.retracted) return false;
    if (query.from && row.date < *query.from) return false;
    if (query.to && row.date > *query.to) return false;
    if (!query.after) return true;
    const auto place = std::pair(row.date, row.version);
    return query.descending ? place < *query.after : place > *query.after;
}

kpi::ValuesPage values_among(const std::map<es::Version, kpi::MetricRow>& rows,
                             const ValuesQuery& query) {
    kpi::ValuesPage page;
    for (const auto& [version, row] : rows) {
        const MetricValue* value = row.value();
        if (value != nullptr && asked_for(query, *value)) page.items.push_back(*value);
    }
    std::ranges::sort(page.items, [&](const MetricValue& a, const MetricValue& b) {
        const auto place_a = std::pair(a.date, a.version);
        const auto place_b = std::pair(b.date, b.version);
        return query.descending ? place_b < place_a : place_a < place_b;
    });
    page.more = kpi::cut(page.items, query.limit);
    return page;
}

std::vector<MetricValue> latest_by_date(const std::map<es::Version, kpi::MetricRow>& rows,
                                        std::size_t count) {
    if (count == 0) return {};
    ValuesQuery latest_first;
    latest_first.descending = true;
    latest_first.limit = count;
    auto latest = values_among(rows, latest_first).items;
    std::ranges::reverse(latest);
    return latest;
}

}  // namespace

std::map<es::StreamId, kpi::MetricDocument> MemoryMetricViews::load(
    const std::vector<es::StreamId>& ids) {
    const std::lock_guard lock(mutex_);
    std::map<es::StreamId, kpi::MetricDocument> documents;
    for (const auto& id : ids) {
        const auto found = metrics_.find(id);
        if (found != metrics_.end()) documents.emplace(id, found->second.document);
    }
    return documents;
}

std::vector<es::StreamId> MemoryMetricViews::save(const es::ViewSave<kpi::MetricView>& save) {
    const std::lock_guard lock(mutex_);
    std::vector<es::StreamId> stale;
    for (const auto& change : save.changes) {
        if (!save_one(change)) stale.push_back(change.id);
    }
    for (const auto& parked : save.parked) parked_[parked.stream] = parked;
    for (const auto& parked : save.unparked) {
        const auto found = parked_.find(parked.stream);
        if (found != parked_.end() && found->second.version == parked.version) parked_.erase(found);
    }
    if (!stale.empty()) return stale;
    for (const auto& [partition, checkpoint] : save.checkpoints) {
        checkpoints_[partition] = checkpoint;
    }
    return stale;
}

// False: the stored document has another version than the one the change was folded on.
bool MemoryMetricViews::save_one(const Change& change) {
    if (change.replaces) {
        metrics_.erase(change.id);
        if (change.document.version == 0) return true;
    }
    const auto found = metrics_.find(change.id);
    const es::Version stored = found != metrics_.end() ? found->second.document.version : 0;
    if (stored >= change.document.version) return true;  // saved before: a repeat
    if (stored != change.loaded && !change.replaces) return false;
    Stored& metric = metrics_[change.id];
    if (metric.edition == 0) metric.edition = ++editions_;
    metric.document = change.document;
    for (const auto& row : change.rows) metric.rows.insert_or_assign(row.version, row);
    for (const es::Version version : change.removed_rows) metric.rows.erase(version);
    return true;
}

es::Checkpoints MemoryMetricViews::checkpoints() {
    const std::lock_guard lock(mutex_);
    return checkpoints_;
}

std::vector<es::Parked> MemoryMetricViews::parked() {
    const std::lock_guard lock(mutex_);
    std::vector<es::Parked> all;
    all.reserve(parked_.size());
    for (const auto& [id, parked] : parked_) all.push_back(parked);
    return all;
}

std::optional<kpi::ViewStamp> MemoryMetricViews::stamp(const kpi::MetricId& id) {
    const std::lock_guard lock(mutex_);
    const auto found = metrics_.find(id);
    if (found == metrics_.end()) return std::nullopt;
    return kpi::ViewStamp{0, found->second.edition, found->second.document.version};
}

std::optional<kpi::WholeMetric> MemoryMetricViews::find(const kpi::MetricId& id) {
    const std::lock_guard lock(mutex_);
    return whole(id);
}

std::vector<kpi::WholeMetric> MemoryMetricViews::find_all(const std::vector<kpi::MetricId>& ids) {
    const std::lock_guard lock(mutex_);
    std::vector<kpi::WholeMetric> all;
    for (const auto& id : ids) {
        if (auto metric = whole(id)) all.push_back(*std::move(metric));
    }
    return all;
}

std::optional<kpi::WholeMetric> MemoryMetricViews::whole(const kpi::MetricId& id) const {
    const auto found = metrics_.find(id);
    if (found == metrics_.end()) return std::nullopt;
    const Stored& stored = found->second;
    kpi::WholeMetric metric{id, stored.document, {}};
    for (const auto& [version, row] : std::views::reverse(stored.rows)) {
        if (metric.values.size() == kpi::document_values_max) break;
        if (row.counts()) metric.values.push_back(*row.value());
    }
    std::ranges::reverse(metric.values);
    return metric;
}

// Of those that match, the first limit + 1 are kept on the way: a heap, the last of them on top.
kpi::ListPage MemoryMetricViews::list(const ListQuery& query) {
    using Found = std::pair<ListPosition, const Stored*>;
    const auto is_before = [&](const Found& a, const Found& b) {
        return before(query, a.first, b.first);
    };
    const std::lock_guard lock(mutex_);
    std::vector<Found> found;
    for (const auto& [id, stored] : metrics_) {
        if (!kpi::matches(query.filter, stored.document, query.now)) continue;
        ListPosition place{kpi::sort_key(stored.document, id, query.sort), id};
        if (query.after && !before(query, *query.after, place)) continue;
        found.emplace_back(std::move(place), &stored);
        std::ranges::push_heap(found, is_before);
        if (found.size() - 1 <= query.limit) continue;
        std::ranges::pop_heap(found, is_before);
        found.pop_back();
    }
    std::ranges::sort_heap(found, is_before);
    kpi::ListPage page;
    page.more = kpi::cut(found, query.limit);
    for (const auto& [place, stored] : found) {
        page.items.push_back(
            {place.id, stored->document, latest_by_date(stored->rows, query.recent)});
    }
    return page;
}

std::pair<std::vector<kpi::MetricId>, bool> MemoryMetricViews::list_ids(const ListQuery& query) {
    const kpi::ListPage page = list(query);
    std::vector<kpi::MetricId> ids;
    ids.reserve(page.items.size());
    for (const auto& item : page.items) ids.push_back(item.id);
    return {std::move(ids), page.more};
}

std::optional<kpi::ValuesPage> MemoryMetricViews::values(const ValuesQuery& query) {
    const std::lock_guard lock(mutex_);
    const auto found = metrics_.find(query.id);
    if (found == metrics_.end()) return std::nullopt;
    return values_among(found->second.rows, query);
}

std::optional<kpi::ChangesPage> MemoryMetricViews::changes(const kpi::ChangesQuery& query) {
    const std::lock_guard lock(mutex_);
    const auto found = metrics_.find(query.id);
    if (found == metrics_.end()) return std::nullopt;
    kpi::ChangesPage page;
    for (const auto& [version, row] : std::views::reverse(found->second.rows)) {
        if (row.change() == nullptr || (query.before && version >= *query.before)) continue;
        page.items.push_back(*row.change());
    }
    page.more = kpi::cut(page.items, query.limit);
    return page;
}

}  // namespace views
