#include "views/mongodb/view_queries.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "base/text.hpp"
#include "base/time.hpp"
#include "views/mongodb/metric_document.hpp"

namespace views::mongodb {
namespace {

Bson keyed(const char* name, const kpi::SortKey& key) {
    Bson bson;
    return add(bson, name, kpi::view_of(key));
}

Bson words_in(const char* how, const std::vector<kpi::FieldValue>& values) {
    std::vector<std::string> words;
    words.reserve(values.size());
    for (const auto& value : values) words.push_back(std::get<std::string>(value));
    return Bson().texts(how, words);
}

// Times stand in it as texts, which sort as they do.
Bson has_status(const std::vector<kpi::FieldValue>& values, es::TimePoint now) {
    const std::string time = base::format_time(now);
    const Bson run = Bson()
                         .document("status", words_in("$in", values))
                         .document("from", Bson().text("$lte", time))
                         .document("until", Bson().text("$gt", time));
    return Bson().document(kpi::field("statusRuns").name, Bson().document("$elemMatch", run));
}

// Documents of an earlier release lack a field that is newer, and then have its default.
Bson has_value(const kpi::MetricField& field, const kpi::FieldValue& value) {
    Bson wanted = keyed(field.name, value);
    if (kpi::view_of(value) != field.missing()) return wanted;
    return Bson().array("$or", {std::move(wanted), Bson().null(field.name)});
}

Bson filter_condition(const kpi::MetricFilter::Condition& condition, es::TimePoint now) {
    const kpi::MetricField& field = *condition.field;
    if (&field == &kpi::field("status")) return has_status(condition.values, now);
    if (field.many) return Bson().document(field.name, words_in("$all", condition.values));
    if (field.since == nullptr) return has_value(field, condition.values.front());
    const bool wanted = std::get<bool>(condition.values.front());
    if (field.until == nullptr) {
        return Bson().document(field.since, Bson().time(wanted ? "$lte" : "$gt", now));
    }
    const Bson set = Bson()
                         .document(field.since, Bson().time("$lte", now))
                         .document(field.until, Bson().time("$gt", now));
    return wanted ? set : Bson().array("$nor", {set});
}

Bson search_condition(const std::string& part) {
    const Bson pattern = Bson().text("$regex", pattern_of(part));
    std::vector<Bson> any;
    any.reserve(kpi::searched_fields.size());
    for (const kpi::MetricField* field : kpi::searched_fields) {
        any.push_back(Bson().document(field->name, pattern));
    }
    return any.size() == 1 ? any.front() : Bson().array("$or", any);
}

// What comes after a place in the order of the list: by the key, ties by ascending id either way.
Bson after_place(const kpi::ListQuery& query) {
    const Bson later = Bson().document("_id", Bson().text("$gt", query.after->id));
    if (query.sort == nullptr) {
        return query.descending ? Bson().document("_id", Bson().text("$lt", query.after->id))
                                : later;
    }
    const char* member = query.sort->name;
    const kpi::SortKey& key = query.after->key;
    Bson tie = keyed(member, key);
    tie.append(later);
    const Bson beyond = Bson().document(member, keyed(query.descending ? "$lt" : "$gt", key));
    // The bound on the key alone lets the index scan begin there.
    return Bson()
        .document(member, keyed(query.descending ? "$lte" : "$gte", key))
        .array("$or", {beyond, tie});
}

Bson limited(std::size_t limit, const Bson& sort) {
    return Bson().document("sort", sort).integer("limit", static_cast<std::int64_t>(limit) + 1);
}

}  // namespace

std::string pattern_of(const std::string& part) {
    std::string pattern;
    for (const char c : part) {
        const char small = base::lower(c);
        if (small >= 'a' && small <= 'z') {
            pattern += {'[', small, static_cast<char>(small - 'a' + 'A'), ']'};
        } else if ((c >= '0' && c <= '9') || c == ' ' || static_cast<unsigned char>(c) >= 0x80) {
            pattern += c;
        } else if (c == '\0') {
            pattern += "\\x00";  // the server refuses a NUL in a pattern
        } else {
            pattern += {'\\', c};
        }
    }
    return pattern;
}

Query list_query(const kpi::ListQuery& query) {
    Query result;
    std::vector<Bson> conditions{Bson().integer("schema", document_schema)};
    for (const auto& condition : query.filter.conditions) {
        conditions.push_back(filter_condition(condition, query.now));
    }
    if (!query.filter.search.empty()) conditions.push_back(search_condition(query.filter.search));
    if (query.after) conditions.push_back(after_place(query));
    result.filter.array("$and", conditions);
    const std::int64_t direction = query.descending ? -1 : 1;
    Bson sort;
    if (query.sort != nullptr) sort.integer(query.sort->name, direction);
    sort.integer("_id", query.sort != nullptr ? 1 : direction);
    result.options = limited(query.limit, sort);
    return result;
}

Query values_query(const kpi::ValuesQuery& query, es::Version version) {
    std::vector<Bson> conditions{Bson().text("metric", query.id),
                                 Bson().document("version", Bson().integer("$lte", version)),
                                 not_removed()};
    if (!query.retracted) conditions.push_back(not_retracted());
    if (query.from) {
        conditions.push_back(Bson().document("date", Bson().time("$gte", *query.from)));
    }
    if (query.to) conditions.push_back(Bson().document("date", Bson().time("$lte", *query.to)));
    if (query.after) {
        const auto& [date, last] = *query.after;
        const char* beyond = query.descending ? "$lt" : "$gt";
        // As in a list's: the index scan begins there.
        conditions.push_back(
            Bson().document("date", Bson().time(query.descending ? "$lte" : "$gte", date)));
        conditions.push_back(Bson().array(
            "$or", {Bson().document("date", Bson().time(beyond, date)),
                    Bson().time("date", date).document("version", Bson().integer(beyond, last))}));
    }
    const std::int64_t direction = query.descending ? -1 : 1;
    Query result;
    result.filter.array("$and", conditions);
    result.options =
        limited(query.limit, Bson().integer("date", direction).integer("version", direction));
    return result;
}

Query changes_query(const kpi::ChangesQuery& query, es::Version version) {
    const es::Version last = std::min(version, query.before.value_or(version + 1) - 1);
    Query result;
    result.filter.text("metric", query.id).document("version", Bson().integer("$lte", last));
    result.options = limited(query.limit, Bson().integer("version", -1));
    return result;
}

void make_view_indexes(Database& database) {
    std::vector<Bson> indexes;
    for (const kpi::MetricField* field : kpi::sortable_fields) {
        for (const std::int64_t direction : {1, -1}) {
            indexes.push_back(Bson().integer(field->name, direction).integer("_id", 1));
        }
    }
    database.make_indexes(metrics_collection, indexes);
    database.make_indexes(values_collection,
                          {Bson().integer("metric", 1).integer("date", 1).integer("version", 1),
                           Bson().integer("metric", 1).integer("version", 1)});
    database.make_indexes(changes_collection, {Bson().integer("metric", 1).integer("version", 1)});
}

}  // namespace views::mongodb
