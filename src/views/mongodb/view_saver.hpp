// Saves views as guarded bulks. Private to this room.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "kpi/metric_views.hpp"
#include "views/mongodb/database.hpp"

namespace views::mongodb {

using Change = es::ViewChange<kpi::MetricView>;

class ViewSaver {
public:
    explicit ViewSaver(Database& database) : database_(database) {}

    // The documents of today's schema, and what the next save needs of them. One thread.
    std::map<es::StreamId, kpi::MetricDocument> load(const std::vector<es::StreamId>& ids);
    // Rows first, then each document if the stored one still has the version that it was loaded at.
    // Returns the ids of those that had another.
    std::vector<es::StreamId> save(const std::vector<Change>& changes);

private:
    struct Remembered {
        es::Version version = 0;
        std::optional<std::int64_t> edition;
        std::vector<kpi::MetricValue> values;
        // The document can't be read, and its view is rebuilt: finds it unless it was replaced.
        std::optional<Bson> damaged;
    };
    struct RowWrites {
        std::vector<Write> values;
        std::vector<Write> changes;
    };
    [[nodiscard]] const Remembered* remembered(const Change& change) const;
    void save_rows(const std::vector<Change>& changes);
    void write_rows(const char* collection, const std::vector<Write>& rows);
    Write write_of(const Change& change);
    Write whole_write_of(const Change& change);
    void add_rows(const Change& change, RowWrites& writes) const;
    std::vector<kpi::MetricValue> latest_values(const Change& change);
    std::vector<kpi::MetricValue> latest_stored(const Change& change);
    std::vector<es::StreamId> stale_among(const std::vector<Change>& changes);
    std::map<es::StreamId, es::Version> versions_of(const std::vector<es::StreamId>& ids);
    void remove_surplus_rows(const Change& change, const char* collection);

    Database& database_;
    // Of all loads before the next save: in the middle of a batch, a stream that is to be parked is
    // loaded again on its own.
    std::map<es::StreamId, Remembered> remembered_;
    bool saved_ = false;  // since the last load
};

// Stores the row as of the document's version `as_of`.
Write row_write(const kpi::MetricId& metric, const kpi::MetricRow& row, es::Version as_of);

// A random number that distinguishes this document from those it replaces.
std::int64_t new_edition();

}  // namespace views::mongodb
