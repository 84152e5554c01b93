// What the event store promises when the disk fails it, the process dies or the power goes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "es/errors.hpp"
#include "es/sqlite.hpp"
#include "es/sqlite/fault_vfs.hpp"
#include "es/testing/event_store_suite.hpp"
#include "es/testing/temp_folder.hpp"

namespace es::sqlite {
namespace {

using es::AppendStatus;

// Appends to a shared stream and to new ones, and keeps what it was told became of each command.
class Client {
public:
    static constexpr const char* shared = "shared";

    void append(es::EventStore& store, std::size_t payload_bytes = 20) {
        const int batch = ++batches_;
        std::vector<es::Append> appends{
            command("new-" + std::to_string(batch), 0, 3, payload_bytes)};
        if (const auto version = version_of_shared(store)) {
            appends.push_back(command(shared, *version, 1, payload_bytes));
        }
        std::vector<std::string> commands;
        for (const auto& append : appends) commands.push_back(append.events[0].metadata.command_id);
        store.append(std::move(appends), [&](std::size_t index, const es::AppendOutcome& outcome) {
            EXPECT_NE(outcome.status, AppendStatus::conflict);
            outcomes_[outcome.status].insert(commands[index]);
        });
    }

    [[nodiscard]] const std::set<std::string>& with(AppendStatus status) {
        return outcomes_[status];
    }

    // Everything stored is there, whole, and nothing that was not stored.
    void expect_kept(es::EventStore& store) {
        std::multiset<std::string> found;
        auto events = es::read_stream(store, shared);
        for (int batch = 1; batch <= batches_; ++batch) {
            const auto more = es::read_stream(store, "new-" + std::to_string(batch));
            EXPECT_TRUE(more.empty() || more.size() == 3) << more.size();
            if (!more.empty()) events.push_back(more.front());
        }
        for (const auto& event : events) found.insert(event.metadata.command_id);
        for (const auto& command : outcomes_[AppendStatus::stored]) {
            EXPECT_EQ(found.count(command), 1U) << command << " was stored";
        }
        for (const auto& command : outcomes_[AppendStatus::not_stored]) {
            EXPECT_EQ(found.count(command), 0U) << command << " was not stored";
        }
    }

private:
    es::Append command(const es::StreamId& stream, es::Version expected, std::size_t count,
                       std::size_t payload_bytes) {
        auto events = es::testing::some_events(stream, expected, count);
        for (auto& event : events) {
            event.metadata.command_id = stream + "/" + std::to_string(batches_);
            event.payload = "{\"text\":\"" + std::string(payload_bytes, 'x') + "\"}";
        }
        return {stream, expected, std::move(events)};
    }

    static std::optional<es::Version> version_of_shared(es::EventStore& store) {
        try {
            return static_cast<es::Version>(es::read_stream(store, shared).size());
        } catch (const es::Unavailable&) {
            return std::nullopt;
        }
    }

    int batches_ = 0;
    std::map<AppendStatus, std::set<std::string>> outcomes_;
};

struct Fault {
    const char* name;
    unsigned operations;
    int code;
    FaultVfs::Arrives arrives = FaultVfs::Arrives::nothing;
    int times = 1'000'000;
    std::size_t payload_bytes = 20;  // large ones bring about checkpoints
};
void PrintTo(const Fault& fault, std::ostream* out) {
    *out << fault.name;
}

class EventFaults : public ::testing::TestWithParam<Fault> {};

// Fails the n-th operation of the kind, for each n until there is none (where there are thousands,
// not each); the store must continue afterwards, and so must one that starts after a power loss
// then.
TEST_P(EventFaults, KeepTheStoreTruthful) {
    const Fault& fault = GetParam();
    bool failed = true;
    const int step = fault.payload_bytes > 1000 ? 499 : 1;
    int nth = 1 - step;
    while (failed && nth < 10'000 && !HasFailure()) {
        nth += step;
        SCOPED_TRACE("operation " + std::to_string(nth));
        const es::testing::TempFolder folder;
        constexpr unsigned seeds = 5;
        const std::array<es::testing::TempFolder, seeds> after_crash;
        FaultVfs disk;
        Client client;
        {
            SqliteEventStore store(folder.path());
            client.append(store, fault.payload_bytes);
            disk.fail_from(nth, fault.operations, fault.code, fault.arrives, fault.times);
            std::optional<Client> at_crash;
            for (int i = 0; i < 3; ++i) {
                client.append(store, fault.payload_bytes);
                if (at_crash || !disk.has_failed()) continue;
                at_crash = client;
                for (unsigned seed = 0; seed < seeds; ++seed) {
                    disk.lose_power(folder.path(), after_crash[seed].path(), seed);
                }
            }
            failed = disk.has_failed();
            disk.heal();
            for (unsigned seed = 0; at_crash && seed < seeds; ++seed) {
                SqliteEventStore restarted(after_crash[seed].path());
                at_crash->expect_kept(restarted);
            }
            EXPECT_TRUE(store.healthy()) << "it works again without a restart";
            client.expect_kept(store);
            const auto stored = client.with(AppendStatus::stored).size();
            client.append(store);
            EXPECT_EQ(client.with(AppendStatus::stored).size(), stored + 2);
            client.expect_kept(store);
        }
        SqliteEventStore reopened(folder.path());
        client.expect_kept(reopened);
    }
    EXPECT_GT(nth, 1) << "the fault never came";
    EXPECT_FALSE(failed);
}

INSTANTIATE_TEST_SUITE_P(
    Disk, EventFaults,
    ::testing::Values(Fault{"Full", FaultVfs::writes, SQLITE_FULL},
                      Fault{"FullInTheMiddleOfAWrite", FaultVfs::writes, SQLITE_FULL,
                            FaultVfs::Arrives::half},
                      Fault{"FullOnce", FaultVfs::writes, SQLITE_FULL, FaultVfs::Arrives::half, 1},
                      Fault{"FullWithCheckpoints", FaultVfs::writes | FaultVfs::truncates,
                            SQLITE_FULL, FaultVfs::Arrives::half, 100, 400'000},
                      Fault{"ReadOnly", FaultVfs::writes | FaultVfs::opens, SQLITE_READONLY},
                      Fault{"WriteFails", FaultVfs::writes, SQLITE_IOERR_WRITE},
                      Fault{"WriteFailsButArrives", FaultVfs::writes, SQLITE_IOERR_WRITE,
                            FaultVfs::Arrives::everything},
                      Fault{"WriteFailsOnceButArrives", FaultVfs::writes, SQLITE_IOERR_WRITE,
                            FaultVfs::Arrives::everything, 1}),
    es::testing::promise_name);

TEST(SqliteEventStore, AcknowledgesNothingAfterAFailedSync) {
    for (int nth = 1; nth < 4; ++nth) {
        const es::testing::TempFolder folder;
        FaultVfs disk;
        std::vector<std::string> fatal;
        Client client;
        SqliteEventStore store(
            folder.path(), {.witnesses = EventWitnesses::none(),
                            .on_fatal = [&](std::string why) { fatal.push_back(std::move(why)); }});
        disk.fail_from(nth, FaultVfs::syncs, SQLITE_IOERR_FSYNC, FaultVfs::Arrives::nothing, 1);
        for (int i = 0; i < 5; ++i) client.append(store);
        EXPECT_EQ(fatal.size(), 1U);
        EXPECT_EQ(client.with(AppendStatus::unknown).size(), 2U);
        EXPECT_EQ(client.with(AppendStatus::stored).size(), 2U * static_cast<unsigned>(nth - 1));
        EXPECT_FALSE(store.healthy());
    }
}

TEST(SqliteEventStore, AFailedSyncOfACheckpointIsFatal) {
    const es::testing::TempFolder folder;
    FaultVfs disk;
    int fatal = 0;
    Client client;
    SqliteEventStore store(folder.path(), {.witnesses = EventWitnesses::none(),
                                           .on_fatal = [&](const std::string&) { ++fatal; }});
    for (int i = 0; i < 3; ++i) client.append(store, 300'000);  // 300 pages each
    // The fourth commit syncs; the checkpoint that it makes due syncs the log and then the file.
    disk.fail_from(2, FaultVfs::syncs, SQLITE_IOERR_FSYNC, FaultVfs::Arrives::nothing, 1);
    client.append(store, 300'000);
    EXPECT_EQ(client.with(AppendStatus::stored).size(), 8U);
    EXPECT_EQ(fatal, 1);
    client.append(store);
    EXPECT_EQ(client.with(AppendStatus::stored).size(), 8U);
}

TEST(SqliteEventStore, AFailedSyncWhileItRecoversIsFatal) {
    const es::testing::TempFolder folder;
    FaultVfs disk;
    int fatal = 0;
    Client client;
    SqliteEventStore store(folder.path(), {.witnesses = EventWitnesses::none(),
                                           .on_fatal = [&](const std::string&) { ++fatal; }});
    disk.fail_from(1, FaultVfs::writes, SQLITE_IOERR_WRITE, FaultVfs::Arrives::everything, 1);
    client.append(store);
    EXPECT_EQ(client.with(AppendStatus::unknown).size(), 2U);
    disk.fail_from(1, FaultVfs::syncs, SQLITE_IOERR_FSYNC, FaultVfs::Arrives::nothing, 1);
    EXPECT_EQ(es::read_one(store, {Client::shared, 0, 10}).status, es::ReadStatus::unavailable);
    EXPECT_EQ(fatal, 1);
}

TEST(SqliteEventStore, KeepsWhatItAcknowledgedOverAPowerLoss) {
    for (unsigned seed = 0; seed < 12 && !::testing::Test::HasFailure(); ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        const es::testing::TempFolder folder;
        const es::testing::TempFolder after;
        FaultVfs disk;
        Client client;
        SqliteEventStore store(folder.path());
        // Every second run is lost in the middle of a checkpoint.
        const std::size_t payload_bytes = seed % 2 == 0 ? 20 : 250'000;
        for (unsigned i = 0; i < 5 + seed % 7; ++i) client.append(store, payload_bytes);
        disk.lose_power(folder.path(), after.path(), seed);
        SqliteEventStore restarted(after.path());
        client.expect_kept(restarted);
        EXPECT_EQ(restarted.identity(), store.identity());
    }
}

// A commit can be readable after a crash though it was never synced.
TEST(SqliteEventStore, ReadsNothingAfterAStartThatAPowerLossCouldTake) {
    for (unsigned seed = 0; seed < 10; ++seed) {
        const es::testing::TempFolder folder;
        const es::testing::TempFolder after;
        FaultVfs disk;
        Client client;
        {
            SqliteEventStore store(folder.path(), {.witnesses = EventWitnesses::none(),
                                                   .on_fatal = [](const std::string&) {}});
            client.append(store);
            disk.fail_from(1, FaultVfs::syncs, SQLITE_IOERR_FSYNC, FaultVfs::Arrives::nothing, 1);
            client.append(store);
        }
        SqliteEventStore restarted(folder.path());
        const auto read = es::read_stream(restarted, Client::shared);
        EXPECT_EQ(read.size(), 2U) << "what wasn't synced is there, as long as the power is";
        disk.lose_power(folder.path(), after.path(), seed);
        SqliteEventStore later(after.path());
        EXPECT_EQ(es::read_stream(later, Client::shared), read);
    }
}

TEST(SqliteEventStore, KeepsWhatItAcknowledgedWhenItIsKilled) {
    const es::testing::TempFolder folder;
    int acknowledged[2];
    ASSERT_EQ(::pipe(acknowledged), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        SqliteEventStore store(folder.path());
        for (std::int64_t version = 0;; ++version) {
            const auto outcome =
                es::append_one(store, {"s", version, es::testing::some_events("s", version, 1)});
            if (outcome.status != AppendStatus::stored) ::_exit(1);
            const std::int64_t stored = version + 1;
            if (::write(acknowledged[1], &stored, sizeof stored) != sizeof stored) ::_exit(2);
        }
    }
    ::close(acknowledged[1]);
    std::int64_t last = 0;
    while (last < 300) ASSERT_EQ(::read(acknowledged[0], &last, sizeof last), 8);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    while (::read(acknowledged[0], &last, sizeof last) == 8) {
    }
    ::close(acknowledged[0]);

    SqliteEventStore store(folder.path());
    const auto events = es::read_stream(store, "s");
    EXPECT_GE(static_cast<std::int64_t>(events.size()), last);
    EXPECT_EQ(events, es::testing::some_events("s", 0, events.size()));
}

}  // namespace
}  // namespace es::sqlite
