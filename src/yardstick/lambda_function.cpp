#include "yardstick/lambda_function.hpp"

#include <signal.h>

#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "aws/lambda_runtime.hpp"
#include "base/log.hpp"
#include "es/dynamodb/dynamodb_event_store.hpp"
#include "es/dynamodb/dynamodb_table.hpp"
#include "es/dynamodb/stream_batch.hpp"
#include "es/errors.hpp"
#include "projector/delivery.hpp"
#include "views/mongodb/mongo_metric_views.hpp"
#include "yardstick/aws_clients.hpp"
#include "yardstick/engines.hpp"
#include "yardstick/stop_signals.hpp"

namespace yardstick {
namespace {

namespace log = base::log;

constexpr const char* runtime_variable = "AWS_LAMBDA_RUNTIME_API";
// What a last attempt usually takes at most: Lambda hears how far it went before it gives it up.
constexpr std::chrono::seconds attempt_time{8};
constexpr std::chrono::milliseconds describe_time{2'000};

// Turns a batch of records into views, and says which of them must come again.
class Function {
public:
    // Reaches for nothing: what a cold start costs.
    explicit Function(const Engines& engines)
        : table_(engines.table),
          events_(aws_.tables(), table_),
          mongo_(views::mongo_options(environment_variable)) {
        mongo_.log = [](const std::string& line) { log::warning(line); };
        log::info("function", {{"table", table_},
                               {"endpoint", aws_.services().dynamodb},
                               {"views", views::description_of(mongo_)}});
    }

    // Throws es::Corrupt when it is no batch of the table's stream.
    std::string handle(const aws::Invocation& invocation) {
        const auto records = es::read_stream_batch(invocation.event, table_);
        std::vector<es::RecordedEvent> events;
        std::vector<std::string> sequences;
        for (const auto& record : records) {
            if (!record.event) continue;
            events.push_back(*record.event);
            sequences.push_back(record.sequence);
        }
        const auto delivered = deliver(events, invocation.deadline - attempt_time);
        if (delivered.count == events.size()) return es::batch_answer(std::nullopt);
        const es::RecordedEvent& failed = events[delivered.count];
        const std::string& sequence = sequences[delivered.count];
        log::warning("events can't be applied now, and are to come again",
                     {{"metric", failed.stream},
                      {"version", failed.version},
                      {"record", sequence},
                      {"events", events.size() - delivered.count},
                      {"reason", delivered.failure}});
        return es::batch_answer(sequence);
    }

private:
    projector::Delivery::Delivered deliver(const std::vector<es::RecordedEvent>& events,
                                           std::chrono::steady_clock::time_point until) {
        if (events.empty()) return {};
        try {
            return delivery().apply(events, until);
        } catch (const es::Unavailable& error) {
            return {0, error.what()};
        }
    }

    // The table is asked which one it is when the first batch comes, and only then.
    projector::Delivery& delivery() {
        if (delivery_) return *delivery_;
        const auto table = es::describe_table(aws_.tables(), table_, {.call = describe_time});
        // Each record would park its metric.
        if (!table.new_images) {
            throw es::Unavailable("the stream of the table " + table_ +
                                  " has no new images: `yardstick create-table` says more");
        }
        views::MongoMetricViewsOptions options;
        options.mongo = mongo_;
        options.source = table.identity;
        options.writer = true;
        options.leased = false;
        views_ = views::mongo_metric_views(std::move(options));
        return delivery_.emplace(events_, *views_);
    }

    const std::string table_;
    AwsClients aws_;
    es::DynamoDbEventStore events_;
    views::MongoOptions mongo_;
    std::unique_ptr<kpi::MetricViews> views_;
    std::optional<projector::Delivery> delivery_;
};

// Of a function that can't start Lambda is told why.
std::unique_ptr<Function> begin(const EngineOptions& options, aws::LambdaRuntime& runtime) {
    try {
        const Engines engines = choose_engines(options, Role::projects, environment_variable);
        if (engines.events != EventEngine::dynamodb) {
            throw es::Unusable(
                "`yardstick lambda` turns a DynamoDB table's stream into views in MongoDB: set "
                "DYNAMODB_DB_NAME, and MONGO_URI or MONGO_DB_NAME.");
        }
        return std::make_unique<Function>(engines);
    } catch (const es::Unusable& error) {
        try {
            runtime.fail_to_begin({"Yardstick.Unusable", error.what()});
        } catch (const aws::RuntimeGone& gone) {
            log::warning(gone.what());
        }
        throw;
    }
}

void serve_one(Function& function, const aws::Invocation& invocation, aws::LambdaRuntime& runtime) {
    std::string answer;
    try {
        answer = function.handle(invocation);
    } catch (const es::Corrupt& error) {
        log::error("what the function was invoked with can't be used", {{"reason", error.what()}});
        runtime.fail(invocation, {"Yardstick.NotABatch", error.what()});
        return;
    } catch (const std::exception& error) {
        log::error("a batch failed", {{"reason", error.what()}});
        runtime.fail(invocation, {"Yardstick.Failed", error.what()});
        return;
    }
    if (!runtime.answer(invocation, answer)) log::warning("Lambda had given the batch up");
}

}  // namespace

int serve_lambda(const log::Options& log_options, const EngineOptions& engines) {
    const StopSignals signals;
    ::signal(SIGPIPE, SIG_IGN);  // a connection went away: the call says so
    log::start(log_options);
    const std::string address = environment_variable(runtime_variable);
    if (address.empty()) {
        throw es::Unusable(std::string(runtime_variable) +
                           " is not set: `yardstick lambda` runs as a function on AWS Lambda.");
    }
    aws::LambdaRuntime runtime(
        address, [&signals] { return signals.wait_for(std::chrono::milliseconds(0)); });
    const auto function = begin(engines, runtime);
    while (const auto invocation = runtime.next()) serve_one(*function, *invocation, runtime);
    log::info("stopped");
    log::finish();
    return EXIT_SUCCESS;
}

}  // namespace yardstick
