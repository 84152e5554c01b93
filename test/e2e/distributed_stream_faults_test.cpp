// What becomes of views when the table's stream can't be read, or has lost what it held. Only where
// the tests run on engines (set_up.hpp).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "faulty_parts.hpp"

namespace {

using namespace e2e;
using ::testing::HasSubstr;
using ::testing::Not;

const std::vector<std::string> stream_calls{"GetRecords", "GetShardIterator", "DescribeStream"};

void set_values(const FaultyParts& all, int from, int to) {
    for (int value = from; value <= to; ++value) {
        ASSERT_EQ(all.set_value("visits", value).status, 201);
    }
}

bool has_view_of(FaultyParts& all, std::int64_t version) {
    const std::string target = "/metrics/visits?wait=10000&minVersion=";
    return all.api.get(target + std::to_string(version)).status == 200;
}

TEST(DistributedFaults, AnExpiredIteratorIsReplacedWithoutAWord) {
    FaultyParts all;
    ASSERT_EQ(all.create("visits").status, 201);
    ASSERT_TRUE(has_view_of(all, 1));
    all.proxy.play({{{"GetRecords"}, before(refusal("ExpiredIteratorException")), 1}});
    ASSERT_TRUE(eventually([&] { return all.proxy.spoiled() == 1; }));
    set_values(all, 1, 5);
    expect_view_equals_fold(all.api, "visits");
    EXPECT_THAT(all.parts.process(Part::projector).log(), Not(HasSubstr("can't go on")));
}

struct StreamFault {
    const char* word;  // in the log
    Fault fault;
};

TEST(DistributedFaults, AStreamThatCantBeReadHoldsUpViewsAndNothingElse) {
    FaultyParts all;
    ASSERT_EQ(all.create("visits").status, 201);
    int value = 0;
    for (const auto& [word, fault] : std::vector<StreamFault>{
             {"ThrottlingException", before(refusal("ThrottlingException", "slow down"))},
             {"Please log in", before(html())},
             {"Timeout was reached", silent_before()},
             {"ExpiredIteratorException", before(refusal("ExpiredIteratorException"))},
         }) {
        SCOPED_TRACE(word);
        all.proxy.play({{stream_calls, fault}});
        set_values(all, value + 1, value + 3);
        value += 3;
        EXPECT_TRUE(all.logs(Part::projector, "projector can't go on", word))
            << all.parts.process(Part::projector).log();
        EXPECT_EQ(all.api.get("/metrics/visits?minVersion=" + std::to_string(value + 1) + "&wait=0")
                      .problem(),
                  "not-yet-visible");
        all.proxy.play({});
        ASSERT_TRUE(has_view_of(all, value + 1));
        expect_view_equals_fold(all.api, "visits");
    }
    EXPECT_TRUE(all.logs(Part::projector, "projector goes on"));
}

// Whatever the stream had until then is gone, also what is behind a position in it.
std::optional<http::Response> begin_now(const ScriptedCall& call, es::dynamodb::Behind& engine) {
    if (call.mentions("AFTER_SEQUENCE_NUMBER")) return refusal("TrimmedDataAccessException");
    ScriptedCall later = call;
    const std::string oldest = "TRIM_HORIZON";
    later.request.body.replace(later.request.body.find(oldest), oldest.size(), "LATEST");
    return engine.answer(later);
}

TEST(DistributedFaults, WhatTheStreamLostIsMadeAnewFromTheTable) {
    FaultyParts all;
    ASSERT_EQ(all.create("visits").status, 201);
    ASSERT_TRUE(has_view_of(all, 1));
    all.proxy.play({{stream_calls, before(server_error())}});
    set_values(all, 1, 5);
    all.proxy.play({{{"GetRecords"}, before(refusal("TrimmedDataAccessException")), 1},
                    {{"GetShardIterator"}, begin_now}});
    EXPECT_TRUE(has_view_of(all, 6));
    EXPECT_TRUE(all.logs(Part::projector, "rebuilding all views"))
        << all.parts.process(Part::projector).log();

    // It goes on from there.
    const std::size_t read = all.proxy.handed_on("GetRecords");
    ASSERT_TRUE(eventually([&] { return all.proxy.handed_on("GetRecords") > read + 1; }));
    all.proxy.play({});
    set_values(all, 6, 9);
    expect_view_equals_fold(all.api, "visits");
}

}  // namespace
