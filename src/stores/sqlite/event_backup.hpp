// Copies the events while others write them, and puts such a copy back in their place.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>

#include "stores/sqlite/event_check.hpp"

namespace stores {

using CopyProgress = std::function<void(std::uint64_t pages, std::uint64_t of)>;

struct EventBackup {
    std::uint64_t events = 0;
    std::uint64_t bytes = 0;
};

// Copies the events of a data folder into `file`: all that were stored before the call, and one
// moment's state of the rest. The copy is made as `file`.partial, checked, brought to the disk and
// renamed, so that `file` is never less than a whole copy. It is a plain database without a log
// beside it. The log of the events can't begin anew before the copy has ended.
// Throws es::Unusable or es::Unavailable; an earlier `file` is then as it was.
EventBackup backup_events(const std::filesystem::path& folder, const std::filesystem::path& file,
                          const CopyProgress& on_progress = nullptr);

// The same into a descriptor, e.g. of a pipe: nothing is written to it before the copy is complete
// and checked. Meanwhile the copy is in the data folder.
EventBackup stream_backup(const std::filesystem::path& folder, int output,
                          const CopyProgress& on_progress = nullptr);

struct RestoreOptions {
    std::function<void(const es::RecordedEvent&)> decode;  // see EventCheckOptions
    // Also takes a copy of another store than the one that is there.
    bool other_store = false;
    CopyProgress on_copy = nullptr;
    std::function<void(std::uint64_t events, std::uint64_t of)> on_check = nullptr;
    // Called when the backup is open, before anything is made in the folder. May throw.
    std::function<void()> on_opened = nullptr;
};

struct EventRestore {
    EventCheck check;  // of the copy; when it isn't sound, nothing was restored
    // Where the events that were there before are kept.
    std::optional<std::filesystem::path> kept;
    // Where views are kept that hold more than those events, as some of these had been lost.
    std::optional<std::filesystem::path> kept_views;
};

// Puts a copy of `file` in the place of a folder's events, which nobody may have open. The events
// that were there are never destroyed, and a log of theirs is never left beside the new ones. After
// being killed at any point, a second call completes it.
// Throws es::InUse, es::Unusable or es::Unavailable; the events are then those that were there.
EventRestore restore_events(const std::filesystem::path& folder, const std::filesystem::path& file,
                            const RestoreOptions& options);

// The same with a copy that is read from a descriptor, e.g. of a pipe.
EventRestore restore_stream(const std::filesystem::path& folder, int input,
                            const RestoreOptions& options);

}  // namespace stores
