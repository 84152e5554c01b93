// The one connection that writes a file of views. Private to this room; one thread at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "es/sqlite/log_keeper.hpp"
#include "kpi/metric_views.hpp"
#include "views/sqlite/connection.hpp"
#include "views/sqlite/view_file.hpp"
#include "views/sqlite/view_rows.hpp"

namespace views::sqlite {

// Notes of saved metrics that are kept. Readers who have asked for nothing since older ones load
// their index afresh.
inline constexpr std::int64_t saves_kept = 200'000;
// They are dropped so many at a time.
inline constexpr std::int64_t saves_dropped_at_once = 10'000;

class ViewWriter {
public:
    // The file must be ready.
    explicit ViewWriter(Connection connection);

    // As es::ViewStore::save, in one transaction; `source` is kept with the checkpoints. Throws
    // Error; the object must then be thrown away.
    std::vector<es::StreamId> save(const es::ViewSave<kpi::MetricView>& save,
                                   const std::optional<ViewSource>& source);

    // Of the last event that was applied. Throws Error.
    ViewSource source() { return source_of_views(connection_); }

    // Metrics whose documents were written under another set of fields, some at a time: to be
    // folded again. None: those that were looked at now have all, or it is done. Throws Error.
    std::vector<es::StreamId> lacking_fields();

    // Checkpoints when it is due. Throws Error.
    void tend_log() { log_.tend(); }
    void close() { log_.truncate(); }

private:
    using Change = es::ViewChange<kpi::MetricView>;
    bool save_one(const Change& change);
    static void replace(Statement& statement, Columns which, std::int64_t number,
                        const kpi::MetricDocument& document);
    void remove(const kpi::MetricId& id);
    void note_save(std::int64_t number);
    void drop_old_saves();

    Connection connection_;
    es::sqlite::LogKeeper log_;
    Statement stored_;
    Statement add_;
    Statement replace_indexed_;
    Statement replace_others_;
    Statement disown_set_;
    Statement range_;
    Statement lacking_;
    Statement remove_;
    Statement note_save_;
    Statement drop_saves_;
    // Since old ones were dropped, which the first save does.
    std::int64_t saves_noted_ = saves_dropped_at_once;
    RowWriter rows_;
    Statement park_;
    Statement unpark_;
    Statement checkpoint_;
    Statement source_;
    // Numbers of documents that are still to be looked at; none: nothing was.
    std::optional<std::pair<std::int64_t, std::int64_t>> looked_;
};

// Opens a file for writing, makes its tables when it is empty. Throws Error, es::Unusable.
Connection open_views_for_writing(const std::filesystem::path& file);

}  // namespace views::sqlite
