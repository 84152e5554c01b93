#include "views/mongodb/metric_document.hpp"

#include <memory>
#include <string>
#include <variant>

#include "es/errors.hpp"
#include "es/overloaded.hpp"

namespace views::mongodb {
namespace {

template <class T>
T required(std::optional<T> member, const char* name) {
    if (!member) {
        throw es::Corrupt(std::string("a stored view's '") + name +
                          "' is missing or of another type");
    }
    return *std::move(member);
}

std::optional<kpi::FieldView> find(const BsonView& document, const kpi::MetricField& field) {
    if (field.optional && document.is_null(field.name)) return std::monostate();
    switch (field.type) {
        case kpi::FieldType::flag:
            return document.boolean(field.name);
        case kpi::FieldType::integer:
            return document.integer(field.name);
        case kpi::FieldType::number:
            return document.number(field.name);
        case kpi::FieldType::time:
            return document.time(field.name);
        case kpi::FieldType::json:
            if (auto text = document.json_array(field.name)) return kpi::Json{*std::move(text)};
            return std::nullopt;
        case kpi::FieldType::text:
            break;
    }
    return document.text_view(field.name);
}

Bson value_members(const kpi::MetricValue& value) {
    Bson members = Bson()
                       .number("value", value.value)
                       .time("date", value.date)
                       .integer("version", value.version);
    if (value.notes != nullptr) members.text("notes", kpi::to_json(*value.notes));
    return members;
}

}  // namespace

Bson& add(Bson& bson, const char* name, const kpi::FieldView& value) {
    std::visit(es::Overloaded{
                   [&](bool flag) { bson.boolean(name, flag); },
                   [&](std::int64_t integer) { bson.integer(name, integer); },
                   [&](double number) { bson.number(name, number); },
                   [&](es::TimePoint time) { bson.time(name, time); },
                   [&](std::string_view text) { bson.text(name, text); },
                   [&](const kpi::Json& json) { bson.json_array(name, json.text); },
                   [&](std::monostate) { bson.null(name); },
               },
               value);
    return bson;
}

Bson folded_members(const kpi::MetricDocument& document) {
    Bson bson;
    kpi::for_each_field<kpi::stored_fields>(
        [&](auto at, std::size_t) { add(bson, at.row.name, at.stored(document)); });
    bson.integer("schema", document_schema);
    return bson;
}

Bson whole_document(const kpi::MetricId& id, const kpi::MetricDocument& document,
                    const std::vector<kpi::MetricValue>& values, std::int64_t edition) {
    Bson bson = Bson().text("_id", id);
    bson.append(folded_members(document));
    bson.array("values", values_array(values))
        .integer("edition", edition)
        .integer("fields", kpi::field_set_of(document));
    return bson;
}

std::vector<Bson> values_array(const std::vector<kpi::MetricValue>& values) {
    std::vector<Bson> array;
    array.reserve(values.size());
    for (const auto& value : values) array.push_back(value_members(value));
    return array;
}

kpi::MetricDocument document_in(const BsonView& stored) {
    return kpi::read_document(stored.integer("fields").value_or(kpi::first_field_set),
                              [&](auto at, std::size_t) { return find(stored, at.row); });
}

kpi::FieldView value_in(const BsonView& document, const kpi::MetricField& field) {
    return required(find(document, field), field.name);
}

std::vector<kpi::MetricValue> values_in(const BsonView& document) {
    const auto array = required(document.documents("values"), "values");
    std::vector<kpi::MetricValue> values;
    values.reserve(array.size());
    for (const Bson& value : array) values.push_back(reported_in(BsonView(value.get())));
    return values;
}

kpi::MetricId id_in(const BsonView& document) {
    return required(document.text("_id"), "_id");
}

std::string row_id(const kpi::MetricId& metric, es::Version version) {
    return metric + "/" + std::to_string(version);
}

const char* collection_of(const kpi::MetricRow& row) {
    return row.value() != nullptr ? values_collection : changes_collection;
}

Bson row_document(const kpi::MetricId& metric, const kpi::MetricRow& row, es::Version as_of) {
    Bson document = Bson().text("_id", row_id(metric, row.version)).text("metric", metric);
    if (const kpi::MetricValue* value = row.value()) {
        document.append(value_members(*value));
        if (value->retracted()) document.boolean("retracted", true);
    } else {
        document.integer("version", row.version).text("change", row.change()->json);
    }
    if (as_of != row.version) document.integer("asOf", as_of);
    return document;
}

Bson not_retracted() {
    return Bson().document("retracted", Bson().boolean("$exists", false));
}

Bson not_removed() {
    return Bson().document("removed", Bson().boolean("$exists", false));
}

Bson removed_row(const kpi::MetricId& metric, es::Version version, es::Version as_of) {
    return Bson()
        .text("_id", row_id(metric, version))
        .text("metric", metric)
        .integer("version", version)
        .boolean("removed", true)
        .integer("asOf", as_of);
}

kpi::MetricValue reported_in(const BsonView& row) {
    kpi::MetricValue value{required(row.number("value"), "value"),
                           required(row.time("date"), "date"),
                           required(row.integer("version"), "version")};
    if (const auto notes = row.text_view("notes")) {
        value.notes = std::make_shared<kpi::ValueNotes>(kpi::notes_from_json(*notes));
    }
    return value;
}

kpi::MetricChange change_in(const BsonView& row) {
    return {required(row.integer("version"), "version"), required(row.text("change"), "change")};
}

void keep_latest(std::vector<kpi::MetricValue>& values) {
    std::erase_if(values, [](const kpi::MetricValue& value) { return value.retracted(); });
    if (values.size() <= kpi::document_values_max) return;
    values.erase(values.begin(),
                 values.end() - static_cast<std::ptrdiff_t>(kpi::document_values_max));
}

}  // namespace views::mongodb
