#include "lambda_function.hpp"

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

LambdaFunction::LambdaFunction(const Environment& told, LambdaOptions options)
    : told_(told),
      runtime_api_(base::testing::cargo_lambda(folder_.path() / "function", options.timeout)),
      instances_(options.instances),
      mapping_(std::make_unique<StreamMapping>(
          with_engine(told_), "http://127.0.0.1:" + std::to_string(runtime_api_.port()),
          std::move(options.mapping))) {
    const Finished first = rebuild(told_);
    if (first.exit_code != 0) throw std::runtime_error("no views: " + first.errors);
    for (std::size_t i = 0; i < options.instances; ++i) start(i);
    mapping_->start();
}

void LambdaFunction::start(std::size_t instance) {
    Launch launch{.arguments = {"lambda", "--log-format", "json"}, .environment = told_};
    launch.environment["AWS_LAMBDA_RUNTIME_API"] =
        "127.0.0.1:" + std::to_string(runtime_api_.port()) + "/.rt/projector";
    auto process = std::make_unique<Process>(launch);
    // From then on it ends as it should when it is told to.
    process->wait_for_log(
        [](const std::string& log) { return log.find(R"("function")") != std::string::npos; });
    instances_.at(instance) = std::move(process);
}

}  // namespace e2e
