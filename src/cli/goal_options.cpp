#include "cli/goal_options.hpp"

#include <functional>

#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/exit_codes.hpp"
#include "cli/options.hpp"

namespace cli {
namespace {

constexpr const char* null = "null";

std::string text_json(const std::string& text) {
    json::Writer out;
    return out.string(text).take();
}

std::string number_json(const std::string& text, const std::string& option) {
    json::Writer out;
    return out.number(number_in(text, option)).take();
}

std::string whole_json(const std::string& text, const std::string& option) {
    json::Writer out;
    return out.integer(whole_number_in(text, option)).take();
}

// "2026-03-31=3"
std::string checkpoint_json(const std::string& text) {
    const auto equals = text.find('=');
    if (equals == std::string::npos) {
        throw WrongUsage("--checkpoint " + base::excerpt(text) +
                         " is not of the form DATE=TARGET, such as 2026-03-31=3.");
    }
    json::Writer out;
    return out.begin_object()
        .member("until",
                time_in(text.substr(0, equals), "--checkpoint", base::DateAlone::end_of_day))
        .member("target", number_in(text.substr(equals + 1), "--checkpoint"))
        .end_object()
        .take();
}

// "Report=https://intranet.example/report"; titles may have "=" in them.
std::string link_json(const std::string& text) {
    const auto equals = text.find("=http");
    if (equals == std::string::npos) {
        throw WrongUsage("--link " + base::excerpt(text) +
                         " is not of the form TITLE=URL, with a URL of http or https.");
    }
    json::Writer out;
    return out.begin_object()
        .member("title", text.substr(0, equals))
        .member("url", text.substr(equals + 1))
        .end_object()
        .take();
}

// Collects what was given.
class Members {
public:
    using Read = std::function<std::string(const std::string&)>;

    void add(const char* name, const std::optional<std::string>& given, const Read& read) {
        if (given) members_.emplace_back(name, given->empty() ? null : read(*given));
    }
    void add(const char* name, const std::optional<std::vector<std::string>>& given,
             const Read& read) {
        if (!given) return;
        if (given->size() == 1 && given->front().empty()) {
            members_.emplace_back(name, null);
            return;
        }
        json::Writer list;
        list.begin_array();
        for (const std::string& item : *given) list.raw(read(item));
        members_.emplace_back(name, list.end_array().take());
    }
    void add(const char* name, bool given, const char* word) {
        if (given) members_.emplace_back(name, text_json(word));
    }
    std::vector<Member> take() { return std::move(members_); }

private:
    std::vector<Member> members_;
};

Members::Read number_of(const char* option) {
    return [option](const std::string& text) { return number_json(text, option); };
}

Members::Read whole_of(const char* option) {
    return [option](const std::string& text) { return whole_json(text, option); };
}

Members::Read time_of(const char* option, base::DateAlone date_alone) {
    return [=](const std::string& text) { return text_json(time_in(text, option, date_alone)); };
}

void add_goal(CLI::App& command, GoalOptions& options) {
    const auto add = [&](const char* name, auto& option, const char* what, const char* type) {
        return command.add_option(name, option, what)->type_name(type)->group("Goal");
    };
    add("--target", options.target, "Its target", "NUMBER");
    add("--unit", options.unit, "Its unit", "TEXT");
    add("--deadline", options.deadline,
        "Until when, such as 2026-12-31; none for what is kept without end", "TIME");
    auto* at_most =
        command.add_flag("--at-most", options.at_most, "The value should be at most the target")
            ->group("Goal");
    command.add_flag("--at-least", options.at_least, "It should be at least the target")
        ->excludes(at_most)
        ->group("Goal");
    auto* keep = command.add_flag("--keep", options.keep, "The target is to be kept at all times")
                     ->group("Goal");
    command.add_flag("--reach", options.reach, "The target is to be reached by the deadline")
        ->excludes(keep)
        ->group("Goal");
    add("--from", options.baseline, "The value at the start, from which the way is measured",
        "NUMBER");
    add("--start", options.start, "From when on [now]", "TIME");
    add("--tolerance", options.tolerance, "How far from a kept target is still at risk", "NUMBER");
    add_repeatable(command, "--checkpoint", options.checkpoints,
                   "A target on the way, such as 2026-03-31=3 (repeatable)")
        ->type_name("TIME=NUMBER")
        ->group("Goal");
}

void add_settings(CLI::App& command, GoalOptions& options) {
    constexpr const char* group = "Settings";
    const auto add = [&](const char* name, auto& option, const char* what, const char* type) {
        return command.add_option(name, option, what)->type_name(type)->group(group);
    };
    add("--name", options.name, "Its name", "TEXT");
    add("--description", options.description, "Its description", "TEXT");
    add("--owner", options.owner, "Who looks after it", "TEXT");
    add_repeatable(command, "--tag", options.tags, "A tag (repeatable)")->group(group);
    add_repeatable(command, "--link", options.links, "A link, TITLE=URL (repeatable)")
        ->type_name("TITLE=URL")
        ->group(group);
    add("--every", options.every, "How often a value is expected",
        "{daily,weekly,monthly,quarterly,yearly}");
    add("--late-days", options.late_days, "How many days after the deadline values are accepted",
        "NUMBER");
    add("--decimals", options.decimals, "With how many decimals values are shown", "NUMBER");
}

}  // namespace

void add_goal_options(CLI::App& command, GoalOptions& options) {
    add_goal(command, options);
    add_settings(command, options);
}

std::vector<Member> members_of(const GoalOptions& options) {
    using base::DateAlone;
    Members members;
    members.add("name", options.name, text_json);
    members.add("description", options.description, text_json);
    members.add("unit", options.unit, text_json);
    members.add("target", options.target, number_of("--target"));
    members.add("deadline", options.deadline, time_of("--deadline", DateAlone::end_of_day));
    members.add("direction", options.at_most, "at_most");
    members.add("direction", options.at_least, "at_least");
    members.add("mode", options.keep, "keep");
    members.add("mode", options.reach, "reach");
    members.add("start", options.start, time_of("--start", DateAlone::start_of_day));
    members.add("baseline", options.baseline, number_of("--from"));
    members.add("tolerance", options.tolerance, number_of("--tolerance"));
    members.add("checkpoints", options.checkpoints, checkpoint_json);
    members.add("updateEvery", options.every, text_json);
    members.add("lateDays", options.late_days, whole_of("--late-days"));
    members.add("decimals", options.decimals, whole_of("--decimals"));
    members.add("owner", options.owner, text_json);
    members.add("tags", options.tags, text_json);
    members.add("links", options.links, link_json);
    return members.take();
}

}  // namespace cli
