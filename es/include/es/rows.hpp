// The history rows of one stream (for a metric: its values), as a fold changes them.
//
//     static void fold(std::optional<Document>& document, const RecordedEvent& event,
//                      Rows<Row>& rows) {
//         ...
//         rows.put({event.version, amount});                   // a new row
//         ...
//         if (!rows.has_history()) return rows.need_history(); // a correction of an earlier one:
//         Row row = *rows.find(corrected.of);                  // folded again with all rows
//         row.amount = corrected.amount;
//         rows.put(row);
//     }
//
// What a fold asks of all rows at once (a sum, the latest) it needn't pass all of them for: a row
// type may name an `Index`, which follows the rows of a history.
//
//     struct Row::Index {
//         void put(const Row& row);      // a new one, or in the place of the one of its version
//         void remove(Version version);  // there is one of this version
//     };
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "es/event.hpp"

namespace es {

template <class Row>
concept IndexedRow = requires(typename Row::Index index, const Row& row, Version version) {
    index.put(row);
    index.remove(version);
};

// `Row` has a member `version`, its key: the version of the event that it stands for. Not to be
// used by two threads at once.
template <class Row>
class Rows {
public:
    // What a save has to do.
    struct Changes {
        std::vector<Row> put;  // ascending versions
        std::vector<Version> removed;
        bool only_new = false;  // put in ascending order, each once; none was removed
    };

    // Without history: it holds what is put, and knows no other rows of its stream.
    Rows() = default;
    // For a stream that is folded from its first event on: it holds all rows.
    static Rows with_history() {
        Rows rows;
        rows.has_history_ = true;
        rows.only_new_ = false;
        return rows;
    }

    [[nodiscard]] bool has_history() const { return has_history_; }
    // For a fold that can't apply an event without its stream's earlier rows: the stream is folded
    // again from its first event on, and comes to this event with history. What the fold does with
    // document and rows in this call doesn't matter.
    void need_history() { needs_history_ = true; }
    [[nodiscard]] bool needs_history() const { return needs_history_; }

    // Adds the row, or replaces the one of the same version.
    void put(Row row) {
        const Version version = row.version;
        if (has_history_) changed_.push_back(version);
        if constexpr (IndexedRow<Row>) {
            if (has_history_) index_.put(row);
        }
        if (rows_.empty() || rows_.back().version < version) {
            rows_.push_back(std::move(row));
            return;
        }
        only_new_ = false;
        if (const auto place = place_of(version); place->version == version) {
            *place = std::move(row);
        } else {
            rows_.insert(place, std::move(row));
        }
    }
    // Removes the row, if there is one of this version.
    void remove(Version version) {
        only_new_ = false;
        changed_.push_back(version);
        const auto place = place_of(version);
        if (place == rows_.end() || place->version != version) return;
        rows_.erase(place);
        if constexpr (IndexedRow<Row>) {
            if (has_history_) index_.remove(version);
        }
    }

    // nullptr: no row has this version. Valid until the next change.
    [[nodiscard]] const Row* find(Version version) const {
        const auto place = std::ranges::lower_bound(rows_, version, {}, &Row::version);
        return place != rows_.end() && place->version == version ? &*place : nullptr;
    }
    // Ascending versions. Without history: those that were put.
    [[nodiscard]] const std::vector<Row>& all() const { return rows_; }

    // Of all rows, with history; else of none.
    [[nodiscard]] auto& index()
        requires IndexedRow<Row>
    {
        return index_;
    }

    // From now on changes() are those after this point: what was done until now is stored.
    void mark_stored() {
        changed_.clear();
        if (!has_history_) rows_.clear();
        only_new_ = !has_history_;
    }
    // Since mark_stored(), or since the beginning.
    [[nodiscard]] Changes changes() const {
        Changes changes;
        changes.only_new = only_new_;
        if (!has_history_) changes.put = rows_;
        std::vector<Version> versions = changed_;
        std::ranges::sort(versions);
        const auto repeated = std::ranges::unique(versions);
        versions.erase(repeated.begin(), repeated.end());
        for (const Version version : versions) {
            const Row* row = find(version);
            if (row == nullptr) {
                changes.removed.push_back(version);
            } else if (has_history_) {
                changes.put.push_back(*row);
            }
        }
        return changes;
    }

private:
    struct NoIndex {};
    template <class R>
    struct IndexOf {
        using Type = NoIndex;
    };
    template <IndexedRow R>
    struct IndexOf<R> {
        using Type = typename R::Index;
    };

    auto place_of(Version version) {
        return std::ranges::lower_bound(rows_, version, {}, &Row::version);
    }

    std::vector<Row> rows_;         // ascending versions
    std::vector<Version> changed_;  // with history: put or removed; else removed at some time
    [[no_unique_address]] typename IndexOf<Row>::Type index_;
    bool has_history_ = false;
    bool needs_history_ = false;
    bool only_new_ = true;
};

}  // namespace es
