#include "read_api/chart_marks.hpp"

#include <algorithm>
#include <optional>

#include "base/time.hpp"
#include "es/errors.hpp"

namespace read_api {
namespace {

constexpr std::size_t changes_at_once = 1000;

// A change's JSON, which this program wrote.
class Change {
public:
    explicit Change(const kpi::MetricChange& change)
        : version_(change.version), parsed_(json::parse(change.json)) {
        if (!parsed_.ok()) {
            throw es::Corrupt("the change of version " + std::to_string(version_) + " is not JSON");
        }
    }

    [[nodiscard]] es::Version version() const { return version_; }
    [[nodiscard]] es::TimePoint on() const { return time(parsed_.value, "occurredOn").value(); }
    [[nodiscard]] bool is(std::string_view type) const {
        const json::Value* found = parsed_.value.find("type");
        return found != nullptr && found->string() != nullptr && *found->string() == type;
    }
    // nullptr: it didn't change this member.
    [[nodiscard]] const json::Value* to(std::string_view name) const {
        const json::Value* members = parsed_.value.find("to");
        return members != nullptr ? members->find(name) : nullptr;
    }
    [[nodiscard]] std::optional<double> number_to(std::string_view name) const {
        const json::Value* value = to(name);
        if (value == nullptr || value->number() == nullptr) return std::nullopt;
        return value->number()->value;
    }
    [[nodiscard]] std::optional<es::TimePoint> time_to(std::string_view name) const {
        const json::Value* members = parsed_.value.find("to");
        return members != nullptr ? time(*members, name) : std::nullopt;
    }

private:
    static std::optional<es::TimePoint> time(const json::Value& object, std::string_view name) {
        const json::Value* value = object.find(name);
        if (value == nullptr || value->string() == nullptr) return std::nullopt;
        return base::parse_time(*value->string(), base::DateAlone::start_of_day);
    }

    es::Version version_;
    json::Parsed parsed_;
};

// Of an earlier time than those that are there.
template <class Mark>
void add(std::vector<Mark>& marks, Mark mark) {
    if (marks.size() < chart_marks_max) marks.push_back(std::move(mark));
}

void add_from(const Change& change, const kpi::MetricDocument& document, ChartMarks& marks) {
    if (change.is("MetricNoted")) {
        const json::Value* text = change.to("text");
        const bool has_text = text != nullptr && text->string() != nullptr;
        add(marks.notes,
            {change.time_to("at").value_or(change.on()), has_text ? *text->string() : std::string(),
             change.to("newProcess") != nullptr, change.version()});
        return;
    }
    const bool creates = change.is("MetricCreated");
    const es::TimePoint on = change.on();
    if (creates || change.is("MetricTargetUpdated")) {
        if (const auto target = change.number_to("target")) {
            const es::TimePoint from = creates ? std::min(on, document.metric.starts_at()) : on;
            add(marks.targets, {from, *target, change.version()});
        }
    }
    if (creates || change.is("MetricDeadlineUpdated")) {
        if (const auto deadline = change.time_to("deadline")) {
            add(marks.deadlines, {on, *deadline, change.version()});
        }
    }
}

}  // namespace

ChartMarks read_marks(kpi::MetricViews& views, const kpi::MetricId& id,
                      const kpi::MetricDocument& document) {
    ChartMarks marks;
    kpi::ChangesQuery query{id, document.version + 1, changes_at_once};
    while (const auto page = views.changes(query)) {
        for (const kpi::MetricChange& change : page->items) {
            add_from(Change(change), document, marks);
        }
        if (!page->more || page->items.empty()) break;
        query.before = page->items.back().version;
    }
    std::ranges::reverse(marks.targets);
    std::ranges::reverse(marks.deadlines);
    std::ranges::reverse(marks.notes);
    return marks;
}

void write_marks(json::Writer& out, const ChartMarks& marks) {
    out.name("target").begin_array();
    for (const auto& [from, target, version] : marks.targets) {
        out.begin_object()
            .member("from", base::format_time(from))
            .member("target", target)
            .member("version", version)
            .end_object();
    }
    out.end_array().name("deadlines").begin_array();
    for (const auto& [set, deadline, version] : marks.deadlines) {
        out.begin_object()
            .member("set", base::format_time(set))
            .member("deadline", base::format_time(deadline))
            .member("version", version)
            .end_object();
    }
    out.end_array().name("notes").begin_array();
    for (const auto& [at, text, new_process, version] : marks.notes) {
        out.begin_object().member("at", base::format_time(at)).member("text", text);
        out.member("newProcess", new_process).member("version", version).end_object();
    }
    out.end_array();
}

}  // namespace read_api
