// `yardstick report`: a value, or a file of them.
#include <iostream>
#include <memory>

#include "base/text.hpp"
#include "cli/answer.hpp"
#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"
#include "cli/options.hpp"
#include "cli/report_file.hpp"
#include "cli/value_report.hpp"

namespace cli {
namespace {

struct ReportOptions {
    Servers servers;
    std::string id;
    std::string value;
    std::string at;
    std::string comment;
    std::string key;
    std::string file;
    bool json = false;
};

int report_one(const ReportOptions& options) {
    if (options.id.empty() || options.value.empty()) {
        throw WrongUsage("a report is: yardstick report ID VALUE, or --file FILE.");
    }
    const ValueReport report =
        value_report(options.id, options.value, "VALUE", options.at, options.comment);
    MetricApi api(options.servers);
    const Changed changed = send_report(api, report, options.key);
    std::cout << answer_text(api, changed, options.json) << '\n';
    return exit_done;
}

int report(const ReportOptions& options) {
    if (options.file.empty()) return report_one(options);
    if (!options.id.empty() || !options.at.empty() || !options.key.empty() ||
        !options.comment.empty()) {
        throw WrongUsage(
            "--file has lines of id,value[,date]; leave ID, VALUE, --at, --comment "
            "and --key out.");
    }
    MetricApi api(options.servers);
    return report_file(api, options.file, options.json);
}

}  // namespace

Command report_command(CLI::App& program) {
    auto options = std::make_shared<ReportOptions>();
    CLI::App* command = program.add_subcommand("report", "Report a value, or a file of values");
    command->add_option("ID", options->id, "The metric's id")->type_name("");
    command
        ->add_option("VALUE", options->value,
                     "The value: 11, -5, or +1 to add to the current one (+-1 takes away)")
        ->type_name("NUMBER");
    command
        ->add_option("--at", options->at,
                     "When it was so: a date or a time [now]. A value that is sent again with its "
                     "date counts once")
        ->type_name("TIME");
    command->add_option("--comment", options->comment, "A comment, which is kept with the value");
    command->add_option("--key", options->key,
                        "The idempotency key [made of id, value and --at; else a random one]");
    command
        ->add_option("--file", options->file,
                     "A file of lines id,value[,date]; - is the standard input")
        ->type_name("FILE");
    add_json(*command, options->json,
             "Print JSON: id, version, outcome and the metric; with --file one line a line");
    add_servers(*command, options->servers);
    return {command, [options] { return report(*options); }};
}

}  // namespace cli
