// Which streams are remembered to exist.
#include "es/dynamodb/known_heads.hpp"

#include <gtest/gtest.h>

namespace es::dynamodb {
namespace {

TEST(KnownHeads, WhatExistedOnceExistsWithAllBeforeIt) {
    KnownHeads heads(10);
    EXPECT_FALSE(heads.exists("s", 1));
    heads.note("s", 5);
    heads.note("s", 3);
    EXPECT_TRUE(heads.exists("s", 1));
    EXPECT_TRUE(heads.exists("s", 5));
    EXPECT_FALSE(heads.exists("s", 6));
    EXPECT_FALSE(heads.exists("t", 1));
    heads.forget_all();
    EXPECT_FALSE(heads.exists("s", 1));
}

TEST(KnownHeads, RemembersTheLastStreamsAndNotAll) {
    constexpr int streams_max = 100;
    KnownHeads heads(streams_max);
    for (int i = 0; i < 1'000; ++i) heads.note(std::to_string(i), 1);
    int known = 0;
    for (int i = 0; i < 1'000; ++i) known += heads.exists(std::to_string(i), 1) ? 1 : 0;
    EXPECT_LE(known, streams_max + 2);
    for (int i = 1'000 - streams_max / 2; i < 1'000; ++i) {
        EXPECT_TRUE(heads.exists(std::to_string(i), 1)) << i;
    }
}

}  // namespace
}  // namespace es::dynamodb
