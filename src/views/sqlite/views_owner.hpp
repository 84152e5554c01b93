// The writing side of the views: saves, recovers from errors, and sees to it that the views in
// force are of these events. Private to this room.
//
// What it writes is in force, or next: a file that the next pointer names, which catches up to
// where readers may see it. Readers keep the old views until then (or wait, if those were wrong).
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "es/sqlite/data_folder.hpp"
#include "es/sqlite/event_file.hpp"
#include "views/sqlite/sqlite_metric_views.hpp"
#include "views/sqlite/view_queries.hpp"
#include "views/sqlite/view_writer.hpp"

namespace views::sqlite {

class ViewsOwner {
public:
    // Throws es::InUse and es::Unusable, as SqliteMetricViews.
    ViewsOwner(const std::filesystem::path& folder, SqliteMetricViewsOptions options);
    ~ViewsOwner();

    // These three on one thread. Throw es::Unavailable.
    std::vector<es::StreamId> save(const es::ViewSave<kpi::MetricView>& save);
    es::Upkeep upkeep(const std::function<bool()>& stop);
    void rebuilt(const es::StreamId& id);

    // The readers of what is written while that is next; nullptr when it is in force. Any thread.
    std::shared_ptr<es::sqlite::Pool<ViewQueries>> next_readers();

    // An error that somebody else met in the views in force; remembers damage. Any thread.
    void note(const Error& error);

private:
    // What file_ is while it is not in force yet.
    struct Next {
        std::shared_ptr<es::sqlite::Pool<ViewQueries>> readers;
        std::int64_t publish_at = 0;  // the position at which it comes into force
        bool build_failed = false;    // building it in one go is not tried again
    };

    // Opens a file for writing as file_, or says why it can't be used.
    std::string open(const std::filesystem::path& file);
    // Why a file of views can't be used; empty when it can.
    std::string fault_of(Connection& connection, const std::filesystem::path& file);
    void open_at_start();
    void open_again();

    // What upkeep() sees to.
    void look_for_fault();
    void build_if_worthwhile(const std::function<bool()>& stop);
    void adopt_rebuilt();
    std::string fault_of_rebuilt(const std::filesystem::path& file);
    void remove_retired();

    void begin_afresh();
    void write_next(const std::filesystem::path& file, std::unique_ptr<ViewWriter> writer,
                    std::int64_t publish_at);
    void point_at(const char* pointer, const std::filesystem::path& file) const;
    void publish_if_caught_up(std::int64_t position);
    std::int64_t head();

    std::optional<ViewSource> source_at(const es::Checkpoints& checkpoints);
    void failed(const Error& error);
    void log(const std::string& line) const {
        if (options_.log) options_.log(line);
    }

    const std::filesystem::path folder_;
    SqliteMetricViewsOptions options_;
    es::sqlite::FileLock lock_;
    es::sqlite::EventFile events_;
    std::string identity_;  // of the events
    std::optional<es::sqlite::EventFile::Mark> mark_;

    std::mutex mutex_;
    std::filesystem::path file_;
    std::unique_ptr<ViewWriter> writer_;  // none after an error, until it is needed again
    std::string why_unusable_;            // why new views must be begun; empty: file_ will do
    std::optional<Next> next_;            // nullopt: file_ is in force
    // When others were last put out of force, whose files are still there.
    std::optional<std::chrono::steady_clock::time_point> retired_at_;
    bool replaced_ = false;    // others have come into place since upkeep() last reported
    bool completing_ = false;  // fields are being filled in, which was logged
    bool dead_ = false;        // a sync failed
};

}  // namespace views::sqlite
