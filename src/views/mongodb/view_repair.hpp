// Compares one metric's view with the fold of its events, and repairs it. Private to this room.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "es/event_store.hpp"
#include "kpi/metric_views.hpp"
#include "kpi/view_check.hpp"
#include "views/mongodb/database.hpp"

namespace views::mongodb {

// What is stored of a metric.
struct StoredView {
    Bson whole;                            // the document as stored
    std::vector<kpi::MetricValue> latest;  // in the document
    std::vector<kpi::MetricRow> rows;      // of the history, by version
    std::set<es::Version> removed;         // of the rows: those that are left of removed ones
    // Of the rows and what is left of removed ones: saved with a later document than is stored, as
    // rows are saved first.
    std::set<es::Version> ahead;
    std::string damage;  // why it can't be read; empty: it can
    kpi::MetricDocument document;
    bool there = false;   // there is a document
    bool marked = false;  // and its schema is today's
};

using StoredViews = std::map<kpi::MetricId, StoredView>;

// What the events say.
struct FoldedView {
    std::optional<kpi::MetricDocument> document;  // nullopt: no events
    es::Rows<kpi::MetricRow> rows = es::Rows<kpi::MetricRow>::with_history();
    std::optional<es::Parked> parked;  // the fold ends before an event that can't be applied
    es::Version head = 0;              // the latest event that was seen, folded or not
    // At the version that is stored: the document, and its latest values. nullopt: the events never
    // had that version.
    struct Earlier {
        kpi::MetricDocument document;
        std::vector<kpi::MetricValue> latest;
    };
    std::optional<Earlier> at_stored;
};

// Callable from several threads.
class ViewRepair {
public:
    ViewRepair(Database& database, es::EventStore& events) : database_(database), events_(events) {}

    // What is stored of each, with a few queries for all: documents first, then rows. Throws
    // es::Unavailable.
    StoredViews stored(const std::vector<kpi::MetricId>& ids);
    StoredView stored(const kpi::MetricId& id);

    // Replaces what differs from the fold of the events; `view` is what was just stored. Returns
    // the fold. Throws es::Unavailable.
    FoldedView repair(const kpi::MetricId& id, StoredView view);
    // How the view differs from the fold of its events up to its own version. Throws
    // es::Unavailable.
    struct Comparison {
        std::vector<std::string> differences;
        std::uint64_t values = 0;
        bool is_view = false;
        // It has events up to this version at least, and is not there, or not so far; nothing is
        // wrong if they are only just recorded.
        std::optional<es::Version> is_late;
    };
    Comparison compare(const kpi::MetricId& id, const StoredView& view);
    // Throws es::Unavailable.
    bool has_events(const kpi::MetricId& id);

private:
    void add_documents(StoredViews& views);
    void add_rows(StoredViews& views, const std::vector<kpi::MetricId>& ids);
    void add_rows(StoredViews& views, const std::vector<kpi::MetricId>& ids,
                  const char* collection);
    // All events, or those up to a version; `stored` is the version that is stored.
    FoldedView folded(const kpi::MetricId& id, es::Version stored,
                      std::optional<es::Version> until = std::nullopt);
    bool replace_document(const kpi::MetricId& id, const StoredView& stored,
                          const FoldedView& folded);
    // True when nothing had to be written.
    bool repair_rows(const kpi::MetricId& id, const StoredView& stored, const FoldedView& folded);

    Database& database_;
    es::EventStore& events_;
};

}  // namespace views::mongodb
