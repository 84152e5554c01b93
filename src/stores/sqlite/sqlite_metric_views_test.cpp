#include "stores/sqlite/sqlite_metric_views.hpp"

#include <gtest/gtest.h>

#include "kpi/testing/view_store_suite.hpp"
#include "stores/sqlite/temp_folder.hpp"

namespace stores {
namespace {

struct OwnedViews : TempFolder, SqliteMetricViews {
    OwnedViews() : SqliteMetricViews(path(), {.writer = true}) {}
};

[[maybe_unused]] const bool joined = kpi::testing::join_view_store_suite(
    "SqliteMetricViews", [] { return std::make_shared<OwnedViews>(); });

}  // namespace
}  // namespace stores
