#include "views/sqlite/sqlite_metric_views.hpp"

#include "es/errors.hpp"
#include "views/sqlite/view_folder.hpp"
#include "views/sqlite/view_queries.hpp"
#include "views/sqlite/views_owner.hpp"

namespace views {

class SqliteMetricViews::Impl {
public:
    Impl(const std::filesystem::path& folder, SqliteMetricViewsOptions options) : readers_(folder) {
        if (options.writer) {
            owner_ = std::make_unique<sqlite::ViewsOwner>(folder, std::move(options));
        } else {
            refuse_newer_format();
        }
    }

    std::vector<es::StreamId> save(const es::ViewSave<kpi::MetricView>& save) {
        if (!owner_) throw es::Unavailable("These views are open for reading only.");
        return owner_->save(save);
    }

    es::Upkeep upkeep(const std::function<bool()>& stop) {
        return owner_ ? owner_->upkeep(stop) : es::Upkeep();
    }
    void rebuilt(const es::StreamId& id) {
        if (owner_) owner_->rebuilt(id);
    }

    // The result of `work(queries)` on what is written here; for others, on the file in force.
    template <class Work>
    auto ask_own(Work work) {
        const auto next = owner_ ? owner_->next_readers() : nullptr;
        if (!next) return ask(work);
        try {
            return next->use(work);
        } catch (const es::sqlite::Error& error) {
            throw es::Unavailable(error.what());
        }
    }

    // The result of `work(queries)` on the file in force.
    template <class Work>
    auto ask(Work work) {
        auto readers = readers_.now();
        try {
            return readers->use(work);
        } catch (const es::sqlite::Error& error) {
            // The file may have been replaced between the look and the opening.
            if (auto fresh = readers_.now(); fresh != readers) return ask_again(*fresh, work);
            if (owner_) owner_->note(error);
            throw es::Unavailable(error.what());
        } catch (const es::Unusable& error) {
            throw es::Unavailable(error.what());
        }
    }

private:
    template <class Work>
    auto ask_again(es::sqlite::Pool<sqlite::ViewQueries>& readers, Work work) {
        try {
            return readers.use(work);
        } catch (const es::sqlite::Error& error) {
            throw es::Unavailable(error.what());
        }
    }

    void refuse_newer_format() {
        try {
            readers_.now()->use([](sqlite::ViewQueries&) { return true; });
        } catch (const es::Unavailable&) {
            // There may be views later.
        } catch (const es::sqlite::Error&) {
        }
    }

    sqlite::ViewReaders readers_;
    std::unique_ptr<sqlite::ViewsOwner> owner_;  // a writer's
};

SqliteMetricViews::SqliteMetricViews(const std::filesystem::path& folder,
                                     SqliteMetricViewsOptions options)
    : impl_(std::make_unique<Impl>(folder, std::move(options))) {}

SqliteMetricViews::~SqliteMetricViews() = default;

std::map<es::StreamId, kpi::MetricDocument> SqliteMetricViews::load(
    const std::vector<es::StreamId>& ids) {
    return impl_->ask_own([&](sqlite::ViewQueries& queries) { return queries.load(ids); });
}

std::vector<es::StreamId> SqliteMetricViews::save(const es::ViewSave<kpi::MetricView>& save) {
    return impl_->save(save);
}

es::Checkpoints SqliteMetricViews::checkpoints() {
    return impl_->ask_own([](sqlite::ViewQueries& queries) { return queries.checkpoints(); });
}

std::vector<es::Parked> SqliteMetricViews::parked() {
    return impl_->ask_own([](sqlite::ViewQueries& queries) { return queries.parked(); });
}

std::optional<es::Parked> SqliteMetricViews::parked_entry(const es::StreamId& id) {
    return impl_->ask([&](sqlite::ViewQueries& queries) { return queries.parked_entry(id); });
}

es::Upkeep SqliteMetricViews::upkeep(const std::function<bool()>& stop) {
    return impl_->upkeep(stop);
}

void SqliteMetricViews::rebuilt(const es::StreamId& id) {
    impl_->rebuilt(id);
}

std::optional<kpi::ViewStamp> SqliteMetricViews::stamp(const kpi::MetricId& id) {
    return impl_->ask([&](sqlite::ViewQueries& queries) { return queries.stamp(id); });
}

std::optional<kpi::WholeMetric> SqliteMetricViews::find(const kpi::MetricId& id) {
    return impl_->ask([&](sqlite::ViewQueries& queries) { return queries.find(id); });
}

std::vector<kpi::WholeMetric> SqliteMetricViews::find_all(const std::vector<kpi::MetricId>& ids) {
    return impl_->ask([&](sqlite::ViewQueries& queries) { return queries.find_all(ids); });
}

kpi::ListPage SqliteMetricViews::list(const kpi::ListQuery& query) {
    return impl_->ask([&](sqlite::ViewQueries& queries) { return queries.list(query); });
}

std::pair<std::vector<kpi::MetricId>, bool> SqliteMetricViews::list_ids(
    const kpi::ListQuery& query) {
    return impl_->ask([&](sqlite::ViewQueries& queries) { return queries.list_ids(query); });
}

std::optional<kpi::ValuesPage> SqliteMetricViews::values(const kpi::ValuesQuery& query) {
    return impl_->ask([&](sqlite::ViewQueries& queries) { return queries.values(query); });
}

}  // namespace views
