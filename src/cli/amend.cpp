// `yardstick correct`, `retract` and `note`: what is said about values that were reported.
#include <iostream>
#include <memory>

#include "cli/answer.hpp"
#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"
#include "cli/options.hpp"

namespace cli {
namespace {

struct AmendOptions {
    Servers servers;
    std::string id;
    std::int64_t version = 0;
    std::string value;
    std::string at;
    std::string comment;
    std::string reason;
    std::string text;
    bool new_process = false;
    std::string key;
    bool json = false;
};
using Options = std::shared_ptr<AmendOptions>;

int carry_out(const AmendOptions& options, const Change& change) {
    MetricApi api(options.servers);
    std::cout << answer_text(api, api.change(change), options.json) << '\n';
    return exit_done;
}

std::string value_path(const AmendOptions& options) {
    return metric_path(options.id) + "/values/" + std::to_string(options.version);
}

int correct(const AmendOptions& options) {
    json::Writer body;
    body.begin_object().member("value", number_in(options.value, "VALUE"));
    if (!options.at.empty()) {
        body.member("observedAt", time_in(options.at, "--at", base::DateAlone::start_of_day));
    }
    if (!options.comment.empty()) body.member("comment", options.comment);
    body.member("reason", options.reason).end_object();
    return carry_out(options, {.method = "PATCH",
                               .path = value_path(options),
                               .body = body.take(),
                               .key = options.key,
                               .if_version = {}});
}

int retract(const AmendOptions& options) {
    json::Writer body;
    body.begin_object().member("retracted", true).member("reason", options.reason).end_object();
    return carry_out(options, {.method = "PATCH",
                               .path = value_path(options),
                               .body = body.take(),
                               .key = options.key,
                               .if_version = {}});
}

int note(const AmendOptions& options) {
    json::Writer body;
    body.begin_object().member("text", options.text);
    if (!options.at.empty()) {
        body.member("at", time_in(options.at, "--at", base::DateAlone::start_of_day));
    }
    if (options.new_process) body.member("newProcess", true);
    body.end_object();
    return carry_out(options, {.path = metric_path(options.id) + "/notes",
                               .body = body.take(),
                               .key = options.key,
                               .if_version = {}});
}

void add_version(CLI::App& command, AmendOptions& options) {
    command
        .add_option("VERSION", options.version,
                    "Of the event that reported the value, as 'report' and 'show' print it")
        ->required()
        ->check(is_version())
        ->type_name("VERSION");
}

void add_reason(CLI::App& command, AmendOptions& options) {
    command.add_option("--reason", options.reason, "Why; it is kept with the event")->required();
}

void add_common(CLI::App& command, AmendOptions& options) {
    command.add_option("--key", options.key, "The idempotency key [a random one]");
    add_json(command, options.json, "Print JSON: id, version, outcome and the metric");
    add_servers(command, options.servers);
}

}  // namespace

Command correct_command(CLI::App& program) {
    const Options options = std::make_shared<AmendOptions>();
    CLI::App* command = program.add_subcommand(
        "correct", "Replace a value by another one; what was reported stays in the history");
    add_id(*command, options->id);
    add_version(*command, *options);
    command->add_option("VALUE", options->value, "The right value")
        ->required()
        ->type_name("NUMBER");
    command->add_option("--at", options->at, "Its date [as it was]")->type_name("TIME");
    command->add_option("--comment", options->comment, "Its comment [as it was]");
    add_reason(*command, *options);
    add_common(*command, *options);
    return {command, [options] { return correct(*options); }};
}

Command retract_command(CLI::App& program) {
    const Options options = std::make_shared<AmendOptions>();
    CLI::App* command = program.add_subcommand(
        "retract", "Say that a value doesn't count; it stays in the history");
    add_id(*command, options->id);
    add_version(*command, *options);
    add_reason(*command, *options);
    add_common(*command, *options);
    return {command, [options] { return retract(*options); }};
}

Command note_command(CLI::App& program) {
    const Options options = std::make_shared<AmendOptions>();
    CLI::App* command = program.add_subcommand("note", "Add a note, for a date, to a metric");
    add_id(*command, options->id);
    command->add_option("TEXT", options->text, "The note")->required()->type_name("TEXT");
    command->add_option("--at", options->at, "What date it is about [now]")->type_name("TIME");
    command->add_flag("--new-process", options->new_process,
                      "From then on values vary in another way: limits are computed from then on");
    add_common(*command, *options);
    return {command, [options] { return note(*options); }};
}

}  // namespace cli
