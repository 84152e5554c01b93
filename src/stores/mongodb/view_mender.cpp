#include "stores/mongodb/view_mender.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/json.hpp"
#include "es/errors.hpp"
#include "stores/mongodb/metric_document.hpp"
#include "stores/mongodb/view_saver.hpp"

namespace stores::mongodb {
namespace {

// A projector at work on the same metric makes the guard miss; more often than this is no accident.
constexpr int tries_max = 10;

Bson id_filter(const kpi::MetricId& id) {
    return Bson().text("_id", id);
}

std::vector<kpi::MetricValue> latest_of(const std::vector<kpi::MetricValue>& rows) {
    const auto count = std::min(rows.size(), kpi::document_values_max);
    return {rows.end() - static_cast<std::ptrdiff_t>(count), rows.end()};
}

bool is_what_it_should_be(const StoredView& stored, const FoldedView& folded) {
    if (!folded.document) return !stored.there;
    return stored.marked && stored.damage.empty() && stored.document == *folded.document &&
           stored.latest == latest_of(folded.rows) &&
           stored.successful == kpi::is_successful(*folded.document) &&
           stored.progress == kpi::progress(*folded.document);
}

// Calls back for each version with what is stored and what should be; nullptr where there is none.
template <class OnPair>
void walk_rows(const StoredView& stored, const FoldedView& folded, OnPair on_pair) {
    auto is = stored.rows.begin();
    auto should = folded.rows.begin();
    while (is != stored.rows.end() || should != folded.rows.end()) {
        const bool take_is = is != stored.rows.end() &&
                             (should == folded.rows.end() || is->version <= should->version);
        const bool take_should = should != folded.rows.end() &&
                                 (is == stored.rows.end() || should->version <= is->version);
        on_pair(take_is ? &*is : nullptr, take_should ? &*should : nullptr);
        if (take_is) ++is;
        if (take_should) ++should;
    }
}

}  // namespace

FoldedView ViewMender::mend(const kpi::MetricId& id) {
    for (int tries = 0; tries < tries_max; ++tries) {
        const StoredView view = stored(id);
        FoldedView fold = folded(id, std::nullopt);
        // Rows first, as the projector does: a document never counts values that aren't there.
        mend_rows(id, view, fold);
        if (is_what_it_should_be(view, fold) || replace_document(id, view, fold)) return fold;
    }
    throw es::Unavailable("the view of '" + id + "' keeps changing");
}

ViewMender::Comparison ViewMender::compare(const kpi::MetricId& id) {
    Comparison result;
    const StoredView view = stored(id);
    result.is_view = view.there;
    if (!view.there) {
        result.is_missing = has_events(id);
        if (!result.is_missing && !view.rows.empty()) {
            result.differences.emplace_back("it has values, but no events");
        }
        return result;
    }
    if (!view.damage.empty()) {
        result.differences.push_back(view.damage);
        return result;
    }
    const FoldedView fold = folded(id, view.document.version);
    if (!fold.document) {
        result.differences.emplace_back("it has a view, but no events");
        return result;
    }
    result.differences = kpi::document_differences(view.document, *fold.document);
    const auto member = [&](const char* name, const std::string& is, const std::string& should) {
        if (is != should) result.differences.push_back(kpi::difference(name, is, should));
    };
    member("isSuccessful", view.successful ? "true" : "false",
           kpi::is_successful(*fold.document) ? "true" : "false");
    member("progress", json::format_number(view.progress),
           json::format_number(kpi::progress(*fold.document)));
    if (view.latest != latest_of(fold.rows)) {
        result.differences.emplace_back("the document's values are not the latest ones");
    }
    kpi::ValueComparison values;
    walk_rows(view, fold, [&](const kpi::MetricValue* is, const kpi::MetricValue* should) {
        // Rows are saved before the document that counts them.
        if (should == nullptr && is->version > view.document.version) return;
        ++result.values;
        values.add(is, should);
    });
    for (auto& what : values.differences()) result.differences.push_back(std::move(what));
    return result;
}

bool ViewMender::has_events(const kpi::MetricId& id) {
    const auto first = es::read_page(events_, {id, 0, 1});
    if (first.status == es::ReadStatus::unavailable) throw es::Unavailable(first.reason);
    return first.status == es::ReadStatus::corrupt || !first.events.empty();
}

StoredView ViewMender::stored(const kpi::MetricId& id) {
    StoredView view;
    if (const auto found = database_.find_one(metrics_collection, id_filter(id))) {
        const BsonView document(found->get());
        view.there = true;
        view.marked = document.integer("schema") == document_schema;
        view.guard.same("version", found->get()).same("edition", found->get());
        try {
            if (!view.marked) throw es::Corrupt("the document is not of today's schema");
            view.document = document_in(document);
            view.latest = values_in(document);
            view.successful = stored_success(document);
            view.progress = stored_progress(document);
        } catch (const es::Corrupt& error) {
            view.damage = error.what();
        }
    }
    const Bson options =
        Bson()
            .document("sort", Bson().integer("version", 1))
            .document("projection",
                      Bson().integer("value", 1).integer("date", 1).integer("version", 1));
    database_.find(values_collection, Bson().text("metric", id), options, [&](const BsonView& row) {
        // One that can't be read differs from whatever it should be.
        view.rows.push_back({row.number("value").value_or(0),
                             row.time("date").value_or(es::TimePoint()),
                             row.integer("version").value_or(0)});
    });
    return view;
}

FoldedView ViewMender::folded(const kpi::MetricId& id, std::optional<es::Version> until) {
    FoldedView fold;
    es::Version reached = 0;
    while (!until || reached < *until) {
        const es::ReadResult page = es::read_page(events_, {id, reached});
        if (page.status == es::ReadStatus::unavailable) throw es::Unavailable(page.reason);
        if (page.status == es::ReadStatus::corrupt) {
            fold.parked = es::Parked{id, reached + 1, page.reason};
            return fold;
        }
        for (const es::RecordedEvent& event : page.events) {
            if (until && event.version > *until) return fold;
            try {
                kpi::MetricView::fold(fold.document, event, fold.rows);
            } catch (const es::Corrupt& error) {
                fold.parked = es::Parked{id, event.version, error.what()};
                return fold;
            }
            reached = event.version;
        }
        if (!page.more) return fold;
    }
    return fold;
}

bool ViewMender::replace_document(const kpi::MetricId& id, const StoredView& stored,
                                  const FoldedView& folded) {
    Write write;
    write.filter = id_filter(id);
    if (stored.marked) {
        write.filter.append(stored.guard);
        write.kind = folded.document ? Write::Kind::replace : Write::Kind::remove;
    } else {
        write.filter.document("schema", Bson().integer("$ne", document_schema));
        write.kind = folded.document ? Write::Kind::put : Write::Kind::remove;
    }
    if (folded.document) {
        write.document =
            whole_document(id, *folded.document, latest_of(folded.rows), new_edition());
    }
    const Written written = database_.write(metrics_collection, {write});
    return written.matched + written.made + written.removed > 0;
}

void ViewMender::mend_rows(const kpi::MetricId& id, const StoredView& stored,
                           const FoldedView& folded) {
    std::vector<Write> writes;
    walk_rows(stored, folded, [&](const kpi::MetricValue* is, const kpi::MetricValue* should) {
        if (should == nullptr) {
            writes.push_back({Write::Kind::remove, id_filter(row_id(id, is->version)), {}});
        } else if (is == nullptr || *is != *should) {
            writes.push_back({Write::Kind::put, id_filter(row_id(id, should->version)),
                              row_document(id, *should)});
        }
    });
    database_.write(values_collection, writes);
}

}  // namespace stores::mongodb
