// Copies of the events of a folder, and helpers, for tests of copies and of what is made from them.
#pragma once

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "es/event_store.hpp"
#include "es/sqlite.hpp"
#include "es/sqlite/event_backup.hpp"
#include "es/testing/event_store_suite.hpp"
#include "es/testing/temp_folder.hpp"

namespace es::sqlite {

using std::filesystem::path;

inline void append(es::EventStore& store, const es::StreamId& stream, es::Version after,
                   std::size_t count) {
    constexpr std::size_t at_once_max = 5000;
    while (count > 0) {
        const std::size_t now = std::min(count, at_once_max);
        const auto outcome =
            es::append_one(store, {stream, after, es::testing::some_events(stream, after, now)});
        ASSERT_EQ(outcome.status, es::AppendStatus::stored) << outcome.reason;
        after += static_cast<es::Version>(now);
        count -= now;
    }
}

inline std::string content_of(const path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

inline std::vector<std::string> names_in(const path& folder) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        names.push_back(entry.path().filename().string());
    }
    return names;
}

inline std::size_t events_in(const path& folder, const es::StreamId& stream) {
    SqliteEventReader reader(folder);
    return es::read_stream(reader, stream).size();
}

// The sentence of the exception that `work` ends with.
template <class Exception, class Work>
std::string refusal(Work work) {
    try {
        work();
    } catch (const Exception& error) {
        return error.what();
    }
    return "(none)";
}

// Runs `work` in a process that is killed when it has called what it is given `times` times.
template <class Work>
void kill_within(int times, Work work) {
    const pid_t child = ::fork();
    if (child == 0) {
        int left = times;
        work([&](std::uint64_t, std::uint64_t) {
            if (--left == 0) ::raise(SIGKILL);
        });
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "it was not killed";
}

// Nothing outside of the store has seen these events.
inline EventBackup backup(const path& folder, const path& file,
                          const CopyProgress& on_progress = nullptr) {
    return backup_events(folder, file, EventWitnesses::none(), on_progress);
}

// Events in a folder, "books" with 10 of them, and a folder for copies.
class BackupTest : public ::testing::Test {
protected:
    BackupTest() { make("books", 10); }

    void make(const es::StreamId& stream, std::size_t count) {
        SqliteEventStore store(data());
        append(store, stream, 0, count);
    }
    [[nodiscard]] path data() const { return data_.path(); }
    [[nodiscard]] path copies() const { return copies_.path(); }
    [[nodiscard]] path copy() const { return copies() / "copy.db"; }

    const es::testing::TempFolder data_;
    const es::testing::TempFolder copies_;
};

}  // namespace es::sqlite
