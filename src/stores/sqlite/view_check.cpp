#include "stores/sqlite/view_check.hpp"

#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/json.hpp"
#include "es/errors.hpp"
#include "stores/sqlite/view_build.hpp"
#include "stores/sqlite/view_file.hpp"
#include "stores/sqlite/view_folder.hpp"
#include "stores/sqlite/view_rows.hpp"

namespace stores::sqlite {
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

// Documents in the order of their ids, and each one's values in the order of their versions.
class Walk {
public:
    explicit Walk(Connection& views)
        : documents_(views.prepare("SELECT " + std::string(document_columns) +
                                   ", successful, progress FROM metrics ORDER BY id")),
          values_(views.prepare("SELECT version, value, date FROM metric_values "
                                "WHERE metric = ? ORDER BY version")),
          rows_(documents_.ask()) {
        next();
    }

    void next() {
        there_ = rows_.next();
        if (!there_) return;
        id_ = rows_.text(id_column);
        document_ = document_in(rows_);
    }
    [[nodiscard]] bool there() const { return there_; }
    [[nodiscard]] const std::string& id() const { return id_; }
    [[nodiscard]] const kpi::MetricDocument& document() const { return document_; }
    // What is stored beside the document to sort and filter by.
    [[nodiscard]] bool successful() const { return rows_.integer(15) != 0; }
    [[nodiscard]] double progress() const { return rows_.real(16); }
    Rows values() { return values_.ask(rows_.integer(number_column)); }

private:
    Statement documents_;
    Statement values_;
    Rows rows_;
    bool there_ = false;
    std::string id_;
    kpi::MetricDocument document_;
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
        for (const auto& what : kpi::document_differences(found.document(), wanted.document())) {
            result_.add(found.id(), what);
        }
        const auto member = [&](const char* name, const std::string& is,
                                const std::string& should) {
            if (is != should) result_.add(found.id(), kpi::difference(name, is, should));
        };
        member("isSuccessful", found.successful() ? "true" : "false",
               wanted.successful() ? "true" : "false");
        member("progress", json::format_number(found.progress()),
               json::format_number(wanted.progress()));
        compare_values(found, wanted);
    }

    void compare_values(Walk& found, Walk& wanted) {
        Rows found_rows = found.values();
        Rows wanted_rows = wanted.values();
        kpi::ValueComparison comparison;
        auto is = next_value(found_rows);
        auto should = next_value(wanted_rows);
        while (is || should) {
            ++result_.values;
            const bool take_is = is && (!should || is->version <= should->version);
            const bool take_should = should && (!is || should->version <= is->version);
            comparison.add(take_is ? &*is : nullptr, take_should ? &*should : nullptr);
            if (take_is) is = next_value(found_rows);
            if (take_should) should = next_value(wanted_rows);
        }
        for (const auto& what : comparison.differences()) result_.add(found.id(), what);
    }

    static std::optional<kpi::MetricValue> next_value(Rows& rows) {
        if (!rows.next()) return std::nullopt;
        return kpi::MetricValue{rows.real(1), time_of(rows.integer(2)), rows.integer(0)};
    }

    kpi::ViewCheck& result_;
};

}  // namespace

kpi::ViewCheck check_views(const std::filesystem::path& folder, const es::CatchUpOptions& options) {
    const auto file = named_views(folder, current_pointer);
    if (!file) throw es::Unavailable("There are no views in " + folder.string() + " yet.");
    Connection views(*file, Access::read);
    if (state_of_views(views, *file) != ViewFileState::ready) {
        throw es::Unavailable(file->string() + " is of another format.");
    }
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
    return result;
}

}  // namespace stores::sqlite
