// What a data folder holds and who works on it, for people who look after it. Only looks.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "es/event_feed.hpp"
#include "es/sqlite/data_folder.hpp"
#include "es/view_store.hpp"

namespace views {

struct EventsStatus {
    std::uint64_t count = 0;
    std::uint64_t streams = 0;
    std::optional<es::TimePoint> last;  // when the last one occurred
};

struct ViewsStatus {
    std::string file;           // in force
    std::uint64_t applied = 0;  // the position that they have reached
    es::Lag lag;
    std::vector<es::Parked> parked;
};

struct FileStatus {
    std::string name;
    std::uint64_t bytes = 0;
};

struct DataStatus {
    // Who writes the events and the views, and who rebuilds the views. Who only reads holds nothing
    // and isn't known.
    std::optional<es::sqlite::LockHolder> events_holder;
    std::optional<es::sqlite::LockHolder> views_holder;
    std::optional<es::sqlite::LockHolder> rebuild_holder;
    std::optional<EventsStatus> events;  // absent: see trouble
    std::optional<ViewsStatus> views;    // absent: there are none in force, or see trouble
    bool new_views = false;              // are written, and not in force yet
    std::vector<FileStatus> files;       // events.db, views, and what belongs to them; by name
    std::uint64_t free_bytes = 0;        // of the disk
    std::vector<std::string> trouble;    // why a part can't be read, a sentence each
};

// `now` is for the lag. Throws es::Unusable when there is no event store in the folder.
DataStatus look_at_data(const std::filesystem::path& folder, es::TimePoint now);

}  // namespace views
