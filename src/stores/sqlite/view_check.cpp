#include "stores/sqlite/view_check.hpp"

#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/json.hpp"
#include "base/time.hpp"
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
    explicit Comparison(ViewCheck& result) : result_(result) {}

    // Of views with what their events say.
    void compare(Connection& views, Connection& expected) {
        Walk found(views);
        Walk wanted(expected);
        while (found.there() || wanted.there()) {
            if (!wanted.there() || (found.there() && found.id() < wanted.id())) {
                differs(found.id(), "it has a view, but no events");
                found.next();
            } else if (!found.there() || wanted.id() < found.id()) {
                differs(wanted.id(), "it has events, but no view");
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
    void differs(const kpi::MetricId& id, const std::string& what) {
        ++result_.differences_total;
        if (result_.differences.size() < view_differences_max) {
            result_.differences.push_back({id, what});
        }
    }

    void compare_one(Walk& found, Walk& wanted) {
        const auto field = [&](const char* name, const std::string& is, const std::string& should) {
            if (is == should) return;
            differs(found.id(), std::string(name) + " is " + is + ", its events say " + should);
        };
        const auto number = json::format_number;
        const auto time = base::format_time;
        const kpi::MetricDocument& is = found.document();
        const kpi::MetricDocument& should = wanted.document();
        field("version", std::to_string(is.version), std::to_string(should.version));
        field("name", is.name, should.name);
        field("description", is.description, should.description);
        field("target", number(is.target), number(should.target));
        field("unit", is.unit, should.unit);
        field("deadline", time(is.deadline), time(should.deadline));
        field("kind", to_string(is.kind), to_string(should.kind));
        field("value", number(is.current.value), number(should.current.value));
        field("the value's date", time(is.current.date), time(should.current.date));
        field("the value's version", std::to_string(is.current.version),
              std::to_string(should.current.version));
        field("createdAt", time(is.created_at), time(should.created_at));
        field("updatedAt", time(is.updated_at), time(should.updated_at));
        field("valuesTotal", std::to_string(is.values_total), std::to_string(should.values_total));
        field("isSuccessful", found.successful() ? "true" : "false",
              wanted.successful() ? "true" : "false");
        field("progress", number(found.progress()), number(wanted.progress()));
        compare_values(found, wanted);
    }

    // One difference for each way in which values differ: a metric may have many.
    void compare_values(Walk& found, Walk& wanted) {
        Rows is = found.values();
        Rows should = wanted.values();
        Same surplus{"stored that no event reports"};
        Same missing{"missing"};
        Same other{"not what its event says"};
        bool more = is.next();
        for (bool expected = should.next(); more || expected;) {
            const std::int64_t version = more ? is.integer(0) : INT64_MAX;
            const std::int64_t wanted_version = expected ? should.integer(0) : INT64_MAX;
            ++result_.values;
            if (version < wanted_version) {
                surplus.add(version, "");
            } else if (wanted_version < version) {
                missing.add(wanted_version, "");
            } else if (is.real(1) < should.real(1) || is.real(1) > should.real(1) ||
                       is.integer(2) != should.integer(2)) {
                other.add(version, ": " + value_text(is) + " instead of " + value_text(should));
            }
            if (version <= wanted_version) more = is.next();
            if (wanted_version <= version) expected = should.next();
        }
        for (const Same& same : {surplus, missing, other}) {
            if (same.count > 0) differs(found.id(), same.text());
        }
    }

    // Values that differ in the same way.
    struct Same {
        const char* way;
        std::uint64_t count = 0;
        std::int64_t first = 0;  // version
        std::string detail = {};

        void add(std::int64_t version, const std::string& what) {
            if (count++ > 0) return;
            first = version;
            detail = what;
        }
        [[nodiscard]] std::string text() const {
            const std::string which = "version " + std::to_string(first) + detail;
            if (count == 1) return std::string("a value is ") + way + ", " + which;
            return std::to_string(count) + " values are " + way + ", the first is " + which;
        }
    };

    static std::string value_text(const Rows& row) {
        return json::format_number(row.real(1)) + " at " +
               base::format_time(time_of(row.integer(2)));
    }

    ViewCheck& result_;
};

}  // namespace

ViewCheck check_views(const std::filesystem::path& folder, const es::CatchUpOptions& options) {
    const auto file = named_views(folder, current_pointer);
    if (!file) throw es::Unavailable("There are no views in " + folder.string() + " yet.");
    Connection views(*file, Access::read);
    if (state_of_views(views, *file) != ViewFileState::ready) {
        throw es::Unavailable(file->string() + " is of another format.");
    }
    const Transaction one_moment(views, Transaction::Kind::read);
    const Extent extent = extent_of(views);
    ViewCheck result;
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
