#include "views/memory/memory_metric_views.hpp"

#include "kpi/testing/view_store_suite.hpp"

namespace views {
namespace {

[[maybe_unused]] const bool joined = kpi::testing::join_view_store_suite(
    "MemoryMetricViews", [] { return std::make_shared<MemoryMetricViews>(); });

}  // namespace
}  // namespace views
