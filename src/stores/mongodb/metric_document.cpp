#include "stores/mongodb/metric_document.hpp"

#include <string>

#include "es/errors.hpp"

namespace stores::mongodb {
namespace {

template <class T>
T required(std::optional<T> member, const char* name) {
    if (!member) {
        throw es::Corrupt(std::string("a stored view's '") + name +
                          "' is missing or of another type");
    }
    return *std::move(member);
}

bool flag(const BsonView& document, const char* name) {
    return required(document.boolean(name), name);
}

Bson value_members(const kpi::MetricValue& value) {
    return Bson()
        .number("value", value.value)
        .time("date", value.date)
        .integer("version", value.version);
}

}  // namespace

Bson folded_members(const kpi::MetricDocument& document) {
    Bson bson;
    bson.integer("version", document.version)
        .text("name", document.metric.name)
        .text("description", document.metric.description)
        .number("target", document.metric.target)
        .time("deadline", document.metric.deadline)
        .text("unit", document.metric.unit)
        .text("kind", kpi::to_string(document.metric.kind))
        .number("value", document.current().value)
        .integer("valueVersion", document.current().version)
        .time("valueDate", document.current().date)
        .integer("valuesTotal", document.values_total)
        .boolean("isSuccessful", kpi::is_successful(document))
        .number("progress", kpi::progress(document))
        .time("createdAt", document.metric.created_at)
        .time("updatedAt", document.metric.last_occurred)
        .integer("schema", document_schema);
    return bson;
}

Bson whole_document(const kpi::MetricId& id, const kpi::MetricDocument& document,
                    const std::vector<kpi::MetricValue>& values, std::int64_t edition) {
    Bson bson = Bson().text("_id", id);
    bson.append(folded_members(document));
    bson.array("values", values_array(values)).integer("edition", edition);
    return bson;
}

std::vector<Bson> values_array(const std::vector<kpi::MetricValue>& values) {
    std::vector<Bson> array;
    array.reserve(values.size());
    for (const auto& value : values) array.push_back(value_members(value));
    return array;
}

kpi::MetricDocument document_in(const BsonView& stored) {
    kpi::MetricDocument document;
    document.version = required(stored.integer("version"), "version");
    document.metric.name = required(stored.text("name"), "name");
    document.metric.description = required(stored.text("description"), "description");
    document.metric.target = required(stored.number("target"), "target");
    document.metric.deadline = required(stored.time("deadline"), "deadline");
    document.metric.unit = required(stored.text("unit"), "unit");
    document.metric.kind =
        required(kpi::parse_metric_kind(required(stored.text("kind"), "kind")), "kind");
    document.set_current({required(stored.number("value"), "value"),
                          required(stored.time("valueDate"), "valueDate"),
                          required(stored.integer("valueVersion"), "valueVersion")});
    document.values_total = required(stored.integer("valuesTotal"), "valuesTotal");
    document.metric.created_at = required(stored.time("createdAt"), "createdAt");
    document.metric.last_occurred = required(stored.time("updatedAt"), "updatedAt");
    return document;
}

std::vector<kpi::MetricValue> values_in(const BsonView& document) {
    const auto array = required(document.documents("values"), "values");
    std::vector<kpi::MetricValue> values;
    values.reserve(array.size());
    for (const Bson& value : array) values.push_back(row_in(BsonView(value.get())));
    return values;
}

kpi::MetricId id_in(const BsonView& document) {
    return required(document.text("_id"), "_id");
}

bool stored_success(const BsonView& document) {
    return flag(document, "isSuccessful");
}

double stored_progress(const BsonView& document) {
    return required(document.number("progress"), "progress");
}

std::string row_id(const kpi::MetricId& metric, es::Version version) {
    return metric + "/" + std::to_string(version);
}

Bson row_document(const kpi::MetricId& metric, const kpi::MetricValue& value) {
    Bson row = Bson().text("_id", row_id(metric, value.version)).text("metric", metric);
    row.append(value_members(value));
    return row;
}

kpi::MetricValue row_in(const BsonView& row) {
    return {required(row.number("value"), "value"), required(row.time("date"), "date"),
            required(row.integer("version"), "version")};
}

}  // namespace stores::mongodb
