// The read API's questions as queries of MongoDB. Private to this room.
#pragma once

#include <string>
#include <vector>

#include "kpi/metric_views.hpp"
#include "views/mongodb/database.hpp"

namespace views::mongodb {

// Filter, and options with sort and limit (one more than asked for: it tells whether there is
// more).
struct Query {
    Bson filter;
    Bson options;
};
Query list_query(const kpi::ListQuery& query);
// `version`: the view's; later rows belong to a version that is not shown yet.
Query values_query(const kpi::ValuesQuery& query, es::Version version);

// A pattern that finds a text anywhere, ASCII letters in either case. (The option "i" would take
// letters beyond ASCII in either case too.)
std::string pattern_of(const std::string& part);

// Makes the indexes that let these queries end early, where they aren't there. Throws
// es::Unavailable.
void make_view_indexes(Database& database);

}  // namespace views::mongodb
