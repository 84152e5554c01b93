#include "kpi/testing/view_store_suite.hpp"

#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <exception>
#include <stdexcept>

#include "base/time.hpp"
#include "kpi/testing/view_store_checks.hpp"

namespace kpi::testing {
namespace {

class CheckTest : public ::testing::Test {
public:
    CheckTest(ViewStoreCheck check, ViewsFactory factory)
        : check_(check), factory_(std::move(factory)) {}

    void TestBody() override {
        const auto views = factory_();
        check_.run(*views);
    }

private:
    ViewStoreCheck check_;
    ViewsFactory factory_;
};

bool fails(const ViewStoreCheck& check, const ViewsFactory& factory) {
    using Reporter = ::testing::ScopedFakeTestPartResultReporter;
    ::testing::TestPartResultArray results;
    {
        const Reporter reporter(Reporter::INTERCEPT_ALL_THREADS, &results);
        try {
            check.run(*factory());
        } catch (const std::exception&) {
            return true;
        }
    }
    for (int i = 0; i < results.size(); ++i) {
        if (results.GetTestPartResult(i).failed()) return true;
    }
    return false;
}

}  // namespace

const std::vector<ViewStoreCheck>& view_store_checks() {
    static const std::vector<ViewStoreCheck> checks = [] {
        std::vector<ViewStoreCheck> all;
        for (const auto& part : {save_checks(), row_checks(), values_checks(), note_checks(),
                                 change_checks(), list_checks(), goal_checks(), random_checks()}) {
            all.insert(all.end(), part.begin(), part.end());
        }
        return all;
    }();
    return checks;
}

bool join_view_store_suite(const char* store, const ViewsFactory& factory,
                           const std::vector<std::string>& not_kept) {
    const auto& checks = view_store_checks();
    for (const auto& name : not_kept) {
        const bool known = std::ranges::any_of(
            checks, [&](const ViewStoreCheck& check) { return check.name == name; });
        if (!known) throw std::invalid_argument("no check is named " + name);
    }
    for (const auto& check : checks) {
        if (std::ranges::find(not_kept, check.name) != not_kept.end()) continue;
        ::testing::RegisterTest(
            store, check.name, nullptr, nullptr, __FILE__, __LINE__,
            [=]() -> ::testing::Test* { return new CheckTest(check, factory); });
    }
    return true;
}

std::vector<std::string> failing_checks(const ViewsFactory& factory) {
    std::vector<std::string> names;
    for (const auto& check : view_store_checks()) {
        if (fails(check, factory)) names.emplace_back(check.name);
    }
    return names;
}

TimePoint at(std::int64_t seconds) {
    return moment("2026-06-01T12:00:00Z") + std::chrono::seconds(seconds);
}

TimePoint moment(const char* time) {
    return base::parse_time(time, base::DateAlone::start_of_day).value();
}

MetricDocument metric(std::string name) {
    MetricDocument document;
    document.version = 1;
    document.metric.name = std::move(name);
    document.metric.description = "People who came this month";
    document.metric.target = 10;
    document.metric.unit = "people";
    document.metric.deadline = at(1000);
    document.metric.created_at = at(0);
    document.metric.last_occurred = at(0);
    return document;
}

Change change(MetricId id, es::Version loaded, MetricDocument document,
              const std::vector<MetricValue>& rows) {
    return {std::move(id), loaded, std::move(document), rows_of(rows)};
}

Save saving(std::vector<Change> changes) {
    Save save;
    save.changes = std::move(changes);
    return save;
}

void create(MetricViews& views, const MetricId& id, const MetricDocument& document) {
    EXPECT_TRUE(views.save(saving({change(id, 0, document)})).empty());
}

void create_with_values(MetricViews& views, const MetricId& id,
                        const std::vector<Reported>& reported) {
    MetricDocument document = metric();
    std::vector<MetricValue> rows;
    for (const auto& [value, date] : reported) {
        rows.push_back({value, date, ++document.version});
        ++document.values_total;
        if (document.current().version == 0 || date >= document.current().date) {
            set_current(document, rows.back());
        }
    }
    EXPECT_TRUE(views.save(saving({change(id, 0, document, rows)})).empty());
}

std::vector<MetricId> ids_of(const std::vector<MetricEntry>& items) {
    std::vector<MetricId> ids;
    for (const auto& item : items) ids.push_back(item.id);
    return ids;
}

}  // namespace kpi::testing
