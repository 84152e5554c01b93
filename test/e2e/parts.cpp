#include "parts.hpp"

#include <signal.h>

#include <stdexcept>
#include <utility>

namespace e2e {

const char* name_of(Part part) {
    constexpr std::array names{"write-api", "read-api", "projector"};
    return names[static_cast<std::size_t>(part)];
}

Parts::Parts(const Folder& folder, Environment environment)
    : data_(folder.data()), environment_(std::move(environment)) {
    for (const Part part : all_parts) start(part);
}

void Parts::start(Part part) {
    constexpr std::array apis{"write", "read", "projector"};
    std::string& url = urls_[index(part)];
    const std::string listen =
        url.empty() ? std::string("127.0.0.1:0") : url.substr(std::string("http://").size());
    auto process = std::make_unique<Process>(
        Launch{.arguments = {name_of(part), "--data", data_.string(), "--listen", listen,
                             "--log-format", "json", "--no-access-log"},
               .environment = environment_});
    const char* api = apis[index(part)];
    process->wait_for_log([&](const std::string& log) { return !url_in(log, api).empty(); });
    url = url_in(process->log(), api);
    if (url.empty()) {
        throw std::runtime_error(std::string(name_of(part)) +
                                 " does not listen: " + process->log());
    }
    processes_[index(part)] = std::move(process);
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
