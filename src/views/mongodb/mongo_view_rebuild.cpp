#include "views/mongodb/mongo_view_rebuild.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/uuid.hpp"
#include "es/errors.hpp"
#include "views/mongodb/database.hpp"
#include "views/mongodb/metric_document.hpp"
#include "views/mongodb/parked_streams.hpp"
#include "views/mongodb/projector_lease.hpp"
#include "views/mongodb/view_identity.hpp"
#include "views/mongodb/view_mender.hpp"
#include "views/mongodb/view_questions.hpp"

namespace views {
namespace {

using namespace mongodb;

// So many parts of the directory are read beside each other.
constexpr std::size_t workers = 8;
// What is stored of so many metrics is asked for together.
constexpr std::size_t metrics_at_once = 100;
constexpr const char* rebuild_id = "rebuild";
// More views than this that are behind are not just late.
constexpr std::size_t late_views_max = 1'000;

// Runs one function on several threads; the first exception of any ends the others and is thrown.
class Crew {
public:
    explicit Crew(std::function<bool()> stop) : stop_(std::move(stop)) {}

    [[nodiscard]] bool stopping() const { return failed_ || (stop_ && stop_()); }

    void run(const std::function<void(std::size_t)>& work) {
        {
            std::vector<std::jthread> threads;
            threads.reserve(workers);
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
    Impl(MongoOptions mongo, std::string source, es::EventStore& events,
         es::StreamDirectory& directory)
        : source_(std::move(source)),
          database_(std::move(mongo)),
          mender_(database_, events),
          directory_(directory) {}

    bool build(const es::CatchUpOptions& options) {
        Seen seen;
        load_parked();
        look_for_mended();
        const auto mend = [&](const kpi::MetricId& id, StoredView& view) {
            note(id, mender_.mend(id, std::move(view)));
        };
        begin_run();
        make_view_indexes(database_);
        const auto remove = [this](const BsonView& document) {
            const Bson whole = document.copy();
            database_.remove(metrics_collection, Bson().same("_id", whole.get()));
        };
        const bool done = each_stream(options, seen, mend) &&
                          each_other(options, seen, mend, remove) &&
                          each_without_document(options, seen, mend) &&
                          each_parked_meanwhile(options, seen, mend);
        if (done) finish_run();
        return done;
    }

    kpi::ViewCheck check(const es::CatchUpOptions& options) {
        kpi::ViewCheck result;
        Seen seen;
        load_parked();
        result.parked = parked_.size();
        std::mutex mutex;
        LateViews late;
        const auto compare = [&](const kpi::MetricId& id, const StoredView& view) {
            const auto comparison = mender_.compare(id, view);
            const std::lock_guard lock(mutex);
            if (comparison.is_view) ++result.metrics;
            result.values += comparison.values;
            if (comparison.is_late) late.emplace(id, *comparison.is_late);
            for (const auto& what : comparison.differences) result.add(id, what);
        };
        const auto add_nameless = [&](const BsonView&) {
            result.add("", "a document whose _id is no text");
        };
        result.stopped = !each_stream(options, seen, compare) ||
                         !each_other(options, seen, compare, add_nameless) ||
                         !each_without_document(options, seen, compare);
        if (!result.stopped) wait_for_views(late, options);
        for (const auto& [id, version] : late) {
            result.add(id, kpi::lateness(version == 1 ? 0 : version, version));
        }
        return result;
    }

    bool build_one(const kpi::MetricId& id) {
        load_parked();
        const FoldedView fold = mender_.mend(id, std::move(mender_.stored({id}).at(id)));
        try {
            note(id, fold);
        } catch (...) {
            tell_if_mended();
            throw;
        }
        mended_ = true;
        tell_if_mended();
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
    using OnMetric = std::function<void(const kpi::MetricId&, StoredView&)>;

    // Versions that views should have.
    using LateViews = std::map<kpi::MetricId, es::Version>;

    // False when it was stopped.
    bool each_stream(const es::CatchUpOptions& options, Seen& seen, const OnMetric& work) {
        Crew crew(options.stop);
        crew.run([&](std::size_t i) {
            std::string from;
            do {
                const es::StreamPage page = directory_.page(i, workers, from);
                if (!each_of(page.ids, options, seen, work, crew)) return;
                from = page.next;
            } while (!from.empty() && !crew.stopping());
        });
        return !crew.stopping();
    }

    // Metrics that have a document and were not in the directory; and documents of no metric.
    bool each_other(const es::CatchUpOptions& options, Seen& seen, const OnMetric& work,
                    const std::function<void(const BsonView&)>& on_nameless) {
        std::vector<kpi::MetricId> others;
        const Bson id_alone = Bson().document("projection", Bson().integer("_id", 1));
        database_.find(metrics_collection, {}, id_alone, [&](const BsonView& document) {
            auto id = document.text("_id");
            if (!id) return on_nameless(document);
            if (!seen.contains(*id)) others.push_back(*std::move(id));
        });
        return each_at_once(others, options, seen, work);
    }

    // Metrics that have rows, and were neither in the directory nor have a document.
    bool each_without_document(const es::CatchUpOptions& options, Seen& seen,
                               const OnMetric& work) {
        std::unordered_set<kpi::MetricId> orphans;
        kpi::MetricId last;
        const Bson metric_alone = Bson().document("projection", Bson().integer("metric", 1));
        database_.find(values_collection, {}, metric_alone, [&](const BsonView& row) {
            auto metric = row.text("metric").value_or("");
            if (metric == last) return;
            last = std::move(metric);
            if (!seen.contains(last)) orphans.insert(last);
        });
        return each_at_once({orphans.begin(), orphans.end()}, options, seen, work);
    }

    // Who projects with an older program may have parked them after they were looked at, or before
    // that and after the start.
    bool each_parked_meanwhile(const es::CatchUpOptions& options, Seen& seen,
                               const OnMetric& work) {
        const auto before = parked_;
        load_parked();
        std::vector<kpi::MetricId> ids;
        for (const auto& [id, parked] : parked_) {
            const auto known = before.find(id);
            if (known == before.end() || known->second != parked) ids.push_back(id);
        }
        return each_at_once(ids, options, seen, work);
    }

    // On all threads.
    bool each_at_once(const std::vector<kpi::MetricId>& ids, const es::CatchUpOptions& options,
                      Seen& seen, const OnMetric& work) {
        std::atomic<std::size_t> next = 0;
        Crew crew(options.stop);
        crew.run([&](std::size_t) {
            for (std::size_t from = next.fetch_add(metrics_at_once); from < ids.size();
                 from = next.fetch_add(metrics_at_once)) {
                const auto some = std::span(ids).subspan(from).first(
                    std::min(metrics_at_once, ids.size() - from));
                if (!each_of(some, options, seen, work, crew)) return;
            }
        });
        return !crew.stopping();
    }

    bool each_of(std::span<const kpi::MetricId> ids, const es::CatchUpOptions& options, Seen& seen,
                 const OnMetric& work, const Crew& crew) {
        while (!ids.empty()) {
            const auto first = ids.first(std::min(metrics_at_once, ids.size()));
            ids = ids.subspan(first.size());
            const std::vector<kpi::MetricId> some(first.begin(), first.end());
            try {
                for (auto& [id, view] : mender_.stored(some)) {
                    if (crew.stopping()) break;
                    work(id, view);
                }
            } catch (...) {
                tell_if_mended();
                throw;
            }
            tell_if_mended();
            if (crew.stopping()) return false;
            seen.add(some, options);
        }
        return true;
    }

    // Leaves those that don't get so far soon: the events of others were recorded a moment ago, or
    // are parked.
    void wait_for_views(LateViews& late, const es::CatchUpOptions& options) {
        const auto until = std::chrono::steady_clock::now() + kpi::view_patience;
        const auto is_parked = [this](const auto& one) { return parked_.contains(one.first); };
        for (;;) {
            load_parked();
            std::erase_if(late, is_parked);
            drop_those_there(late);
            if (late.empty() || late.size() > late_views_max ||
                std::chrono::steady_clock::now() >= until || (options.stop && options.stop())) {
                return;
            }
            std::this_thread::sleep_for(kpi::view_look_every);
        }
    }

    void drop_those_there(LateViews& late) {
        std::vector<kpi::MetricId> ids;
        for (const auto& [id, version] : late) ids.push_back(id);
        for (std::size_t from = 0; from < ids.size(); from += metrics_at_once) {
            const auto some =
                std::span(ids).subspan(from).first(std::min(metrics_at_once, ids.size() - from));
            const Bson among = Bson().texts("$in", {some.begin(), some.end()});
            database_.find(metrics_collection, Bson().document("_id", among),
                           Bson().document("projection", Bson().integer("version", 1)),
                           [&](const BsonView& found) {
                               const auto one = late.find(found.text("_id").value_or(""));
                               if (one == late.end()) return;
                               if (found.integer("version").value_or(1) >= one->second) {
                                   late.erase(one);
                               }
                           });
        }
    }

    void load_parked() {
        parked_.clear();
        database_.find(parked_collection, still_parked(), {}, [&](const BsonView& entry) {
            auto parked = parked_in(entry);
            parked_.emplace(parked.stream, std::move(parked));
        });
    }

    // Parks and un-parks as the fold says.
    void note(const kpi::MetricId& id, const FoldedView& fold) {
        if (fold.parked) {
            database_.write(parked_collection, {park(*fold.parked)});
            return;
        }
        const auto was = parked_.find(id);  // not changed while several threads ask
        if (was == parked_.end()) return;
        try {
            database_.write(parked_collection, {mark_mended(was->second)});
        } catch (const es::Unavailable&) {
            mended_ = true;  // it may have been written all the same
            throw;
        }
        mended_ = true;
        // Those who are pushed their events have passed over what was recorded until now, and don't
        // look again.
        const FoldedView again = mender_.mend(id, std::move(mender_.stored({id}).at(id)));
        if (again.parked) database_.write(parked_collection, {park(*again.parked)});
    }

    // A rebuild that was killed may not have told of what it mended.
    void look_for_mended() {
        const Bson filter = Bson().boolean("mended", true);
        if (database_.find_one(parked_collection, filter)) mended_ = true;
    }

    // Whoever projects then tries all parked metrics again: not for each one. Until it is told it
    // passes over the events of what is marked as mended, which nobody sees as parked any more.
    void tell_if_mended() {
        if (!mended_.exchange(false)) return;
        try {
            tell_mended(database_);
        } catch (const es::Unavailable&) {
            mended_ = true;
            throw;
        }
    }

    // The run's document goes with the database when that is emptied, and with it what was rebuilt
    // until then. Rebuilds at the same time share it, and so does the next one when one was killed.
    void begin_run() {
        const Bson id = Bson().text("_id", rebuild_id);
        Bson of_others = Bson().text("_id", rebuild_id);
        of_others.document("source", Bson().text("$ne", source_));
        database_.remove(state_collection, of_others);
        for (;;) {
            if (const auto found = database_.find_one(state_collection, id)) {
                own_run_ = Bson().text("_id", rebuild_id).same("run", found->get());
                return;
            }
            Bson run = Bson().text("_id", rebuild_id).text("run", base::random_uuid());
            database_.insert_one(state_collection, run.text("source", source_));
        }
    }

    void finish_run() {
        if (database_.find_one(state_collection, own_run_)) {
            declare_views_complete(database_, source_);
            database_.remove(state_collection, own_run_);
            return;
        }
        // Another rebuild that shared the document has ended before this one, or:
        if (!views_generation(database_, source_)) {
            throw es::Unavailable("the views were removed while they were rebuilt");
        }
    }

    const std::string source_;
    Database database_;
    ViewMender mender_;
    es::StreamDirectory& directory_;

    std::unordered_map<kpi::MetricId, es::Parked> parked_;  // at the start
    Bson own_run_;                                          // finds the run's document
    std::atomic<bool> mended_ = false;                      // parked metrics, which is to be told
};

MongoViewRebuild::MongoViewRebuild(MongoOptions mongo, std::string source, es::EventStore& events,
                                   es::StreamDirectory& directory)
    : impl_(std::make_unique<Impl>(std::move(mongo), std::move(source), events, directory)) {}
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

}  // namespace views
