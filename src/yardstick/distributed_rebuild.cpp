#include "yardstick/distributed_rebuild.hpp"

#include <chrono>
#include <iostream>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "base/progress.hpp"
#include "base/text.hpp"
#include "es/errors.hpp"
#include "stores/dynamodb/dynamodb_event_store.hpp"
#include "stores/dynamodb/dynamodb_stream_directory.hpp"
#include "stores/dynamodb/dynamodb_table.hpp"
#include "stores/mongodb/mongo_metric_views.hpp"
#include "stores/mongodb/mongo_view_rebuild.hpp"
#include "yardstick/aws_clients.hpp"
#include "yardstick/check_report.hpp"
#include "yardstick/exit_codes.hpp"
#include "yardstick/stop_signals.hpp"

namespace yardstick {
namespace {

using std::chrono::steady_clock;

class DistributedRebuild {
private:
    // The result of `work(options)`, which tells of its progress and can be stopped. How many
    // metrics there are shows at the end.
    template <class Work>
    auto with_progress(const char* doing, Work work) {
        base::Progress progress(doing, "metrics", std::nullopt);
        return work(
            es::CatchUpOptions{.on_progress = [&](std::uint64_t done) { progress.reached(done); },
                               .stop = [this] { return was_stopped(); }});
    }

public:
    explicit DistributedRebuild(const std::string& name)
        : events_(aws_.tables(), name),
          directory_(aws_.tables(), name),
          table_(stores::describe_table(aws_.tables(), name)),
          mongo_(stores::mongo_options(environment_variable)),
          rebuild_(mongo_, table_.identity, table_.stream, events_, directory_) {}

    int all() {
        const auto began = steady_clock::now();
        std::uint64_t metrics = 0;
        const bool built = with_progress("rebuild", [&](es::CatchUpOptions catch_up) {
            catch_up.on_progress = [&, show = catch_up.on_progress](std::uint64_t done) {
                metrics = done;
                show(done);
            };
            return rebuild_.build(catch_up);
        });
        if (!built) {
            std::cerr << "yardstick: stopped; another rebuild goes on from there.\n";
            return exit_failure;
        }
        const std::chrono::duration<double> took = steady_clock::now() - began;
        std::cout << "metrics looked at: " << base::grouped(metrics) << ", in "
                  << std::chrono::duration_cast<std::chrono::milliseconds>(took).count()
                  << " ms; the views are complete\n";
        return exit_done;
    }

    int one(const std::string& metric) {
        if (!rebuild_.build_one(metric)) {
            std::cerr << "yardstick: there is no metric " << base::excerpt(metric) << ".\n";
            return exit_not_found;
        }
        stores::MongoMetricViews views({.mongo = mongo_});
        for (const auto& parked : views.parked()) {
            if (parked.stream != metric) continue;
            throw es::Unavailable("'" + metric + "' is parked at version " +
                                  std::to_string(parked.version) + ": " + parked.reason + ".");
        }
        std::cout << "the view of " << metric << " is what its events say\n";
        return exit_done;
    }

    int check() {
        const auto result = with_progress(
            "check", [&](const es::CatchUpOptions& catch_up) { return rebuild_.check(catch_up); });
        if (!result.stopped) return report(result);
        std::cerr << "yardstick: stopped.\n";
        return exit_failure;
    }

private:
    // Any thread.
    bool was_stopped() {
        const std::lock_guard lock(mutex_);
        if (!stopped_) stopped_ = signals_.wait_for(std::chrono::milliseconds(0));
        return stopped_;
    }

    const StopSignals signals_;
    std::mutex mutex_;
    bool stopped_ = false;
    AwsClients aws_;
    stores::DynamoDbEventStore events_;
    stores::DynamoDbStreamDirectory directory_;
    stores::TableDescription table_;
    stores::MongoOptions mongo_;
    stores::MongoViewRebuild rebuild_;
};

}  // namespace

int rebuild_distributed(const RebuildOptions& options) {
    DistributedRebuild rebuild(options.engines.table);
    if (options.check) return rebuild.check();
    return options.metric.empty() ? rebuild.all() : rebuild.one(options.metric);
}

}  // namespace yardstick
