#include "es/aggregate.hpp"

#include <gtest/gtest.h>

#include "es/test/account_test_domain.hpp"
#include "es/testing/given.hpp"

namespace {

using account::Account;
using account::Deposited;
using account::Opened;
using account::Withdrawn;
using es::Aggregate;
using es::testing::given;

const es::TimePoint now{std::chrono::milliseconds(1'700'000'000'000)};

TEST(Aggregate, BeginsWithItsCreationEventPending) {
    Aggregate<Account> aggregate("a", {Opened{"Ada"}, now});
    EXPECT_EQ(aggregate.version(), 1);
    ASSERT_EQ(aggregate.pending().size(), 1u);
    EXPECT_EQ(aggregate.commit().size(), 1u);
    EXPECT_TRUE(aggregate.pending().empty());
}

TEST(Aggregate, CannotBeginWithAnotherEvent) {
    EXPECT_THROW(Aggregate<Account>("a", {Deposited{5}, now}), es::Rejected);
    EXPECT_THROW(Aggregate<Account>::replay("a", {{Deposited{5}, now}}), es::Corrupt);
    EXPECT_THROW(Aggregate<Account>::replay("a", {{Opened{"A"}, now}, {Opened{"B"}, now}}),
                 es::Corrupt);
    EXPECT_THROW(Aggregate<Account>::replay("a", {}), es::Corrupt);
}

TEST(Aggregate, RejectsAnEventAgainstTheRulesAndStaysAsItWas) {
    Aggregate<Account> aggregate("a", {Opened{"Ada"}, now});
    aggregate.record({Deposited{5}, now});
    EXPECT_THROW(aggregate.record({Withdrawn{6}, now}), es::Rejected);
    EXPECT_EQ(aggregate.version(), 2);
    EXPECT_EQ(aggregate.state().balance, 5);
    EXPECT_EQ(aggregate.pending().size(), 2u);
}

TEST(Aggregate, ReplaysWhatTodaysRulesWouldRefuse) {
    const auto aggregate =
        Aggregate<Account>::replay("a", {{Opened{"Ada"}, now}, {Withdrawn{6}, now}});
    EXPECT_EQ(aggregate.state().balance, -6);
    EXPECT_TRUE(aggregate.pending().empty());
}

TEST(Codec, RaisesOldSchemasAndRefusesUnknownOnes) {
    es::RecordedEvent event;
    event.type = "Deposited";
    event.schema = 1;
    event.payload = "+40";
    EXPECT_EQ(Account::codec().decode(event), account::Event(Deposited{40}));
    event.schema = 3;
    EXPECT_THROW(static_cast<void>(Account::codec().decode(event)), es::Corrupt);
    event.schema = 0;
    EXPECT_THROW(static_cast<void>(Account::codec().decode(event)), es::Corrupt);
    event.type = "Closed";
    EXPECT_THROW(static_cast<void>(Account::codec().decode(event)), es::Corrupt);
}

TEST(Given, ComparesEventsAndRefusals) {
    given<Account>(Opened{"Ada"}, Deposited{50}).when(account::Withdraw{20}).then(Withdrawn{20});
    given<Account>(Opened{"Ada"}).when(account::Withdraw{20}).then_refused("insufficient-funds");
    given<Account>(Opened{"Ada"}).when(account::Deposit{0}).then_nothing();
    EXPECT_THROW(given<Account>(Opened{"Ada"}).when(account::Deposit{1}).then(Deposited{2}),
                 es::testing::Mismatch);
    EXPECT_THROW(given<Account>(Opened{"Ada"}).when(account::Deposit{1}).then_refused("x"),
                 es::testing::Mismatch);
}

}  // namespace
