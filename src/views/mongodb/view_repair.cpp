#include "views/mongodb/view_repair.hpp"

#include <algorithm>
#include <iterator>
#include <new>
#include <ranges>
#include <string_view>
#include <utility>

#include "es/errors.hpp"
#include "views/mongodb/metric_document.hpp"
#include "views/mongodb/view_saver.hpp"

namespace views::mongodb {
namespace {

// A projector that works on the same metric makes the guard miss. More often than this is an error.
constexpr int tries_max = 10;
// Rows of one query, as the documents count them. A single metric may have more.
constexpr std::int64_t rows_at_once = 10'000;
constexpr std::size_t writes_at_once = 1'000;

Bson id_filter(const kpi::MetricId& id) {
    return Bson().text("_id", id);
}

std::vector<kpi::MetricValue> latest_of(const es::Rows<kpi::MetricRow>& rows) {
    std::vector<kpi::MetricValue> latest;
    for (const auto& row : std::views::reverse(rows.all())) {
        if (latest.size() == kpi::document_values_max) break;
        if (row.counts()) latest.push_back(*row.value());
    }
    std::ranges::reverse(latest);
    return latest;
}

es::Version version_of(const FoldedView& folded) {
    return folded.document ? folded.document->version : 0;
}

// Whether the document is the fold of its events up to its own version.
bool is_sound(const StoredView& stored, const FoldedView& folded) {
    if (!stored.there) return !folded.document;
    if (!stored.marked || !stored.damage.empty() || !folded.at_stored) return false;
    const auto& at_stored = *folded.at_stored;
    const BsonView whole(stored.whole.get());
    const auto is_same = [&](const kpi::MetricField* field) {
        return value_in(whole, *field) == field->stored(at_stored.document);
    };
    return stored.document.has_all_fields && stored.latest == at_stored.latest &&
           std::ranges::all_of(kpi::stored_fields, is_same);
}

// Finds the document unless it was replaced by one that has events after `head`.
Bson guard(const kpi::MetricId& id, const StoredView& stored, es::Version head) {
    Bson filter = id_filter(id);
    if (!stored.marked) {
        return filter.document("schema", Bson().integer("$ne", document_schema));
    }
    filter.same("edition", stored.whole.get());
    if (stored.damage.empty() && stored.document.version <= head) {
        return filter.document("version", Bson().integer("$lte", head));
    }
    return filter.same("version", stored.whole.get());
}

// What is left of a value.
bool is_removed(const StoredView& stored, const kpi::MetricRow& row) {
    return row.value() != nullptr && stored.removed.contains(row.version);
}

// Notes that can't be read differ from any that there should be.
std::shared_ptr<const kpi::ValueNotes> notes_of(const BsonView& row) {
    const auto text = row.text("notes");
    if (!text) return nullptr;
    try {
        return std::make_shared<kpi::ValueNotes>(kpi::notes_from_json(*text));
    } catch (const es::Corrupt&) {
        return std::make_shared<kpi::ValueNotes>();
    }
}

// A row that can't be read differs from any row that it should be.
kpi::MetricRow value_row_in(const BsonView& row, es::Version version) {
    return kpi::MetricValue{row.number("value").value_or(0),
                            row.time("date").value_or(es::TimePoint()), version, notes_of(row)};
}
kpi::MetricRow change_row_in(const BsonView& row, es::Version version) {
    return kpi::MetricChange{version, row.text("change").value_or("")};
}

// The rows one by one, as for_each_pair() asks for them.
auto each_of(const std::vector<kpi::MetricRow>& rows) {
    return [&rows, at = std::size_t{0}]() mutable -> std::optional<kpi::MetricRow> {
        if (at == rows.size()) return std::nullopt;
        return rows[at++];
    };
}

}  // namespace

FoldedView ViewRepair::repair(const kpi::MetricId& id, StoredView view) {
    // The version at the first look: a busy metric always has later events.
    std::optional<es::Version> wanted;
    for (int tries = 0; tries < tries_max; ++tries) {
        if (tries > 0) view = stored(id);
        FoldedView fold = folded(id, view.document.version);
        if (!wanted) wanted = version_of(fold);
        // Rows first, as the projector does: a document never counts values that aren't there.
        const bool rows_were_right = repair_rows(id, view, fold);
        // With its rows the document is replaced as well: its stamp tells readers of the change,
        // and a projector that changed one of these rows meanwhile folds it again.
        if (rows_were_right && view.document.version >= *wanted && is_sound(view, fold)) {
            return fold;
        }
        if (replace_document(id, view, fold)) return fold;
    }
    throw es::Unavailable("the view of '" + id + "' keeps changing");
}

ViewRepair::Comparison ViewRepair::compare(const kpi::MetricId& id, const StoredView& view) {
    Comparison result;
    result.is_view = view.there;
    if (!view.there) {
        if (has_events(id)) result.is_late = 1;
        if (!result.is_late && view.rows.size() > view.removed.size()) {
            result.differences.emplace_back("it has values, but no events");
        }
        return result;
    }
    if (!view.damage.empty()) {
        result.differences.push_back(view.damage);
        return result;
    }
    const FoldedView fold = folded(id, view.document.version, view.document.version);
    if (!fold.document) {
        result.differences.emplace_back("it has a view, but no events");
        return result;
    }
    if (fold.head > view.document.version) result.is_late = fold.head;
    const BsonView whole(view.whole.get());
    result.differences = kpi::document_differences(
        [&](std::size_t place) { return value_in(whole, *kpi::stored_fields.at(place)); },
        *fold.document);
    if (view.latest != latest_of(fold.rows)) {
        result.differences.emplace_back("the document's values are not the latest ones");
    }
    kpi::RowComparison rows;
    const auto compare_pair = [&](const kpi::MetricRow* is, const kpi::MetricRow* should) {
        const es::Version version = is != nullptr ? is->version : should->version;
        if (view.ahead.contains(version)) return;
        if (is != nullptr && is_removed(view, *is)) is = nullptr;
        if (is == nullptr && should == nullptr) return;
        if ((should != nullptr ? should : is)->value() != nullptr) ++result.values;
        rows.add(is, should);
    };
    kpi::for_each_pair(each_of(view.rows), each_of(fold.rows.all()), compare_pair);
    for (auto& what : rows.differences()) result.differences.push_back(std::move(what));
    return result;
}

bool ViewRepair::has_events(const kpi::MetricId& id) {
    try {
        return !es::read_page(events_, {id, 0, 1}).events.empty();
    } catch (const es::Corrupt&) {
        return true;
    }
}

StoredViews ViewRepair::stored(const std::vector<kpi::MetricId>& ids) {
    StoredViews views;
    for (const auto& id : ids) views[id];
    add_documents(views);
    std::vector<kpi::MetricId> group;
    std::int64_t rows = 0;
    for (const auto& [id, view] : views) {
        if (!group.empty() && rows + view.document.values_total > rows_at_once) {
            add_rows(views, std::exchange(group, {}));
            rows = 0;
        }
        group.push_back(id);
        rows += view.document.values_total;
    }
    if (!group.empty()) add_rows(views, group);
    return views;
}

StoredView ViewRepair::stored(const kpi::MetricId& id) {
    return std::move(stored(std::vector{id}).at(id));
}

void ViewRepair::add_documents(StoredViews& views) {
    std::vector<kpi::MetricId> ids;
    ids.reserve(views.size());
    for (const auto& [id, view] : views) ids.push_back(id);
    const Bson filter = Bson().document("_id", Bson().texts("$in", ids));
    database_.find(metrics_collection, filter, {}, [&](const BsonView& document) {
        StoredView& view = views[id_in(document)];
        view.there = true;
        view.marked = document.integer("schema") == document_schema;
        view.whole = document.copy();
        try {
            if (!view.marked) throw es::Corrupt("the document is not of today's schema");
            view.document = document_in(document);
            view.latest = values_in(document);
            for (const kpi::MetricField* field : kpi::stored_fields) value_in(document, *field);
        } catch (const es::Corrupt& error) {
            view.damage = error.what();
        }
    });
}

void ViewRepair::add_rows(StoredViews& views, const std::vector<kpi::MetricId>& ids) {
    add_rows(views, ids, values_collection);
    add_rows(views, ids, changes_collection);
    for (const auto& id : ids) {
        std::ranges::sort(views[id].rows, {}, kpi::place_of);
    }
}

void ViewRepair::add_rows(StoredViews& views, const std::vector<kpi::MetricId>& ids,
                          const char* collection) {
    const Bson filter = Bson().document("metric", Bson().texts("$in", ids));
    const Bson options = Bson()
                             .document("sort", Bson().integer("metric", 1).integer("version", 1))
                             .document("projection", Bson()
                                                         .integer("metric", 1)
                                                         .integer("value", 1)
                                                         .integer("date", 1)
                                                         .integer("version", 1)
                                                         .integer("notes", 1)
                                                         .integer("change", 1)
                                                         .integer("asOf", 1)
                                                         .integer("removed", 1));
    const bool are_values = collection == std::string_view(values_collection);
    const auto read = are_values ? value_row_in : change_row_in;
    database_.find(collection, filter, options, [&](const BsonView& row) {
        StoredView& view = views[row.text("metric").value_or("")];
        const auto version = row.integer("version").value_or(0);
        view.rows.push_back(read(row, version));
        if (row.boolean("removed")) view.removed.insert(version);
        if (row.integer("asOf").value_or(version) > view.document.version) {
            view.ahead.insert(version);
        }
    });
}

FoldedView ViewRepair::folded(const kpi::MetricId& id, es::Version stored,
                              std::optional<es::Version> until) {
    FoldedView fold;
    es::Version reached = 0;
    while (!until || reached < *until) {
        es::ReadResult page;
        try {
            page = es::read_page(events_, {id, reached});
        } catch (const es::Corrupt& error) {
            fold.parked = es::Parked{id, reached + 1, error.what()};
            return fold;
        }
        if (!page.events.empty()) fold.head = page.events.back().version + (page.more ? 1 : 0);
        for (const es::RecordedEvent& event : page.events) {
            if (until && event.version > *until) return fold;
            try {
                kpi::MetricView::fold(fold.document, event, fold.rows);
            } catch (const std::bad_alloc&) {  // not the event's fault
                throw;
            } catch (...) {
                fold.parked = es::Parked{id, event.version, es::current_error()};
                return fold;
            }
            reached = event.version;
            if (reached == stored) fold.at_stored = {*fold.document, latest_of(fold.rows)};
        }
        if (!page.more) return fold;
    }
    return fold;
}

bool ViewRepair::replace_document(const kpi::MetricId& id, const StoredView& stored,
                                  const FoldedView& folded) {
    Write write;
    write.filter = guard(id, stored, version_of(folded));
    if (folded.document) {
        write.kind = stored.marked ? Write::Kind::replace : Write::Kind::put;
        write.document =
            whole_document(id, *folded.document, latest_of(folded.rows), new_edition());
    } else {
        write.kind = Write::Kind::remove;
    }
    const Written written = database_.write(metrics_collection, {write});
    return written.matched + written.made + written.removed > 0;
}

bool ViewRepair::repair_rows(const kpi::MetricId& id, const StoredView& stored,
                             const FoldedView& folded) {
    std::map<std::string, std::vector<Write>> writes;  // by collection
    bool were_right = true;
    const auto write = [&](const kpi::MetricRow* is, const kpi::MetricRow* should) {
        const char* collection = collection_of(should != nullptr ? *should : *is);
        auto& rows = writes[collection];
        if (should == nullptr) {
            rows.push_back({Write::Kind::remove, id_filter(row_id(id, is->version)), {}});
        } else if (is == nullptr || *is != *should || is_removed(stored, *is)) {
            rows.push_back(row_write(id, *should, version_of(folded)));
        } else {
            return;
        }
        were_right = false;
        if (rows.size() >= writes_at_once) database_.write(collection, std::exchange(rows, {}));
    };
    kpi::for_each_pair(each_of(stored.rows), each_of(folded.rows.all()), write);
    for (const auto& [collection, rows] : writes) database_.write(collection.c_str(), rows);
    return were_right;
}

}  // namespace views::mongodb
