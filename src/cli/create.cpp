// `yardstick create`: a new metric, also one like another.
#include <algorithm>
#include <array>
#include <iostream>
#include <memory>

#include "base/text.hpp"
#include "cli/answer.hpp"
#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"
#include "cli/goal_options.hpp"
#include "cli/options.hpp"

namespace cli {
namespace {

struct CreateOptions {
    Servers servers;
    std::string id;
    GoalOptions goal;
    bool counter = false;
    bool gauge = false;
    std::string like;
    std::string key;
    bool json = false;
};

// What a metric takes over from one like it: not its dates, and not where it began.
constexpr std::array<const char*, 14> taken_over{
    "name",      "description", "unit",     "target",   "kind",  "direction", "mode",
    "tolerance", "updateEvery", "lateDays", "decimals", "owner", "tags",      "links"};

void set(std::vector<Member>& members, const std::string& name, const std::string& json) {
    std::erase_if(members, [&](const Member& member) { return member.first == name; });
    if (json != "null") members.emplace_back(name, json);
}

bool has(const std::vector<Member>& members, const std::string& name) {
    return std::ranges::any_of(members, [&](const Member& member) { return member.first == name; });
}

std::vector<Member> members_like(MetricApi& api, const std::string& id) {
    std::vector<Member> members;
    const Metric other = api.metric(id);
    for (const char* name : taken_over) {
        if (const json::Value* value = other.document.find(name)) {
            set(members, name, json::text_of(*value));
        }
    }
    return members;
}

const std::string* member_in(const std::vector<Member>& members, const std::string& name) {
    const auto found = std::ranges::find(members, name, &Member::first);
    return found != members.end() ? &found->second : nullptr;
}

// What the server wants to be told, and follows from what was given.
void complete(std::vector<Member>& members) {
    const std::string* name = member_in(members, "name");
    if (name != nullptr && !has(members, "description")) {
        const std::string description = *name;
        set(members, "description", description);
    }
    const std::string* mode = member_in(members, "mode");
    const bool keeps = mode != nullptr && *mode == R"("keep")";
    if (keeps && !has(members, "kind")) set(members, "kind", R"("gauge")");
    std::string missing;
    for (const char* needed : {"name", "target", "unit", "deadline"}) {
        const bool optional = keeps && std::string_view(needed) == "deadline";
        if (!optional && !has(members, needed)) missing += std::string(" --") + needed;
    }
    if (!missing.empty()) throw WrongUsage("to create a metric, give also" + missing + ".");
}

std::string body_of(const std::string& id, const std::vector<Member>& members) {
    json::Writer body;
    body.begin_object().member("id", id);
    for (const auto& [name, json] : members) body.name(name).raw(json);
    return body.end_object().take();
}

int create(const CreateOptions& options) {
    MetricApi api(options.servers);
    const auto given = members_of(options.goal);
    std::vector<Member> members;
    if (!options.like.empty()) members = members_like(api, options.like);
    for (const auto& [name, json] : given) set(members, name, json);
    if (options.counter) set(members, "kind", R"("counter")");
    if (options.gauge) set(members, "kind", R"("gauge")");
    complete(members);
    const Changed changed = api.change({.path = "/metrics",
                                        .body = body_of(options.id, members),
                                        .key = options.key,
                                        .if_version = {}});
    std::cout << answer_text(api, changed, options.json) << '\n';
    return exit_done;
}

}  // namespace

Command create_command(CLI::App& program) {
    auto options = std::make_shared<CreateOptions>();
    CLI::App* command = program.add_subcommand("create", "Create a metric");
    add_id(*command, options->id);
    auto* counter = command
                        ->add_flag("--counter", options->counter,
                                   "It starts at 0 and never goes down [unless --keep]")
                        ->group("Goal");
    command->add_flag("--gauge", options->gauge, "It may have any value")
        ->excludes(counter)
        ->group("Goal");
    add_goal_options(*command, options->goal);
    command
        ->add_option("--like", options->like,
                     "Copy from the metric of this id what isn't given here, but no dates and no "
                     "start value")
        ->type_name("ID");
    command->add_option("--key", options->key, "The idempotency key [a random one]");
    add_json(*command, options->json, "Print JSON: id, version, outcome and the metric");
    add_servers(*command, options->servers);
    return {command, [options] { return create(*options); }};
}

}  // namespace cli
