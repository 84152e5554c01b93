#include "views/mongodb/mongo_metric_views.hpp"

#include <gtest/gtest.h>

#include "kpi/testing/view_store_suite.hpp"
#include "views/mongodb/mongo_fixture.hpp"

namespace {

using namespace views::mongodb::testing;

const bool joined = kpi::testing::join_view_store_suite(
    "MongoMetricViews", [] { return complete_views(own_database(shared_mongo())); },
    // mongo-java-server orders texts as Java does, by UTF-16 units, where MongoDB orders them by
    // their bytes in UTF-8; and a reader may see a document half updated, which no reader of
    // MongoDB does. FerretDB passes all three.
    {"EveryOrderBothWaysAndInPages", "TextsAreOrderedByCodePoint",
     "ReadersSeeWholeDocumentsWhileSaving"});

const bool joined_on_ferretdb = kpi::testing::join_view_store_suite(
    "MongoMetricViewsOnFerretDb", [] { return complete_views(own_database(shared_ferretd())); },
    // FerretDB ends an unordered bulk at its first duplicate, and needs more than the 5 s of a
    // socket's patience for a query of 1,500 ids. mongo-java-server passes both.
    {"StaleChangeIsReportedAndNotSaved", "UnknownAndKnownIdsLoadTogether"});

}  // namespace
