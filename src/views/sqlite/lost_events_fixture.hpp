// A folder of events and views that loses some of them, for tests of what notices it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "base/testing/temp_folder.hpp"
#include "es/errors.hpp"
#include "es/event_store.hpp"
#include "views/sqlite/metric_views_fixture.hpp"

namespace views {

using std::filesystem::path;

inline constexpr std::size_t page_bytes = 4096;
inline constexpr std::size_t frame_bytes = page_bytes + 24;

inline std::string content_of(const path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

inline void write_file(const path& file, const std::string& content) {
    std::ofstream(file, std::ios::binary) << content;
}

inline void flip(const path& file, std::uint64_t offset) {
    std::string content = content_of(file);
    ASSERT_LT(offset, content.size());
    content[offset] = static_cast<char>(content[offset] ^ 0x10);
    write_file(file, content);
}

// One page, whatever becomes of it.
inline es::ReadResult page_of(es::EventStore& store, const es::StreamId& stream) {
    es::ReadResult page;
    store.read({{stream, 0, 100}},
               [&](std::size_t, es::ReadResult read) { page = std::move(read); });
    return page;
}

// What proves a loss; the index of the log, an empty log and the locks prove nothing.
inline std::map<std::string, std::string> evidence_in(const path& folder) {
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

inline const std::vector<std::string> without_log{"events.db-wal", "events.db-shm"};

}  // namespace views
