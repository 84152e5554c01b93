#include "views/mongodb/view_saver.hpp"

#include <algorithm>
#include <iterator>
#include <random>
#include <set>
#include <string_view>
#include <utility>

#include "es/errors.hpp"
#include "views/mongodb/metric_document.hpp"

namespace views::mongodb {
namespace {

Bson id_filter(const es::StreamId& id) {
    return Bson().text("_id", id);
}

Bson among(const std::vector<es::StreamId>& ids) {
    return Bson().document("_id", Bson().texts("$in", ids));
}

bool changes_rows(const Change& change) {
    return !change.rows.empty() || !change.removed_rows.empty();
}

bool changes_values(const Change& change) {
    const auto is_value = [](const kpi::MetricRow& row) { return row.value() != nullptr; };
    return !change.removed_rows.empty() || std::ranges::any_of(change.rows, is_value);
}

// Finds the row unless it was saved with a later document.
void guard(Write& row, es::Version as_of) {
    row.filter.document("asOf", Bson().document("$not", Bson().integer("$gt", as_of)));
}

}  // namespace

Write row_write(const kpi::MetricId& metric, const kpi::MetricRow& row, es::Version as_of) {
    return {Write::Kind::put, id_filter(row_id(metric, row.version)),
            row_document(metric, row, as_of)};
}

std::int64_t new_edition() {
    static thread_local std::mt19937_64 random(std::random_device{}());
    return std::uniform_int_distribution<std::int64_t>(1)(random);
}

std::map<es::StreamId, kpi::MetricDocument> ViewSaver::load(const std::vector<es::StreamId>& ids) {
    std::map<es::StreamId, kpi::MetricDocument> documents;
    if (std::exchange(saved_, false)) remembered_.clear();
    for (const auto& id : ids) remembered_[id] = {};
    Bson filter = among(ids);
    filter.integer("schema", document_schema);
    database_.find(metrics_collection, filter, {}, [&](const BsonView& stored) {
        const auto id = id_in(stored);
        try {
            auto document = document_in(stored);
            remembered_[id] = {document.version, stored.integer("edition"), values_in(stored), {}};
            documents.emplace(id, std::move(document));
        } catch (const es::Corrupt&) {
            // Another program wrote it. As if there was none, all events are folded.
            const Bson whole = stored.copy();
            remembered_[id].damaged =
                id_filter(id).same("edition", whole.get()).same("version", whole.get());
        }
    });
    return documents;
}

std::vector<es::StreamId> ViewSaver::save(const std::vector<Change>& changes) {
    saved_ = true;
    if (changes.empty()) return {};
    save_rows(changes);
    std::vector<Write> writes;
    writes.reserve(changes.size());
    for (const Change& change : changes) writes.push_back(write_of(change));
    const Written written = database_.write(metrics_collection, writes);
    std::vector<es::StreamId> stale;
    const auto landed = written.matched + written.made;
    if (written.duplicates > 0 || landed < static_cast<std::int64_t>(changes.size())) {
        stale = stale_among(changes);
    }
    for (const Change& change : changes) {
        if (!change.replaces || std::ranges::find(stale, change.id) != stale.end()) continue;
        remove_surplus_rows(change, values_collection);
        remove_surplus_rows(change, changes_collection);
    }
    return stale;
}

// Writes no rows of changes that are stale already: the events they were folded from may differ.
void ViewSaver::save_rows(const std::vector<Change>& changes) {
    std::vector<es::StreamId> unsure;
    for (const Change& change : changes) {
        if (!changes_rows(change) || change.replaces) continue;
        if (remembered(change) == nullptr) unsure.push_back(change.id);
    }
    const auto versions = versions_of(unsure);
    RowWrites rows;
    for (const Change& change : changes) {
        const auto stored = versions.find(change.id);
        if (stored != versions.end() && stored->second != change.loaded) continue;
        add_rows(change, rows);
    }
    write_rows(values_collection, rows.values);
    write_rows(changes_collection, rows.changes);
}

// Most changes only add rows: those are found by their ids alone, which every server does quickly.
void ViewSaver::add_rows(const Change& change, RowWrites& writes) const {
    const auto known = remembered_.find(change.id);
    const bool damaged = known != remembered_.end() && known->second.damaged;
    const bool only_new = change.rows_are_new && !change.replaces && !damaged;
    const bool guarded = !change.replaces || known != remembered_.end();
    const es::Version as_of = change.document.version;
    for (const auto& row : change.rows) {
        auto& rows = row.value() != nullptr ? writes.values : writes.changes;
        rows.push_back(row_write(change.id, row, only_new ? row.version : as_of));
        if (only_new) {
            rows.back().kind = Write::Kind::add;
        } else if (guarded) {
            guard(rows.back(), as_of);
        }
    }
    for (const es::Version version : change.removed_rows) {
        writes.values.push_back({Write::Kind::put, id_filter(row_id(change.id, version)),
                                 removed_row(change.id, version, as_of)});
        if (guarded) guard(writes.values.back(), as_of);
    }
}

// A row of a later document is not replaced. Some servers end a bulk there.
void ViewSaver::write_rows(const char* collection, const std::vector<Write>& rows) {
    if (rows.empty()) return;
    const Written written = database_.write(collection, rows);
    const auto dealt_with = written.matched + written.made + written.duplicates;
    if (dealt_with == static_cast<std::int64_t>(rows.size())) return;
    for (const Write& row : rows) database_.write(collection, {row});
}

// What the change was loaded with, if that is known.
const ViewSaver::Remembered* ViewSaver::remembered(const Change& change) const {
    const auto known = remembered_.find(change.id);
    if (known == remembered_.end() || known->second.version != change.loaded) return nullptr;
    return &known->second;
}

// Replaces the document that was loaded, and no other: somebody else may be ahead by now. Without a
// load before it, it replaces whatever is there.
Write ViewSaver::whole_write_of(const Change& change) {
    Write write{Write::Kind::put, id_filter(change.id), {}};
    const auto known = remembered_.find(change.id);
    if (known != remembered_.end() && (change.replaces || known->second.version == change.loaded)) {
        const auto& [version, edition, latest, damaged] = known->second;
        if (damaged) {
            write = {Write::Kind::replace, *damaged, {}};
        } else if (version > 0) {
            write.kind = Write::Kind::replace;
            write.filter.integer("version", version).integer("schema", document_schema);
            if (edition) write.filter.integer("edition", *edition);
        } else {
            // There may be a document of another schema.
            write.filter.document("schema", Bson().integer("$ne", document_schema));
        }
    } else if (!change.replaces) {
        write.filter.document("schema", Bson().integer("$ne", document_schema));
    }
    if (change.document.version == 0) {
        write.kind = Write::Kind::remove;
        return write;
    }
    std::vector<kpi::MetricValue> values = kpi::values_among(change.rows);
    keep_latest(values);
    write.document = whole_document(change.id, change.document, values, new_edition());
    return write;
}

Write ViewSaver::write_of(const Change& change) {
    if (change.replaces || change.loaded == 0) return whole_write_of(change);
    Bson members = folded_members(change.document);
    if (!change.document.has_all_fields) members.integer("fields", 0);
    if (changes_values(change)) {
        members.array("values", values_array(latest_values(change)));
    }
    Bson filter = id_filter(change.id);
    filter.integer("version", change.loaded).integer("schema", document_schema);
    // A rebuild may have replaced it by another document of the same version.
    if (const Remembered* known = remembered(change); known != nullptr && known->edition) {
        filter.integer("edition", *known->edition);
    }
    return {Write::Kind::update, std::move(filter), Bson().document("$set", members)};
}

std::vector<kpi::MetricValue> ViewSaver::latest_values(const Change& change) {
    const std::vector<kpi::MetricValue> changed = kpi::values_among(change.rows);
    const bool fewer =
        !change.removed_rows.empty() || std::ranges::any_of(changed, &kpi::MetricValue::retracted);
    if (fewer) return latest_stored(change);
    std::vector<kpi::MetricValue> values;
    const auto is_new = [&](const kpi::MetricValue& row) { return row.version > change.loaded; };
    const auto added = std::ranges::count_if(changed, is_new);
    if (static_cast<std::size_t>(added) < kpi::document_values_max) {
        if (const Remembered* known = remembered(change)) {
            values = known->values;
        } else if (const auto stored =
                       database_.find_one(metrics_collection, id_filter(change.id))) {
            values = values_in(BsonView(stored->get()));
        }
    }
    for (const auto& row : changed) {
        const auto place =
            std::ranges::lower_bound(values, row.version, {}, &kpi::MetricValue::version);
        if (place != values.end() && place->version == row.version) {
            *place = row;
        } else {
            values.insert(place, row);
        }
    }
    keep_latest(values);
    return values;
}

// From the rows, which are saved by now.
std::vector<kpi::MetricValue> ViewSaver::latest_stored(const Change& change) {
    std::vector<kpi::MetricValue> values;
    Bson filter = Bson().text("metric", change.id);
    filter.document("version", Bson().integer("$lte", change.document.version));
    filter.append(not_removed()).append(not_retracted());
    const Bson latest_first = Bson()
                                  .document("sort", Bson().integer("version", -1))
                                  .integer("limit", kpi::document_values_max);
    database_.find(values_collection, filter, latest_first,
                   [&](const BsonView& row) { values.push_back(reported_in(row)); });
    std::ranges::reverse(values);
    return values;
}

// Those whose document is not at the version that was to be saved, or a later one.
std::vector<es::StreamId> ViewSaver::stale_among(const std::vector<Change>& changes) {
    std::vector<es::StreamId> ids;
    ids.reserve(changes.size());
    for (const Change& change : changes) ids.push_back(change.id);
    const auto versions = versions_of(ids);
    std::vector<es::StreamId> stale;
    for (const Change& change : changes) {
        const es::Version stored = versions.at(change.id);
        const es::Version wanted = change.document.version;
        if (change.replaces ? stored != wanted : stored < wanted) stale.push_back(change.id);
    }
    return stale;
}

// 0 if there is no document.
std::map<es::StreamId, es::Version> ViewSaver::versions_of(const std::vector<es::StreamId>& ids) {
    std::map<es::StreamId, es::Version> versions;
    if (ids.empty()) return versions;
    for (const auto& id : ids) versions[id] = 0;
    Bson filter = among(ids);
    filter.integer("schema", document_schema);
    const Bson version_alone = Bson().document("projection", Bson().integer("version", 1));
    database_.find(metrics_collection, filter, version_alone, [&](const BsonView& stored) {
        versions[id_in(stored)] = stored.integer("version").value_or(0);
    });
    return versions;
}

void ViewSaver::remove_surplus_rows(const Change& change, const char* collection) {
    std::set<es::Version> wanted;
    for (const auto& row : change.rows) {
        if (collection == std::string_view(collection_of(row))) wanted.insert(row.version);
    }
    // Somebody else may have saved a later document, with its rows, since this one was loaded.
    const bool may_be_overtaken = remembered_.contains(change.id);
    std::vector<Write> removals;
    const Bson version_alone = Bson().document("projection", Bson().integer("version", 1));
    database_.find(collection, Bson().text("metric", change.id), version_alone,
                   [&](const BsonView& row) {
                       const es::Version version = row.integer("version").value_or(0);
                       if (wanted.contains(version)) return;
                       if (may_be_overtaken && version > change.document.version) return;
                       removals.push_back({Write::Kind::remove, id_filter(id_in(row)), {}});
                   });
    database_.write(collection, removals);
}

}  // namespace views::mongodb
