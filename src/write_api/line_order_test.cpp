#include "write_api/line_order.hpp"

#include <gtest/gtest.h>

namespace write_api {
namespace {

using es::CommandStatus;
using Chain = LineOrder::Chain;

Chain chain_of(LineOrder& order, const std::string& id) {
    auto begun = order.begin(id);
    return std::holds_alternative<Chain>(begun) ? std::get<Chain>(begun) : nullptr;
}
std::int64_t held_by(LineOrder& order, const std::string& id) {
    auto begun = order.begin(id);
    return std::holds_alternative<std::int64_t>(begun) ? std::get<std::int64_t>(begun) : 0;
}

TEST(LineOrder, ChainsTheLinesOfAMetricThatAreInFlightTogether) {
    LineOrder order;
    const Chain first = chain_of(order, "a");
    EXPECT_EQ(chain_of(order, "a"), first);
    EXPECT_NE(chain_of(order, "b"), first);
}

TEST(LineOrder, HoldsBackWhatFollowsALineThatWasNotDecided) {
    LineOrder order;
    for (int i = 0; i < 4; ++i) chain_of(order, "a");
    EXPECT_EQ(order.settle("a", 1, {CommandStatus::recorded}), 0);
    EXPECT_EQ(order.settle("a", 2, {CommandStatus::outcome_unknown}), 0);
    EXPECT_EQ(order.settle("a", 3, {CommandStatus::held_back}), 2);
    EXPECT_EQ(held_by(order, "a"), 2);
    EXPECT_EQ(order.settle("a", 4, {CommandStatus::held_back}), 2);
    EXPECT_EQ(held_by(order, "a"), 2);
    EXPECT_EQ(held_by(order, "b"), 0);
}

// A full queue refuses a waiting line before an earlier one, on its way to the store, times out.
TEST(LineOrder, NamesTheFirstLineThoughItsOutcomeComesLast) {
    LineOrder order;
    for (int i = 0; i < 3; ++i) chain_of(order, "a");
    EXPECT_EQ(order.settle("a", 2, {CommandStatus::overloaded}), 0);
    EXPECT_EQ(order.settle("a", 1, {CommandStatus::outcome_unknown}), 0);
    EXPECT_EQ(order.settle("a", 3, {CommandStatus::held_back}), 1);
    EXPECT_EQ(held_by(order, "a"), 1);
}

TEST(LineOrder, HoldsBackNothingAfterALineThatWasRefused) {
    LineOrder order;
    for (const auto status : {CommandStatus::refused, CommandStatus::not_found,
                              CommandStatus::key_reused, CommandStatus::replayed}) {
        chain_of(order, "a");
        order.settle("a", 1, {status});
    }
    EXPECT_EQ(held_by(order, "a"), 0);
}

TEST(LineOrder, KeepsNothingOfALineThatWasTakenBack) {
    LineOrder order;
    const std::weak_ptr<es::CommandChain> chain = chain_of(order, "a");
    order.take_back("a");
    EXPECT_TRUE(chain.expired());
}

TEST(LineOrder, SaysWhenTooManyMetricsHaveALineThatWasNotDecided) {
    LineOrder order;
    for (std::size_t i = 0; i <= LineOrder::undecided_metrics_max; ++i) {
        EXPECT_FALSE(order.has_too_many_undecided());
        const std::string id = "m" + std::to_string(i);
        for (int line = 0; line < 2; ++line) chain_of(order, id);
        for (int line = 0; line < 2; ++line) order.settle(id, 1, {CommandStatus::parked});
    }
    EXPECT_TRUE(order.has_too_many_undecided());
}

}  // namespace
}  // namespace write_api
