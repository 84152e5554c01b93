// Builds views from events, exactly: a view is the fold of its stream's events up to its version,
// never more, less or twice.
//
//     es::Projection<kpi::MetricView> projection(events, views, {});
//     projection.apply(batch.events, batch.reached);
//
// `View` has Document (with a member `version`), Row, and
//     static void fold(std::optional<Document>&, const RecordedEvent&, Rows<Row>&);
// which applies the next event, asks for its stream's history (rows.hpp), or throws: an event that
// can't be folded parks its stream, whatever is thrown (but std::bad_alloc, which says nothing of
// the event: it is tried again). What the stores throw is their failure: it ends the operation, and
// nothing is parked.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "es/errors.hpp"
#include "es/event_store.hpp"
#include "es/invariant.hpp"
#include "es/kept_histories.hpp"
#include "es/rows.hpp"
#include "es/view_store.hpp"

namespace es {

// A guarded save that finds other versions is folded again; more often than this means that
// somebody else keeps changing the views.
inline constexpr int projection_tries_max = 10;

// What others may want to know; each may be empty. Called on the projection's thread.
template <class View>
struct ProjectionHooks {
    std::function<void(const Parked&)> on_parked;
    std::function<void(const StreamId&)> on_unparked;
    std::function<void(const std::vector<ViewChange<View>>&)> on_saved;
};

// Not to be used by two threads at once.
template <class View>
class Projection {
public:
    using Document = typename View::Document;
    using Row = typename View::Row;
    using Hooks = ProjectionHooks<View>;
    using Fold = std::function<void(std::optional<Document>&, const RecordedEvent&, Rows<Row>&)>;

    Projection(EventStore& events, ViewStore<View>& views, Hooks hooks, Fold fold = View::fold)
        : events_(events), views_(views), hooks_(std::move(hooks)), fold_(std::move(fold)) {}

    // Applies events of any streams, each stream's in order. What the views have already is left
    // out; what is missing before an event is read from the store first. A stream whose next event
    // can't be applied is parked, and further events of it are left for heal(). The checkpoints are
    // saved with the changes, last. Throws Unavailable: apply the same again later.
    void apply(const std::vector<RecordedEvent>& events, const Checkpoints& reached) {
        load_parked();
        const Streams streams = by_stream(events);
        // When a document changed meanwhile all is folded again; what was saved is then left out by
        // its version.
        for (int tries = 0; tries < projection_tries_max; ++tries) {
            ViewSave<View> save;
            save.checkpoints = reached;
            fold(streams, save);
            if (commit(save).empty()) return;
        }
        throw Unavailable("the views keep changing under us");
    }

    // Tries every parked stream again, from the store; those whose events can be read now are
    // caught up and no longer parked. `stop` ends it early. Throws Unavailable.
    void heal(const std::function<bool()>& stop = [] { return false; }) {
        load_parked();
        const auto parked = *parked_;
        for (const auto& [id, entry] : parked) {
            if (stop()) return;
            heal(id);
        }
    }

    // One stream, parked or not: brings its view up to the end of the stream. Throws Unavailable.
    void heal(const StreamId& id) {
        follow_to_the_end(id, [&] { return load_one(id); });
    }

    // One stream, parked or not: folds all its events again, and replaces what is stored. A view
    // without events goes. Throws Unavailable.
    void rebuild(const StreamId& id) {
        follow_to_the_end(id, [&] {
            std::ignore = views_.load({id});  // the save replaces what is there now, nothing later
            Folding folding = from_the_start(id);
            folding.change.replaces = true;
            return folding;
        });
    }

    // Other views are in place: what is remembered may not be theirs.
    void forget() {
        parked_.reset();
        histories_.clear();
        folded_histories_.clear();
    }

    [[nodiscard]] const std::map<StreamId, Parked>& parked() {
        load_parked();
        return *parked_;
    }

private:
    struct StreamEvents {
        StreamId id;
        std::vector<const RecordedEvent*> events;
    };
    using Streams = std::vector<StreamEvents>;

    // Those of the streams that aren't parked.
    [[nodiscard]] Streams by_stream(const std::vector<RecordedEvent>& events) const {
        Streams streams;
        std::unordered_map<std::string_view, std::size_t> places;
        for (const RecordedEvent& event : events) {
            const auto [place, added] = places.try_emplace(event.stream, streams.size());
            if (added) streams.push_back({event.stream, {}});
            streams[place->second].events.push_back(&event);
        }
        std::erase_if(streams, [this](const auto& one) { return parked_->contains(one.id); });
        // Stores find neighbours faster than strangers.
        std::sort(streams.begin(), streams.end(),
                  [](const auto& one, const auto& other) { return one.id < other.id; });
        return streams;
    }

    void load_parked() {
        if (parked_) return;
        std::map<StreamId, Parked> parked;
        for (auto& entry : views_.parked()) parked.emplace(entry.stream, entry);
        parked_ = std::move(parked);
    }

    // `begin()` says from where.
    template <class Begin>
    void follow_to_the_end(const StreamId& id, Begin begin) {
        load_parked();
        for (int tries = 0; tries < projection_tries_max; ++tries) {
            ViewSave<View> save;
            Folding folding = begin();
            auto parked = follow_store(folding, std::nullopt);
            add(std::move(folding), save);
            park_or_unpark(id, std::move(parked), save);
            if (commit(save).empty()) return;
        }
        throw Unavailable("the view of '" + id + "' keeps changing under us");
    }

    void park_or_unpark(const StreamId& id, std::optional<Parked> parked, ViewSave<View>& save) {
        if (parked) {
            save.parked.push_back(*std::move(parked));
        } else if (parked_->contains(id)) {
            save.unparked.push_back(parked_->at(id));
        }
    }

    // A stream's view on its way to a save.
    struct Folding {
        ViewChange<View> change;  // without its rows, until it is added to the save
        Rows<Row> rows;
    };
    static Folding from_the_start(const StreamId& id) {
        Folding folding;
        folding.change.id = id;
        folding.rows = Rows<Row>::with_history();
        return folding;
    }

    Folding begin(const StreamId& id, std::map<StreamId, Document>& documents) {
        Folding folding;
        folding.change.id = id;
        const auto found = documents.find(id);
        if (found == documents.end()) return folding;
        folding.change.loaded = found->second.version;
        folding.change.document = std::move(found->second);
        auto history = histories_.take(id);
        if (!history || history->document.version != folding.change.loaded) return folding;
        folding.change.document = std::move(history->document);
        folding.rows = std::move(history->rows);
        return folding;
    }

    Folding load_one(const StreamId& id) {
        auto documents = views_.load({id});
        return begin(id, documents);
    }

    void fold(const Streams& streams, ViewSave<View>& save) {
        folded_histories_.clear();  // what failed in the middle left some
        std::vector<StreamId> ids;
        ids.reserve(streams.size());
        for (const auto& [id, events] : streams) ids.push_back(id);
        auto documents = ids.empty() ? std::map<StreamId, Document>() : views_.load(ids);
        for (const auto& [id, events] : streams) {
            Folding folding = begin(id, documents);
            auto parked = follow(folding, events);
            invariant(parked || has_all(folding, events),
                      "a checkpoint passes no event that is neither applied nor parked");
            add(std::move(folding), save);
            if (parked) save.parked.push_back(*std::move(parked));
        }
    }

    static bool has_all(const Folding& folding, const std::vector<const RecordedEvent*>& events) {
        return std::ranges::all_of(events, [&](const RecordedEvent* event) {
            return event->version <= folding.change.document.version;
        });
    }

    // Unless nothing was applied.
    void add(Folding folding, ViewSave<View>& save) {
        ViewChange<View>& change = folding.change;
        if (change.document.version <= change.loaded && !change.replaces) return;
        auto changes = folding.rows.changes();
        change.rows = std::move(changes.put);
        invariant(std::ranges::adjacent_find(change.rows, std::greater_equal(), &Row::version) ==
                      change.rows.end(),
                  "the rows of a save have ascending versions");
        change.removed_rows = std::move(changes.removed);
        change.rows_are_new = changes.only_new &&
                              (change.rows.empty() || change.rows.front().version > change.loaded);
        keep_history(change, std::move(folding.rows));
        save.changes.push_back(std::move(change));
    }

    // Applies those of the events that are new to the view, filling gaps from the store. Returns
    // why the stream must be parked, if it must.
    std::optional<Parked> follow(Folding& folding,
                                 const std::vector<const RecordedEvent*>& events) {
        const Version& reached = folding.change.document.version;
        for (const RecordedEvent* event : events) {
            if (event->version <= reached) continue;
            if (event->version > reached + 1) {
                if (auto parked = follow_store(folding, event->version)) return parked;
                continue;
            }
            if (auto parked = follow_one(folding, *event)) return parked;
        }
        return std::nullopt;
    }

    std::optional<Parked> follow_one(Folding& folding, const RecordedEvent& event) {
        invariant(event.version == folding.change.document.version + 1,
                  "a view takes each event once, and none before the one before it");
        std::optional<Document> document;
        if (event.version > 1) document = std::move(folding.change.document);
        try {
            fold_(document, event, folding.rows);
            invariant(
                folding.rows.needs_history() || (document && document->version == event.version),
                "a fold leaves a document of its event's version");
        } catch (const std::bad_alloc&) {
            throw;
        } catch (...) {
            return park_before(folding, {event.stream, event.version, current_error()});
        }
        if (folding.rows.needs_history()) return follow_with_history(folding, event);
        if (document) folding.change.document = *std::move(document);
        return std::nullopt;
    }

    // Folds the stream again, from its first event to this one. What is saved then are the rows
    // that differ from those of the stored view, which is the fold up to the version it has.
    std::optional<Parked> follow_with_history(Folding& folding, const RecordedEvent& event) {
        const Version loaded = folding.change.loaded;
        Folding again = from_the_start(event.stream);
        std::optional<Parked> parked;
        if (folding.rows.has_history()) {
            parked = Parked{event.stream, event.version, "its fold asks for a history that it has"};
        } else {
            if (loaded > 0) parked = follow_store(again, loaded);
            again.rows.mark_stored();
            if (!parked) parked = follow_store(again, event.version);
        }
        if (parked) {
            // The view is right up to the event before, wherever its history can't be read.
            if (parked->version < event.version) {
                parked->reason = "event " + std::to_string(parked->version) +
                                 " of its history can't be applied: " + parked->reason;
            }
            return park_before(folding, {event.stream, event.version, parked->reason});
        }
        folding.change.document = std::move(again.change.document);
        folding.rows = std::move(again.rows);
        return std::nullopt;
    }

    // A fold that threw may have changed a part of the document. Such events are rare, and copies
    // of documents are dear: the view is folded again, up to the event before this one.
    std::optional<Parked> park_before(Folding& folding, Parked parked) {
        const bool replaces = folding.change.replaces;
        folding = folding.rows.has_history() && folding.change.loaded == 0
                      ? from_the_start(parked.stream)
                      : load_one(parked.stream);
        folding.change.replaces = replaces;
        if (folding.change.document.version >= parked.version) return std::nullopt;  // others did
        if (parked.version > folding.change.document.version + 1) {
            if (auto earlier = follow_store(folding, parked.version - 1)) return earlier;
        }
        return parked;
    }

    // Applies the stored events after the view's, up to and including `until`, or to the end.
    std::optional<Parked> follow_store(Folding& folding, std::optional<Version> until) {
        const StreamId& id = folding.change.id;
        const Version& reached = folding.change.document.version;
        for (;;) {
            const Version after = reached;
            ReadResult page;
            try {
                page = read_page(events_, {id, after});
            } catch (const Corrupt& error) {
                return Parked{id, after + 1, error.what()};
            }
            for (const RecordedEvent& event : page.events) {
                if (until && reached >= *until) return std::nullopt;
                if (event.version <= reached) continue;  // others applied it meanwhile
                if (event.version != reached + 1) {
                    return Parked{id, event.version, "versions have a gap"};
                }
                if (auto parked = follow_one(folding, event)) return parked;
            }
            if (page.more) continue;
            if (until && reached < *until) {
                throw Unavailable("'" + id + "' has fewer events in the store than in the feed");
            }
            return std::nullopt;
        }
    }

    // Returns the ids whose documents had changed since they were loaded. Only a whole save changes
    // what is remembered of parked streams.
    std::vector<StreamId> commit(ViewSave<View>& save) {
        auto folded = std::exchange(folded_histories_, KeptHistories<View>());
        auto stale = views_.save(save);
        tell_saved(save.changes, stale);
        if (!stale.empty()) return stale;
        histories_.keep(std::move(folded));
        for (const Parked& parked : save.parked) {
            const bool news = parked_->insert_or_assign(parked.stream, parked).second;
            if (news && hooks_.on_parked) hooks_.on_parked(parked);
        }
        for (const Parked& parked : save.unparked) {
            parked_->erase(parked.stream);
            if (hooks_.on_unparked) hooks_.on_unparked(parked.stream);
        }
        return stale;
    }

    void tell_saved(std::vector<ViewChange<View>>& changes, const std::vector<StreamId>& stale) {
        if (!hooks_.on_saved) return;
        std::erase_if(changes, [&](const auto& change) {
            return std::find(stale.begin(), stale.end(), change.id) != stale.end();
        });
        if (!changes.empty()) hooks_.on_saved(changes);
    }

    void keep_history(const ViewChange<View>& change, Rows<Row> rows) {
        if (!rows.has_history() || change.replaces) return;
        rows.mark_stored();
        folded_histories_.keep(change.id, {change.document, std::move(rows)});
    }

    EventStore& events_;
    ViewStore<View>& views_;
    Hooks hooks_;
    Fold fold_;
    std::optional<std::map<StreamId, Parked>> parked_;  // as stored; read at the first use
    KeptHistories<View> folded_histories_;              // of the save at hand
    KeptHistories<View> histories_;                     // of saves that succeeded
};

}  // namespace es
