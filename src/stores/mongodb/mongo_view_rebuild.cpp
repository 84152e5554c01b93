#include "stores/mongodb/mongo_view_rebuild.hpp"

#include <atomic>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "es/errors.hpp"
#include "stores/mongodb/database.hpp"
#include "stores/mongodb/metric_document.hpp"
#include "stores/mongodb/mongo_metric_views.hpp"
#include "stores/mongodb/projector_lease.hpp"
#include "stores/mongodb/view_mender.hpp"

namespace stores {
namespace {

using namespace mongodb;

// So many parts of the directory are read beside each other.
constexpr std::size_t workers = 8;
// A rebuild that was stopped is gone on with for so long; later everything is looked at again.
constexpr std::chrono::hours resumed_within{23};
constexpr const char* rebuild_id = "rebuild";

// Runs one function on several threads; the first exception of any ends the others and is thrown.
class Crew {
public:
    explicit Crew(std::function<bool()> stop) : stop_(std::move(stop)) {}

    [[nodiscard]] bool stopping() const { return failed_ || (stop_ && stop_()); }

    void run(const std::function<void(std::size_t)>& work) {
        {
            std::vector<std::jthread> threads;
            for (std::size_t i = 0; i < workers; ++i) {
                threads.emplace_back([this, &work, i] {
                    try {
                        work(i);
                    } catch (const std::exception&) {
                        const std::lock_guard lock(mutex_);
                        if (!failed_.exchange(true)) failure_ = std::current_exception();
                    }
                });
            }
        }
        if (failure_) std::rethrow_exception(failure_);
    }

private:
    const std::function<bool()> stop_;
    std::mutex mutex_;
    std::atomic<bool> failed_ = false;
    std::exception_ptr failure_;
};

}  // namespace

class MongoViewRebuild::Impl {
public:
    Impl(MongoOptions mongo, std::string source, std::string feed, es::EventStore& events,
         es::StreamDirectory& directory)
        : mongo_(std::move(mongo)),
          source_(std::move(source)),
          feed_(std::move(feed)),
          database_(mongo_),
          mender_(database_, events),
          directory_(directory) {}

    bool build(const es::CatchUpOptions& options) {
        Seen seen;
        load_parked();
        const auto mend = [&](const kpi::MetricId& id) { note(id, mender_.mend(id)); };
        resume();
        const bool done = each_stream(options, seen, mend, true) &&
                          each_other(options, seen, mend) && remove_orphan_rows(options, seen);
        if (unparked_) tell_mended(database_);
        if (!done) return false;
        MongoMetricViews({.mongo = mongo_, .source = source_}).declare_complete();
        database_.remove(state_collection, Bson().text("_id", rebuild_id));
        return true;
    }

    kpi::ViewCheck check(const es::CatchUpOptions& options) {
        kpi::ViewCheck result;
        Seen seen;
        load_parked();
        result.parked = parked_.size();
        std::mutex mutex;
        const auto compare = [&](const kpi::MetricId& id) {
            const auto comparison = mender_.compare(id);
            const std::lock_guard lock(mutex);
            if (comparison.is_view) ++result.metrics;
            result.values += comparison.values;
            if (!comparison.is_view && parked_.contains(id)) return;  // parked at its first event
            for (const auto& what : comparison.differences) result.add(id, what);
        };
        begin_afresh();
        result.stopped =
            !each_stream(options, seen, compare, false) || !each_other(options, seen, compare);
        return result;
    }

    bool build_one(const kpi::MetricId& id) {
        load_parked();
        const FoldedView fold = mender_.mend(id);
        note(id, fold);
        tell_mended(database_);
        return fold.document || fold.parked;
    }

private:
    // The metrics that were looked at; and how many.
    struct Seen {
        std::mutex mutex;
        std::unordered_set<kpi::MetricId> ids;
        std::uint64_t count = 0;

        void add(const std::vector<kpi::MetricId>& more, const es::CatchUpOptions& options) {
            const std::lock_guard lock(mutex);
            ids.insert(more.begin(), more.end());
            count += more.size();
            if (options.on_progress) options.on_progress(count);
        }
        bool contains(const kpi::MetricId& id) {
            const std::lock_guard lock(mutex);
            return ids.contains(id);
        }
    };
    using OnMetric = std::function<void(const kpi::MetricId&)>;

    struct Part {
        std::string next;
        bool done = false;
    };

    // False when it was stopped.
    bool each_stream(const es::CatchUpOptions& options, Seen& seen, const OnMetric& work,
                     bool resumable) {
        Crew crew(options.stop);
        crew.run([&](std::size_t i) {
            Part& part = parts_[i];
            while (!part.done && !crew.stopping()) {
                const es::StreamPage page = directory_.page(i, workers, part.next);
                for (const auto& id : page.ids) {
                    if (crew.stopping()) return;
                    work(id);
                }
                seen.add(page.ids, options);
                const std::lock_guard lock(parts_mutex_);
                part = {page.next, page.next.empty()};
                if (resumable) save_parts();
            }
        });
        return !crew.stopping();
    }

    // Metrics that have a document and were not in the directory.
    bool each_other(const es::CatchUpOptions& options, Seen& seen, const OnMetric& work) {
        std::vector<kpi::MetricId> others;
        const Bson id_alone = Bson().document("projection", Bson().integer("_id", 1));
        database_.find(metrics_collection, {}, id_alone, [&](const BsonView& document) {
            auto id = id_in(document);
            if (!seen.contains(id)) others.push_back(std::move(id));
        });
        std::atomic<std::size_t> next = 0;
        Crew crew(options.stop);
        crew.run([&](std::size_t) {
            for (std::size_t i = next++; i < others.size() && !crew.stopping(); i = next++) {
                work(others[i]);
                seen.add({others[i]}, options);
            }
        });
        return !crew.stopping();
    }

    // Rows of metrics that have neither events nor a document any more.
    bool remove_orphan_rows(const es::CatchUpOptions& options, Seen& seen) {
        std::unordered_set<kpi::MetricId> orphans;
        kpi::MetricId last;
        const Bson metric_alone = Bson().document("projection", Bson().integer("metric", 1));
        database_.find(values_collection, {}, metric_alone, [&](const BsonView& row) {
            auto metric = row.text("metric").value_or("");
            if (metric == last) return;
            last = std::move(metric);
            if (!seen.contains(last)) orphans.insert(last);
        });
        for (const auto& id : orphans) {
            if (options.stop && options.stop()) return false;
            note(id, mender_.mend(id));
        }
        return true;
    }

    void load_parked() {
        parked_.clear();
        database_.find(parked_collection, {}, {},
                       [&](const BsonView& entry) { parked_.insert(id_in(entry)); });
    }

    // Parks and un-parks as the fold says.
    void note(const kpi::MetricId& id, const FoldedView& fold) {
        const bool was_parked = parked_.contains(id);  // not changed while several threads ask
        if (fold.parked) {
            database_.write(parked_collection, {{Write::Kind::put, Bson().text("_id", id),
                                                 Bson()
                                                     .text("_id", id)
                                                     .integer("version", fold.parked->version)
                                                     .text("reason", fold.parked->reason)}});
        } else if (was_parked) {
            database_.remove(parked_collection, Bson().text("_id", id));
            unparked_ = true;
        }
    }

    void begin_afresh() {
        parts_.assign(workers, Part());
        started_ = base::system_now();
    }

    // Goes on where an earlier rebuild was stopped.
    void resume() {
        begin_afresh();
        const auto found = database_.find_one(
            state_collection,
            Bson().text("_id", rebuild_id).text("source", source_).text("feed", feed_));
        if (!found) return;
        const BsonView earlier(found->get());
        const auto started = earlier.time("started");
        const auto parts = earlier.documents("parts");
        if (!started || *started + resumed_within < started_ || !parts ||
            parts->size() != workers) {
            return;
        }
        started_ = *started;
        for (std::size_t i = 0; i < workers; ++i) {
            const BsonView part((*parts)[i].get());
            parts_[i] = {part.text("next").value_or(""), part.boolean("done").value_or(false)};
        }
    }

    void save_parts() {
        std::vector<Bson> parts;
        for (const Part& part : parts_) {
            parts.push_back(Bson().text("next", part.next).boolean("done", part.done));
        }
        database_.write(state_collection, {{Write::Kind::put, Bson().text("_id", rebuild_id),
                                            Bson()
                                                .text("_id", rebuild_id)
                                                .text("source", source_)
                                                .text("feed", feed_)
                                                .time("started", started_)
                                                .array("parts", parts)}});
    }

    const MongoOptions mongo_;
    const std::string source_;
    const std::string feed_;
    Database database_;
    ViewMender mender_;
    es::StreamDirectory& directory_;

    std::unordered_set<kpi::MetricId> parked_;  // at the start
    std::atomic<bool> unparked_ = false;        // one of them is parked no more
    std::mutex parts_mutex_;
    std::vector<Part> parts_;
    base::TimePoint started_;
};

MongoViewRebuild::MongoViewRebuild(MongoOptions mongo, std::string source, std::string feed,
                                   es::EventStore& events, es::StreamDirectory& directory)
    : impl_(std::make_unique<Impl>(std::move(mongo), std::move(source), std::move(feed), events,
                                   directory)) {}
MongoViewRebuild::~MongoViewRebuild() = default;

bool MongoViewRebuild::build(const es::CatchUpOptions& options) {
    return impl_->build(options);
}
kpi::ViewCheck MongoViewRebuild::check(const es::CatchUpOptions& options) {
    return impl_->check(options);
}
bool MongoViewRebuild::build_one(const kpi::MetricId& id) {
    return impl_->build_one(id);
}

}  // namespace stores
