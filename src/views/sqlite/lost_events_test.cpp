// What a start does when events.db lacks events that were acknowledged, or is damaged: it is served
// rightly or refused with a sentence, and nothing that proves the loss is changed.
#include "es/sqlite/lost_events.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <fstream>
#include <iterator>
#include <map>
#include <random>

#include "es/errors.hpp"
#include "es/sqlite/connection.hpp"
#include "es/sqlite/data_folder.hpp"
#include "es/sqlite/event_backup.hpp"
#include "es/sqlite/event_check.hpp"
#include "es/sqlite/high_water.hpp"
#include "es/sqlite/log_check.hpp"
#include "es/sqlite/sqlite_event_reader.hpp"
#include "views/sqlite/event_restore.hpp"
#include "views/sqlite/metric_views_fixture.hpp"
#include "views/sqlite/sqlite_view_rebuild.hpp"
#include "views/sqlite/view_build.hpp"

namespace views {
namespace {

using std::filesystem::path;
using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;

constexpr std::size_t page_bytes = 4096;
constexpr std::size_t frame_bytes = page_bytes + 24;

std::string content_of(const path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

void write_file(const path& file, const std::string& content) {
    std::ofstream(file, std::ios::binary) << content;
}

void flip(const path& file, std::uint64_t offset) {
    std::string content = content_of(file);
    ASSERT_LT(offset, content.size());
    content[offset] = static_cast<char>(content[offset] ^ 0x10);
    write_file(file, content);
}

// One page, whatever becomes of it.
es::ReadResult page_of(es::EventStore& store, const es::StreamId& stream) {
    es::ReadResult page;
    store.read({{stream, 0, 100}},
               [&](std::size_t, es::ReadResult read) { page = std::move(read); });
    return page;
}

// What proves a loss; the index of the log, an empty log and the locks prove nothing.
std::map<std::string, std::string> evidence_in(const path& folder) {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        const std::string name = entry.path().filename().string();
        if (name.ends_with("-shm") || name.ends_with(".lock") || entry.is_directory()) continue;
        std::string content = content_of(entry.path());
        if (!name.ends_with("-wal") || !content.empty()) files[name] = std::move(content);
    }
    return files;
}

class LostEvents : public SqliteMetricViewsFiles {
protected:
    // `in_file` events that are in events.db, then `in_log` that are in its log alone, each of a
    // metric of its own; and a copy of the folder as a kill would leave it at that moment.
    void make(int in_file, int in_log) {
        if (in_file > 0) {
            open();
            std::vector<es::Append> batch;
            for (int i = 0; i < in_file; ++i) {
                const auto id = "m" + std::to_string(++created_);
                batch.push_back({id, 0, {creation_of(id)}});
            }
            events->append(std::move(batch), [](std::size_t, const es::AppendOutcome& outcome) {
                EXPECT_EQ(outcome.status, es::AppendStatus::stored);
            });
            events.reset();  // moves the log to the file
        }
        if (in_file + in_log == 0) open();
        for (int i = 0; i < in_log; ++i) add();
    }

    void add() {
        open();
        create("m" + std::to_string(++created_));
    }

    void open() {
        if (!events) open_events();
    }

    void make_views() {
        const auto views = open_views();
        project(*views);
    }

    // As kill -9 leaves it, without what is forgotten.
    void kill(const std::vector<std::string>& without = {}) {
        const base::testing::TempFolder copy;
        const auto options = std::filesystem::copy_options::recursive;
        std::filesystem::copy(folder.path(), copy.path(), options);
        events.reset();
        for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
            std::filesystem::remove_all(entry.path());
        }
        std::filesystem::copy(copy.path(), folder.path(), options);
        for (const auto& name : without) std::filesystem::remove(folder.path() / name);
    }

    // The sentence with which the start of a writer is refused; or "opened".
    std::string start() {
        const auto before = evidence_in(folder.path());
        try {
            open_events();
            return "opened";
        } catch (const es::Unusable& refused) {
            EXPECT_TRUE(evidence_in(folder.path()) == before) << refused.what();
            return refused.what();
        }
    }

    // The same of a projector.
    std::string start_projector() {
        const auto before = evidence_in(folder.path());
        try {
            open_views();
            return "opened";
        } catch (const es::Unusable& refused) {
            EXPECT_TRUE(evidence_in(folder.path()) == before) << refused.what();
            return refused.what();
        }
    }

    // Every metric can be read, whatever the order of starts was.
    void expect_whole() {
        ASSERT_EQ(start(), "opened");
        for (int i = 1; i <= created_; ++i) {
            EXPECT_EQ(es::read_stream(*events, "m" + std::to_string(i)).size(), 1U) << i;
        }
    }

    int created_ = 0;
};

const std::vector<std::string> without_log{"events.db-wal", "events.db-shm"};

TEST_F(LostEvents, OfALostLogAreMissedByTheViews) {
    make(50, 30);
    make_views();
    kill(without_log);
    std::filesystem::remove(file("events.mark"));
    const auto refused =
        AllOf(HasSubstr("ends with event 50, but views-1.db shows that there were 80"),
              HasSubstr("yardstick restore"), HasSubstr("accept-lost-events"));
    EXPECT_THAT(start_projector(), refused) << "whoever starts first";
    EXPECT_THAT(start(), refused);
    EXPECT_THROW(SqliteViewRebuild(folder.path(), "rebuild"), es::Unusable);
}

TEST_F(LostEvents, OfALostLogAreMissedWithoutViews) {
    make(50, 30);
    kill(without_log);
    EXPECT_THAT(start(), HasSubstr("ends with event 50, but events.mark shows that there were 80"));
}

TEST_F(LostEvents, OfALogThatHeldAlsoTheTablesAreMissed) {
    for (const bool views : {true, false}) {
        make(0, 3);
        if (views) make_views();
        kill(without_log);
        if (views) std::filesystem::remove(file("events.mark"));
        EXPECT_THAT(start(), HasSubstr("holds no event store, but")) << views;
        for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
            std::filesystem::remove_all(entry.path());
        }
    }
}

TEST_F(LostEvents, OfADamagedLogHeaderAreMissed) {
    make(50, 30);
    kill();
    std::filesystem::remove(file("events.mark"));  // the log alone shows it
    const std::string log = content_of(file("events.db-wal"));
    for (std::uint64_t offset = 0; offset < 32; ++offset) {
        SCOPED_TRACE(offset);
        flip(file("events.db-wal"), offset);
        EXPECT_THAT(start(), HasSubstr("log of " + file("events.db").string() + " is damaged"));
        write_file(file("events.db-wal"), log);
    }
    expect_whole();
}

// A byte of each frame, in its header and in its page. In the last commit alone it looks like one
// that a power loss cut off; the mark shows that it was acknowledged.
TEST_F(LostEvents, OfADamagedFrameAreMissed) {
    make(5, 12);
    kill();
    const std::string log = content_of(file("events.db-wal"));
    const std::string mark = content_of(file("events.mark"));
    const std::size_t frames = (log.size() - 32) / frame_bytes;
    std::vector<std::size_t> commits;  // the frames that end one
    for (std::size_t frame = 0; frame < frames; ++frame) {
        if (log.substr(32 + frame * frame_bytes + 4, 4) != std::string(4, '\0')) {
            commits.push_back(frame);
        }
    }
    ASSERT_GT(commits.size(), 10U);
    for (std::size_t frame = 0; frame < frames; ++frame) {
        for (const std::size_t place : {0U, 9U, 17U, 24U, 3000U}) {
            SCOPED_TRACE(std::to_string(frame) + "/" + std::to_string(place));
            flip(file("events.db-wal"), 32 + frame * frame_bytes + place);
            write_file(file("events.mark"), mark);
            EXPECT_THAT(start(), AnyOf(HasSubstr("is damaged: it holds commits after"),
                                       HasSubstr("but events.mark shows that there were 17")));
            events.reset();
            std::filesystem::remove(file("events.mark"));
            // Whether the log alone shows it: not in the last commits.
            if (frame + 1 < commits[commits.size() - 2]) {
                EXPECT_THAT(start(), HasSubstr("it holds commits after a damaged part"));
            }
            write_file(file("events.db-wal"), log);
        }
    }
    write_file(file("events.mark"), mark);
    expect_whole();
}

TEST_F(LostEvents, OfALogThatWasCutOffAreMissed) {
    make(5, 12);
    kill();
    const std::string log = content_of(file("events.db-wal"));
    for (const std::size_t size : {std::size_t{0}, std::size_t{10}, std::size_t{32}, log.size() / 2,
                                   log.size() - 1, log.size() - frame_bytes}) {
        write_file(file("events.db-wal"), log.substr(0, size));
        EXPECT_THAT(start(), HasSubstr("but events.mark shows that there were 17")) << size;
    }
    write_file(file("events.db-wal"), log);
    expect_whole();
}

TEST_F(LostEvents, OfAMissingOrEmptyFileAreMissed) {
    make(5, 3);
    kill();
    const auto all = evidence_in(folder.path());
    for (const bool mark : {true, false}) {
        std::filesystem::remove(file("events.db"));
        if (!mark) std::filesystem::remove(file("events.mark"));
        EXPECT_THAT(start(), AnyOf(HasSubstr("is missing"), HasSubstr("but its log is there")));
        write_file(file("events.db"), "");
        EXPECT_THAT(start(), AnyOf(HasSubstr("is empty"), HasSubstr("but its log is there")));
    }
    for (const auto& [name, content] : all) write_file(folder.path() / name, content);
    expect_whole();
}

TEST_F(LostEvents, ReplacedByAnotherStoreOrAnotherTimeAreRefused) {
    make(5, 0);
    std::filesystem::copy(file("events.db"), file("copy"));
    add();
    make_views();
    events.reset();
    const auto all = evidence_in(folder.path());
    std::filesystem::copy(file("copy"), file("events.db"),
                          std::filesystem::copy_options::overwrite_existing);
    EXPECT_THAT(start(), HasSubstr("ends with event 5, but views-1.db shows that there were 6"));
    {
        const base::testing::TempFolder other;
        std::filesystem::copy(file("copy"), other.path() / "events.db");
        es::SqliteEventStore store(other.path());
        auto recorded = es::testing::some_events("other", 0, 3);
        for (auto& event : recorded) event.metadata.command_id = "another";
        EXPECT_EQ(es::append_one(store, {"other", 0, recorded}).status, es::AppendStatus::stored);
        std::filesystem::copy(other.path() / "events.db-wal", file("events.db-wal"),
                              std::filesystem::copy_options::overwrite_existing);
    }
    EXPECT_THAT(start(), HasSubstr("event 6 is not the one that views-1.db holds"));
    EXPECT_THAT(start_projector(), HasSubstr("event 6 is not the one that views-1.db holds"));
    std::filesystem::remove(file("events.db-wal"));
    {
        const base::testing::TempFolder other;
        {
            const es::SqliteEventStore store(other.path());
        }
        std::filesystem::copy(other.path() / "events.db", file("events.db"),
                              std::filesystem::copy_options::overwrite_existing);
    }
    EXPECT_THAT(start(), HasSubstr("is another event store than the one that views-1.db"));
    EXPECT_THAT(start_projector(), HasSubstr("is another event store"));
    for (const auto& [name, content] : all) write_file(folder.path() / name, content);
    expect_whole();
}

// An older file with the log of the newer one: SQLite would put the log's pages over it.
TEST_F(LostEvents, AnOldFileWithANewLogIsRefusedOrServedRightly) {
    make(40, 0);
    std::filesystem::copy(file("events.db"), file("copy"));
    for (int i = 0; i < 40; ++i) add();
    events.reset();
    for (int i = 0; i < 5; ++i) add();
    kill();
    std::filesystem::copy(file("copy"), file("events.db"),
                          std::filesystem::copy_options::overwrite_existing);
    std::filesystem::remove(file("events.db-shm"));
    std::filesystem::remove(file("events.mark"));
    EXPECT_THAT(start(), HasSubstr("is damaged"));
}

// The pages that are in the log need not be in the file.
TEST_F(LostEvents, AFileThatWasCutOffBesideItsLogIsRefused) {
    make(400, 5);
    kill();
    std::filesystem::remove(file("events.mark"));
    const std::string whole = content_of(file("events.db"));
    const std::size_t pages = whole.size() / page_bytes;
    ASSERT_GT(pages, 20U);
    for (std::size_t page = 1; page < pages; ++page) {
        for (const std::size_t more : {0U, 1U, 4095U}) {
            write_file(file("events.db"), whole.substr(0, page * page_bytes + more));
            const std::string why = start();
            if (why != "opened") {
                EXPECT_THAT(why, HasSubstr("is damaged: "));
                continue;
            }
            events.reset();
            expect_whole();  // no page was missing
            events.reset();
        }
    }
}

TEST_F(LostEvents, AWrongIndexOfTheLogDoesNoHarm) {
    make(5, 5);
    kill({"events.db-shm"});
    expect_whole();
    kill();
    write_file(file("events.db-shm"), std::string(32768, 'x'));
    expect_whole();
}

// SQLite deletes a log next to an empty file, whoever opens it. It may be all that is left.
TEST_F(LostEvents, NobodyDeletesTheLogOfAnEmptyFile) {
    for (const bool with_mark : {true, false}) {
        for (const bool there : {true, false}) {
            SCOPED_TRACE(std::to_string(with_mark) + std::to_string(there));
            make(0, 5);
            kill();
            std::filesystem::resize_file(file("events.db"), 0);
            if (!there) std::filesystem::remove(file("events.db"));
            if (!with_mark) std::filesystem::remove(file("events.mark"));
            const auto before = evidence_in(folder.path());
            ASSERT_TRUE(before.contains("events.db-wal"));
            const base::testing::TempFolder copies;
            const auto refuses = [&](const auto& work) {
                try {
                    work();
                    ADD_FAILURE() << "was not refused";
                } catch (const std::exception& error) {
                    EXPECT_THAT(error.what(), AnyOf(HasSubstr("its log holds commits"),
                                                    HasSubstr("There is no ")));
                }
                EXPECT_TRUE(evidence_in(folder.path()) == before);
            };
            refuses([&] {
                es::SqliteEventReader reader(folder.path());
                es::read_stream(reader, "m1");
            });
            refuses([&] { es::sqlite::backup_events(folder.path(), copies.path() / "copy.db"); });
            refuses([&] { es::sqlite::check_events(file("events.db"), {}); });
            EXPECT_THAT(start(), HasSubstr("its log holds commits"));
            // Without the file a projector waits for one.
            EXPECT_THAT(start_projector(), HasSubstr(there ? "its log holds commits" : "opened"));
            const es::sqlite::AcceptedLoss loss = es::sqlite::accept_lost_events(folder.path());
            EXPECT_EQ(content_of(loss.kept / "events.db-wal"), before.at("events.db-wal"));
            EXPECT_EQ(start(), "opened");
            kill();
            for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
                std::filesystem::remove_all(entry.path());
            }
        }
    }
}

TEST_F(LostEvents, ABackupOfThemDoesNotReplaceOneOfAll) {
    make(5, 0);
    const base::testing::TempFolder copies;
    const path copy = copies.path() / "copy.db";
    es::sqlite::backup_events(folder.path(), copy);
    const std::string good = content_of(copy);
    make(0, 3);
    kill(without_log);
    for (const bool streams : {false, true}) {
        try {
            streams ? es::sqlite::stream_backup(folder.path(), STDERR_FILENO)
                    : es::sqlite::backup_events(folder.path(), copy);
            ADD_FAILURE() << "was not refused";
        } catch (const es::Unusable& refused) {
            EXPECT_THAT(refused.what(), HasSubstr("lacks events"));
        }
    }
    EXPECT_EQ(content_of(copy), good);
}

// Nothing else shows it: no mark and no views are there.
TEST_F(LostEvents, ADamagedLogIsNamedAlsoByThoseWhoOnlyLook) {
    make(3, 3);
    EXPECT_EQ(es::sqlite::missing_at_rest(folder.path()), "");
    kill({"events.db-shm", "events.mark"});
    EXPECT_EQ(es::sqlite::missing_at_rest(folder.path()), "");
    flip(file("events.db-wal"), 9);
    EXPECT_THAT(es::sqlite::missing_at_rest(folder.path()), HasSubstr("has a damaged log: "));
    const base::testing::TempFolder copies;
    EXPECT_THROW(es::sqlite::backup_events(folder.path(), copies.path() / "copy.db"), es::Unusable);
    EXPECT_FALSE(std::filesystem::exists(copies.path() / "copy.db"));
}

TEST_F(LostEvents, ADamagedOrMissingMarkProvesNothing) {
    make(5, 5);
    kill();
    for (const char* text : {"", "x", "01234 0000000000000000099 0123456789abcdef\n"}) {
        write_file(file("events.mark"), text);
        expect_whole();
        EXPECT_EQ(es::sqlite::read_high_water(folder.path())->position, created_)
            << "written again";
        kill();
    }
    std::filesystem::remove(file("events.mark"));
    std::filesystem::create_symlink("/tmp/nothing of ours", file("events.mark"));
    expect_whole();
    EXPECT_FALSE(std::filesystem::exists("/tmp/nothing of ours"));
}

TEST_F(LostEvents, AreGivenUpByAPersonAndTheProofIsKept) {
    make(50, 30);
    make_views();
    EXPECT_THROW(es::sqlite::accept_lost_events(folder.path()), es::InUse);
    kill(without_log);
    const auto before = evidence_in(folder.path());
    {
        const es::sqlite::FileLock rebuilding(folder.path(), sqlite::rebuild_lock, "rebuild", "");
        EXPECT_THROW(es::sqlite::accept_lost_events(folder.path()), es::InUse);
    }
    {
        const auto loss = es::sqlite::accept_lost_events(folder.path());
        EXPECT_EQ(loss.events, 50);
        EXPECT_THAT(loss.what, HasSubstr("there were 80"));
        EXPECT_EQ(loss.kept, file("lost-events"));
        for (const char* name : {"views-1.db", "views.current", "events.mark"}) {
            EXPECT_TRUE(content_of(loss.kept / name) == before.at(name)) << name;
            EXPECT_FALSE(std::filesystem::exists(file(name))) << name;
        }
    }
    try {
        es::sqlite::accept_lost_events(folder.path());
        ADD_FAILURE() << "the next loss was accepted in advance";
    } catch (const es::Unusable& refused) {
        EXPECT_THAT(refused.what(), HasSubstr("Nothing shows that events are missing"));
    }
    created_ = 50;
    expect_whole();
    make_views();
    EXPECT_EQ(SqliteMetricViews(folder.path()).version("m50"), 1);
    EXPECT_EQ(SqliteMetricViews(folder.path()).version("m51"), 0);
    // The next loss is noticed as the first one was.
    add();
    kill(without_log);
    EXPECT_THAT(start(), HasSubstr("shows that there were 51"));
    EXPECT_EQ(es::sqlite::accept_lost_events(folder.path()).kept, file("lost-events-2"));
}

// Its beginning brings back pages as they were; others in the file are newer, such as those with
// the heads of the last streams.
TEST_F(LostEvents, OfADamagedLogThatIsPartlyInTheFileAreNotGivenUpForAFileThatNobodyTakes) {
    make(800, 0);
    open();
    for (const char* id : {"m1", "m2", "m3", "m4", "m797", "m798", "m799", "m800"}) append(id, 1);
    es::sqlite::Connection(file("events.db"), es::sqlite::Access::write).checkpoint();
    kill();
    const auto before = evidence_in(folder.path());
    const std::size_t frames = content_of(file("events.db-wal")).size() / frame_bytes;
    int refused = 0;
    for (std::size_t frame = 1; frame < frames; ++frame) {
        SCOPED_TRACE(frame);
        for (const auto& [name, content] : before) write_file(file(name.c_str()), content);
        std::filesystem::remove(file("events.db-shm"));
        flip(file("events.db-wal"), 32 + frame * frame_bytes + 2000);
        const auto damaged = evidence_in(folder.path());
        try {
            es::sqlite::accept_lost_events(folder.path());
            EXPECT_EQ(start(), "opened");
            events.reset();
        } catch (const std::exception& error) {
            EXPECT_TRUE(evidence_in(folder.path()) == damaged) << error.what();
            ++refused;
        }
    }
    EXPECT_GT(refused, 0);
}

TEST_F(LostEvents, OfADamagedLogAreGivenUpWithWhatFollowsTheDamage) {
    make(5, 12);
    kill();
    const std::string log = content_of(file("events.db-wal"));
    flip(file("events.db-wal"), log.size() / 2);
    const std::string damaged = content_of(file("events.db-wal"));
    ASSERT_THAT(start(), HasSubstr("damaged"));
    const auto loss = es::sqlite::accept_lost_events(folder.path());
    EXPECT_GT(loss.events, 5);
    EXPECT_LT(loss.events, 17);
    EXPECT_TRUE(content_of(loss.kept / "events.db-wal") == damaged);
    created_ = static_cast<int>(loss.events);
    expect_whole();
    add();
    kill();
    expect_whole();
}

TEST_F(LostEvents, OfAStoreThatIsGoneAreGivenUp) {
    make(0, 3);
    make_views();
    kill(without_log);
    ASSERT_THAT(start(), HasSubstr("holds no event store"));
    EXPECT_EQ(es::sqlite::accept_lost_events(folder.path()).events, 0);
    created_ = 0;
    expect_whole();
    add();
    EXPECT_THROW(es::sqlite::accept_lost_events("/nonexistent"), es::Unusable);
    EXPECT_FALSE(std::filesystem::exists("/nonexistent"));
}

// Whatever moment kill -9 comes at, also while it starts.
TEST_F(LostEvents, NoneAreMissedAfterAKill) {
    std::mt19937 random(std::random_device{}());
    std::int64_t acknowledged = 0;
    for (int times = 0; times < 50; ++times) {
        std::array<int, 2> told{};
        ASSERT_EQ(::pipe(told.data()), 0);
        const pid_t child = ::fork();
        if (child == 0) {
            es::SqliteEventStore store(folder.path());
            for (std::int64_t i = 0;; ++i) {
                const auto id = std::to_string(times) + "/" + std::to_string(i);
                // Large ones bring about checkpoints.
                auto recorded = es::testing::some_events(id, 0, i % 4 == 3 ? 3 : 1);
                if (i % 4 == 3) {
                    recorded[0].payload = "{\"text\":\"" + std::string(900'000, 'x') + "\"}";
                }
                const auto count = static_cast<char>(recorded.size());
                const auto stored = es::append_one(store, {id, 0, std::move(recorded)}).status;
                if (stored != es::AppendStatus::stored) ::_exit(1);
                if (::write(told[1], &count, 1) != 1) ::_exit(2);
            }
        }
        ::close(told[1]);
        const auto take = [&] {
            char count = 0;
            const bool taken = ::read(told[0], &count, 1) == 1;
            acknowledged += count;
            return taken;
        };
        for (auto enough = random() % 12; enough > 0; --enough) ASSERT_TRUE(take());
        const auto until =
            std::chrono::steady_clock::now() + std::chrono::microseconds(random() % 3'000);
        while (std::chrono::steady_clock::now() < until) {
        }
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        while (take()) {
        }
        ::close(told[0]);
        if (times % 2 == 0) continue;  // the next one starts after a kill
        ASSERT_EQ(start(), "opened") << times;
        EXPECT_GE(es::SqliteEventFeed(folder.path()).lag({}).events,
                  static_cast<std::uint64_t>(acknowledged));
        events.reset();
    }
}

// --- While it runs ---

TEST_F(LostEvents, OfAStoreThatIsReplacedWhileItRunsLeaveTheProofAlone) {
    make(5, 0);
    std::filesystem::copy(file("events.db"), file("copy"));
    add();
    const auto views = open_views();
    project(*views);
    const auto before = evidence_in(folder.path());
    std::filesystem::rename(file("copy"), file("events.db"));
    std::filesystem::remove(file("events.db-wal"));
    std::filesystem::remove(file("events.db-shm"));
    for (int times = 0; times < 2; ++times) {
        EXPECT_THROW(look_after(*views), es::Unavailable);
        EXPECT_THROW(views->save({}), es::Unavailable);
        EXPECT_EQ(views->version("m6"), 1) << "what was acknowledged is still shown";
        const auto page = page_of(*events, "m6");
        EXPECT_EQ(page.status, es::ReadStatus::unavailable) << "never read as without events";
        EXPECT_FALSE(events->healthy());
        EXPECT_THROW(es::SqliteEventFeed(folder.path()).lag(views->checkpoints()), es::Corrupt);
    }
    const auto outcome = es::append_one(*events, {"m6", 1, es::testing::some_events("m6", 1, 1)});
    EXPECT_EQ(outcome.status, es::AppendStatus::not_stored);
    const auto after = evidence_in(folder.path());
    EXPECT_TRUE(after.at("views-1.db") == before.at("views-1.db"));
    EXPECT_TRUE(after.at("views.current") == before.at("views.current"));
    EXPECT_TRUE(after.at("events.mark") == before.at("events.mark"));
}

// `cp copy events.db`: the same file with another content.
TEST_F(LostEvents, OfAFileThatIsOverwrittenWhileItRunsAreNoticedBeforeAnythingIsAppended) {
    make(40, 0);
    const std::string copy = content_of(file("events.db"));
    for (int i = 0; i < 40; ++i) add();
    events.reset();
    const std::string whole = content_of(file("events.db"));
    for (const std::string& content : {copy, whole.substr(0, whole.size() / 2), std::string()}) {
        write_file(file("events.db"), whole);
        std::filesystem::remove(file("events.db-wal"));
        std::filesystem::remove(file("events.mark"));
        open_events();
        auto outcome = es::append_one(*events, {"m1", 1, es::testing::some_events("m1", 1, 1)});
        EXPECT_EQ(outcome.status, es::AppendStatus::stored);
        write_file(file("events.db"), content);
        EXPECT_FALSE(events->healthy());
        outcome = es::append_one(*events, {"m1", 2, es::testing::some_events("m1", 2, 1)});
        EXPECT_EQ(outcome.status, es::AppendStatus::not_stored);
        EXPECT_NE(page_of(*events, "m77").status, es::ReadStatus::read);
        events.reset();
        EXPECT_TRUE(content_of(file("events.db")) == content) << "not even at its end";
    }
}

TEST_F(LostEvents, AFileThatWasOnlyTouchedIsUsedOn) {
    make(5, 5);
    std::filesystem::last_write_time(file("events.db"),
                                     std::filesystem::file_time_type::clock::now());
    EXPECT_TRUE(events->healthy());
    add();
}

}  // namespace
}  // namespace views
