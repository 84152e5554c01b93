#include "views/mongodb/view_completion.hpp"

#include "base/time.hpp"
#include "views/mongodb/metric_document.hpp"
#include "views/mongodb/view_saver.hpp"

namespace views::mongodb {
namespace {

Bson id_filter() {
    return Bson().text("_id", "views");
}

}  // namespace

std::optional<std::int64_t> views_generation(Database& database, const std::string& source) {
    const auto found = database.find_one(state_collection, id_filter());
    if (!found) return std::nullopt;
    const BsonView views(found->get());
    if (views.integer("schema") != document_schema) return std::nullopt;
    if (!source.empty() && views.text("source") != source) return std::nullopt;
    if (const auto generation = views.integer("generation")) return generation;
    // An earlier release distinguished them by their time.
    const auto completed = views.time("completed");
    if (!completed) return std::nullopt;
    return std::int64_t{completed->time_since_epoch().count()};
}

bool views_have_all_fields(Database& database) {
    const auto found = database.find_one(state_collection, id_filter());
    if (!found) return true;  // new documents will have them
    return BsonView(found->get()).integer("fields").value_or(kpi::first_field_set) ==
           kpi::field_set;
}

void declare_all_fields(Database& database, const std::string& source) {
    Bson filter = id_filter();
    if (!source.empty()) filter.text("source", source);
    database.update_one(state_collection, filter,
                        Bson().document("$set", Bson().integer("fields", kpi::field_set)));
}

std::optional<std::string> views_source(Database& database) {
    const auto found = database.find_one(state_collection, id_filter());
    if (!found) return std::nullopt;
    return BsonView(found->get()).text("source");
}

void declare_views_complete(Database& database, const std::string& source) {
    const Bson document = id_filter()
                              .integer("schema", document_schema)
                              .text("source", source)
                              .time("completed", base::system_now())
                              .integer("generation", new_edition())
                              .integer("fields", kpi::field_set);
    database.write(state_collection, {{Write::Kind::put, id_filter(), document}});
}

void disown_views_of_others(Database& database, const std::string& source) {
    database.remove(state_collection, id_filter().document("source", Bson().text("$ne", source)));
}

}  // namespace views::mongodb
