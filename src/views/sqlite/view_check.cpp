#include "views/sqlite/view_check.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>

#include "es/errors.hpp"
#include "es/sqlite/data_folder.hpp"
#include "es/sqlite/event_file.hpp"
#include "views/sqlite/view_build.hpp"
#include "views/sqlite/view_file.hpp"
#include "views/sqlite/view_folder.hpp"
#include "views/sqlite/view_rows.hpp"

namespace views::sqlite {
namespace {

// How far the views are: what their events must be folded up to.
struct Extent {
    std::unordered_map<es::StreamId, es::Version> versions;
    std::set<es::StreamId> parked;
    std::int64_t position = 0;  // the checkpoint
};

Extent extent_of(Connection& views) {
    Extent extent;
    Statement versions = views.prepare("SELECT id, version FROM metrics");
    for (Rows rows = versions.ask(); rows.next();) {
        extent.versions.emplace(rows.text(0), rows.integer(1));
    }
    Statement parked = views.prepare("SELECT stream FROM parked");
    for (Rows rows = parked.ask(); rows.next();) extent.parked.insert(rows.text(0));
    extent.position = source_of_views(views).position;
    return extent;
}

// A view may be ahead of the checkpoint; a metric without a view should have one if it began before
// the checkpoint.
bool is_within(const Extent& extent, const es::RecordedEvent& event, std::int64_t position) {
    const auto found = extent.versions.find(event.stream);
    if (found != extent.versions.end()) return event.version <= found->second;
    return position <= extent.position && !extent.parked.contains(event.stream);
}

// The rows of one metric's history, by version.
class HistoryRows {
public:
    HistoryRows(Statement& values, Statement& changes, std::int64_t metric)
        : values_(values.ask(metric)), changes_(changes.ask(metric)) {
        read_value();
        read_change();
    }
    std::optional<kpi::MetricRow> next() {
        const bool is_value = value_ && (!change_ || value_->version < change_->version);
        auto row = std::exchange(is_value ? value_ : change_, std::nullopt);
        if (is_value) {
            read_value();
        } else {
            read_change();
        }
        return row;
    }

private:
    void read_value() {
        if (values_.next()) value_ = reported_in(values_);
    }
    void read_change() {
        if (changes_.next()) change_ = kpi::MetricChange{changes_.integer(0), changes_.text(1)};
    }

    Rows values_;
    Rows changes_;
    std::optional<kpi::MetricRow> value_;
    std::optional<kpi::MetricRow> change_;
};

// Documents in the order of their ids, and each one's rows in the order of their versions.
class Walk {
public:
    explicit Walk(Connection& views)
        : documents_(views.prepare("SELECT " + document_columns() + " FROM " + documents_in(views) +
                                   " ORDER BY id")),
          values_(views.prepare(std::string("SELECT ") + reported_columns + " FROM " +
                                values_in(views) + " WHERE metric = ? ORDER BY version")),
          changes_(views.prepare("SELECT version, change FROM " + changes_in(views) +
                                 " WHERE metric = ? ORDER BY version")),
          documents_read_(documents_.ask()) {
        next();
    }

    void next() {
        there_ = documents_read_.next();
        if (!there_) return;
        id_ = documents_read_.text(id_column);
    }
    [[nodiscard]] bool there() const { return there_; }
    [[nodiscard]] const std::string& id() const { return id_; }
    [[nodiscard]] kpi::MetricDocument document() const { return document_in(documents_read_); }
    [[nodiscard]] kpi::FieldView value(std::size_t place) const {
        const int column = first_field_column + static_cast<int>(place);
        return value_in(documents_read_, column, *kpi::stored_fields.at(place));
    }
    // Of the document's metric.
    HistoryRows history() { return {values_, changes_, documents_read_.integer(number_column)}; }

private:
    Statement documents_;
    Statement values_;
    Statement changes_;
    Rows documents_read_;
    bool there_ = false;
    std::string id_;
};

class Comparison {
public:
    explicit Comparison(kpi::ViewCheck& result) : result_(result) {}

    // Of views with what their events say.
    void compare(Connection& views, Connection& expected) {
        Walk found(views);
        Walk wanted(expected);
        while (found.there() || wanted.there()) {
            if (!wanted.there() || (found.there() && found.id() < wanted.id())) {
                result_.add(found.id(), "it has a view, but no events");
                found.next();
            } else if (!found.there() || wanted.id() < found.id()) {
                result_.add(wanted.id(), "it has events, but no view");
                wanted.next();
            } else {
                ++result_.metrics;
                compare_one(found, wanted);
                found.next();
                wanted.next();
            }
        }
    }

private:
    void compare_one(Walk& found, Walk& wanted) {
        const auto stored = [&](std::size_t place) { return found.value(place); };
        for (const auto& what : kpi::document_differences(stored, wanted.document())) {
            result_.add(found.id(), what);
        }
        compare_histories(found, wanted);
    }

    void compare_histories(Walk& found, Walk& wanted) {
        HistoryRows found_rows = found.history();
        HistoryRows wanted_rows = wanted.history();
        kpi::RowComparison comparison;
        const auto compare_pair = [&](const kpi::MetricRow* is, const kpi::MetricRow* should) {
            if ((should != nullptr ? should : is)->value() != nullptr) ++result_.values;
            comparison.add(is, should);
        };
        kpi::for_each_pair([&] { return found_rows.next(); }, [&] { return wanted_rows.next(); },
                           compare_pair);
        for (const auto& what : comparison.differences()) result_.add(found.id(), what);
    }

    kpi::ViewCheck& result_;
};

// Which version each stream had when the check began: views must get so far.
using Heads = std::unordered_map<es::StreamId, es::Version>;

Heads heads_of(const std::filesystem::path& folder) {
    Connection events = es::sqlite::open_ready(es::sqlite::event_file_in(folder));
    Heads heads;
    Statement all = events.prepare("SELECT name, version FROM streams");
    for (Rows rows = all.ask(); rows.next();) heads.emplace(rows.text(0), rows.integer(1));
    return heads;
}

// Those in force now: others may have taken their place meanwhile.
Connection open_views(const std::filesystem::path& folder) {
    const auto file = named_views(folder, current_pointer);
    if (!file) throw es::Unavailable("There are no views in " + folder.string() + " yet.");
    Connection views(*file, Access::read);
    if (state_of_views(views, *file) != ViewFileState::ready) {
        throw es::Unavailable(file->string() + " is of another format.");
    }
    return views;
}

// Metrics whose views lack events, with the view's version (0: no view) and the head.
using LateViews = std::map<es::StreamId, std::pair<es::Version, es::Version>>;

LateViews late_in(const Extent& extent, const Heads& heads) {
    LateViews late;
    for (const auto& [id, head] : heads) {
        const auto found = extent.versions.find(id);
        const es::Version version = found != extent.versions.end() ? found->second : 0;
        if (version < head && !extent.parked.contains(id)) late[id] = {version, head};
    }
    return late;
}

// What stays late: while a projector is at work, its views get some time to catch up; without one,
// nothing more will come.
LateViews late_for_good(const std::filesystem::path& folder, const Extent& seen, const Heads& heads,
                        const std::function<bool()>& stop) {
    LateViews late = late_in(seen, heads);
    const auto until = std::chrono::steady_clock::now() + kpi::view_patience;
    while (!late.empty() && es::sqlite::lock_holder(folder, views_lock) &&
           std::chrono::steady_clock::now() < until && !(stop && stop())) {
        std::this_thread::sleep_for(kpi::view_look_every);
        Connection views = open_views(folder);
        const Transaction one_moment(views, Transaction::Kind::read);
        late = late_in(extent_of(views), heads);
    }
    return late;
}

// But not those that were named already, because views of later events are there.
void add_late(const LateViews& late, Connection& expected, kpi::ViewCheck& result) {
    Statement named = expected.prepare("SELECT 1 FROM metrics WHERE id = ?");
    for (const auto& [id, versions] : late) {
        if (versions.first == 0 && named.ask(id).next()) continue;
        result.add(id, kpi::lateness(versions.first, versions.second));
    }
}

}  // namespace

kpi::ViewCheck check_views(const std::filesystem::path& folder, const es::CatchUpOptions& options) {
    const Heads heads = heads_of(folder);  // before the views, which so may be ahead of it
    Connection views = open_views(folder);
    const Transaction one_moment(views, Transaction::Kind::read);
    const Extent extent = extent_of(views);
    kpi::ViewCheck result;
    result.parked = extent.parked.size();
    const TemporaryFile beside(folder / views_for_comparison);
    const auto wanted = [&](const es::RecordedEvent& event, std::int64_t position) {
        return is_within(extent, event, position);
    };
    result.stopped = !build_views(folder, beside.path(), options, wanted);
    if (result.stopped) return result;
    Connection expected(beside.path(), Access::read);
    Comparison(result).compare(views, expected);
    add_late(late_for_good(folder, extent, heads, options.stop), expected, result);
    return result;
}

}  // namespace views::sqlite
