#include "parts.hpp"

#include <signal.h>

#include <stdexcept>
#include <utility>

#include "base/testing/engine.hpp"
#include "lambda_function.hpp"
#include "set_up.hpp"

namespace e2e {

const char* name_of(Part part) {
    constexpr std::array names{"write-api", "read-api", "projector"};
    return names[static_cast<std::size_t>(part)];
}

namespace {

// Without a line for each request, unless the test wants them.
Environment with_quiet_log(Environment environment) {
    environment.insert({"YARDSTICK_ACCESS_LOG", "false"});
    return environment;
}

}  // namespace

RunningPart start_part(Part part, const std::filesystem::path& data, const Environment& environment,
                       const std::string& listen) {
    constexpr std::array apis{"write", "read", "projector"};
    const char* api = apis[static_cast<std::size_t>(part)];
    auto process =
        std::make_unique<Process>(Launch{.arguments = {name_of(part), "--data", data.string(),
                                                       "--listen", listen, "--log-format", "json"},
                                         .environment = with_quiet_log(environment)});
    process->wait_for_log([&](const std::string& log) { return !url_in(log, api).empty(); });
    std::string url = url_in(process->log(), api);
    if (url.empty()) {
        throw std::runtime_error(std::string(name_of(part)) +
                                 " does not listen: " + process->log());
    }
    return {std::move(process), std::move(url)};
}

Parts::~Parts() = default;

Parts::Parts(const Folder& folder, Environment environment)
    : data_(folder.data()), environment_(std::move(environment)) {
    for (const Part part : all_parts) start(part);
}

void Parts::start_function() {
    if (function_) return function_->start();
    function_ = std::make_unique<LambdaFunction>(
        on_engines({.arguments = {"--data", data_.string()}, .environment = environment_})
            .environment);
}

Process& Parts::process(Part part) {
    return part == Part::projector && function_ ? function_->process() : *processes_[index(part)];
}

void Parts::start(Part part) {
    running_[index(part)] = true;
    if (part == Part::projector && is_lambda()) return start_function();
    std::string& url = urls_[index(part)];
    const std::string listen = url.empty()
                                   ? "127.0.0.1:" + std::to_string(base::testing::lasting_port())
                                   : url.substr(std::string("http://").size());
    RunningPart running = start_part(part, data_, environment_, listen);
    processes_[index(part)] = std::move(running.process);
    url = std::move(running.url);
}

void Parts::kill(Part part) {
    Process& one = process(part);
    one.signal(SIGKILL);
    one.wait();
    running_[index(part)] = false;
}

std::optional<int> Parts::terminate(Part part) {
    Process& one = process(part);
    one.signal(SIGTERM);
    running_[index(part)] = false;
    return one.wait(std::chrono::seconds(5));
}

}  // namespace e2e
