// Rebuilds the views of a data folder from its events, or compares them with these, while other
// processes run or while none do.
//
//     views::SqliteViewRebuild rebuild("/var/lib/yardstick", "rebuild");
//     rebuild.build({});
//     while (rebuild.handover() != views::Handover::in_force) ...   // the active projector takes
//     it
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "es/catch_up.hpp"
#include "kpi/metric_view.hpp"
#include "kpi/view_check.hpp"

namespace es::sqlite {
class EventFile;
class FileLock;
}  // namespace es::sqlite

namespace views {

// What has become of the views that build() left.
enum class Handover {
    waiting,      // for whoever writes the views
    catching_up,  // taken, but not in force before they have all that readers were shown
    in_force,
    refused,  // they did not fit the events any more
};

// One at a time in a folder. Used by one thread.
class SqliteViewRebuild {
public:
    // Throws es::InUse: another rebuild runs; es::Unusable: there is no event store, or it lacks
    // events that the views have.
    SqliteViewRebuild(const std::filesystem::path& folder, const std::string& role);
    ~SqliteViewRebuild();

    // How many events there are now.
    std::uint64_t events();

    // These three change nothing when they are interrupted. Throw es::Unavailable, es::Unusable.

    // Builds views of all events, for whoever writes the views. False when it was stopped.
    bool build(const es::CatchUpOptions& options);
    Handover handover();
    // Takes back what still waits; false when it was taken over.
    bool withdraw();
    kpi::ViewCheck check(const es::CatchUpOptions& options);

    // Asks whoever writes the views to rebuild one metric's. `requested` is true until it is
    // done.
    void request(const kpi::MetricId& id);
    bool requested();
    void withdraw_request();

    // Whether anybody writes the views. If not, nobody takes over either.
    bool has_writer();

private:
    const std::filesystem::path folder_;
    std::unique_ptr<es::sqlite::FileLock> lock_;
    std::unique_ptr<es::sqlite::EventFile> events_;
    ino_t built_ = 0;  // of the file that build() made, which keeps it under every name
};

}  // namespace views
