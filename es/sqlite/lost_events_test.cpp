// What a store that is used alone, or with witnesses of its program's own, does when events are
// missing.
#include "es/sqlite/lost_events.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "es/errors.hpp"
#include "es/sqlite/backup_fixture.hpp"
#include "es/sqlite/high_water.hpp"

namespace es::sqlite {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;

class WitnessTest : public BackupTest {
protected:
    [[nodiscard]] EventWitnesses seen(EventWitness witness) const {
        return EventWitnesses(
            [witness = std::move(witness)](const path&) { return std::vector{witness}; },
            {.when_lost = "Call Ada.", .when_damaged = "Call Bob."});
    }
    // As somebody who applied the event at this position.
    [[nodiscard]] EventWitness witness_of(std::int64_t position) const {
        SqliteEventReader reader(data());
        return {"ledger.db", reader.identity(), position,
                reader.command_at(position).value_or("never")};
    }
    std::string start(EventWitnesses witnesses) {
        return refusal<es::Unusable>(
            [&] { SqliteEventStore store(data(), {.witnesses = std::move(witnesses)}); });
    }
};

TEST_F(WitnessTest, OfAnEventThatIsThereChangesNothing) {
    EXPECT_EQ(start(seen(witness_of(10))), "(none)");
    EXPECT_EQ(missing_at_rest(data(), seen(witness_of(10))), "");
}

TEST_F(WitnessTest, OfAnEventThatIsMissingIsASentenceWithTheProgramsAdvice) {
    EXPECT_THAT(start(seen(witness_of(12))),
                AllOf(HasSubstr("ends with event 10, but ledger.db shows that there were 12"),
                      EndsWith("Nothing was changed. Call Ada.")));
    EXPECT_THAT(refusal<es::Unusable>([&] { backup_events(data(), copy(), seen(witness_of(12))); }),
                HasSubstr("there were 12"));
}

TEST_F(WitnessTest, OfAnotherEventOrStoreIsASentence) {
    EventWitness other = witness_of(7);
    other.command = "another";
    EXPECT_THAT(start(seen(other)), HasSubstr("event 7 is not the one that ledger.db holds"));
    other.identity = "another";
    EXPECT_THAT(start(seen(other)), HasSubstr("another event store than the one that ledger.db"));
}

TEST_F(WitnessTest, OfSomeEventCountsWhereThereAreNone) {
    const EventWitness vague{"balances", {}, 0, {}};
    EXPECT_EQ(start(seen(vague)), "(none)");
    std::filesystem::remove(data() / "events.db");
    EXPECT_THAT(start(seen(vague)), HasSubstr("is missing, but balances are there"));
}

TEST_F(WitnessTest, ThatCantBeAskedRefusesTheStart) {
    const EventWitnesses silent([](const path&) -> std::vector<EventWitness> {
        throw es::Unavailable("ledger.db can't be read");
    });
    EXPECT_THAT(start(silent), HasSubstr("ledger.db can't be read"));
}

TEST_F(WitnessTest, ADamagedFileIsRefusedWithTheProgramsAdvice) {
    std::ofstream(data() / "events.db", std::ios::binary) << std::string(100, 'x');
    EXPECT_THAT(start(seen(EventWitness{"ledger.db", {}, 0, {}})), EndsWith("Call Bob."));
}

TEST_F(WitnessTest, IsRememberedByTheMark) {
    const EventWitness beyond = witness_of(12);
    EXPECT_FALSE(remember_lost_events(data(), EventWitnesses::none()));
    EXPECT_TRUE(remember_lost_events(data(), seen(beyond)));
    EXPECT_EQ(read_high_water(data())->position, 12);
    EXPECT_THAT(start(EventWitnesses::none()), HasSubstr("events.mark shows that there were 12"));
    forget_high_water(data());
    EXPECT_EQ(start(EventWitnesses::none()), "(none)");
}

// As a program that is used alone sees it: the mark is enough.
TEST_F(WitnessTest, TheMarkAloneNoticesALostLog) {
    const path whole = copies() / "events.db";
    std::filesystem::copy(data() / "events.db", whole);
    make("later", 3);
    std::filesystem::copy(whole, data() / "events.db",
                          std::filesystem::copy_options::overwrite_existing);
    EXPECT_THAT(refusal<es::Unusable>([&] { SqliteEventStore store(data()); }),
                AllOf(HasSubstr("ends with event 10, but events.mark shows that there were 13"),
                      EndsWith("Restore a backup.")));
}

}  // namespace
}  // namespace es::sqlite
