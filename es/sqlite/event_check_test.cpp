// What the walk through a file of events finds: each kind of damage is done to a real file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <iterator>
#include <thread>

#include "es/described_codec.hpp"
#include "es/domain.hpp"
#include "es/errors.hpp"
#include "es/sqlite.hpp"
#include "es/sqlite/connection.hpp"
#include "es/sqlite/event_check.hpp"
#include "es/testing/event_store_suite.hpp"
#include "es/testing/temp_folder.hpp"

namespace es::sqlite {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Measured {
    double value = 0;
};
constexpr auto describe(es::Type<Measured>) {
    return es::event("Measured", es::member("value", &Measured::value));
}
struct Meter {
    using Event = std::variant<Measured>;
    void apply(const Measured&) {}
};

EventCheck check(const std::filesystem::path& file) {
    return check_events(file, {[](const es::RecordedEvent& event) {
                            static_cast<void>(es::codec_of<Meter>().decode(event));
                        }});
}

void append_values(es::EventStore& store, const es::StreamId& stream, es::Version after,
                   std::size_t count) {
    auto events = es::testing::some_events(stream, after, count);
    for (auto& event : events) {
        event.type = "Measured";
        event.payload = "{\"value\":" + std::to_string(event.version) + "}";
    }
    const auto outcome = es::append_one(store, {stream, after, std::move(events)});
    ASSERT_EQ(outcome.status, es::AppendStatus::stored);
}

// books: versions 1 to 60 at the positions 1 to 60, 61 to 70 at 64 to 73 (64, which has a landmark,
// at 67); runs: 1 to 3 at 61 to 63; steps: 1 and 2 at 74 and 75.
class EventCheckTest : public ::testing::Test {
protected:
    EventCheckTest() {
        SqliteEventStore store(folder_.path());
        append_values(store, "books", 0, 60);
        append_values(store, "runs", 0, 3);
        append_values(store, "books", 60, 10);
        append_values(store, "steps", 0, 2);
    }

    void damage(const std::string& sql) {
        Connection connection(file_, Access::write);
        connection.execute(sql.c_str());
    }

    std::string bytes() {
        std::ifstream in(file_, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }

    const es::testing::TempFolder folder_;
    const std::filesystem::path file_ = folder_.path() / "events.db";
};

TEST_F(EventCheckTest, FindsNothingWrongInASoundFile) {
    std::uint64_t told = 0;
    const EventCheck found = check_events(file_, {nullptr, [&](auto, auto of) { told = of; }});
    EXPECT_TRUE(found.sound());
    EXPECT_EQ(found.events, 75U);
    EXPECT_EQ(found.streams, 3U);
    EXPECT_TRUE(check(file_).sound());
    EXPECT_EQ(told, 0U) << "so few events aren't worth a bar";
}

struct Damage {
    const char* name;
    std::string sql;
    std::vector<std::string> faults;  // how each begins, in order
};
void PrintTo(const Damage& damage, std::ostream* out) {
    *out << damage.name;
}

class DamagedEvents : public EventCheckTest, public ::testing::WithParamInterface<Damage> {};

TEST_P(DamagedEvents, AreNamed) {
    damage(GetParam().sql);
    const EventCheck found = check(file_);
    std::vector<std::string> faults;
    for (const auto& fault : found.faults) faults.push_back(to_string(fault));
    ASSERT_EQ(faults.size(), GetParam().faults.size()) << ::testing::PrintToString(faults);
    for (std::size_t i = 0; i < faults.size(); ++i) {
        EXPECT_THAT(faults[i], StartsWith(GetParam().faults[i]));
    }
    EXPECT_EQ(found.faults_total, faults.size());
}

std::string runs_2_has(const std::string& change) {
    return "UPDATE events SET " + change + " WHERE position = 62";
}
const std::string at_62 = "position 62, stream runs, version 2, Measured: ";

INSTANTIATE_TEST_SUITE_P(
    Each, DamagedEvents,
    ::testing::Values(
        Damage{"ADeletedEvent",
               "DELETE FROM events WHERE position = 62",
               {"position 63, stream runs, version 3, Measured: position 62 before it is "
                "missing; the version should be 2; the position of the stream's event before it "
                "should be 61, not 62"}},
        Damage{"ManyDeletedEvents",
               "DELETE FROM events WHERE position BETWEEN 20 AND 40",
               {"position 41, stream books, version 41, Measured: positions 20 to 40 "
                "before it are missing; the version should be 20"}},
        Damage{"ALostEnd",
               "DELETE FROM events WHERE position = 75",
               {"stream steps: its head is version 2 at position 75 and should be version 1 at "
                "position 74"}},
        Damage{"ALostStream",
               "DELETE FROM events WHERE position > 73",
               {"stream steps: its head is version 2 at position 75 and should be nothing: it has "
                "no events"}},
        Damage{"SwappedVersions",
               "UPDATE events SET version = 3 - version WHERE position IN (61, 62)",
               {"position 61, stream runs, version 2, Measured: the version should be 1",
                "position 62, stream runs, version 1, Measured: the version should be "
                "3"}},
        Damage{"AWrongHeadVersion",
               "UPDATE streams SET version = 4 WHERE name = 'runs'",
               {"stream runs: its head is version 4 at position 63 and should be version 3 at "
                "position 63"}},
        Damage{"AWrongHeadPosition",
               "UPDATE streams SET last_position = 64 WHERE name = 'runs'",
               {"stream runs: its head is version 3 at position 64 and should be version 3 at "
                "position 63"}},
        Damage{"AWrongPrevious",
               runs_2_has("previous = 60"),
               {at_62 + "the position of the stream's event before it should be 61, not 60"}},
        Damage{"AMissingLandmark",
               "DELETE FROM landmarks",
               {"position 67, stream books, version 64, Measured: its landmark is "
                "missing"}},
        Damage{"AWrongLandmark",
               "UPDATE landmarks SET position = 66",
               {"position 67, stream books, version 64, Measured: its landmark's position "
                "should be 67, not 66"}},
        Damage{"AStrayLandmark",
               "INSERT INTO landmarks VALUES (1, 128, 70)",
               {"stream books: a landmark names version 128 at position 70, where it is not"}},
        Damage{"ALandmarkThatIsNoneOfTheRule",
               "INSERT INTO landmarks VALUES (1, 65, 68)",
               {"stream books: a landmark names version 65 at position 68, where it is not or "
                "needs none"}},
        Damage{"ABrokenPayload",
               runs_2_has("payload = '{\"value\":'"),
               {at_62 + "payload is not JSON"}},
        Damage{"APayloadWithoutAMember",
               runs_2_has("payload = '{}'"),
               {at_62 + "payload has no 'value'"}},
        Damage{"APayloadThatIsNoText",
               runs_2_has("payload = x'7b7d'"),
               {at_62 + "a text is stored as something else"}},
        Damage{"AVersionThatIsNoNumber",
               runs_2_has("version = 'two'"),
               {"position 62, stream runs, version 0, Measured: a number is stored as "
                "something else",
                "position 63, stream runs, version 3, Measured: the version should be "
                "2"}},
        Damage{"AnUnknownType",
               runs_2_has("type = 'Forgotten'"),
               {"position 62, stream runs, version 2, Forgotten: unknown event type "
                "'Forgotten'"}},
        Damage{"AnUnknownSchema",
               runs_2_has("schema = 4294967297"),
               {at_62 + "event type 'Measured' has the unknown schema"}},
        Damage{"ATimeThatGoesBack",
               runs_2_has("occurred_on = occurred_on - 1000000"),
               {at_62 + "its time, 20"}},
        Damage{"ATimeThatIsNone",
               runs_2_has("occurred_on = 999999999999999"),
               {at_62 + "its time, 999999999999999 ms since 1970, is not in the years 0001 to "
                        "9999"}},
        Damage{"AStreamWithoutAName",
               "DELETE FROM streams WHERE name = 'steps'",
               {"position 74, stream #3, version 1, Measured: its stream, number 3, is "
                "not among the streams",
                "position 75, stream #3, version 2, Measured: its stream, number 3, is "
                "not among the streams"}},
        Damage{"AnActorThatIsNotUtf8",
               runs_2_has("actor = CAST(x'61ff' AS TEXT)"),
               {at_62 + "its actor is not UTF-8"}},
        Damage{"ExtraMetadataThatIsNoObject",
               runs_2_has("extra = '[1]'"),
               {at_62 + "its extra metadata is no JSON object of texts"}},
        Damage{"ExtraMetadataBeyondItsLimits",
               runs_2_has("extra = '{\"a b\":\"c\"}'"),
               {at_62 + "a name of extra metadata is a letter and then up to 39 "
                        "letters, digits, '_' and '-'"}},
        Damage{"AKeyInAnOverlongForm",
               runs_2_has("key = CAST(x'c0af' AS TEXT)"),
               {at_62 + "its key is not UTF-8"}},
        Damage{"ADigestWithANul",
               runs_2_has("digest = CAST(x'610062' AS TEXT)"),
               {at_62 + "its digest holds a control character"}},
        Damage{"ACommandIdThatIsNoText",
               runs_2_has("command_id = x'6162', digest = CAST(x'80' AS TEXT)"),
               {at_62 + "its command id is stored as something else than text; its digest is not "
                        "UTF-8"}},
        Damage{"ATypeThatIsNotUtf8",
               runs_2_has("type = CAST(x'4dff' AS TEXT)"),
               {"position 62, stream runs, version 2: its type is not UTF-8"}},
        Damage{"APayloadThatIsNotUtf8",
               runs_2_has("payload = CAST(x'7b2276616c7565223a322c2278223a22ff227d' AS TEXT)"),
               {at_62 + "payload is not JSON"}},
        Damage{"APayloadWithANul",
               runs_2_has("payload = CAST(x'7b2276616c7565223a327d00' AS TEXT)"),
               {at_62 + "payload is not JSON"}},
        Damage{"ANameThatIsNotUtf8",
               "UPDATE streams SET name = CAST(x'7374eda080' AS TEXT) WHERE name = 'steps'",
               {"stream #3: its name is not UTF-8"}},
        Damage{"ANameWithANul",
               "UPDATE streams SET name = CAST(x'737400' AS TEXT) WHERE name = 'steps'",
               {"stream #3: its name holds a control character"}},
        Damage{"ANameThatIsNoText",
               "UPDATE streams SET name = x'7374' WHERE name = 'steps'",
               {"stream #3: its name is stored as something else than text"}},
        Damage{"NoIdentity",
               "DELETE FROM meta WHERE name = 'identity'",
               {"the file has no identity"}}),
    es::testing::promise_name);

TEST_F(EventCheckTest, TellsWhenAStreamsTimeWentBack) {
    damage("UPDATE events SET occurred_on = 1000 WHERE position = 61");
    damage("UPDATE events SET occurred_on = 999 WHERE position = 62");
    const EventCheck found = check(file_);
    ASSERT_EQ(found.faults_total, 1U);
    EXPECT_EQ(found.faults[0].what,
              "its time, 1970-01-01T00:00:00.999Z, should be no earlier than "
              "1970-01-01T00:00:01.000Z, that of the stream's event before it");
}

TEST_F(EventCheckTest, KeepsTheFirstFaultsAndCountsAll) {
    damage("UPDATE events SET type = 'Unknown'");
    const EventCheck found = check(file_);
    EXPECT_EQ(found.faults_total, 75U);
    ASSERT_EQ(found.faults.size(), faults_kept_max);
    EXPECT_EQ(found.faults.front().position, 1);
    EXPECT_EQ(found.faults.back().position, 20);
}

TEST_F(EventCheckTest, FindsBytesThatChangedInAPage) {
    const std::string whole = bytes();
    const auto place = whole.find("{\"value\":3}");
    ASSERT_NE(place, std::string::npos);
    std::fstream(file_, std::ios::binary | std::ios::in | std::ios::out)
            .seekp(static_cast<std::streamoff>(place))
        << 'x';
    const EventCheck found = check(file_);
    ASSERT_EQ(found.faults_total, 1U);
    EXPECT_THAT(found.faults[0].what, StartsWith("payload is not JSON"));
}

// Whatever byte is changed: it is found, or nothing that is read from the file has changed.
TEST_F(EventCheckTest, FindsAPageThatIsOverwritten) {
    const std::string whole = bytes();
    constexpr std::size_t page = 4096;
    ASSERT_GT(whole.size(), 6 * page);
    for (std::size_t at = 0; at < whole.size(); at += page) {
        SCOPED_TRACE("page " + std::to_string(at / page + 1));
        std::string broken = whole;
        broken.replace(at, page, std::string(page, '\x5a'));
        const auto file = folder_.path() / ("broken-" + std::to_string(at));
        std::ofstream(file, std::ios::binary) << broken;
        const EventCheck found = check(file);
        EXPECT_FALSE(found.sound());
        EXPECT_THAT(to_string(found.faults.back()), HasSubstr("damaged"));
    }
}

TEST_F(EventCheckTest, FindsAFileThatWasCutOff) {
    std::filesystem::resize_file(file_, std::filesystem::file_size(file_) - 4096);
    EXPECT_FALSE(check(file_).sound());
}

TEST_F(EventCheckTest, RefusesWhatIsNoEventStore) {
    EXPECT_THROW(check(folder_.path() / "nothing"), es::Unusable);
    const auto other = folder_.path() / "other.db";
    Connection(other, Access::write).execute("CREATE TABLE theirs(x)");
    EXPECT_THROW(check(other), es::Unusable);
    damage("PRAGMA user_version = 99");
    EXPECT_THROW(check(file_), es::Unusable);
}

TEST_F(EventCheckTest, SeesOneMomentWhileOthersWrite) {
    SqliteEventStore store(folder_.path());
    std::atomic<bool> done = false;
    std::thread writer([&] {
        for (es::Version after = 0; !done; ++after) append_values(store, "busy", after, 1);
    });
    std::uint64_t last = 75;
    for (int i = 0; i < 20 || last < 100; ++i) {
        const EventCheck found = check(file_);
        EXPECT_TRUE(found.sound()) << to_string(found.faults.at(0));
        EXPECT_GE(found.events, last);
        last = found.events;
    }
    done = true;
    writer.join();
}

}  // namespace
}  // namespace es::sqlite
