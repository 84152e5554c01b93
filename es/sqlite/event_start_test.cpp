// Which damage to events.db the start of a writer notices.
#include "es/sqlite/event_start.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <random>
#include <vector>

#include "es/errors.hpp"
#include "es/sqlite.hpp"
#include "es/sqlite/connection.hpp"
#include "es/testing/event_store_suite.hpp"
#include "es/testing/temp_folder.hpp"

namespace es::sqlite {
namespace {

using std::filesystem::path;
using ::testing::HasSubstr;

constexpr std::size_t page_bytes = 4096;
constexpr int streams = 300;
constexpr int events_each = 7;

std::string content_of(const path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

void write_file(const path& file, const std::string& content) {
    std::ofstream(file, std::ios::binary) << content;
}

std::string name_of(int stream) {
    return "a stream with a rather long name, number " + std::to_string(stream);
}

// One page, whatever becomes of it.
es::ReadResult page_of(es::EventStore& store, const es::StreamId& stream) {
    es::ReadResult page;
    store.read({{stream, 0, 100}},
               [&](std::size_t, es::ReadResult read) { page = std::move(read); });
    return page;
}

class EventStart : public ::testing::Test {
protected:
    EventStart() {
        {
            SqliteEventStore store(folder_.path());
            std::vector<es::Append> batch;
            for (int stream = 0; stream < streams; ++stream) {
                const auto id = name_of(stream);
                batch.push_back({id, 0, es::testing::some_events(id, 0, events_each)});
            }
            store.append(std::move(batch), [](std::size_t, const es::AppendOutcome& outcome) {
                EXPECT_EQ(outcome.status, es::AppendStatus::stored);
            });
        }
        content_ = content_of(file());
    }

    [[nodiscard]] path file() const { return folder_.path() / "events.db"; }

    // The sentence of the refusal; "opened" when the store was opened and every event can be read
    // or is said to be unreadable, "wrong" when something else is answered.
    std::string start() {
        try {
            SqliteEventStore store(folder_.path());
            for (int stream = 0; stream < streams; ++stream) {
                const auto page = page_of(store, name_of(stream));
                if (page.status != es::ReadStatus::read) continue;
                if (page.events != es::testing::some_events(name_of(stream), 0, events_each)) {
                    return "wrong";
                }
            }
            return "opened";
        } catch (const es::Unusable& refused) {
            return refused.what();
        }
    }

    void damage(const char* sql) { Connection(file(), Access::write).execute(sql); }

    const es::testing::TempFolder folder_;
    std::string content_;  // of the whole file
};

const auto damaged = HasSubstr("events.db is damaged: ");

TEST_F(EventStart, SaysWhatWasChecked) {
    std::string checked;
    const SqliteEventStore store(
        folder_.path(), {.witnesses = EventWitnesses::none(),
                         .on_checked = [&](std::string what) { checked = std::move(what); }});
    EXPECT_EQ(checked, "every page, the streams and the last 1000 of 2100 events");
}

TEST_F(EventStart, OfANewStoreHasNothingToCheck) {
    const es::testing::TempFolder empty;
    const SqliteEventStore store(
        empty.path(), {.witnesses = EventWitnesses::none(),
                       .on_checked = [](const std::string& what) { ADD_FAILURE() << what; }});
}

TEST_F(EventStart, RefusesAFileThatWasCutOffAtAnyLength) {
    const std::size_t pages = content_.size() / page_bytes;
    ASSERT_GT(pages, 20U);
    for (std::size_t page = 0; page < pages; ++page) {
        for (const std::size_t more : {1U, 99U, 100U, 2048U, 4095U}) {
            write_file(file(), content_.substr(0, page * page_bytes + more));
            EXPECT_THAT(start(), damaged) << page << "+" << more;
        }
        if (page == 0) continue;
        write_file(file(), content_.substr(0, page * page_bytes));
        EXPECT_THAT(start(), damaged) << page;
    }
    write_file(file(), content_);
    EXPECT_EQ(start(), "opened");
}

TEST_F(EventStart, RefusesAZeroedPage) {
    for (std::size_t page = 0; page < content_.size() / page_bytes; ++page) {
        std::string zeroed = content_;
        zeroed.replace(page * page_bytes, page_bytes, page_bytes, '\0');
        write_file(file(), zeroed);
        EXPECT_THAT(start(), damaged) << page;
    }
}

TEST_F(EventStart, RefusesSwappedPages) {
    const std::size_t pages = content_.size() / page_bytes;
    for (std::size_t one = 0; one < pages; one += 3) {
        for (std::size_t other = one + 1; other < pages; other += 5) {
            std::string swapped = content_;
            swapped.replace(one * page_bytes, page_bytes, content_, other * page_bytes, page_bytes);
            swapped.replace(other * page_bytes, page_bytes, content_, one * page_bytes, page_bytes);
            write_file(file(), swapped);
            EXPECT_THAT(start(), damaged) << one << " " << other;
        }
    }
}

// Whatever else is changed: nothing wrong is answered. A byte of a text can't be told.
TEST_F(EventStart, AnswersNothingWrongAboutPagesOfRubbish) {
    std::mt19937 random(1);
    for (int times = 0; times < 60; ++times) {
        std::string spoilt = content_;
        const std::size_t at = random() % (content_.size() / 512) * 512;
        for (std::size_t i = 0; i < 512; ++i) spoilt[at + i] = static_cast<char>(random());
        write_file(file(), spoilt);
        EXPECT_NE(start(), "wrong") << at;
    }
}

// Without its last name, a page of the index is as sound as before: that stream would be read as
// one without events, and its metric created a second time.
TEST_F(EventStart, RefusesAnIndexThatLacksAName) {
    constexpr char leaf_of_an_index = 0x0a;
    int spoilt_pages = 0;
    for (std::size_t page = 1; page < content_.size() / page_bytes; ++page) {
        std::string spoilt = content_;
        char* header = &spoilt[page * page_bytes];
        if (header[0] != leaf_of_an_index || header[4] < 2) continue;
        if (content_.substr(page * page_bytes, page_bytes).find("rather long name") ==
            std::string::npos) {
            continue;
        }
        --header[4];  // how many entries the page has
        write_file(file(), spoilt);
        EXPECT_THAT(start(), damaged) << page;
        ++spoilt_pages;
    }
    EXPECT_GT(spoilt_pages, 2);
}

TEST_F(EventStart, RefusesEventsAndHeadsThatDontFit) {
    for (const char* sql :
         {"DELETE FROM events WHERE position = 40", "DELETE FROM events WHERE position = 2100",
          "DELETE FROM streams WHERE id = 5",
          "UPDATE streams SET version = version - 1 WHERE id = 300",
          "UPDATE streams SET last_position = last_position - 1 WHERE id = 300",
          "UPDATE events SET previous = 7 WHERE position = 2000",
          "UPDATE events SET stream = 3 WHERE position = 2000",
          "UPDATE events SET version = 3 WHERE position = 2000"}) {
        damage(sql);
        EXPECT_THAT(start(), damaged) << sql;
        for (const char* name : {"events.db-wal", "events.db-shm"}) {
            std::filesystem::remove(folder_.path() / name);
        }
        write_file(file(), content_);
    }
    EXPECT_EQ(start(), "opened");
}

// SQLite leaves out the page at 1 GiB, so it is neither in the file nor in the log.
TEST_F(EventStart, OpensAFileThatGrewPast1GiBInItsLog) {
    constexpr std::uint64_t gibibyte = 1 << 30;
    constexpr std::size_t pages_at = 28;  // where the header says how many there are
    content_.replace(pages_at, 4, std::string("\x00\x04\x00\x00", 4));  // 262144
    write_file(file(), content_);
    std::filesystem::resize_file(file(), gibibyte);  // takes no room
    std::filesystem::remove(folder_.path() / "events.mark");
    const es::testing::TempFolder killed;
    {
        SqliteEventStore store(folder_.path());
        store.append({{"more", 0, es::testing::some_events("more", 0, 100)}},
                     [](std::size_t, const es::AppendOutcome& outcome) {
                         EXPECT_EQ(outcome.status, es::AppendStatus::stored);
                     });
        ASSERT_EQ(std::filesystem::file_size(file()), gibibyte);
        std::filesystem::copy_file(folder_.path() / "events.db-wal", killed.path() / "log");
    }
    // As a kill leaves it, before the log is moved into the file.
    std::filesystem::resize_file(file(), gibibyte);
    std::filesystem::copy_file(killed.path() / "log", folder_.path() / "events.db-wal",
                               std::filesystem::copy_options::overwrite_existing);
    EXPECT_EQ(start(), "opened");
}

TEST_F(EventStart, RefusesWhatIsNoDatabase) {
    write_file(file(), std::string(10'000, 'x'));
    EXPECT_THAT(start(), damaged);
    write_file(file(), "x");
    EXPECT_THAT(start(), damaged);
}

}  // namespace
}  // namespace es::sqlite
