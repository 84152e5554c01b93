// Backups made from running servers, restored elsewhere or in place, and what verify says of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <iterator>

#include "es/sqlite.hpp"
#include "fold.hpp"
#include "load.hpp"

namespace {

using namespace e2e;
using std::filesystem::path;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr int failed = 1;
constexpr int differences = 3;
constexpr int in_use = 5;

Finished yardstick(std::vector<std::string> arguments) {
    return run({.arguments = std::move(arguments)});
}

Launch backup_to(const Folder& folder, const path& file) {
    return {.arguments = {"backup", file.string(), "--data", folder.data().string()}};
}

void expect_refused(const Finished& finished, int exit_code, const std::string& why) {
    EXPECT_EQ(finished.exit_code, exit_code);
    EXPECT_THAT(finished.errors, StartsWith("yardstick: "));
    EXPECT_THAT(finished.errors, HasSubstr(why));
    EXPECT_THAT(finished.output, IsEmpty());
}

void expect_sound(const path& file) {
    const Finished verified = yardstick({"verify", file.string()});
    EXPECT_EQ(verified.exit_code, 0) << verified.output << verified.errors;
    EXPECT_THAT(verified.output, HasSubstr(", all sound\n"));
}

std::string content_of(const path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

// The views are rebuilt first, and until then nobody is shown any.
void wait_for_views(Api& api) {
    ASSERT_TRUE(eventually([&] { return api.get("/-/ready").status == 200; }));
}

// Of the metric, through a store that nothing else has open.
void append_values(const path& data, const std::string& metric, es::Version after,
                   std::size_t count) {
    es::SqliteEventStore store(data);
    constexpr std::size_t at_once_max = 5000;
    for (std::size_t done = 0; done < count;) {
        es::Append append{metric, after, {}};
        for (std::size_t i = 0; i < std::min(at_once_max, count - done); ++i) {
            es::RecordedEvent& event = append.events.emplace_back();
            event.stream = metric;
            event.version = ++after;
            event.occurred_on = es::TimePoint(std::chrono::milliseconds(4'000'000'000'000));
            event.type = "MetricValueUpdated";
            event.payload = "{\"value\":" + std::to_string(after) + "}";
        }
        done += append.events.size();
        const auto outcome = es::append_one(store, std::move(append));
        ASSERT_EQ(outcome.status, es::AppendStatus::stored) << outcome.reason;
    }
}

// A folder with one metric and so many events that a backup takes a while.
void make_large(const Folder& folder) {
    {
        Server server(folder);
        ASSERT_EQ(Api(server).create("large").status, 201);
        ASSERT_EQ(server.terminate(), 0);
    }
    append_values(folder.data(), "large", 1, 200'000);
}

TEST(Backup, MadeUnderLoadAndRestoredElsewhereHoldsAllThatWasAcknowledgedBeforeItBegan) {
    const Folder folder;
    const Folder elsewhere;
    Server server(folder, {.arguments = {"--no-access-log"}});
    Load before(4, 1, "before-");
    before.prepare(server);
    before.start(server);
    ASSERT_TRUE(eventually([&] { return before.acknowledged() > 1000; }));
    before.finish();

    Load during(4, 2, "during-");
    during.prepare(server);
    during.start(server);
    Api api(server);
    ASSERT_EQ(api.create("mark").status, 201);
    const path file = elsewhere.path() / "copy.db";
    std::int64_t mark = 0;
    for (int i = 0; i < 5; ++i) {
        const std::size_t enough = during.acknowledged() + 200;
        ASSERT_TRUE(eventually([&] { return during.acknowledged() > enough; }));
        mark = api.set_value("mark", i).version();
        const Finished made = run(backup_to(folder, file));
        ASSERT_EQ(made.exit_code, 0) << made.errors;
        EXPECT_THAT(made.output, HasSubstr("events copied to " + file.string()));
        expect_sound(file);
    }
    during.finish();
    during.verify(server);
    EXPECT_EQ(server.terminate(), 0);

    const Finished restored =
        yardstick({"restore", file.string(), "--data", elsewhere.data().string()});
    ASSERT_EQ(restored.exit_code, 0) << restored.errors;
    expect_sound(elsewhere.data() / "events.db");
    Server other(elsewhere);
    Api there(other);
    wait_for_views(there);
    before.verify(other);
    EXPECT_EQ(there.get("/metrics/mark?wait=10000&minVersion=" + std::to_string(mark)).version(),
              mark);
    // It goes on from there.
    EXPECT_EQ(there.set_value("mark", 99).version(), mark + 1);
}

TEST(Backup, RestoredInPlaceTakesTheViewsBackWithIt) {
    const Folder folder;
    const path file = folder.path() / "copy.db";
    const auto values = [](Api& api, int from, int to) {
        for (int i = from; i < to; ++i) ASSERT_EQ(api.set_value("visits", i).status, 201);
    };
    {
        Server server(folder);
        Api api(server);
        ASSERT_EQ(api.create("visits").status, 201);
        values(api, 1, 10);
        ASSERT_EQ(run(backup_to(folder, file)).exit_code, 0);
        values(api, 10, 20);
        ASSERT_EQ(api.create("later").status, 201);
        ASSERT_EQ(api.get("/metrics/later?minVersion=1").status, 200);
        ASSERT_EQ(server.terminate(), 0);
    }
    // The positions that the views know hold nothing any more; the second time, other events.
    for (const bool overlap : {false, true}) {
        SCOPED_TRACE(overlap);
        const Finished restored =
            yardstick({"restore", file.string(), "--data", folder.data().string()});
        ASSERT_EQ(restored.exit_code, 0) << restored.errors;
        EXPECT_THAT(restored.output, HasSubstr("10 events in 1 stream restored from"));
        if (overlap) append_values(folder.data(), "visits", 10, 30);
        Server server(folder);
        Api api(server);
        wait_for_views(api);
        const std::string version = overlap ? "40" : "10";
        ASSERT_EQ(api.get("/metrics/visits?wait=10000&minVersion=" + version).status, 200);
        expect_view_equals_fold(api, "visits");
        EXPECT_EQ(api.get("/metrics/visits").number("value"), overlap ? 40 : 9);
        EXPECT_EQ(api.get("/metrics/later").status, 404);
        values(api, 50, 60);  // the views are ahead again
        ASSERT_EQ(api.get("/metrics/visits?minVersion=20").status, 200);
        ASSERT_EQ(server.terminate(), 0);
    }
    // Nothing of what was there is lost.
    EXPECT_THAT(yardstick({"verify", (folder.data() / "events.db.before-restore").string()}).output,
                StartsWith("21 events in 2 streams"));
}

TEST(Backup, KilledInTheMiddleLeavesTheEarlierOneAndTheNextSucceeds) {
    const Folder folder;
    make_large(folder);
    const path file = folder.path() / "copy.db";
    const path partial = folder.path() / "copy.db.partial";
    ASSERT_EQ(run(backup_to(folder, file)).exit_code, 0);
    const std::string earlier = content_of(file);
    int kills = 0;
    for (int i = 0; i < 20 && kills < 3; ++i) {
        Process backup(backup_to(folder, file));
        std::error_code none;
        eventually([&] {
            return std::filesystem::file_size(partial, none) >
                       std::uintmax_t{100'000} * unsigned(i % 3) &&
                   !none;
        });
        backup.signal(SIGKILL);
        if (backup.wait() != -SIGKILL) continue;  // it was faster
        ++kills;
        EXPECT_TRUE(content_of(file) == earlier);
    }
    EXPECT_GT(kills, 0);
    ASSERT_EQ(run(backup_to(folder, file)).exit_code, 0);
    EXPECT_FALSE(std::filesystem::exists(partial));
    expect_sound(file);
}

TEST(Backup, TwoAtOnceBothEndWithASoundCopy) {
    const Folder folder;
    make_large(folder);
    const path file = folder.path() / "copy.db";
    int made = 0;
    for (int i = 0; i < 3; ++i) {
        Process one(backup_to(folder, file));
        Process two(backup_to(folder, file));
        for (Process* process : {&one, &two}) {
            const auto code = process->wait();
            if (code == 0) {
                ++made;
                continue;
            }
            EXPECT_EQ(code, failed);
            EXPECT_THAT(process->log(), HasSubstr("Another process is making"));
        }
        expect_sound(file);
    }
    EXPECT_GE(made, 3);
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "copy.db.partial"));
}

TEST(Backup, OntoAFullDiskIsRefusedInASentenceAndTheEarlierOneKept) {
    const Folder folder;
    make_large(folder);
    const path file = folder.path() / "copies" / "copy.db";
    std::filesystem::create_directory(file.parent_path());
    ASSERT_EQ(run(backup_to(folder, file)).exit_code, 0);
    const std::string earlier = content_of(file);
    Launch limited = backup_to(folder, file);
    limited.file_bytes_max = earlier.size() / 2;
    expect_refused(run(limited), failed, "can't be copied to " + file.string());
    EXPECT_TRUE(content_of(file) == earlier);
    EXPECT_FALSE(std::filesystem::exists(file.string() + ".partial"));

    if (!can_mount_small_disk()) GTEST_SKIP() << "this machine or chroot lets nobody mount a disk";
    Launch small = backup_to(folder, file);
    small.small_disk = file.parent_path();
    small.small_disk_bytes = earlier.size() / 2;
    expect_refused(run(small), failed, "can't be copied to " + file.string());
    EXPECT_TRUE(content_of(file) == earlier);
}

TEST(Backup, OfNothingIsRefusedInASentence) {
    const Folder folder;
    const path file = folder.path() / "copy.db";
    expect_refused(run(backup_to(folder, file)), failed, "There is no event store in");
    expect_refused(yardstick({"verify", "--data", folder.data().string()}), failed, "There is no");
    expect_refused(yardstick({"restore", file.string(), "--data", folder.data().string()}), failed,
                   "There is no file " + file.string());
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(Backup, IsStreamedOutOfOneFolderAndIntoAnother) {
    const Folder folder;
    const Folder elsewhere;
    const path file = elsewhere.path() / "copy.db";
    Server server(folder);
    Api api(server);
    ASSERT_EQ(api.create("visits").status, 201);
    ASSERT_EQ(api.set_value("visits", 7).status, 201);
    const Finished made = run(backup_to(folder, "-"));
    ASSERT_EQ(made.exit_code, 0) << made.errors;
    EXPECT_THAT(made.errors, StartsWith("2 events copied to the output ("));
    std::ofstream(file, std::ios::binary) << made.output;
    expect_sound(file);
    EXPECT_FALSE(std::filesystem::exists(folder.data() / "events.db.streaming"));
    const auto restore_input = [&](const path& input) {
        return run(
            {.arguments = {"restore", "-", "--data", elsewhere.data().string()}, .input = input});
    };
    const Finished restored = restore_input(file);
    ASSERT_EQ(restored.exit_code, 0) << restored.errors;
    EXPECT_EQ(restored.output, "2 events in 1 stream restored from the input\n");
    // What isn't a whole backup changes nothing.
    const path other = elsewhere.path() / "other";
    std::ofstream(other, std::ios::binary) << made.output.substr(0, made.output.size() - 5000);
    expect_refused(restore_input(other), failed, "is damaged, or ends too early");
    std::ofstream(other, std::ios::binary) << "Dear reader";
    expect_refused(restore_input(other), failed, "is no SQLite database");
    std::ofstream(other, std::ios::binary) << "";
    expect_refused(restore_input(other), failed, "the input is no backup: it is empty");
    EXPECT_FALSE(std::filesystem::exists(elsewhere.data() / "events.db.restoring"));
    Server there(elsewhere);
    Api other_api(there);
    EXPECT_EQ(other_api.get("/metrics/visits?wait=10000&minVersion=2").number("value"), 7);
}

// Root looks after a folder that a service's user owns.
TEST(Backup, AsRootLeavesNothingInAFolderThatItsOwnerCouldNotOpen) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can make files of another user";
    constexpr uid_t owner = 54'321;
    const Folder folder;
    const path file = folder.path() / "copy.db";
    const path lines = folder.path() / "events.ndjson";
    {
        Server server(folder);
        Api api(server);
        ASSERT_EQ(api.create("visits").status, 201);
        ASSERT_EQ(api.get("/metrics/visits?minVersion=1").status, 200);
        ASSERT_EQ(run(backup_to(folder, file)).exit_code, 0);
        server.kill();
    }
    const auto give_away = [&] {
        ASSERT_EQ(::chown(folder.data().c_str(), owner, owner), 0);
        for (const auto& entry : std::filesystem::directory_iterator(folder.data())) {
            ASSERT_EQ(::chown(entry.path().c_str(), owner, owner), 0);
        }
    };
    give_away();
    ASSERT_EQ(::chmod(folder.path().c_str(), 0711), 0);  // its owner can reach it
    const auto expect_works = [&](std::vector<std::string> command, const path& input = {}) {
        command.insert(command.end(), {"--data", folder.data().string()});
        const Finished finished = run({.arguments = command, .input = input});
        EXPECT_EQ(finished.exit_code, 0) << command[0] << finished.errors;
        for (const auto& entry : std::filesystem::directory_iterator(folder.data())) {
            struct stat status{};
            EXPECT_EQ(::lstat(entry.path().c_str(), &status), 0);
            EXPECT_EQ(status.st_uid, owner) << command[0] << " left " << entry.path();
        }
        return finished.output;
    };
    const auto lose_indexes = [&] {
        for (const char* name : {"events.db-shm", "views-1.db-shm"}) {
            std::filesystem::remove(folder.data() / name);
        }
    };
    for (const char* command : {"verify", "status"}) {
        lose_indexes();
        expect_works({command});
    }
    lose_indexes();
    std::ofstream(lines) << expect_works({"export", "events"});
    expect_works({"rebuild", "--check"});
    expect_works({"rebuild"});
    expect_works({"rebuild", "--metric", "visits"});
    expect_works({"backup", "-"});
    expect_works({"import", lines.string()});
    // A copy that root alone can read.
    ASSERT_EQ(::chmod(file.c_str(), 0600), 0);
    expect_works({"restore", file.string()});
    expect_works({"restore", "-"}, file);
    std::filesystem::remove_all(folder.data());
    std::filesystem::create_directory(folder.data());
    give_away();
    expect_works({"restore", file.string()});

    ASSERT_EQ(::chmod(folder.path().c_str(), 0700), 0);  // and now he can't
    expect_refused(run({.arguments = {"rebuild", "--data", folder.data().string()}}), failed,
                   "run this command as that user");
}

TEST(Restore, IsRefusedWhileAServerRuns) {
    const Folder folder;
    const path file = folder.path() / "copy.db";
    Server server(folder);
    Api api(server);
    ASSERT_EQ(api.create("visits").status, 201);
    ASSERT_EQ(run(backup_to(folder, file)).exit_code, 0);
    expect_refused(yardstick({"restore", file.string(), "--data", folder.data().string()}), in_use,
                   "is in use");
    EXPECT_EQ(api.set_value("visits", 1).status, 201);
    EXPECT_EQ(api.get("/metrics/visits?minVersion=2").number("value"), 1);
}

TEST(Verify, NamesWhatIsWrongAndRestoreRefusesIt) {
    const Folder folder;
    const path file = folder.path() / "copy.db";
    {
        Server server(folder);
        Api api(server);
        ASSERT_EQ(api.create("visits").status, 201);
        for (int i = 0; i < 30; ++i) ASSERT_EQ(api.set_value("visits", i).status, 201);
        expect_sound(folder.data() / "events.db");  // beside the server
        ASSERT_EQ(run(backup_to(folder, file)).exit_code, 0);
        ASSERT_EQ(server.terminate(), 0);
    }
    sqlite3* connection = nullptr;
    ASSERT_EQ(sqlite3_open(file.c_str(), &connection), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(connection,
                           "UPDATE events SET payload = '{}' WHERE position > 4; "
                           "DELETE FROM events WHERE position = 3",
                           nullptr, nullptr, nullptr),
              SQLITE_OK);
    sqlite3_close(connection);
    for (const char* command : {"verify", "restore"}) {
        const Finished found =
            yardstick({command, file.string(), "--data", folder.data().string()});
        EXPECT_EQ(found.exit_code, differences);
        EXPECT_THAT(found.output,
                    StartsWith("position 4, stream visits, version 4, MetricValueUpdated: position "
                               "3 before it is missing; the version should be 3; "));
        EXPECT_THAT(found.output, HasSubstr("position 5, stream visits, version 5, "
                                            "MetricValueUpdated: payload has no 'value'\n"));
        EXPECT_THAT(found.output, HasSubstr("and 8 more\n"));
        EXPECT_EQ(found.errors,
                  "yardstick: " + file.string() + " has 28 faults in 30 events in 1 stream.\n");
    }
    Server server(folder);
    EXPECT_EQ(Api(server).get("/metrics/visits").version(), 31);
}

}  // namespace
