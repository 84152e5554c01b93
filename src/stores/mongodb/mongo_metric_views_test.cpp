#include "stores/mongodb/mongo_metric_views.hpp"

#include <gtest/gtest.h>

#include "kpi/testing/view_store_suite.hpp"
#include "stores/mongodb/mongo_fixture.hpp"

namespace {

using namespace stores::mongodb::testing;

const bool joined = kpi::testing::join_view_store_suite("MongoMetricViews", [] {
    return complete_views(own_database(shared_mongo()));
});

}  // namespace
