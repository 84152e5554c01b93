#include "views/mongodb/mongo_metric_views.hpp"

#include <algorithm>
#include <atomic>
#include <unordered_map>
#include <utility>

#include "es/errors.hpp"
#include "views/mongodb/database.hpp"
#include "views/mongodb/metric_document.hpp"
#include "views/mongodb/parked_streams.hpp"
#include "views/mongodb/projector_lease.hpp"
#include "views/mongodb/view_completion.hpp"
#include "views/mongodb/view_queries.hpp"
#include "views/mongodb/view_saver.hpp"

namespace views {
namespace {

using namespace mongodb;
using std::chrono::steady_clock;

// How often the active projector looks for changes by others.
constexpr std::chrono::milliseconds look_every{500};
constexpr std::size_t versions_at_once_max = 200;
// Documents whose fields are checked, and documents that are folded again, between two batches of
// events.
constexpr std::int64_t looked_at_once = 1'000;
constexpr std::size_t lacking_at_once = 50;
constexpr const char* lease_lost = "another projector has taken over, or the views are gone";

Bson id_filter(const es::StreamId& id) {
    return Bson().text("_id", id).integer("schema", document_schema);
}

kpi::WholeMetric whole_in(const BsonView& stored) {
    return {id_in(stored), document_in(stored), values_in(stored)};
}

// Turns Corrupt into Unavailable: views that can't be read are rebuilt.
template <class Work>
auto readable(Work work) {
    try {
        return work();
    } catch (const es::Corrupt& error) {
        throw es::Unavailable(std::string(error.what()) +
                              "; `yardstick rebuild` repairs the views");
    }
}

class MongoMetricViews : public kpi::MetricViews {
public:
    explicit MongoMetricViews(MongoMetricViewsOptions options)
        : options_(std::move(options)), database_(options_.mongo), saver_(database_) {
        if (options_.writer && options_.leased) lease_.emplace(database_, options_.lease_time);
    }

    // --- A writer's ---

    std::map<es::StreamId, kpi::MetricDocument> load(
        const std::vector<es::StreamId>& ids) override {
        if (ids.empty()) return {};
        return readable([&] { return saver_.load(ids); });
    }

    // Rows, documents, parked streams, checkpoints, in this order. Checkpoints are moved only while
    // the lease is held. A writer without a lease does not change views of another event store.
    std::vector<es::StreamId> save(const es::ViewSave<kpi::MetricView>& save) override {
        if (!options_.writer) throw es::Unavailable("these views are only read here");
        if (options_.leased) {
            hold_lease();
        } else {
            leave_views_of_others();
        }
        auto stale = readable([&] { return saver_.save(save.changes); });
        if (!stale.empty()) return stale;
        save_parked(save);
        if (save.checkpoints.empty() || !lease_) return stale;
        if (!lease_->save(save.checkpoints)) throw es::Unavailable(lease_lost);
        return stale;
    }

    // None while the views are not complete.
    es::Checkpoints checkpoints() override {
        if (!is_complete()) return {};
        if (lease_ && lease_->held()) return lease_->checkpoints();
        return stored_checkpoints(database_);
    }

    // For a projector also those that a rebuild asks it to catch up: it has skipped their events
    // until now. A Lambda function notices the gap when the next event comes.
    std::vector<es::Parked> parked() override {
        return parked_streams(database_, lease_ ? Bson() : still_parked());
    }

    std::optional<es::Parked> parked_entry(const es::StreamId& id) override {
        Bson filter = Bson().text("_id", id);
        auto found = parked_streams(database_, filter.append(still_parked()));
        if (found.empty()) return std::nullopt;
        return std::move(found.front());
    }

    // Stands by while another process holds the lease.
    es::Upkeep upkeep(const std::function<bool()>& /*stop*/) override {
        es::Upkeep upkeep;
        if (!lease_) return upkeep;
        if (!lease_->held()) {
            settled_in_ = false;
            if (!take_lease()) {
                upkeep.next = es::Upkeep::Next::stand_by;
                return upkeep;
            }
        }
        if (!settled_in_) {
            settle_in();
            upkeep.next = es::Upkeep::Next::reload;
            return upkeep;
        }
        if (lacking_) upkeep.rebuild = lacking_fields();
        const auto now = steady_clock::now();
        if (now < next_look_) return upkeep;
        next_look_ = now + look_every;
        const es::Checkpoints saved = lease_->checkpoints();
        const auto stored = lease_->look();
        if (!stored) throw es::Unavailable(lease_lost);
        // A server that lost its last writes has lost views as well as checkpoints.
        if (*stored != saved || is_complete() != was_complete_ ||
            database_.find_one(parked_collection, catch_up_requested())) {
            upkeep.next = es::Upkeep::Next::reload;
            settled_in_ = false;  // so that it is repeated when this fails in the middle
            begin();
            settled_in_ = true;
        }
        return upkeep;
    }

    // --- Queries ---

    std::optional<kpi::ViewStamp> stamp(const kpi::MetricId& id) override {
        const Bson alone =
            Bson().document("projection", Bson().integer("version", 1).integer("edition", 1));
        const auto found = find_document(id, alone);
        if (!found) return std::nullopt;
        const BsonView stored(found->get());
        return kpi::ViewStamp{0, stored.integer("edition").value_or(0),
                              stored.integer("version").value_or(0)};
    }

    // In few queries: each crosses the network.
    std::map<kpi::MetricId, es::Version> versions(const std::vector<kpi::MetricId>& ids) override {
        std::map<kpi::MetricId, es::Version> all;
        const Bson alone = Bson().document("projection", Bson().integer("version", 1));
        ask([&] {
            for (std::size_t from = 0; from < ids.size(); from += versions_at_once_max) {
                const auto first = ids.begin() + static_cast<std::ptrdiff_t>(from);
                const auto count = std::min(versions_at_once_max, ids.size() - from);
                const std::vector<kpi::MetricId> some(first,
                                                      first + static_cast<std::ptrdiff_t>(count));
                for (const auto& id : some) all[id] = 0;
                const Bson filter = Bson()
                                        .document("_id", Bson().texts("$in", some))
                                        .integer("schema", document_schema);
                database_.find(metrics_collection, filter, alone, [&](const BsonView& stored) {
                    all[id_in(stored)] = stored.integer("version").value_or(0);
                });
            }
            return false;
        });
        return all;
    }

    std::optional<kpi::WholeMetric> find(const kpi::MetricId& id) override {
        const auto found = find_document(id);
        if (!found) return std::nullopt;
        return readable([&] { return whole_in(BsonView(found->get())); });
    }

    std::vector<kpi::WholeMetric> find_all(const std::vector<kpi::MetricId>& ids) override {
        if (ids.empty()) return {};
        std::unordered_map<kpi::MetricId, kpi::WholeMetric> found;
        const Bson filter =
            Bson().document("_id", Bson().texts("$in", ids)).integer("schema", document_schema);
        ask([&] {
            found.clear();
            database_.find(metrics_collection, filter, {}, [&](const BsonView& stored) {
                auto metric = whole_in(stored);
                found.emplace(metric.id, std::move(metric));
            });
            return found.size() == ids.size();
        });
        std::vector<kpi::WholeMetric> all;
        for (const auto& id : ids) {
            const auto place = found.find(id);
            if (place != found.end()) all.push_back(std::move(place->second));
        }
        return all;
    }

    kpi::ListPage list(const kpi::ListQuery& query) override {
        kpi::ListPage page;
        // Every document has its latest values, by version.
        const Bson members = query.recent > 0 ? Bson() : Bson().integer("values", 0);
        page.more = list(query, members, page.items, [&](const BsonView& stored) {
            kpi::MetricEntry entry{id_in(stored), document_in(stored)};
            if (query.recent > 0) entry.recent = values_in(stored);
            return entry;
        });
        if (query.recent > 0) {
            for (kpi::MetricEntry& entry : page.items) keep_recent(entry, query.recent);
        }
        return page;
    }

    std::pair<std::vector<kpi::MetricId>, bool> list_ids(const kpi::ListQuery& query) override {
        std::vector<kpi::MetricId> ids;
        const bool more = list(query, Bson().integer("_id", 1), ids, id_in);
        return {std::move(ids), more};
    }

    std::optional<kpi::ValuesPage> values(const kpi::ValuesQuery& query) override {
        const auto now = stamp(query.id);
        if (!now) return std::nullopt;
        kpi::ValuesPage page;
        const Query wanted = values_query(query, now->version);
        ask([&] {
            page.items.clear();
            database_.find(values_collection, wanted.filter, wanted.options,
                           [&](const BsonView& row) { page.items.push_back(reported_in(row)); });
            page.more = kpi::cut(page.items, query.limit);
            // If there are no more: the rows may have gone since the document was found.
            return page.more;
        });
        return page;
    }

    std::optional<kpi::ChangesPage> changes(const kpi::ChangesQuery& query) override {
        const auto now = stamp(query.id);
        if (!now) return std::nullopt;
        kpi::ChangesPage page;
        const Query wanted = changes_query(query, now->version);
        ask([&] {
            page.items.clear();
            database_.find(changes_collection, wanted.filter, wanted.options,
                           [&](const BsonView& row) { page.items.push_back(change_in(row)); });
            page.more = kpi::cut(page.items, query.limit);
            // As of values: the rows may have gone since the document was found.
            return page.more;
        });
        return page;
    }

private:
    // By date. A document doesn't have all values if they are many: one of an earlier version may
    // be of a later date.
    void keep_recent(kpi::MetricEntry& entry, std::size_t count) {
        const auto total = static_cast<std::size_t>(entry.document.values_total);
        if (total > entry.recent.size()) {
            kpi::ValuesQuery latest_first;
            latest_first.id = entry.id;
            latest_first.descending = true;
            latest_first.limit = count;
            auto page = values(latest_first);
            entry.recent = page ? std::move(page->items) : std::vector<kpi::MetricValue>();
        }
        const auto place = [](const kpi::MetricValue& value) {
            return std::pair(value.date, value.version);
        };
        std::ranges::sort(entry.recent, {}, place);
        if (entry.recent.size() <= count) return;
        entry.recent.erase(entry.recent.begin(),
                           entry.recent.end() - static_cast<std::ptrdiff_t>(count));
    }

    // True when there are more than the page takes.
    template <class Item, class Read>
    bool list(const kpi::ListQuery& query, const Bson& members, std::vector<Item>& items,
              Read read) {
        Query wanted = list_query(query);
        wanted.options.document("projection", members);
        ask([&] {
            items.clear();
            database_.find(metrics_collection, wanted.filter, wanted.options,
                           [&](const BsonView& stored) { items.push_back(read(stored)); });
            return false;
        });
        return kpi::cut(items, query.limit);
    }

    std::optional<Bson> find_document(const kpi::MetricId& id, const Bson& options = {}) {
        std::optional<Bson> found;
        ask([&] {
            found = database_.find_one(metrics_collection, id_filter(id), options);
            return found.has_value();
        });
        return found;
    }

    // Repeats a query until it returns true, or the views were complete all the time: only then is
    // it an answer that something was not found.
    template <class Work>
    void ask(Work query) {
        std::int64_t known = 0;
        do {
            known = seen_generation_;
        } while (!readable(query) && !were_complete(known));
    }

    bool is_complete() { return views_generation(database_, options_.source).has_value(); }

    // To be called after a query, with `seen_generation_` as it was before it. False: the query
    // must be repeated, since the views may have become complete only after it. Throws
    // es::Unavailable when they aren't complete.
    bool were_complete(std::int64_t known) {
        const auto generation = views_generation(database_, options_.source);
        if (generation) {
            seen_generation_ = *generation;
            return *generation == known;
        }
        const std::string why =
            "are not complete; the projector or `yardstick rebuild` builds them";
        throw es::Unavailable("the views in " + database_.description() + " " + why,
                              "the views " + why);
    }

    // Takes the lease if it is free and this process never had it. A process that has lost it must
    // not: what it is about to save continues from checkpoints that may no longer be the stored
    // ones.
    void hold_lease() {
        if (lease_->held()) return;
        if (had_lease_) throw es::Unavailable(lease_lost);
        if (!lease_->try_to_take())
            throw es::Unavailable("another process is the active projector");
        had_lease_ = true;
    }

    // Once is enough: a projector of another event store would remove the document.
    void leave_views_of_others() {
        if (seen_own_) return;
        const auto source = views_source(database_);
        if (!source) return;
        if (*source != options_.source) {
            throw es::Unavailable("the views in " + database_.description() +
                                  " are of another event store; `yardstick rebuild` builds "
                                  "those of this one");
        }
        forget_idle_projector(database_);
        seen_own_ = true;
    }

    // What a new holder of the lease does. If it fails in the middle, the next upkeep() repeats it.
    void settle_in() {
        had_lease_ = true;
        // As the previous holder left it.
        if (!lease_->look()) throw es::Unavailable(lease_lost);
        make_view_indexes(database_);
        if (!options_.source.empty()) disown_views_of_others(database_, options_.source);
        begin();
        lacking_ = views_have_all_fields(database_) ? std::nullopt : std::optional<std::string>("");
        settled_in_ = true;
    }

    // Metrics whose documents were written with another set of fields, some at a time. A page that
    // had some is read again until they are folded again.
    std::vector<es::StreamId> lacking_fields() {
        std::vector<es::StreamId> ids;
        std::string last;
        const Bson filter = Bson()
                                .document("_id", Bson().text("$gt", *lacking_))
                                .integer("schema", document_schema);
        const Bson options = Bson()
                                 .document("sort", Bson().integer("_id", 1))
                                 .integer("limit", looked_at_once)
                                 .document("projection", Bson().integer("fields", 1));
        database_.find(metrics_collection, filter, options, [&](const BsonView& stored) {
            last = id_in(stored);
            const auto set = stored.integer("fields").value_or(kpi::first_field_set);
            if (set != kpi::field_set && ids.size() < lacking_at_once) ids.push_back(last);
        });
        if (!ids.empty()) return ids;
        lacking_ = last;
        if (!last.empty()) return ids;
        declare_all_fields(database_, options_.source);
        lacking_.reset();
        if (options_.log) options_.log("all views have the fields of this release");
        return ids;
    }

    bool take_lease() {
        if (lease_->try_to_take()) {
            if (std::exchange(standing_by_, false) && options_.log) {
                options_.log("taking over from it");
            }
            return true;
        }
        if (!std::exchange(standing_by_, true) && options_.log) {
            options_.log("another projector is active; standing by");
        }
        return false;
    }

    void begin() {
        was_complete_ = is_complete();
        next_look_ = steady_clock::now() + look_every;
    }

    void save_parked(const es::ViewSave<kpi::MetricView>& save) {
        std::vector<Write> writes;
        writes.reserve(save.parked.size() + save.unparked.size());
        for (const es::Parked& parked : save.parked) writes.push_back(park(parked));
        for (const es::Parked& parked : save.unparked) writes.push_back(unpark(parked));
        database_.write(parked_collection, writes);
    }

    const MongoMetricViewsOptions options_;
    Database database_;
    ViewSaver saver_;                      // one thread's: the projector's
    std::optional<ProjectorLease> lease_;  // a writer's
    bool seen_own_ = false;                // the views are of our event store
    bool standing_by_ = false;             // another one holds the lease
    bool had_lease_ = false;               // ever
    bool settled_in_ = false;              // with the lease that is held
    bool was_complete_ = false;
    steady_clock::time_point next_look_;
    // Documents with ids up to this one have all fields; nullopt: all have.
    std::optional<std::string> lacking_;
    std::atomic<std::int64_t> seen_generation_{0};  // 0: none. Any thread's
};

}  // namespace

std::unique_ptr<kpi::MetricViews> mongo_metric_views(MongoMetricViewsOptions options) {
    return std::make_unique<MongoMetricViews>(std::move(options));
}

}  // namespace views
