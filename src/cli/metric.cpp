#include "cli/metric.hpp"

#include <algorithm>
#include <utility>

#include "base/json_members.hpp"
#include "kpi/metric.hpp"

namespace cli {
namespace {

// Reads members of one object.
class Members {
public:
    explicit Members(const json::Value& object) : object_(object) {}

    [[nodiscard]] std::string text(const char* name) const {
        return json::text_or_empty(object_, name);
    }
    [[nodiscard]] std::optional<double> number(const char* name) const {
        const auto* found = json::member<json::Number>(object_, name);
        return found != nullptr ? std::optional(found->value) : std::nullopt;
    }
    [[nodiscard]] std::optional<std::int64_t> whole(const char* name) const {
        const auto found = number(name);
        return found ? std::optional(static_cast<std::int64_t>(*found)) : std::nullopt;
    }
    [[nodiscard]] bool flag(const char* name) const {
        const auto* found = json::member<bool>(object_, name);
        return found != nullptr && *found;
    }
    [[nodiscard]] std::optional<base::TimePoint> time(const char* name) const {
        return base::parse_time(text(name), base::DateAlone::start_of_day);
    }
    [[nodiscard]] json::Array list(const char* name) const {
        const auto* found = json::member<json::Array>(object_, name);
        return found != nullptr ? *found : json::Array();
    }
    template <class Words>
    [[nodiscard]] auto word(const char* name, const Words& words) const {
        return words.read(text(name));
    }

private:
    const json::Value& object_;
};

// How the goal stands.
void read_goal(const Members& members, const json::Value& document, Metric& metric) {
    metric.status = members.word("status", kpi::statuses);
    metric.stale = members.flag("stale");
    for (const json::Value& entry : members.list("ahead")) {
        const Members coming(entry);
        metric.ahead.push_back(
            {coming.time("at").value_or(base::TimePoint{}), coming.word("status", kpi::statuses)});
    }
    metric.attention = members.time("attentionAt").value_or(metric.deadline);
    metric.due_from = members.time("dueFrom");
    metric.stale_from = members.time("staleFrom");
    if (const auto* pace = json::member<json::Value>(document, "pace")) {
        metric.baseline = Members(*pace).number("baseline");
        metric.progress = Members(*pace).number("progress");
    }
}

}  // namespace

bool Metric::has_end() const {
    return deadline < base::parse_time("9999-12-31", base::DateAlone::start_of_day).value();
}

Metric metric_of(json::Value document) {
    const Members members(document);
    Metric metric;
    metric.id = members.text("_id");
    metric.version = members.whole("version").value_or(0);
    metric.name = members.text("name");
    metric.description = members.text("description");
    metric.unit = members.text("unit");
    metric.owner = members.text("owner");
    for (const json::Value& tag : members.list("tags")) {
        if (tag.string() != nullptr) metric.tags.push_back(*tag.string());
    }
    metric.kind = members.word("kind", kpi::metric_kinds).value_or(metric.kind);
    metric.direction = members.word("direction", kpi::directions).value_or(metric.direction);
    metric.mode = members.word("mode", kpi::goal_modes).value_or(metric.mode);
    metric.target = members.number("target").value_or(0);
    metric.value = members.number("value").value_or(0);
    metric.value_date = members.time("valueDate");
    metric.value_version = members.whole("valueVersion").value_or(0);
    metric.values_total = members.whole("valuesTotal").value_or(0);
    // A goal that says nothing else begins with its metric.
    metric.start =
        members.time(members.time("start") ? "start" : "createdAt").value_or(base::TimePoint{});
    metric.deadline = members.time("deadline").value_or(base::TimePoint{});
    metric.decimals = members.whole("decimals");
    read_goal(members, document, metric);
    metric.archived = members.flag("isArchived");
    for (const json::Value& item : members.list("recent")) {
        metric.recent.push_back(Members(item).number("value").value_or(0));
    }
    metric.document = std::move(document);
    return metric;
}

}  // namespace cli
