#include "yardstick/accept_lost_events.hpp"

#include <iostream>

#include "base/progress.hpp"
#include "views/sqlite/accept_lost_events.hpp"
#include "yardstick/exit_codes.hpp"
#include "yardstick/folder_owner.hpp"

namespace yardstick {

int accept_lost_events(const std::filesystem::path& data) {
    act_as_owner_of(data);
    const auto loss = views::accept_lost_events(data);
    std::cout << "events.db " << loss.what << ".\n"
              << "What is left: " << base::grouped(static_cast<std::uint64_t>(loss.events))
              << (loss.events == 1 ? " event" : " events")
              << ". The views and the log that were there are kept in " << loss.kept.string()
              << "; new views are made at the next start.\n";
    return exit_done;
}

}  // namespace yardstick
