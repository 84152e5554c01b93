// The writing side of the views: begins them afresh when they don't fit the events, saves, and
// recovers from errors. Private to this room.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "stores/sqlite/data_folder.hpp"
#include "stores/sqlite/sqlite_metric_views.hpp"
#include "stores/sqlite/view_writer.hpp"

namespace stores::sqlite {

class ViewsOwner {
public:
    // Throws es::Unusable, as SqliteMetricViews.
    ViewsOwner(const std::filesystem::path& folder, SqliteMetricViewsOptions options);
    ~ViewsOwner();

    // Any thread. Throws es::Unavailable.
    std::vector<es::StreamId> save(const es::ViewSave<kpi::MetricView>& save);

    // An error that somebody else met; remembers damage for the next start. Any thread.
    void note(const Error& error);

private:
    // Opens the views in force, or says why they can't be used.
    std::string open_current();
    std::string fault_of(Connection& connection);
    void begin_afresh(const std::string& why);
    std::optional<ViewSource> source_at(const es::Checkpoints& checkpoints);
    void open_again();
    void failed(const Error& error);

    void log(const std::string& line) const {
        if (options_.log) options_.log(line);
    }

    const std::filesystem::path folder_;
    SqliteMetricViewsOptions options_;
    FileLock lock_;

    std::mutex mutex_;
    std::filesystem::path file_;
    std::unique_ptr<ViewWriter> writer_;  // none after an error, until it is needed again
    bool dead_ = false;                   // a sync failed
};

}  // namespace stores::sqlite
