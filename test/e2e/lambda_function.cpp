#include "lambda_function.hpp"

#include <csignal>
#include <stdexcept>
#include <utility>

#include "set_up.hpp"

namespace e2e {
namespace {

// What a test spoils for the function isn't spoiled for the service that invokes it.
Environment with_engine(Environment told) {
    told["AWS_ENDPOINT_URL"] = "http://127.0.0.1:" + std::to_string(dynamodb_port());
    return told;
}

}  // namespace

Finished rebuild(const Environment& told, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "rebuild");
    return run({.arguments = std::move(arguments), .environment = told});
}

LambdaFunction::LambdaFunction(Environment told, LambdaOptions options)
    : told_(std::move(told)),
      runtime_api_(base::testing::cargo_lambda(folder_.path() / "function", options.timeout)),
      instances_(options.instances),
      mapping_(std::make_unique<StreamMapping>(
          with_engine(told_), "http://127.0.0.1:" + std::to_string(runtime_api_.port()),
          std::move(options.mapping))) {
    if (options.rebuilds_first) {
        const Finished first = rebuild(told_);
        if (first.exit_code != 0) throw std::runtime_error("no views: " + first.errors);
    }
    for (std::size_t i = 0; i < options.instances; ++i) start(i);
    keeper_ = std::thread([this] { look_after_them(); });
    mapping_->start();
}

LambdaFunction::~LambdaFunction() {
    stopping_ = true;
    if (keeper_.joinable()) keeper_.join();
    mapping_.reset();  // it invokes the instances
}

Process& LambdaFunction::process(std::size_t instance) {
    const std::lock_guard lock(mutex_);
    return *instances_.at(instance).back();
}

void LambdaFunction::start(std::size_t instance) {
    const std::lock_guard lock(mutex_);
    start_locked(instance);
}

void LambdaFunction::start_locked(std::size_t instance) {
    auto& ones = instances_.at(instance);
    if (!ones.empty()) ones.back()->signal(SIGKILL);
    Launch launch{.arguments = {"lambda", "--log-format", "json"}, .environment = told_};
    launch.environment["AWS_LAMBDA_RUNTIME_API"] =
        "127.0.0.1:" + std::to_string(runtime_api_.port()) + "/.rt/projector";
    ones.push_back(std::make_unique<Process>(launch));
    // From then on it ends as it should when it is told to.
    ones.back()->wait_for_log(
        [](const std::string& log) { return log.find(R"("function")") != std::string::npos; });
}

void LambdaFunction::look_after_them() {
    constexpr std::chrono::milliseconds look_every{100};
    while (!stopping_) {
        {
            const std::lock_guard lock(mutex_);
            for (std::size_t i = 0; i < instances_.size(); ++i) {
                if (!instances_[i].back()->has_ended()) continue;
                ++restarts_;
                start_locked(i);
            }
        }
        std::this_thread::sleep_for(look_every);
    }
}

}  // namespace e2e
