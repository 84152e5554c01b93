#include "views/sqlite/live_index.hpp"

#include <utility>
#include <vector>

#include "views/sqlite/view_file.hpp"
#include "views/sqlite/view_rows.hpp"

namespace views::sqlite {
namespace {

std::string indexed_columns() {
    std::string columns = "number";
    for (const kpi::MetricField* field : indexed::fields) {
        columns += std::string(", ") + field->column;
    }
    return columns;
}

}  // namespace

IndexReader::IndexReader(Connection& connection, std::shared_ptr<LiveIndex> live,
                         const std::string& table)
    : live_(std::move(live)),
      saves_(connection.prepare("SELECT DISTINCT metric FROM metric_saves WHERE save > ?")),
      first_save_(connection.prepare("SELECT min(save) FROM metric_saves")),
      last_save_(connection.prepare("SELECT max(save) FROM metric_saves")),
      metric_(connection.prepare("SELECT " + indexed_columns() + " FROM " + table +
                                 " WHERE number = ?")),
      metrics_(connection.prepare("SELECT " + indexed_columns() + " FROM " + table +
                                  " WHERE number > ? ORDER BY number LIMIT ?")) {}

std::optional<IndexReader::Access> IndexReader::access() {
    std::unique_lock lock(live_->mutex_);
    if (live_->is_too_large_) return std::nullopt;
    apply_saves();
    if (!live_->is_complete_) load_more();
    if (!live_->is_complete_) return std::nullopt;
    return Access(live_->index_, std::move(lock));
}

// What failed in the middle is done again by the next one: it changes nothing to put a metric
// twice.
void IndexReader::apply_saves() {
    const auto number_from = [](Statement& statement) {
        Rows row = statement.ask();
        row.next();
        return row.integer(0);  // 0: there is none
    };
    const std::int64_t last = number_from(last_save_);
    if (!live_->is_begun_) live_->last_save_ = last;
    live_->is_begun_ = true;
    if (last == live_->last_save_) return;
    if (number_from(first_save_) > live_->last_save_ + 1) {
        // The writer has dropped some that nobody here has seen.
        begin_afresh();
    }
    for (Rows saves = saves_.ask(live_->last_save_); saves.next();) {
        const MetricNumber number = saves.integer(0);
        if (!live_->is_complete_ && number > live_->last_loaded_) continue;
        Rows row = metric_.ask(number);
        if (row.next()) {
            put(row);
        } else {
            live_->index_.remove(number);
        }
    }
    live_->last_save_ = last;
    if (live_->index_.is_wasteful()) begin_afresh();
}

void IndexReader::begin_afresh() {
    live_->index_.clear();
    live_->is_complete_ = false;
    live_->last_loaded_ = 0;
}

void IndexReader::load_more() {
    const std::size_t at_once = live_->limits_.loaded_at_once;
    std::size_t loaded = 0;
    for (Rows rows = metrics_.ask(live_->last_loaded_, static_cast<std::int64_t>(at_once));
         rows.next(); ++loaded) {
        put(rows);
        live_->last_loaded_ = rows.integer(0);
    }
    live_->is_complete_ = loaded < at_once;
    if (live_->index_.size() <= live_->limits_.metrics_max) return;
    live_->is_too_large_ = true;
    begin_afresh();
}

void IndexReader::put(const Rows& row) {
    live_->index_.put(row.integer(0), [&](const kpi::MetricField& field, std::size_t place) {
        return value_in(row, 1 + static_cast<int>(place), field);
    });
}

}  // namespace views::sqlite
