// What a rebuild finds wrong and repairs, of all metrics and of one.
#include "views/mongodb/rebuild_fixture.hpp"

namespace views::mongodb {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Each way in which a view can be wrong, and what a check says of it.
struct Damage {
    const char* name;
    std::string said;
    std::function<void(Database& database)> done;
};

void unset(Database& database, const char* member) {
    ASSERT_TRUE(database.update_one(metrics_collection, Bson().text("_id", "a"),
                                    Bson().document("$unset", Bson().integer(member, 1))));
}

// `a` has version 3: made, and values 3 and 4.
std::vector<Damage> damages() {
    return {
        {"ANameThatNoEventGave", "a: name is x, its events say n",
         [](Database& db) { set_members(db, Bson().text("name", "x")); }},
        {"AVersionBeyondTheHead", "a: version is 9, its events say 3",
         [](Database& db) { set_members(db, Bson().integer("version", 9)); }},
        {"AnotherType", "a: a stored view's 'target' is missing or of another type",
         [](Database& db) { set_members(db, Bson().text("target", "10")); }},
        {"AVersionThatIsNoNumber", "a: a stored view's 'version' is missing or of another type",
         [](Database& db) { set_members(db, Bson().text("version", "3")); }},
        {"AMissingMember", "a: a stored view's 'unit' is missing or of another type",
         [](Database& db) { unset(db, "unit"); }},
        {"AMissingMemberAndNoEdition", "a: a stored view's 'values' is missing or of another type",
         [](Database& db) {
             unset(db, "values");
             unset(db, "edition");
         }},
        {"AWrongStoredSuccess", "a: isSuccessful is true, its events say false",
         [](Database& db) { set_members(db, Bson().boolean("isSuccessful", true)); }},
        {"AWrongStoredProgress", "a: progress is 0.5, its events say 0.4",
         [](Database& db) { set_members(db, Bson().number("progress", 0.5)); }},
        {"ValuesThatAreNotTheLatest", "a: the document's values are not the latest ones",
         [](Database& db) { set_members(db, Bson().array("values", {})); }},
        {"ADocumentOfTheOriginal", "a: the document is not of today's schema",
         [](Database& db) { unset(db, "schema"); }},
        {"ADocumentThatIsGone", "a: it has events, but no view",
         [](Database& db) { db.remove(metrics_collection, Bson().text("_id", "a")); }},
        {"AValueThatIsGone", "a: a value is missing, version 2",
         [](Database& db) { db.remove(values_collection, Bson().text("_id", "a/2")); }},
        {"AnotherValue", "a: a value is not what its event says, version 2",
         [](Database& db) { set_row(db, "a/2", Bson().number("value", 7)); }},
        {"AValueTooMany", "a: a value is stored that no event reports, version 1",
         [](Database& db) {
             db.insert_one(values_collection, row_document("a", kpi::MetricValue{1, {}, 1}, 1));
         }},
        {"AValueThatIsTakenForRemoved", "a: a value is missing, version 2",
         [](Database& db) { set_row(db, "a/2", Bson().boolean("removed", true)); }},
        {"AMetricWithoutEvents", "nobody: it has a view, but no events",
         [](Database& db) {
             auto document = *db.find_one(metrics_collection, Bson().text("_id", "a"));
             Bson other = Bson().text("_id", "nobody");
             db.insert_one(metrics_collection, other.append(without_id(document)));
         }},
        {"ADocumentOfNoMetric", ": a document whose _id is no text",
         [](Database& db) { db.insert_one(metrics_collection, Bson().integer("_id", 5)); }},
        {"ValuesWithoutEvents", "nobody: it has values, but no events",
         [](Database& db) {
             db.insert_one(values_collection,
                           row_document("nobody", kpi::MetricValue{1, {}, 2}, 2));
         }},
    };
}

class MongoViewDamages : public RebuildFixture, public ::testing::WithParamInterface<Damage> {};

TEST_P(MongoViewDamages, AreReportedAndRepaired) {
    create("a");
    create("b");
    append({value("a", 2, 3), value("a", 3, 4)});
    ASSERT_TRUE(rebuild().build({}));
    ASSERT_THAT(differences(), IsEmpty());
    GetParam().done(database);
    EXPECT_THAT(differences(), ElementsAre(HasSubstr(GetParam().said)));
    EXPECT_THAT(differences(), ElementsAre(HasSubstr(GetParam().said))) << "a check repaired it";
    ASSERT_TRUE(rebuild().build({}));
    EXPECT_THAT(differences(), IsEmpty());
    EXPECT_EQ(views().list({}).items.size(), 2U);
    expect_all_are_folds();
}

INSTANTIATE_TEST_SUITE_P(All, MongoViewDamages, ::testing::ValuesIn(damages()),
                         [](const auto& damage) { return damage.param.name; });

class MongoViewRepairs : public RebuildFixture {};

TEST_F(MongoViewRepairs, WhatIsLeftOfARemovedValueIsDeleted) {
    create("a");
    append({value("a", 2, 1)});
    ASSERT_TRUE(rebuild().build({}));
    database.insert_one(values_collection, removed_row("a", 1, 2));
    EXPECT_THAT(differences(), IsEmpty());
    EXPECT_EQ(views().values({"a", {}, {}, false, {}, 10})->items.size(), 1U);
    ASSERT_TRUE(rebuild().build({}));
    EXPECT_FALSE(database.find_one(values_collection, Bson().text("_id", "a/1")));
    expect_all_are_folds();
}

// Clients keep an answer for as long as its view has the same stamp.
TEST_F(MongoViewRepairs, AViewWhoseValuesWereRepairedHasAnotherStamp) {
    create("a");
    append({value("a", 2, 3)});
    ASSERT_TRUE(rebuild().build({}));
    const auto before = views().stamp("a");
    set_row(database, "a/2", Bson().number("value", 7));
    ASSERT_TRUE(rebuild().build({}));
    EXPECT_FALSE(views().stamp("a") == before);
    expect_all_are_folds();
}

TEST_F(MongoViewRepairs, OneMetricIsRebuilt) {
    create("a");
    create("b");
    ASSERT_TRUE(rebuild().build({}));
    for (const char* id : {"a", "b"}) {
        database.update_one(metrics_collection, Bson().text("_id", id),
                            Bson().document("$set", Bson().text("name", "x")));
    }
    EXPECT_TRUE(rebuild().build_one("a"));
    EXPECT_EQ(views().find("a")->document.metric.name, "n");
    EXPECT_EQ(views().find("b")->document.metric.name, "x");
    EXPECT_FALSE(rebuild().build_one("nobody"));
}

TEST_F(MongoViewRepairs, AStreamThatCantBeReadIsParkedAndHoldsUpNoOther) {
    create_metrics(3);
    events.break_stream("m1", "version 1 is damaged");
    ASSERT_TRUE(rebuild().build({}));
    EXPECT_THAT(views().parked(), ElementsAre(es::Parked{"m1", 1, "version 1 is damaged"}));
    EXPECT_EQ(views().list({}).items.size(), 2U);
    EXPECT_THAT(differences(), IsEmpty());
    EXPECT_EQ(rebuild().check({}).parked, 1U);
}

TEST_F(MongoViewRepairs, AnEventThatCantBeAppliedParksItsMetricThere) {
    create("a");
    auto unknown = value("a", 2, 1);
    unknown.type = "MetricSealed";
    append({unknown});
    ASSERT_TRUE(rebuild().build({}));
    ASSERT_EQ(views().parked().size(), 1U);
    EXPECT_EQ(views().parked()[0].version, 2);
    EXPECT_EQ(views().version("a"), 1);
    EXPECT_THAT(differences(), IsEmpty());
}

TEST_F(MongoViewRepairs, ARebuiltMetricIsUnparkedAndTheActiveProjectorReloads) {
    create("a");
    events.break_stream("a", "damaged");
    ASSERT_TRUE(rebuild().build({}));
    const auto projector = running_projector();
    events.restore_stream("a");
    EXPECT_TRUE(rebuild().build_one("a"));
    EXPECT_THAT(views().parked(), IsEmpty());
    EXPECT_EQ(views().version("a"), 1);
    EXPECT_TRUE(reloads(*projector));
}

TEST_F(MongoViewRepairs, RebuiltMetricsAreUnparkedAndTheActiveProjectorReloads) {
    create("a");
    events.break_stream("a", "damaged");
    ASSERT_TRUE(rebuild().build({}));
    const auto projector = running_projector();
    events.restore_stream("a");
    EXPECT_TRUE(rebuild().build({}));
    EXPECT_THAT(views().parked(), IsEmpty());
    EXPECT_TRUE(reloads(*projector));
}

}  // namespace
}  // namespace views::mongodb
