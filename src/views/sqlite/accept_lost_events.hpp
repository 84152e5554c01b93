// Continues without events that were lost, when a person has decided so.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace views {

struct AcceptedLoss {
    std::string what;            // was missing
    std::int64_t events = 0;     // that are left
    std::filesystem::path kept;  // the folder into which the views and the log were moved
};

// Continues with the events that are there. What shows that more were there is moved into a folder
// of its own. Throws es::InUse: a process writes the events or the views, or rebuilds the
// views; es::Unusable: no events are known to be missing, or events.db is damaged.
AcceptedLoss accept_lost_events(const std::filesystem::path& folder);

}  // namespace views
