#include "cli/value_report.hpp"

#include "base/json.hpp"
#include "cli/exit_codes.hpp"
#include "cli/options.hpp"
#include "transfer/metric_client.hpp"

namespace cli {

ValueReport value_report(const std::string& id, const std::string& value,
                         const std::string& value_name, const std::string& at,
                         const std::string& comment) {
    const bool adds = value.starts_with('+');
    const double number = number_in(adds ? value.substr(1) : value, value_name);
    ValueReport report{.id = id, .body = {}, .key = {}, .has_comment = !comment.empty()};
    json::Writer body;
    body.begin_object().member(adds ? "add" : "value", number);
    if (!at.empty()) {
        const std::string time = time_in(at, "--at", base::DateAlone::start_of_day);
        body.member("observedAt", time);
        const auto observed = base::parse_time(time, base::DateAlone::start_of_day);
        if (!adds && observed) report.key = transfer::value_key(id, {*observed, number});
    }
    if (!comment.empty()) body.member("comment", comment);
    report.body = body.end_object().take();
    return report;
}

Changed send_report(MetricApi& api, const ValueReport& report, const std::string& key) {
    const bool own_key = key.empty() && !report.key.empty();
    try {
        return api.change({.path = metric_path(report.id) + "/values",
                           .body = report.body,
                           .key = own_key ? report.key : key,
                           .if_version = {}});
    } catch (const Failed& failed) {
        if (!own_key || failed.problem() != "key-reused") throw;
        if (report.has_comment) {
            throw Failed(exit_failure,
                         "This value of that date was recorded before, with another comment or "
                         "without one; 'yardstick correct' changes it.",
                         failed.problem());
        }
        // By an import, for example, which sends the same key.
        return {.outcome = Outcome::repeated, .id = report.id, .version = 0, .answer = {}};
    }
}

}  // namespace cli
