// A metric's document and values in MongoDB's form: docs/formats/mongodb.md. Private to this room.
#pragma once

#include <optional>
#include <vector>

#include "kpi/metric_views.hpp"
#include "views/mongodb/bson.hpp"

namespace views::mongodb {

inline constexpr const char* metrics_collection = "Metrics";
// Not to be compared by their addresses: each source may have its own.
inline constexpr const char* values_collection = "MetricValues";
inline constexpr const char* changes_collection = "MetricChanges";
inline constexpr const char* parked_collection = "YardstickParked";
inline constexpr const char* state_collection = "YardstickState";

// The form of a document. Documents of another form (the original system's) are folded again.
inline constexpr std::int64_t document_schema = 2;

// All members that follow from the events, but for _id and values.
Bson folded_members(const kpi::MetricDocument& document);
// The whole document. `edition` is the document's own: see new_edition().
Bson whole_document(const kpi::MetricId& id, const kpi::MetricDocument& document,
                    const std::vector<kpi::MetricValue>& values, std::int64_t edition);
Bson& add(Bson& bson, const char* name, const kpi::FieldView& value);
std::vector<Bson> values_array(const std::vector<kpi::MetricValue>& values);

// Each throws es::Corrupt when a member is missing or of another type.
kpi::MetricDocument document_in(const BsonView& document);
std::vector<kpi::MetricValue> values_in(const BsonView& document);
kpi::MetricId id_in(const BsonView& document);
kpi::FieldView value_in(const BsonView& document, const kpi::MetricField& field);

// A row of the history. Its _id is metric and version: a row that is saved twice is there once.
std::string row_id(const kpi::MetricId& metric, es::Version version);
// Where it is kept.
const char* collection_of(const kpi::MetricRow& row);
// `as_of`: the version of the document that it was saved with; a row with a later one is never
// replaced by one with an earlier.
Bson row_document(const kpi::MetricId& metric, const kpi::MetricRow& row, es::Version as_of);
// What stays in the place of a removed row until a rebuild. Queries of rows leave it out.
Bson not_removed();
Bson removed_row(const kpi::MetricId& metric, es::Version version, es::Version as_of);
kpi::MetricValue reported_in(const BsonView& row);
kpi::MetricChange change_in(const BsonView& row);
// Finds rows of values that count.
Bson not_retracted();
// Leaves those that a document carries: the latest ones that count.
void keep_latest(std::vector<kpi::MetricValue>& values);

}  // namespace views::mongodb
