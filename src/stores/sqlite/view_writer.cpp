#include "stores/sqlite/view_writer.hpp"

#include "stores/sqlite/log_mode.hpp"
#include "stores/sqlite/view_rows.hpp"

namespace stores::sqlite {
namespace {

// The disk's work for a step holds up the events' syncs too: with steps of 4,000 pages commands
// waited 50 ms for it now and then.
constexpr int log_step_pages = 300;

}  // namespace

Connection open_views_for_writing(const std::filesystem::path& file) {
    Connection connection(file, Access::write);
    enter_log_mode(connection);
    connection.execute("PRAGMA synchronous = NORMAL");
    if (state_of_views(connection, file) == ViewFileState::empty) make_view_tables(connection);
    return connection;
}

ViewWriter::ViewWriter(Connection connection)
    : connection_(std::move(connection)),
      log_(connection_, log_step_pages),
      stored_(connection_.prepare(
          "SELECT number, version, name, deadline, created_at FROM metrics WHERE id = ?")),
      add_(connection_.prepare(
          "INSERT INTO metrics(id, version, target, unit, kind, value, value_date, value_version, "
          "updated_at, values_total, successful, progress, description, name, deadline, "
          "created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING number")),
      replace_(connection_.prepare(
          "UPDATE metrics SET name = ?, deadline = ?, created_at = ? WHERE number = ?")),
      replace_value_(connection_.prepare(
          "UPDATE metrics SET version = ?, target = ?, unit = ?, kind = ?, value = ?, "
          "value_date = ?, value_version = ?, updated_at = ?, values_total = ?, successful = ?, "
          "progress = ?, description = ? WHERE number = ?")),
      remove_(connection_.prepare("DELETE FROM metrics WHERE number = ?")),
      remove_rows_(connection_.prepare("DELETE FROM metric_values WHERE metric = ?")),
      add_row_(connection_.prepare("INSERT OR REPLACE INTO metric_values VALUES (?, ?, ?, ?)")),
      park_(connection_.prepare("INSERT OR REPLACE INTO parked VALUES (?, ?, ?)")),
      unpark_(connection_.prepare("DELETE FROM parked WHERE stream = ? AND version = ?")),
      checkpoint_(connection_.prepare("INSERT OR REPLACE INTO checkpoints VALUES (?, ?)")),
      source_(connection_.prepare("UPDATE source SET identity = ?, position = ?, command = ?")) {}

std::vector<es::StreamId> ViewWriter::save(const es::ViewSave<kpi::MetricView>& save,
                                           const std::optional<ViewSource>& source) {
    std::vector<es::StreamId> stale;
    Transaction transaction(connection_, Transaction::Kind::write);
    for (const Change& change : save.changes) {
        if (!save_one(change)) stale.push_back(change.id);
    }
    for (const auto& parked : save.parked) park_.run(parked.stream, parked.version, parked.reason);
    for (const auto& parked : save.unparked) unpark_.run(parked.stream, parked.version);
    if (stale.empty()) {
        for (const auto& [partition, checkpoint] : save.checkpoints) {
            checkpoint_.run(partition, checkpoint);
        }
        if (source) source_.run(source->identity, source->position, source->command);
    }
    transaction.commit();
    return stale;
}

// False: the stored document has another version than the one the change was folded on.
bool ViewWriter::save_one(const Change& change) {
    const kpi::MetricDocument& document = change.document;
    if (change.replaces) {
        remove(change.id);
        if (document.version == 0) return true;
    }
    std::int64_t number = 0;
    bool indexed_same = false;
    {
        Rows stored = stored_.ask(change.id);
        const bool found = stored.next();
        const es::Version version = found ? stored.integer(1) : 0;
        if (version >= document.version) return true;  // saved before
        if (version != change.loaded && !change.replaces) return false;
        if (found) {
            number = stored.integer(0);
            indexed_same = stored.text(2) == document.metric.name &&
                           stored.integer(3) == ms_of(document.metric.deadline) &&
                           stored.integer(4) == ms_of(document.metric.created_at);
        }
    }
    const kpi::MetricValue current = document.current();
    const std::string kind = kpi::to_string(document.metric.kind);
    if (number == 0) {
        Rows added =
            add_.ask(change.id, document.version, document.metric.target, document.metric.unit,
                     kind, current.value, ms_of(current.date), current.version,
                     ms_of(document.metric.last_occurred), document.values_total,
                     kpi::is_successful(document), kpi::progress(document),
                     document.metric.description, document.metric.name,
                     ms_of(document.metric.deadline), ms_of(document.metric.created_at));
        added.next();
        number = added.integer(0);
    } else {
        replace_value_.run(document.version, document.metric.target, document.metric.unit, kind,
                           current.value, ms_of(current.date), current.version,
                           ms_of(document.metric.last_occurred), document.values_total,
                           kpi::is_successful(document), kpi::progress(document),
                           document.metric.description, number);
        // These are in indexes, which a statement that names them would rewrite each time.
        if (!indexed_same) {
            replace_.run(document.metric.name, ms_of(document.metric.deadline),
                         ms_of(document.metric.created_at), number);
        }
    }
    for (const auto& row : change.rows)
        add_row_.run(number, row.version, row.value, ms_of(row.date));
    return true;
}

void ViewWriter::remove(const kpi::MetricId& id) {
    std::int64_t number = 0;
    {
        Rows stored = stored_.ask(id);
        if (!stored.next()) return;
        number = stored.integer(0);
    }
    remove_rows_.run(number);
    remove_.run(number);
}

}  // namespace stores::sqlite
