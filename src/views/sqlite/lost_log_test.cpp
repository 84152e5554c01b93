// What a start does when the log of events.db is damaged, cut off or another one's: events are
// served rightly or the start is refused with a sentence, and nothing that proves the loss is
// changed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/temp_folder.hpp"
#include "es/errors.hpp"
#include "es/sqlite.hpp"
#include "es/sqlite/event_backup.hpp"
#include "es/sqlite/event_check.hpp"
#include "es/sqlite/lost_events.hpp"
#include "views/sqlite/accept_lost_events.hpp"
#include "views/sqlite/lost_events_fixture.hpp"

namespace views {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

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
            refuses([&] {
                es::sqlite::backup_events(folder.path(), copies.path() / "copy.db",
                                          event_witnesses());
            });
            refuses([&] { es::sqlite::check_events(file("events.db"), {}); });
            EXPECT_THAT(start(), HasSubstr("its log holds commits"));
            // Without the file a projector waits for one.
            EXPECT_THAT(start_projector(), HasSubstr(there ? "its log holds commits" : "opened"));
            const AcceptedLoss loss = accept_lost_events(folder.path());
            EXPECT_EQ(content_of(loss.kept / "events.db-wal"), before.at("events.db-wal"));
            EXPECT_EQ(start(), "opened");
            kill();
            for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
                std::filesystem::remove_all(entry.path());
            }
        }
    }
}

// Nothing else shows it: no mark and no views are there.
TEST_F(LostEvents, ADamagedLogIsNamedAlsoByThoseWhoOnlyLook) {
    make(3, 3);
    EXPECT_EQ(es::sqlite::missing_at_rest(folder.path(), event_witnesses()), "");
    kill({"events.db-shm", "events.mark"});
    EXPECT_EQ(es::sqlite::missing_at_rest(folder.path(), event_witnesses()), "");
    flip(file("events.db-wal"), 9);
    EXPECT_THAT(es::sqlite::missing_at_rest(folder.path(), event_witnesses()),
                HasSubstr("has a damaged log: "));
    const base::testing::TempFolder copies;
    EXPECT_THROW(
        es::sqlite::backup_events(folder.path(), copies.path() / "copy.db", event_witnesses()),
        es::Unusable);
    EXPECT_FALSE(std::filesystem::exists(copies.path() / "copy.db"));
}

}  // namespace
}  // namespace views
