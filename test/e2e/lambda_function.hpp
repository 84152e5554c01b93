// `yardstick lambda` as it runs on AWS: behind a Runtime API that isn't ours, invoked by a mapping
// of the table's stream, and started again whenever it has ended.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/testing/engine.hpp"
#include "parts.hpp"
#include "stream_mapping.hpp"

namespace e2e {

struct LambdaOptions {
    std::size_t instances = 1;
    // Of an invocation. The Runtime API doesn't notice when an instance ends within one.
    std::chrono::seconds timeout{3};
    MappingOptions mapping = {};
    bool rebuilds_first = true;  // makes the views complete before, as a first deployment does
};

class LambdaFunction {
public:
    // `told`: of its engines.
    explicit LambdaFunction(Environment told, LambdaOptions options = {});
    ~LambdaFunction();

    // The one that runs, or ran last. It stays one's own when another one takes its place.
    Process& process(std::size_t instance = 0);
    // In the place of the one that runs.
    void start(std::size_t instance = 0);
    // How often one had ended by itself.
    [[nodiscard]] int restarts() const { return restarts_; }
    StreamMapping& mapping() { return *mapping_; }
    base::testing::Engine& runtime_api() { return runtime_api_; }

private:
    void start_locked(std::size_t instance);
    void look_after_them();

    const Folder folder_;
    const Environment told_;
    base::testing::Engine runtime_api_;
    std::mutex mutex_;
    std::vector<std::vector<std::unique_ptr<Process>>> instances_;  // the last of each is in place
    std::unique_ptr<StreamMapping> mapping_;
    std::atomic<int> restarts_ = 0;
    std::atomic<bool> stopping_ = false;
    std::thread keeper_;
};

// `yardstick rebuild` with these arguments, to its end.
Finished rebuild(const Environment& told, std::vector<std::string> arguments = {});

}  // namespace e2e
