#include "parts.hpp"

#include <signal.h>

#include <stdexcept>
#include <utility>

#include "base/testing/engine.hpp"

namespace e2e {

const char* name_of(Part part) {
    constexpr std::array names{"write-api", "read-api", "projector"};
    return names[static_cast<std::size_t>(part)];
}

RunningPart start_part(Part part, const std::filesystem::path& data, const Environment& environment,
                       const std::string& listen) {
    constexpr std::array apis{"write", "read", "projector"};
    const char* api = apis[static_cast<std::size_t>(part)];
    auto process = std::make_unique<Process>(
        Launch{.arguments = {name_of(part), "--data", data.string(), "--listen", listen,
                             "--log-format", "json", "--no-access-log"},
               .environment = environment});
    process->wait_for_log([&](const std::string& log) { return !url_in(log, api).empty(); });
    std::string url = url_in(process->log(), api);
    if (url.empty()) {
        throw std::runtime_error(std::string(name_of(part)) +
                                 " does not listen: " + process->log());
    }
    return {std::move(process), std::move(url)};
}

Parts::Parts(const Folder& folder, Environment environment)
    : data_(folder.data()), environment_(std::move(environment)) {
    for (const Part part : all_parts) start(part);
}

void Parts::start(Part part) {
    std::string& url = urls_[index(part)];
    const std::string listen = url.empty()
                                   ? "127.0.0.1:" + std::to_string(base::testing::lasting_port())
                                   : url.substr(std::string("http://").size());
    RunningPart running = start_part(part, data_, environment_, listen);
    processes_[index(part)] = std::move(running.process);
    url = std::move(running.url);
}

void Parts::kill(Part part) {
    process(part).signal(SIGKILL);
    process(part).wait();
    processes_[index(part)].reset();
}

std::optional<int> Parts::terminate(Part part) {
    process(part).signal(SIGTERM);
    const auto code = process(part).wait(std::chrono::seconds(5));
    processes_[index(part)].reset();
    return code;
}

}  // namespace e2e
