// Shows that the suite of view stores bites: stores with one fault each must fail it.
#include "kpi/testing/view_store_suite.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include "views/memory/memory_metric_views.hpp"

namespace kpi::testing {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using Sound = views::MemoryMetricViews;

template <class Views>
std::vector<std::string> failures() {
    return failing_checks([] { return std::make_shared<Views>(); });
}

TEST(ViewStoreSuite, PassesASoundStore) {
    EXPECT_THAT(failures<Sound>(), IsEmpty());
}

struct IgnoresTheGuard : Sound {
    std::vector<es::StreamId> save(const es::ViewSave<MetricView>& save) override {
        auto forced = save;
        for (auto& change : forced.changes) change.loaded = version(change.id);
        return Sound::save(forced);
    }
};
TEST(ViewStoreSuite, FindsAStoreThatIgnoresTheGuard) {
    EXPECT_THAT(failures<IgnoresTheGuard>(), Contains("StaleChangeIsReportedAndNotSaved"));
}

struct SavesCheckpointsOfStale : Sound {
    std::vector<es::StreamId> save(const es::ViewSave<MetricView>& save) override {
        es::ViewSave<MetricView> only_checkpoints;
        only_checkpoints.checkpoints = save.checkpoints;
        Sound::save(only_checkpoints);
        return Sound::save(save);
    }
};
TEST(ViewStoreSuite, FindsAStoreThatSavesCheckpointsPastAStaleChange) {
    EXPECT_THAT(failures<SavesCheckpointsOfStale>(), Contains("StaleChangeIsReportedAndNotSaved"));
}

struct LosesRows : Sound {
    std::vector<es::StreamId> save(const es::ViewSave<MetricView>& save) override {
        auto cut = save;
        for (auto& change : cut.changes) {
            if (change.rows.size() > 1) change.rows.pop_back();
        }
        return Sound::save(cut);
    }
};
TEST(ViewStoreSuite, FindsAStoreThatLosesRows) {
    EXPECT_THAT(failures<LosesRows>(), Contains("DocumentCarriesLatestValuesAsRecorded"));
    EXPECT_THAT(failures<LosesRows>(), Contains("DoesWhatANaiveModelDoes"));
}

// Puts a recreated document over the old one, and leaves the old rows.
struct KeepsOldRows : Sound {
    std::vector<es::StreamId> save(const es::ViewSave<MetricView>& save) override {
        auto kept = save;
        for (auto& change : kept.changes) {
            if (!change.replaces) continue;
            const auto stored = values({change.id, {}, {}, false, {}, 1000});
            if (stored)
                change.rows.insert(change.rows.end(), stored->items.begin(), stored->items.end());
        }
        return Sound::save(kept);
    }
};
TEST(ViewStoreSuite, FindsAStoreThatKeepsTheRowsOfAReplacedDocument) {
    EXPECT_THAT(failures<KeepsOldRows>(), Contains("ReplacementTakesThePlaceOfAll"));
}

struct KeepsChangedRows : Sound {
    std::vector<es::StreamId> save(const es::ViewSave<MetricView>& save) override {
        auto kept = save;
        for (auto& change : kept.changes) {
            if (change.replaces) continue;
            std::erase_if(change.rows,
                          [&](const auto& row) { return row.version <= change.loaded; });
        }
        return Sound::save(kept);
    }
};
TEST(ViewStoreSuite, FindsAStoreThatKeepsARowAsItWasFirst) {
    EXPECT_THAT(failures<KeepsChangedRows>(), Contains("ChangedRowsTakeThePlaceOfTheStored"));
    EXPECT_THAT(failures<KeepsChangedRows>(), Contains("DoesWhatANaiveModelDoes"));
}

struct KeepsRemovedRows : Sound {
    std::vector<es::StreamId> save(const es::ViewSave<MetricView>& save) override {
        auto kept = save;
        for (auto& change : kept.changes) change.removed_rows.clear();
        return Sound::save(kept);
    }
};
TEST(ViewStoreSuite, FindsAStoreThatKeepsRemovedRows) {
    EXPECT_THAT(failures<KeepsRemovedRows>(), Contains("RemovedRowsAreGone"));
    EXPECT_THAT(failures<KeepsRemovedRows>(), Contains("DoesWhatANaiveModelDoes"));
}

// Keeps rows apart from documents, and looks at the documents' versions alone.
struct SavesRowsUnguarded : Sound {
    std::vector<es::StreamId> save(const es::ViewSave<MetricView>& save) override {
        auto stale = Sound::save(save);
        const std::lock_guard lock(mutex);
        for (const auto& change : save.changes) {
            for (const auto& row : values_among(change.rows)) rows[change.id][row.version] = row;
            for (const auto version : change.removed_rows) rows[change.id].erase(version);
        }
        return stale;
    }
    std::optional<ValuesPage> values(const ValuesQuery& query) override {
        auto page = Sound::values(query);
        const std::lock_guard lock(mutex);
        if (page && query.limit == 1000) {
            page->items.clear();
            for (const auto& [version, row] : rows[query.id]) page->items.push_back(row);
        }
        return page;
    }
    std::mutex mutex;
    std::map<MetricId, std::map<es::Version, MetricValue>> rows;
};
TEST(ViewStoreSuite, FindsAStoreWhoseRowsALateSaveChanges) {
    EXPECT_THAT(failures<SavesRowsUnguarded>(), Contains("LateSaveUndoesNoLaterChange"));
    EXPECT_THAT(failures<SavesRowsUnguarded>(), Contains("ChangesOfAStaleSaveAreNotMade"));
}

struct ForgetsTies : Sound {
    ListPage list(const ListQuery& query) override {
        auto page = Sound::list(query);
        if (!query.after) return page;
        std::erase_if(page.items, [&](const MetricEntry& item) {
            return sort_key(item, query.sort) == query.after->key;
        });
        return page;
    }
};
TEST(ViewStoreSuite, FindsAStoreThatPagesByKeyAlone) {
    EXPECT_THAT(failures<ForgetsTies>(), Contains("PagingGivesEachOnceWhileOthersChange"));
}

// Joins values of this moment to a document of an earlier one.
struct TornReads : Sound {
    std::optional<WholeMetric> find(const MetricId& id) override {
        auto found = Sound::find(id);
        const std::lock_guard lock(mutex);
        if (found) found->document = earlier.try_emplace(id, found->document).first->second;
        return found;
    }
    std::mutex mutex;
    std::map<MetricId, MetricDocument> earlier;
};
TEST(ViewStoreSuite, FindsAStoreWhoseDocumentAndValuesAreOfDifferentMoments) {
    EXPECT_THAT(failures<TornReads>(), Contains("ReadersSeeWholeDocumentsWhileSaving"));
}

// Visits values that came after the document.
struct VisitsTooMuch : Sound {
    bool visit_values(const MetricId& id, ValuesVisitor& visitor) override {
        const auto found = find(id);
        if (!found) return false;
        const std::lock_guard lock(mutex);
        visitor.begin(earlier.try_emplace(id, found->document).first->second);
        const auto page = values({id, {}, {}, false, {}, 1000});
        for (const auto& value : page->items) {
            visitor.next({value.date, value.value, value.version});
        }
        return true;
    }
    std::mutex mutex;
    std::map<MetricId, MetricDocument> earlier;
};
TEST(ViewStoreSuite, FindsAStoreWhoseVisitRunsAheadOfTheDocument) {
    EXPECT_THAT(failures<VisitsTooMuch>(), Contains("ReadersSeeWholeDocumentsWhileSaving"));
}

// Visits in the order of recording.
struct VisitsByVersion : Sound {
    bool visit_values(const MetricId& id, ValuesVisitor& visitor) override {
        const auto found = find(id);
        if (!found) return false;
        visitor.begin(found->document);
        for (const auto& value : found->values) {
            visitor.next({value.date, value.value, value.version});
        }
        return true;
    }
};
TEST(ViewStoreSuite, FindsAStoreThatVisitsInAnotherOrder) {
    EXPECT_THAT(failures<VisitsByVersion>(), Contains("DoesWhatANaiveModelDoes"));
}

struct DropsMilliseconds : Sound {
    std::vector<es::StreamId> save(const es::ViewSave<MetricView>& save) override {
        auto rounded = save;
        for (auto& change : rounded.changes) {
            change.document.metric.last_occurred =
                std::chrono::floor<std::chrono::seconds>(change.document.metric.last_occurred);
        }
        return Sound::save(rounded);
    }
};
TEST(ViewStoreSuite, FindsAStoreThatDropsMilliseconds) {
    EXPECT_THAT(failures<DropsMilliseconds>(), Contains("TimesComeBackExactly"));
}

struct ForgetsNotes : Sound {
    std::vector<es::StreamId> save(const es::ViewSave<MetricView>& save) override {
        auto without = save;
        for (auto& change : without.changes) {
            for (auto& row : change.rows) {
                if (row.value() == nullptr || row.value()->notes == nullptr) continue;
                MetricValue value = *row.value();
                ValueNotes none;
                none.retracted = value.retracted();
                value.notes = none.retracted ? std::make_shared<ValueNotes>(none) : nullptr;
                row = value;
            }
        }
        return Sound::save(without);
    }
};
TEST(ViewStoreSuite, FindsAStoreThatForgetsNotes) {
    EXPECT_THAT(failures<ForgetsNotes>(), Contains("NotesComeBackExactly"));
    EXPECT_THAT(failures<ForgetsNotes>(), Contains("DoesWhatANaiveModelDoes"));
}

struct LosesChangesOfCorrections : Sound {
    std::vector<es::StreamId> save(const es::ViewSave<MetricView>& save) override {
        auto without = save;
        for (auto& change : without.changes) {
            if (change.rows.empty() || change.rows.front().version > change.loaded) continue;
            std::erase_if(change.rows, [](const auto& row) { return row.change() != nullptr; });
        }
        return Sound::save(without);
    }
};
TEST(ViewStoreSuite, FindsAStoreThatLosesTheChangesOfCorrections) {
    EXPECT_THAT(failures<LosesChangesOfCorrections>(),
                Contains("AChangeMayComeWithAnEarlierValue"));
    EXPECT_THAT(failures<LosesChangesOfCorrections>(), Contains("DoesWhatANaiveModelDoes"));
}

struct KeepsChangesOfReplaced : Sound {
    std::optional<ChangesPage> changes(const ChangesQuery& query) override {
        auto page = Sound::changes(query);
        const std::lock_guard lock(mutex);
        if (!page) return page;
        for (const auto& change : page->items) seen[query.id].try_emplace(change.version, change);
        for (auto& change : page->items) change = seen[query.id].at(change.version);
        return page;
    }
    std::vector<es::StreamId> save(const es::ViewSave<MetricView>& save) override {
        for (const auto& change : save.changes) changes({change.id, {}, 1000});
        return Sound::save(save);
    }
    std::mutex mutex;
    std::map<MetricId, std::map<es::Version, MetricChange>> seen;
};
TEST(ViewStoreSuite, FindsAStoreThatKeepsTheChangesOfAReplacedDocument) {
    EXPECT_THAT(failures<KeepsChangesOfReplaced>(), Contains("AReplacementBringsItsChanges"));
}

struct ListsRecentByVersion : Sound {
    ListPage list(const ListQuery& query) override {
        auto page = Sound::list(query);
        for (auto& item : page.items) {
            const auto latest = find(item.id)->values;
            const auto count = std::min(query.recent, latest.size());
            item.recent.assign(latest.end() - static_cast<std::ptrdiff_t>(count), latest.end());
        }
        return page;
    }
};
TEST(ViewStoreSuite, FindsAStoreThatListsTheLatestReportedForTheLatest) {
    EXPECT_THAT(failures<ListsRecentByVersion>(), Contains("AListShowsTheLatestValuesByDate"));
    EXPECT_THAT(failures<ListsRecentByVersion>(), Contains("TheLatestByDateMayBeReportedLongAgo"));
}

struct ForgetsRetracted : Sound {
    std::vector<es::StreamId> save(const es::ViewSave<MetricView>& save) override {
        auto without = save;
        for (auto& change : without.changes) {
            for (auto& row : change.rows) {
                if (row.value() == nullptr || row.counts()) continue;
                MetricValue value = *row.value();
                auto notes = *value.notes;
                notes.retracted = false;
                value.notes = std::make_shared<ValueNotes>(std::move(notes));
                row = value;
            }
        }
        return Sound::save(without);
    }
};
TEST(ViewStoreSuite, FindsAStoreThatForgetsThatAValueWasTakenBack) {
    EXPECT_THAT(failures<ForgetsRetracted>(), Contains("RetractedValuesAreShownToWhoAsks"));
    EXPECT_THAT(failures<ForgetsRetracted>(), Contains("ADocumentCarriesTheLatestThatCount"));
    EXPECT_THAT(failures<ForgetsRetracted>(), Contains("DoesWhatANaiveModelDoes"));
}

struct HidesRetracted : Sound {
    std::optional<ValuesPage> values(const ValuesQuery& query) override {
        auto without = query;
        without.retracted = false;
        return Sound::values(without);
    }
};
TEST(ViewStoreSuite, FindsAStoreThatShowsRetractedValuesToNobody) {
    EXPECT_THAT(failures<HidesRetracted>(), Contains("RetractedValuesAreShownToWhoAsks"));
    EXPECT_THAT(failures<HidesRetracted>(), Contains("DoesWhatANaiveModelDoes"));
}

// Cuts the latest to their number before it leaves out those that were taken back.
struct CountsRetractedAmongTheLatest : Sound {
    std::optional<WholeMetric> find(const MetricId& id) override {
        auto found = Sound::find(id);
        const auto all = values({id, {}, {}, false, {}, 100'000, true});
        if (!found || !all) return found;
        std::vector<es::Version> versions;
        for (const auto& row : all->items) versions.push_back(row.version);
        std::ranges::sort(versions, std::greater<>());
        if (versions.size() <= document_values_max) return found;
        const es::Version first = versions[document_values_max - 1];
        std::erase_if(found->values, [&](const auto& row) { return row.version < first; });
        return found;
    }
};
TEST(ViewStoreSuite, FindsAStoreThatCountsRetractedValuesAmongTheLatest) {
    EXPECT_THAT(failures<CountsRetractedAmongTheLatest>(),
                Contains("ADocumentCarriesTheLatestThatCount"));
}

// Changes the conditions of a list before it looks.
template <class Alter>
struct ListsOtherwise : Sound {
    ListPage list(const ListQuery& query) override {
        ListQuery other = query;
        Alter()(other);
        return Sound::list(other);
    }
};
struct WithoutStatus {
    void operator()(ListQuery& query) const {
        std::erase_if(query.filter.conditions,
                      [](const auto& condition) { return condition.field == &field("status"); });
    }
};
TEST(ViewStoreSuite, FindsAStoreThatIgnoresTheStatusFilter) {
    using Broken = ListsOtherwise<WithoutStatus>;
    EXPECT_THAT(failures<Broken>(), Contains("StatusesChangeAtTheExactMillisecond"));
    EXPECT_THAT(failures<Broken>(), Contains("SeveralStatusesAreAnyOfThem"));
    EXPECT_THAT(failures<Broken>(), Contains("FiltersByStatusAsANaiveModelDoes"));
}

struct FirstValuesOnly {
    void operator()(ListQuery& query) const {
        for (auto& condition : query.filter.conditions) condition.values.resize(1);
    }
};
TEST(ViewStoreSuite, FindsAStoreThatFiltersByTheFirstOfSeveral) {
    using Broken = ListsOtherwise<FirstValuesOnly>;
    EXPECT_THAT(failures<Broken>(), Contains("SeveralStatusesAreAnyOfThem"));
    EXPECT_THAT(failures<Broken>(), Contains("TagsAreAllOfThoseAskedFor"));
}

struct AMillisecondLate {
    void operator()(ListQuery& query) const { query.now -= std::chrono::milliseconds(1); }
};
TEST(ViewStoreSuite, FindsAStoreWhoseStatusesChangeAMillisecondLate) {
    using Broken = ListsOtherwise<AMillisecondLate>;
    EXPECT_THAT(failures<Broken>(), Contains("StatusesChangeAtTheExactMillisecond"));
    EXPECT_THAT(failures<Broken>(), Contains("KnownStatusesAtKnownMilliseconds"));
    EXPECT_THAT(failures<Broken>(), Contains("DueAndStaleHoldUntilTheDeadline"));
    EXPECT_THAT(failures<Broken>(), Contains("FiltersByStatusAsANaiveModelDoes"));
}

struct ForgetsGoals : Sound {
    std::vector<es::StreamId> save(const es::ViewSave<MetricView>& save) override {
        auto without = save;
        for (auto& change : without.changes) {
            change.document.metric.checkpoints.clear();
            change.document.metric.opening_date.reset();
        }
        return Sound::save(without);
    }
};
TEST(ViewStoreSuite, FindsAStoreThatForgetsMembersOfTheGoal) {
    EXPECT_THAT(failures<ForgetsGoals>(), Contains("GoalsComeBackExactly"));
    EXPECT_THAT(failures<ForgetsGoals>(), Contains("DoesWhatANaiveModelDoes"));
}

}  // namespace
}  // namespace kpi::testing
