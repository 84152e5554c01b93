#include "yardstick/descriptors.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>

namespace yardstick {
namespace {

TEST(Descriptors, TheSoftLimitIsRaisedToTheHardOne) {
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    rlimit low = before;
    low.rlim_cur = 100;
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
    EXPECT_GT(raise_descriptor_limit(), 100U);
    rlimit after{};
    ::getrlimit(RLIMIT_NOFILE, &after);
    EXPECT_EQ(after.rlim_cur, before.rlim_max);
    ::setrlimit(RLIMIT_NOFILE, &before);
}

TEST(Descriptors, ConnectionsLeaveThoseThatTheStoresNeed) {
    for (const std::size_t files : {64U, 256U, 1'024U, 4'096U, 20'000U, 1'000'000U}) {
        for (const std::size_t servers : {1U, 2U}) {
            const auto budget = connection_budget(files, servers);
            EXPECT_GT(budget.connections, 0U);
            EXPECT_LE(servers * (budget.connections + budget.turned_away),
                      files - std::min(descriptors_reserved, files / 2));
            EXPECT_LE(budget.connections, connections_max);
        }
    }
    EXPECT_EQ(connection_budget(20'000, 2).connections, connections_max);
    EXPECT_EQ(connection_budget(1'024, 1).connections, 672U);
}

}  // namespace
}  // namespace yardstick
