// events.mark: which event store the folder holds, and the position of its last acknowledged event.
// It is written outside of SQLite's files, so that a start notices when these have lost events.
// Private to this room; docs/formats/sqlite.md describes the file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace es::sqlite {

inline std::filesystem::path mark_file_in(const std::filesystem::path& folder) {
    return folder / "events.mark";
}

struct HighWater {
    std::string identity;  // of the event store
    std::int64_t position = 0;
};

// nullopt: there is no such file, or it can't be read, or its checksum is wrong.
std::optional<HighWater> read_high_water(const std::filesystem::path& folder);

// The writer's side. One thread at a time. It never throws: a mark that can't be written stays
// lower than the events: it then proves less, and nothing wrong.
class HighWaterMark {
public:
    explicit HighWaterMark(const std::filesystem::path& folder);
    ~HighWaterMark();  // brings it to the disk
    HighWaterMark(const HighWaterMark&) = delete;
    HighWaterMark& operator=(const HighWaterMark&) = delete;

    // To be called when the event at this position is durable. Survives the process's end at once;
    // the kernel brings it to the disk later.
    void reach(const HighWater& reached);

private:
    int file_;  // -1: it can't be opened
    HighWater written_;
};

}  // namespace es::sqlite
