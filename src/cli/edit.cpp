// `yardstick edit`: any members of a metric together, all or nothing.
#include <iostream>
#include <memory>

#include "cli/answer.hpp"
#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"
#include "cli/goal_options.hpp"
#include "cli/options.hpp"

namespace cli {
namespace {

struct EditOptions {
    Servers servers;
    std::string id;
    GoalOptions goal;
    bool archive = false;
    bool reopen = false;
    std::string reason;
    std::optional<std::int64_t> if_version;
    std::string key;
    bool json = false;
};

std::string body_of(const EditOptions& options) {
    const auto members = members_of(options.goal);
    if (members.empty() && !options.archive && !options.reopen) {
        throw WrongUsage("say what to change, such as --target 30.");
    }
    json::Writer body;
    body.begin_object();
    for (const auto& [name, json] : members) body.name(name).raw(json);
    if (options.archive || options.reopen) body.member("archived", options.archive);
    if (!options.reason.empty()) body.member("reason", options.reason);
    return body.end_object().take();
}

int edit(const EditOptions& options) {
    const std::string body = body_of(options);
    MetricApi api(options.servers);
    const Changed changed = api.change({.method = "PATCH",
                                        .path = metric_path(options.id),
                                        .body = body,
                                        .key = options.key,
                                        .if_version = options.if_version});
    std::cout << answer_text(api, changed, options.json) << '\n';
    return exit_done;
}

}  // namespace

Command edit_command(CLI::App& program) {
    auto options = std::make_shared<EditOptions>();
    CLI::App* command = program.add_subcommand(
        "edit", "Change a metric; an empty value, such as --owner '', takes a member away");
    add_id(*command, options->id);
    add_goal_options(*command, options->goal);
    auto* archive = command->add_flag("--archive", options->archive,
                                      "It is over: not listed, no values are accepted");
    command->add_flag("--reopen", options->reopen, "It is archived no longer")->excludes(archive);
    command->add_option("--reason", options->reason, "Why; it is kept with the event");
    command
        ->add_option("--if-version", options->if_version,
                     "Only if the metric is at this version still")
        ->check(is_version())
        ->type_name("NUMBER");
    command->add_option("--key", options->key, "The idempotency key [a random one]");
    add_json(*command, options->json, "Print JSON: id, version, outcome and the metric");
    add_servers(*command, options->servers);
    return {command, [options] { return edit(*options); }};
}

}  // namespace cli
