// The read API's queries as filters and options of MongoDB. Private to this room.
#pragma once

#include <string>
#include <vector>

#include "kpi/metric_views.hpp"
#include "views/mongodb/database.hpp"

namespace views::mongodb {

// Filter, and options with sort and limit (one more than requested: it shows whether there is
// more).
struct Query {
    Bson filter;
    Bson options;
};
Query list_query(const kpi::ListQuery& query);
// `version`: the view's; later rows belong to a version that is not shown yet.
Query values_query(const kpi::ValuesQuery& query, es::Version version);
Query changes_query(const kpi::ChangesQuery& query, es::Version version);

// A pattern that finds a text anywhere, ASCII letters in either case. (The option "i" would take
// letters beyond ASCII in either case too.)
std::string pattern_of(const std::string& part);

// Creates the indexes that let these queries end early, unless they exist. Throws es::Unavailable.
void make_view_indexes(Database& database);

}  // namespace views::mongodb
