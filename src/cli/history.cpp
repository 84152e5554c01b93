#include "cli/history.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/json_members.hpp"
#include "base/time.hpp"
#include "cli/width.hpp"
#include "cli/words.hpp"

namespace cli {
namespace {

// A payload's member in words; empty if the payload lacks it.
class Payload {
public:
    explicit Payload(const json::Value& event) : payload_(event.find("payload")) {}

    [[nodiscard]] std::string number(const char* name) const {
        const auto* found =
            payload_ != nullptr ? json::member<json::Number>(*payload_, name) : nullptr;
        return found != nullptr ? json::format_number(found->value) : "";
    }
    [[nodiscard]] std::string text(const char* name) const {
        return payload_ != nullptr ? json::text_or_empty(*payload_, name) : "";
    }
    [[nodiscard]] std::string time(const char* name) const {
        const std::string found = text(name);
        const auto parsed = base::parse_time(found, base::DateAlone::start_of_day);
        return parsed ? time_text(*parsed) : clean(found);
    }
    [[nodiscard]] bool flag(const char* name) const {
        const auto* found = payload_ != nullptr ? json::member<bool>(*payload_, name) : nullptr;
        return found != nullptr && *found;
    }
    // All but what is said in words at the end.
    [[nodiscard]] std::string all() const {
        std::string line;
        if (payload_ == nullptr || payload_->object() == nullptr) return line;
        for (const auto& [name, value] : *payload_->object()) {
            if (name == "reason") continue;
            const std::string shown =
                value.string() != nullptr ? *value.string() : json::text_of(value);
            line += "  " + clean(name) + ": " + clean(shown);
        }
        return line;
    }

private:
    const json::Value* payload_;
};

std::string signed_number(const std::string& number) {
    return number.starts_with('-') ? number : "+" + number;
}

std::string of_date(const Payload& payload, const char* member) {
    const std::string date = payload.time(member);
    return date.empty() ? "" : " of " + date;
}

std::string value_text(const Payload& payload) {
    const std::string added = payload.number("added");
    return "value " + payload.number("value") +
           (added.empty() ? "" : " (" + signed_number(added) + ")") +
           of_date(payload, "observedAt");
}

std::string target_updated(const Payload& payload) {
    return "target " + payload.number("target");
}

std::string deadline_updated(const Payload& payload) {
    return "deadline " + payload.time("deadline");
}

std::string corrected(const Payload& payload) {
    return "version " + payload.number("of") + " corrected to " + payload.number("value") +
           of_date(payload, "observedAt");
}

std::string retracted(const Payload& payload) {
    return "version " + payload.number("of") + " retracted";
}

std::string noted(const Payload& payload) {
    return "note" + of_date(payload, "at") +
           (payload.flag("newProcess") ? " (a new process from then on)" : "") + ": " +
           clean(payload.text("text"));
}

std::string created(const Payload& payload) {
    return "created: target " + payload.number("target") + " " + clean(payload.text("unit")) +
           " by " + payload.time("deadline");
}

std::string archived(const Payload& /*payload*/) {
    return "archived";
}

std::string reopened(const Payload& /*payload*/) {
    return "reopened";
}

std::string details(const Payload& payload) {
    return "details" + payload.all();
}

std::string goal(const Payload& payload) {
    return "goal" + payload.all();
}

std::string schedule(const Payload& payload) {
    return "schedule" + payload.all();
}

std::string settings(const Payload& payload) {
    return "settings" + payload.all();
}

struct Sentence {
    std::string_view type;
    std::string (*text)(const Payload&);
};
constexpr std::array<Sentence, 13> sentences{{{"MetricCreated", created},
                                              {"MetricDetailsUpdated", details},
                                              {"MetricTargetUpdated", target_updated},
                                              {"MetricDeadlineUpdated", deadline_updated},
                                              {"MetricGoalUpdated", goal},
                                              {"MetricScheduleUpdated", schedule},
                                              {"MetricSettingsUpdated", settings},
                                              {"MetricValueUpdated", value_text},
                                              {"MetricValueCorrected", corrected},
                                              {"MetricValueRetracted", retracted},
                                              {"MetricNoted", noted},
                                              {"MetricArchived", archived},
                                              {"MetricReopened", reopened}}};

// Who says so.
std::string by_of(const json::Value& event) {
    const auto* metadata = json::member<json::Value>(event, "metadata");
    const auto* extra =
        metadata != nullptr ? json::member<json::Value>(*metadata, "extra") : nullptr;
    return extra != nullptr ? json::text_or_empty(*extra, "by") : "";
}

}  // namespace

std::string event_text(const json::Value& event) {
    const Payload payload(event);
    const std::string type = json::text_or_empty(event, "type");
    const auto* const known = std::ranges::find(sentences, std::string_view(type), &Sentence::type);
    std::string line =
        known != sentences.end() ? known->text(payload) : clean(type) + payload.all();
    for (const char* member : {"comment", "reason"}) {
        const std::string said = payload.text(member);
        const bool shown = known == sentences.end() && std::string_view(member) == "comment";
        if (!said.empty() && !shown) line += ", \"" + clean(said) + "\"";
    }
    const std::string by = by_of(event);
    return by.empty() ? line : line + ", says " + clean(by);
}

std::string event_line(const json::Value& event) {
    const auto* version = json::member<json::Number>(event, "version");
    const std::string occurred = json::text_or_empty(event, "occurredOn");
    const auto time = base::parse_time(occurred, base::DateAlone::start_of_day);
    return "  " + (version != nullptr ? json::format_number(version->value) : "?") + "  " +
           (time ? time_text(*time) : clean(occurred)) + "  " + event_text(event);
}

}  // namespace cli
