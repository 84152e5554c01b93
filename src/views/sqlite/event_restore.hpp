// Puts a copy of the events back in their place, and deals with the views of those that were there.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>

#include "es/sqlite/event_backup.hpp"
#include "es/sqlite/event_check.hpp"

namespace views {

struct RestoreOptions {
    std::function<void(const es::RecordedEvent&)> decode;  // see EventCheckOptions
    // Also takes a copy of another store than the one that is there.
    bool other_store = false;
    es::sqlite::CopyProgress on_copy = nullptr;
    std::function<void(std::uint64_t events, std::uint64_t of)> on_check = nullptr;
    // Called when the backup is open, before anything is made in the folder. May throw.
    std::function<void()> on_opened = nullptr;
};

struct EventRestore {
    es::sqlite::EventCheck check;  // of the copy; when it isn't sound, nothing was restored
    // Where the events that were there before are kept.
    std::optional<std::filesystem::path> kept;
    // Where views are kept that hold more than those events, as some of these had been lost.
    std::optional<std::filesystem::path> kept_views;
};

// Puts a copy of `file` in the place of a folder's events, which nobody may have open. The events
// that were there are never destroyed, and a log of theirs is never left next to the new ones.
// After being killed at any point, a second call completes it. Throws es::InUse, es::Unusable or
// es::Unavailable; the events are then those that were there.
EventRestore restore_events(const std::filesystem::path& folder, const std::filesystem::path& file,
                            const RestoreOptions& options);

// The same with a copy that is read from a descriptor, e.g. of a pipe.
EventRestore restore_stream(const std::filesystem::path& folder, int input,
                            const RestoreOptions& options);

}  // namespace views
