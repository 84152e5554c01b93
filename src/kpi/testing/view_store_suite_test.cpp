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

// Puts a document made anew over the old one, and leaves the old rows.
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
