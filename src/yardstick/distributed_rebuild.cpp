#include "yardstick/distributed_rebuild.hpp"

#include <iostream>
#include <optional>
#include <string>

#include "base/text.hpp"
#include "es/dynamodb/dynamodb_event_store.hpp"
#include "es/dynamodb/dynamodb_stream_directory.hpp"
#include "es/dynamodb/dynamodb_table.hpp"
#include "views/mongodb/mongo_metric_views.hpp"
#include "views/mongodb/mongo_view_rebuild.hpp"
#include "yardstick/aws_clients.hpp"
#include "yardstick/check_report.hpp"
#include "yardstick/exit_codes.hpp"
#include "yardstick/rebuild_run.hpp"

namespace yardstick {
namespace {

class DistributedRebuild {
public:
    explicit DistributedRebuild(const std::string& name)
        : events_(aws_.tables(), name),
          directory_(aws_.tables(), name),
          table_(es::describe_table(aws_.tables(), name)),
          mongo_(views::mongo_options(environment_variable)),
          rebuild_(mongo_, table_.identity, events_, directory_) {}

    int all() {
        // How many metrics there are shows at the end.
        const bool built = run_.with_progress(
            "rebuild", "metrics", std::nullopt,
            [&](const es::CatchUpOptions& catch_up) { return rebuild_.build(catch_up); });
        if (!built) {
            std::cerr << "yardstick: stopped; the views that were reached are rebuilt.\n";
            return exit_failure;
        }
        std::cout << "metrics looked at: " << base::grouped(run_.reached()) << ", in "
                  << run_.milliseconds() << "; the views are complete\n";
        return exit_done;
    }

    int one(const std::string& metric) {
        if (!rebuild_.build_one(metric)) {
            std::cerr << "yardstick: there is no metric " << base::excerpt(metric) << ".\n";
            return exit_not_found;
        }
        require_not_parked(*views::mongo_metric_views({.mongo = mongo_}), metric);
        std::cout << "the view of " << metric << " is what its events say\n";
        return exit_done;
    }

    int check() {
        const auto result = run_.with_progress(
            "check", "metrics", std::nullopt,
            [&](const es::CatchUpOptions& catch_up) { return rebuild_.check(catch_up); });
        if (!result.stopped) return report(result);
        std::cerr << "yardstick: stopped.\n";
        return exit_failure;
    }

private:
    RebuildRun run_;
    AwsClients aws_;
    es::DynamoDbEventStore events_;
    es::DynamoDbStreamDirectory directory_;
    es::TableDescription table_;
    views::MongoOptions mongo_;
    views::MongoViewRebuild rebuild_;
};

}  // namespace

int rebuild_distributed(const RebuildOptions& options) {
    DistributedRebuild rebuild(options.engines.table);
    if (options.check) return rebuild.check();
    return options.metric.empty() ? rebuild.all() : rebuild.one(options.metric);
}

}  // namespace yardstick
