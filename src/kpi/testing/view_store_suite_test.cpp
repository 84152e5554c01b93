// Shows that the suite of view stores bites: stores with one fault each must fail it.
#include "kpi/testing/view_store_suite.hpp"

#include <gmock/gmock.h>

#include <map>
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
            for (const auto& row : change.rows) rows[change.id][row.version] = row;
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

}  // namespace
}  // namespace kpi::testing
