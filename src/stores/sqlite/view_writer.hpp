// The one connection that writes a file of views. Private to this room; one thread at a time.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "kpi/metric_views.hpp"
#include "stores/sqlite/connection.hpp"
#include "stores/sqlite/log_keeper.hpp"
#include "stores/sqlite/view_file.hpp"
#include "stores/sqlite/view_rows.hpp"

namespace stores::sqlite {

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

    // Checkpoints when it is due. Throws Error.
    void tend_log() { log_.tend(); }
    void close() { log_.truncate(); }

private:
    using Change = es::ViewChange<kpi::MetricView>;
    bool save_one(const Change& change);
    static void replace(Statement& statement, Columns which, std::int64_t number,
                        const kpi::MetricDocument& document);
    void remove(const kpi::MetricId& id);

    Connection connection_;
    LogKeeper log_;
    Statement stored_;
    Statement add_;
    Statement replace_indexed_;
    Statement replace_others_;
    Statement remove_;
    Statement remove_rows_;
    Statement add_row_;
    Statement park_;
    Statement unpark_;
    Statement checkpoint_;
    Statement source_;
};

// Opens a file for writing, makes its tables when it is empty. Throws Error, es::Unusable.
Connection open_views_for_writing(const std::filesystem::path& file);

}  // namespace stores::sqlite
