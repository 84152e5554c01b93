#include "views/sqlite/sqlite_metric_views.hpp"

#include "es/errors.hpp"
#include "views/sqlite/view_folder.hpp"
#include "views/sqlite/view_queries.hpp"
#include "views/sqlite/views_owner.hpp"

namespace views {
namespace {

using es::sqlite::or_unavailable;
using sqlite::ViewQueries;

void refuse_newer_format(sqlite::ViewReaders& readers) {
    try {
        readers.now()->use([](ViewQueries&) { return true; });
    } catch (const es::Unavailable&) {
        // There may be views later.
    } catch (const es::sqlite::Error&) {
    }
}

}  // namespace

SqliteMetricViews::SqliteMetricViews(const std::filesystem::path& folder,
                                     SqliteMetricViewsOptions options)
    : readers_(std::make_unique<sqlite::ViewReaders>(folder, options.list_index)) {
    if (options.writer) {
        owner_ = std::make_unique<sqlite::ViewsOwner>(folder, std::move(options));
    } else {
        refuse_newer_format(*readers_);
    }
}

SqliteMetricViews::~SqliteMetricViews() = default;

template <class Work>
auto SqliteMetricViews::ask(Work work) {
    auto readers = readers_->now();
    try {
        return readers->use(work);
    } catch (const es::sqlite::Error& error) {
        // The file may have been replaced between the look and the opening.
        if (auto fresh = readers_->now(); fresh != readers) {
            return or_unavailable([&] { return fresh->use(work); });
        }
        if (owner_) owner_->note(error);
        throw es::Unavailable(error.what());
    } catch (const es::Unusable& error) {
        throw es::Unavailable(error.what());
    }
}

template <class Work>
auto SqliteMetricViews::ask_own(Work work) {
    const auto next = owner_ ? owner_->next_readers() : nullptr;
    return next ? or_unavailable([&] { return next->use(work); }) : ask(work);
}

std::map<es::StreamId, kpi::MetricDocument> SqliteMetricViews::load(
    const std::vector<es::StreamId>& ids) {
    return ask_own([&](ViewQueries& queries) { return queries.load(ids); });
}

std::vector<es::StreamId> SqliteMetricViews::save(const es::ViewSave<kpi::MetricView>& save) {
    if (!owner_) throw es::Unavailable("These views are open for reading only.");
    return owner_->save(save);
}

es::Checkpoints SqliteMetricViews::checkpoints() {
    return ask_own([](ViewQueries& queries) { return queries.checkpoints(); });
}

std::vector<es::Parked> SqliteMetricViews::parked() {
    return ask_own([](ViewQueries& queries) { return queries.parked(); });
}

std::optional<es::Parked> SqliteMetricViews::parked_entry(const es::StreamId& id) {
    return ask([&](ViewQueries& queries) { return queries.parked_entry(id); });
}

es::Upkeep SqliteMetricViews::upkeep(const std::function<bool()>& stop) {
    return owner_ ? owner_->upkeep(stop) : es::Upkeep();
}

void SqliteMetricViews::rebuilt(const es::StreamId& id) {
    if (owner_) owner_->rebuilt(id);
}

std::optional<kpi::ViewStamp> SqliteMetricViews::stamp(const kpi::MetricId& id) {
    return ask([&](ViewQueries& queries) { return queries.stamp(id); });
}

std::optional<kpi::WholeMetric> SqliteMetricViews::find(const kpi::MetricId& id) {
    return ask([&](ViewQueries& queries) { return queries.find(id); });
}

std::vector<kpi::WholeMetric> SqliteMetricViews::find_all(const std::vector<kpi::MetricId>& ids) {
    return ask([&](ViewQueries& queries) { return queries.find_all(ids); });
}

kpi::ListPage SqliteMetricViews::list(const kpi::ListQuery& query) {
    return ask([&](ViewQueries& queries) { return queries.list(query); });
}

std::pair<std::vector<kpi::MetricId>, bool> SqliteMetricViews::list_ids(
    const kpi::ListQuery& query) {
    return ask([&](ViewQueries& queries) { return queries.list_ids(query); });
}

kpi::MetricSummary SqliteMetricViews::summary(const kpi::MetricFilter& filter, es::TimePoint now) {
    return ask([&](ViewQueries& queries) { return queries.summary(filter, now); });
}

std::optional<kpi::ValuesPage> SqliteMetricViews::values(const kpi::ValuesQuery& query) {
    return ask([&](ViewQueries& queries) { return queries.values(query); });
}

std::optional<kpi::ChangesPage> SqliteMetricViews::changes(const kpi::ChangesQuery& query) {
    return ask([&](ViewQueries& queries) { return queries.changes(query); });
}

bool SqliteMetricViews::visit_values(const kpi::MetricId& id, kpi::ValuesVisitor& visitor) {
    return ask([&](ViewQueries& queries) { return queries.visit_values(id, visitor); });
}

}  // namespace views
