#include "views/mongodb/mongo_metric_views.hpp"

#include <gtest/gtest.h>

#include "kpi/testing/documents.hpp"
#include "kpi/testing/view_store_checks.hpp"
#include "views/mongodb/metric_document.hpp"
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
    "MongoMetricViewsOnFerretDb", [] { return complete_views(own_ferretdb_database()); },
    // FerretDB ends an unordered bulk at its first duplicate, and needs more than a minute to write
    // 1,500 documents. Its $elemMatch refuses to name members of an element, as a filter by
    // status must. mongo-java-server passes all of them.
    {"StaleChangeIsReportedAndNotSaved", "UnknownAndKnownIdsLoadTogether",
     "StatusesChangeAtTheExactMillisecond", "KnownStatusesAtKnownMilliseconds",
     "SeveralStatusesAreAnyOfThem", "FiltersByStatusAsANaiveModelDoes"});

// A projector fills in fields while a function applies the next event.
TEST(MongoMetricViewsOfTwo, AViewThatIsFoldedAgainReplacesNoLaterOne) {
    using namespace kpi::testing;
    const views::MongoMetricViewsOptions options{.mongo = own_database(shared_mongo()),
                                                 .source = "a test's events",
                                                 .writer = true,
                                                 .leased = false};
    declare_complete(options.mongo, options.source);
    const auto projector = views::mongo_metric_views(options);
    const auto function = views::mongo_metric_views(options);
    create_with_values(*function, "a", {{1, at(1)}, {2, at(2)}});
    const auto loaded = projector->load({"a"});
    Change again = change("a", 0, loaded.at("a"), {{1, at(1), 2}, {2, at(2), 3}});
    again.replaces = true;

    kpi::MetricDocument next = function->load({"a"}).at("a");
    next.version = 4;
    ++next.values_total;
    set_current(next, {3, at(3), 4});
    EXPECT_TRUE(function->save(saving({change("a", 3, next, {{3, at(3), 4}})})).empty());

    EXPECT_EQ(projector->save(saving({again})), std::vector<kpi::MetricId>{"a"});
    const auto found = function->find("a");
    EXPECT_TRUE(found && found->document == next);
    EXPECT_EQ(function->values({"a", {}, {}, false, {}, 10})->items.size(), 3U);
}

// As a projection loads a stream again that it parks, in the middle of a batch with others.
TEST(MongoMetricViewsOfTwo, AnotherLoadDoesNotLetASaveOverwriteARebuiltView) {
    using namespace kpi::testing;
    using namespace views::mongodb;
    const views::MongoMetricViewsOptions options{.mongo = own_database(shared_mongo()),
                                                 .source = "a test's events",
                                                 .writer = true,
                                                 .leased = false};
    declare_complete(options.mongo, options.source);
    const auto function = views::mongo_metric_views(options);
    create(*function, "a", metric("Damaged"));
    create(*function, "b", metric());
    auto folded = function->load({"a"}).at("a");
    function->load({"b"});
    Database(options.mongo)
        .update_one(metrics_collection, Bson().text("_id", "a"),
                    Bson().document("$set", Bson().text("name", "Repaired").integer("edition", 1)));
    folded.version = 2;
    EXPECT_EQ(function->save(saving({change("a", 1, folded)})), std::vector<kpi::MetricId>{"a"});
    EXPECT_EQ(function->find("a")->document.metric.name, "Repaired");
}

}  // namespace
