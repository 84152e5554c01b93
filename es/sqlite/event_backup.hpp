// Copies the events while others write them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "es/sqlite.hpp"

namespace es::sqlite {

using CopyProgress = std::function<void(std::uint64_t pages, std::uint64_t of)>;

struct EventBackup {
    std::uint64_t events = 0;
    std::uint64_t bytes = 0;
};

// Copies the events of a data folder into `file`: all that were stored before the call, and one
// moment's state of the rest. The copy is made as `file`.partial, checked, brought to the disk and
// renamed, so that `file` is never less than a whole copy. It is a plain database without a log
// next to it. The log of the events can't start over before the copy has ended.
// Throws es::Unusable or es::Unavailable; an earlier `file` is then as it was.
EventBackup backup_events(const std::filesystem::path& folder, const std::filesystem::path& file,
                          const EventWitnesses& witnesses,
                          const CopyProgress& on_progress = nullptr);

// The same into a descriptor, e.g. of a pipe: nothing is written to it before the copy is complete
// and checked. Meanwhile the copy is in the data folder.
EventBackup stream_backup(const std::filesystem::path& folder, int output,
                          const EventWitnesses& witnesses,
                          const CopyProgress& on_progress = nullptr);

}  // namespace es::sqlite
