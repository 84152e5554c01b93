// Views that were written before a field was: served at once, and filled in while they are.
#include <algorithm>
#include <array>
#include <string_view>

#include "kpi/testing/view_store_checks.hpp"
#include "views/mongodb/rebuild_fixture.hpp"
#include "views/mongodb/view_completion.hpp"

namespace views::mongodb {
namespace {

using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class AdditiveMongoViews : public RebuildFixture {
protected:
    void make_metrics(int count) {
        create_metrics(count);
        for (const auto& id : directory.all()) append({value(id, 2, 4), value(id, 3, 5)});
        ASSERT_TRUE(rebuild().build({}));
    }

    // As a program wrote them that knew neither the unit nor the progress.
    void take_fields_away() {
        const Bson without =
            Bson()
                .document("$unset", Bson().integer("unit", 1).integer("progress", 1))
                .document("$set", Bson().integer("fields", 1));
        for (const auto& id : directory.all()) {
            database.update_one(metrics_collection, Bson().text("_id", id), without);
        }
        database.update_one(state_collection, Bson().text("_id", "views"),
                            Bson().document("$set", Bson().integer("fields", 1)));
    }

    // As the release before goals left them.
    void leave_what_was_known_before_goals() {
        constexpr std::array known{"version",   "name",         "description",  "target",
                                   "deadline",  "unit",         "kind",         "value",
                                   "valueDate", "isSuccessful", "valueVersion", "progress",
                                   "createdAt", "updatedAt",    "valuesTotal"};
        Bson later;
        for (const kpi::MetricField* field : kpi::stored_fields) {
            if (std::ranges::count(known, std::string_view(field->name)) > 0) continue;
            later.integer(field->name, 1);
        }
        const Bson of_then = Bson()
                                 .document("$unset", later)
                                 .document("$set", Bson().integer("fields", kpi::first_field_set));
        for (const auto& id : directory.all()) {
            database.update_one(metrics_collection, Bson().text("_id", id), of_then);
        }
        database.update_one(
            state_collection, Bson().text("_id", "views"),
            Bson().document("$set", Bson().integer("fields", kpi::first_field_set)));
    }

    std::size_t with_status(const std::string& status) {
        kpi::ListQuery query;
        query.filter.where(kpi::field("status"), status);
        query.sort = &kpi::field("attentionAt");
        query.now = kpi::testing::moment("2026-06-01");
        return views().list(query).items.size();
    }

    // What a projector does between two batches. Returns how many views were rebuilt.
    std::size_t rebuild_some(kpi::MetricViews& projector) {
        es::Projection<kpi::MetricView> projection(events, projector, {});
        const auto asked = projector.upkeep([] { return false; }).rebuild;
        for (const auto& id : asked) projection.rebuild(id);
        return asked.size();
    }
    std::size_t rebuild_all(kpi::MetricViews& projector) {
        std::size_t rebuilt = 0;
        for (int idle = 0; idle < 5;) {
            const std::size_t some = rebuild_some(projector);
            idle = some == 0 ? idle + 1 : 0;
            rebuilt += some;
        }
        return rebuilt;
    }
};

TEST_F(AdditiveMongoViews, AreServedAtOnceWithDefaultsForWhatTheyLack) {
    make_metrics(3);
    take_fields_away();
    const auto found = views().find("m1");
    ASSERT_TRUE(found);
    EXPECT_FALSE(found->document.has_all_fields);
    EXPECT_EQ(found->document.metric.unit, "");
    EXPECT_EQ(found->document.metric.value, 5);
    EXPECT_THAT(found->values, SizeIs(2));
    EXPECT_THAT(views().list({}).items, SizeIs(3));
}

TEST_F(AdditiveMongoViews, AreRightWhenTheirStreamsWereFoldedAgain) {
    make_metrics(120);
    take_fields_away();
    const auto before = views().stamp("m1");
    {
        const auto projector = running_projector();
        EXPECT_EQ(rebuild_all(*projector), 120U);
        expect_all_are_folds();
        EXPECT_NE(views().stamp("m1"), before) << "rendered documents must not outlive it";
        EXPECT_THAT(differences(), IsEmpty());
        EXPECT_TRUE(views_have_all_fields(database)) << "the next projector needs not look";
    }
    EXPECT_EQ(rebuild_all(*running_projector()), 0U);
}

TEST_F(AdditiveMongoViews, StayWrittenUnderTheirSetWhenMoreEventsCome) {
    make_metrics(1);
    take_fields_away();
    append({value("m0", 4, 7)});
    project("m0");
    EXPECT_EQ(views().find("m0")->document.metric.value, 7);
    EXPECT_FALSE(views().find("m0")->document.has_all_fields);
    // Nor is it of the earlier set any more, should a program of that one come back.
    const auto stored = database.find_one(metrics_collection, Bson().text("_id", "m0"));
    EXPECT_EQ(BsonView(stored->get()).integer("fields"), 0);
    EXPECT_EQ(rebuild_all(*running_projector()), 1U);
    expect_all_are_folds();
}

TEST_F(AdditiveMongoViews, AreContinuedAfterACrash) {
    make_metrics(120);
    take_fields_away();
    std::size_t rebuilt = 0;
    {
        const auto projector = running_projector();
        rebuilt = rebuild_some(*projector);
        EXPECT_GT(rebuilt, 0U);
        // Asked for, and never done.
        EXPECT_THAT(projector->upkeep([] { return false; }).rebuild, Not(IsEmpty()));
        EXPECT_FALSE(views_have_all_fields(database));
    }
    EXPECT_EQ(rebuild_all(*running_projector()), 120U - rebuilt);
    expect_all_are_folds();
}

TEST_F(AdditiveMongoViews, AreFilledInByARebuildAsWell) {
    make_metrics(3);
    take_fields_away();
    // Of another set, though it lacks nothing.
    const Bson whole = Bson().text("unit", "u").number("progress", 0.5);
    database.update_one(metrics_collection, Bson().text("_id", "m0"),
                        Bson().document("$set", whole));
    EXPECT_THAT(differences(), Not(IsEmpty()));
    ASSERT_TRUE(rebuild().build({}));
    expect_all_are_folds();
    EXPECT_THAT(differences(), IsEmpty());
    EXPECT_EQ(rebuild_all(*running_projector()), 0U);
}

TEST_F(AdditiveMongoViews, OfBeforeGoalsAreServedFilledInAndCorrected) {
    make_metrics(3);
    leave_what_was_known_before_goals();
    const auto found = views().find("m1");
    ASSERT_TRUE(found);
    EXPECT_FALSE(found->document.has_all_fields);
    EXPECT_EQ(found->document.metric.value, 5);
    EXPECT_EQ(found->document.metric.direction, kpi::Direction::at_least);
    EXPECT_THAT(found->values, SizeIs(2));
    EXPECT_EQ(with_status("missed"), 0U);
    const auto listed = [&](const kpi::MetricField& field, const kpi::FieldValue& value) {
        kpi::ListQuery query;
        query.filter.where(field, value);
        return views().list(query).items.size();
    };
    EXPECT_EQ(listed(kpi::field("isArchived"), false), 3U) << "as every list asks";
    EXPECT_EQ(listed(kpi::field("isArchived"), true), 0U);
    EXPECT_EQ(listed(kpi::field("direction"), "at_least"), 3U);
    EXPECT_EQ(listed(kpi::field("mode"), "keep"), 0U);
    EXPECT_EQ(listed(kpi::field("owner"), "sales"), 0U);
    EXPECT_THAT(views().list({}).items, SizeIs(3));

    append({kpi::testing::recorded("m0", 4, "MetricValueCorrected",
                                   R"({"of":2,"value":9,"reason":"typed"})"),
            kpi::testing::recorded("m0", 5, "MetricValueRetracted",
                                   R"({"of":3,"reason":"not mine"})")});
    project("m0");
    EXPECT_EQ(views().find("m0")->document.metric.value, 9) << "before it is filled in";
    EXPECT_EQ(rebuild_all(*running_projector()), 3U);
    expect_all_are_folds();
    EXPECT_THAT(differences(), IsEmpty());
    EXPECT_EQ(with_status("on_track") + with_status("at_risk") + with_status("off_track"), 3U);
}

// A release that knew no sets: its documents are of the first one.
TEST_F(AdditiveMongoViews, ThatNameNoSetAreOfTheFirstOne) {
    make_metrics(2);
    const Bson nameless = Bson().document("$unset", Bson().integer("fields", 1));
    for (const auto& id : directory.all()) {
        database.update_one(metrics_collection, Bson().text("_id", id), nameless);
    }
    database.update_one(state_collection, Bson().text("_id", "views"), nameless);
    const bool is_first = kpi::field_set == kpi::first_field_set;
    EXPECT_EQ(views().find("m1")->document.has_all_fields, is_first);
    EXPECT_EQ(rebuild_all(*running_projector()), is_first ? 0U : 2U);
    expect_all_are_folds();
}

}  // namespace
}  // namespace views::mongodb
