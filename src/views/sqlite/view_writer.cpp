#include "views/sqlite/view_writer.hpp"

#include <algorithm>

#include "es/sqlite/log_mode.hpp"

namespace views::sqlite {
namespace {

// The disk's work for a step holds up the events' syncs too: with steps of 4,000 pages commands
// waited 50 ms for it now and then.
constexpr int log_step_pages = 300;

// Rows that are looked at, and documents that are folded again, between two batches of events.
constexpr std::int64_t looked_at_once = 5'000;
constexpr std::int64_t lacking_at_once = 50;

bool is_same_indexed(const Rows& stored, int column, const kpi::MetricDocument& document) {
    for (const kpi::MetricField* field : kpi::stored_fields) {
        if (!field->indexed) continue;
        if (value_in(stored, column++, *field) != field->stored(document)) return false;
    }
    return true;
}

}  // namespace

Connection open_views_for_writing(const std::filesystem::path& file) {
    Connection connection(file, Access::write);
    es::sqlite::enter_log_mode(connection);
    connection.execute("PRAGMA synchronous = NORMAL");
    const ViewFileState state = state_of_views(connection, file);
    if (state == ViewFileState::empty) make_view_tables(connection);
    if (state == ViewFileState::ready) add_missing_columns(connection);
    return connection;
}

ViewWriter::ViewWriter(Connection connection)
    : connection_(std::move(connection)),
      log_(connection_, log_step_pages),
      stored_(connection_.prepare("SELECT number, version, " + list_of(Columns::indexed) +
                                  " FROM metrics WHERE id = ?")),
      add_(connection_.prepare(insertion_of("INSERT", "id, fields") + " RETURNING number")),
      replace_indexed_(connection_.prepare(
          "UPDATE metrics SET " + list_of(Columns::indexed, " = ?") + " WHERE number = ?")),
      replace_others_(connection_.prepare("UPDATE metrics SET " + list_of(Columns::others, " = ?") +
                                          " WHERE number = ?")),
      disown_set_(connection_.prepare("UPDATE metrics SET fields = 0 WHERE number = ?")),
      range_(connection_.prepare("SELECT min(number), max(number) FROM metrics")),
      lacking_(connection_.prepare("SELECT id FROM metrics WHERE number BETWEEN ? AND ? AND "
                                   "fields <> ? ORDER BY number LIMIT ?")),
      remove_(connection_.prepare("DELETE FROM metrics WHERE number = ?")),
      note_save_(connection_.prepare("INSERT INTO metric_saves(metric) VALUES (?)")),
      drop_saves_(connection_.prepare("DELETE FROM metric_saves WHERE save <= "
                                      "(SELECT max(save) FROM metric_saves) - ?")),
      rows_(connection_),
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
    drop_old_saves();
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

// One range after another is looked through. Documents that are folded again get higher numbers,
// which leave their range: it is done with when none is left.
std::vector<es::StreamId> ViewWriter::lacking_fields() {
    std::vector<es::StreamId> ids;
    if (!looked_) {
        Rows range = range_.ask();
        if (!range.next() || range.is_null(0)) return ids;
        looked_ = {range.integer(0), range.integer(1)};
    }
    auto& [next, last] = *looked_;
    if (next > last) return ids;
    const std::int64_t end = std::min(last, next + looked_at_once - 1);
    for (Rows rows = lacking_.ask(next, end, kpi::field_set, lacking_at_once); rows.next();) {
        ids.push_back(rows.text(0));
    }
    if (ids.empty()) next = end + 1;
    return ids;
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
            indexed_same = is_same_indexed(stored, 2, document);
        }
    }
    if (number == 0) {
        add_.bind(1, change.id);
        add_.bind(2, kpi::field_set_of(document));
        bind_fields(add_, 3, document, Columns::all);
        Rows added = add_.ask_bound();
        added.next();
        number = added.integer(0);
    } else {
        replace(replace_others_, Columns::others, number, document);
        // A statement that names these would rewrite the indexes each time.
        if (!indexed_same) replace(replace_indexed_, Columns::indexed, number, document);
        if (!document.has_all_fields) disown_set_.run(number);
    }
    rows_.put(number, change.rows);
    rows_.remove(number, change.removed_rows);
    note_save(number);
    return true;
}

// By which readers learn what to look at again (live_index.hpp).
void ViewWriter::note_save(std::int64_t number) {
    note_save_.run(number);
    ++saves_noted_;
}

void ViewWriter::drop_old_saves() {
    if (saves_noted_ < saves_dropped_at_once) return;
    drop_saves_.run(saves_kept);
    saves_noted_ = 0;
}

void ViewWriter::replace(Statement& statement, Columns which, std::int64_t number,
                         const kpi::MetricDocument& document) {
    statement.bind(bind_fields(statement, 1, document, which), number);
    statement.run_bound();
}

void ViewWriter::remove(const kpi::MetricId& id) {
    std::int64_t number = 0;
    {
        Rows stored = stored_.ask(id);
        if (!stored.next()) return;
        number = stored.integer(0);
    }
    rows_.remove_all(number);
    remove_.run(number);
    note_save(number);
}

}  // namespace views::sqlite
