// Where views are kept. A view is a document for each stream, folded from its events, and rows that
// the events leave behind (for a metric: its values). It is disposable: the events make it again.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "es/event.hpp"
#include "es/event_feed.hpp"

namespace es {

// A stream whose next event can't be applied. It stays so, loudly, until its events can be read.
struct Parked {
    StreamId stream;
    Version version = 0;  // of the event that can't be applied
    std::string reason;

    bool operator==(const Parked&) const = default;
};

// `View` names the types: View::Document has a member `version`, as has View::Row, a history row.
template <class View>
struct ViewChange {
    StreamId id;
    Version loaded = 0;  // the version it was folded on; 0: there was no document
    typename View::Document document;
    // New rows, and those that take the place of the stored one of the same version; ascending
    // versions.
    std::vector<typename View::Row> rows;
    // Folded from the first event on: replaces the stored document and its rows, whatever their
    // version. Where several processes write, those that load() found last, else it is stale. A
    // document of version 0 removes them.
    bool replaces = false;
    std::vector<Version> removed_rows = {};  // their versions; some may not be stored
    // No row replaces a stored one: a store may leave a row that is there.
    bool rows_are_new = false;
};

template <class View>
struct ViewSave {
    std::vector<ViewChange<View>> changes;  // at most one for each id
    std::vector<Parked> parked;             // replaces an earlier entry of the same stream
    std::vector<Parked> unparked;           // where they are parked at this version still
    Checkpoints checkpoints;                // those that moved
};

// What a projector must do before its next batch of events.
struct Upkeep {
    enum class Next {
        apply,     // continue
        reload,    // the stored views were replaced: continue from their checkpoints
        stand_by,  // another process is the active projector: do nothing, and ask again later
    };
    Next next = Next::apply;
    std::vector<StreamId> rebuild;  // rebuild these streams' views, and call rebuilt() for each
};

// Callable from any thread unless said otherwise.
template <class View>
class ViewStore {
public:
    using Document = typename View::Document;

    virtual ~ViewStore() = default;

    // The documents of these ids; absent ones are left out. Throws Unavailable.
    virtual std::map<StreamId, Document> load(const std::vector<StreamId>& ids) = 0;

    // Saves documents and rows, each document only if the stored one still has the version it was
    // loaded at; then parked streams; then checkpoints (all in one transaction where the store has
    // them). Returns the ids of documents that had another version: nothing of those was saved,
    // nor then any checkpoint. Saving the same again changes nothing. Throws Unavailable; what was
    // saved is then not known, and the same save may be tried again.
    virtual std::vector<StreamId> save(const ViewSave<View>& save) = 0;

    virtual Checkpoints checkpoints() = 0;     // throws Unavailable
    virtual std::vector<Parked> parked() = 0;  // by stream id; throws Unavailable
    // Of one stream; nullopt: it isn't parked. A stream that is parked no more has its view before
    // its entry goes. Throws Unavailable.
    virtual std::optional<Parked> parked_entry(const StreamId& id) {
        for (auto& entry : parked()) {
            if (entry.stream == id) return std::move(entry);
        }
        return std::nullopt;
    }

    // For the projector's thread, between two batches: takes over what others left in the store
    // (views that a rebuild made, requests), and repairs what is missing, which can take long;
    // `stop` ends that early. Throws Unavailable.
    virtual Upkeep upkeep(const std::function<bool()>& /*stop*/) { return {}; }
    // A stream's view was rebuilt, as upkeep() asked.
    virtual void rebuilt(const StreamId& /*id*/) {}
};

}  // namespace es
