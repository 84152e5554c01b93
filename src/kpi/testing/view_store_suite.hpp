// The conformance suite for stores of metric views: what every implementation of kpi::MetricViews
// must do. An implementation joins it in its tests:
//
//     #include "kpi/testing/view_store_suite.hpp"
//     #include "my/views.hpp"
//
//     const bool joined = kpi::testing::join_view_store_suite("MyViews", [] {
//         return std::make_shared<MyViews>();  // a new, empty store each time
//     });
//
// and gets a test for each check, "MyViews.RepeatedSaveChangesNothing" and so on. A store that
// needs something beside it (a folder to be removed) returns a shared_ptr that owns both: make a
// struct of the two and use shared_ptr's aliasing constructor.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kpi/metric_views.hpp"

namespace kpi::testing {

using ViewsFactory = std::function<std::shared_ptr<MetricViews>()>;

struct ViewStoreCheck {
    const char* name;
    void (*run)(MetricViews& views);  // on an empty store; reports through GoogleTest's EXPECTs
};
const std::vector<ViewStoreCheck>& view_store_checks();

// Registers every check as a test; to be called before main(), so from a static's initialiser.
// `not_kept`: names of checks that what the store runs on can't pass, for a reason that stands
// beside them; they aren't registered, and a name that no check has ends the program.
bool join_view_store_suite(const char* store, const ViewsFactory& factory,
                           const std::vector<std::string>& not_kept = {});

// The names of the checks that a store fails, without failing the test that asks. It is for
// proving that the suite finds a broken store.
std::vector<std::string> failing_checks(const ViewsFactory& factory);

}  // namespace kpi::testing
