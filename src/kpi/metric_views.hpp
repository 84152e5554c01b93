// Questions to the metric views. A store implements MetricViews; the read API asks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kpi/metric_fields.hpp"
#include "kpi/metric_summary.hpp"
#include "kpi/reading.hpp"

namespace kpi {

struct MetricEntry {
    MetricId id;
    MetricDocument document;
    // The latest values that count, by date, then version; as many as the list was asked for.
    std::vector<MetricValue> recent = {};
    bool operator==(const MetricEntry&) const = default;
};

// A whole document: with the latest values (document_values_max of highest version), in recording
// order.
struct WholeMetric {
    MetricId id;
    MetricDocument document;
    std::vector<MetricValue> values;
    bool operator==(const WholeMetric&) const = default;
};

struct MetricFilter {
    // The field has one of the values; a list has all of them.
    struct Condition {
        const MetricField* field;
        std::vector<FieldValue> values;
        bool operator==(const Condition&) const = default;
    };
    std::vector<Condition> conditions;  // all of them hold; each field has one at most
    std::string search;                 // ASCII letters in either case; empty: any text

    MetricFilter& where(const MetricField& field, FieldValue value) {
        conditions.push_back({&field, {std::move(value)}});
        return *this;
    }
    bool operator==(const MetricFilter&) const = default;
};

// Where a page ended: the sort key and id of its last item. Texts compare by code point (which is
// by byte in UTF-8).
using SortKey = FieldValue;
struct ListPosition {
    SortKey key;
    MetricId id;
};

struct ListQuery {
    MetricFilter filter;
    const MetricField* sort = nullptr;  // nullptr: by id
    bool descending = false;            // ties are by ascending id either way
    es::TimePoint now{};                // the clock that decides what is expired
    std::optional<ListPosition> after;
    std::size_t limit = 100;
    std::size_t recent = 0;  // values of each metric
};

struct ListPage {
    std::vector<MetricEntry> items;
    bool more = false;
};

struct ValuesQuery {
    MetricId id;
    std::optional<es::TimePoint> from;  // inclusive
    std::optional<es::TimePoint> to;    // inclusive
    bool descending = false;            // by date, then version (both reversed when descending)
    std::optional<std::pair<es::TimePoint, es::Version>> after;
    std::size_t limit = 100;
    bool retracted = false;  // also those that were taken back
};

struct ValuesPage {
    std::vector<MetricValue> items;
    bool more = false;
};

// Newest first.
struct ChangesQuery {
    MetricId id;
    std::optional<es::Version> before;  // exclusive
    std::size_t limit = 100;
};

struct ChangesPage {
    std::vector<MetricChange> items;
    bool more = false;
};

// Tells one state of a metric's view from another: as long as it is the same, so are the document
// and its values.
struct ViewStamp {
    std::uint64_t generation = 0;  // of all views; a rebuild makes another
    std::int64_t edition = 0;      // of this metric's; a rebuild of it makes another
    es::Version version = 0;

    bool operator==(const ViewStamp&) const = default;
};

// Receives a metric's document, then each of its values by date, then version. When the document
// comes again, what came before doesn't count.
class ValuesVisitor {
public:
    virtual ~ValuesVisitor() = default;
    virtual void begin(const MetricDocument& document) = 0;
    virtual void next(const Reading& reading) = 0;
};

// Where the next page begins; nullopt: this page is the last one.
std::optional<ListPosition> end_of(const ListPage& page, const ListQuery& query);
SortKey sort_key(const MetricEntry& entry, const MetricField* sort);
SortKey sort_key(const MetricDocument& document, const MetricId& id, const MetricField* sort);
bool matches(const MetricFilter& filter, const MetricDocument& document, es::TimePoint now);

// Cuts a page's items to the limit; true: that left something out.
template <class Item>
bool cut(std::vector<Item>& items, std::size_t limit) {
    if (items.size() <= limit) return false;
    items.erase(items.begin() + static_cast<std::ptrdiff_t>(limit), items.end());
    return true;
}

// Callable from any thread; each answer is of one moment. All throw es::Unavailable.
class MetricViews : public es::ViewStore<MetricView> {
public:
    // Costs much less than find(). nullopt: there is no such metric.
    virtual std::optional<ViewStamp> stamp(const MetricId& id) = 0;
    // The version of a metric's view; 0 when there is none.
    es::Version version(const MetricId& id) {
        const auto now = stamp(id);
        return now ? now->version : 0;
    }

    // The versions of several metrics' views; 0 for a metric without a view.
    virtual std::map<MetricId, es::Version> versions(const std::vector<MetricId>& ids) {
        std::map<MetricId, es::Version> all;
        for (const auto& id : ids) all[id] = version(id);
        return all;
    }

    virtual std::optional<WholeMetric> find(const MetricId& id) = 0;
    // Those of the ids that exist, in the order asked for.
    virtual std::vector<WholeMetric> find_all(const std::vector<MetricId>& ids) = 0;

    virtual ListPage list(const ListQuery& query) = 0;
    // As list(), ids only.
    virtual std::pair<std::vector<MetricId>, bool> list_ids(const ListQuery& query) = 0;

    // Of all metrics that match. This one reads page after page.
    virtual MetricSummary summary(const MetricFilter& filter, es::TimePoint now);

    // nullopt: there is no such metric.
    virtual std::optional<ValuesPage> values(const ValuesQuery& query) = 0;
    // nullopt: there is no such metric.
    virtual std::optional<ChangesPage> changes(const ChangesQuery& query) = 0;

    // All values, however many. False: there is no such metric. This one reads page after page, and
    // leaves out what was reported after the document.
    virtual bool visit_values(const MetricId& id, ValuesVisitor& visitor);
};

}  // namespace kpi
