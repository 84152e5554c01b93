// `yardstick lambda` as it runs on AWS: behind a Runtime API that isn't ours, and invoked by a
// mapping of the table's stream.
#pragma once

#include <chrono>
#include <memory>
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
};

class LambdaFunction {
public:
    // `told`: of its engines. Makes the views complete before, as a first deployment does.
    explicit LambdaFunction(const Environment& told, LambdaOptions options = {});

    Process& process(std::size_t instance = 0) { return *instances_.at(instance); }
    // As Lambda does with one that has ended.
    void start(std::size_t instance = 0);
    StreamMapping& mapping() { return *mapping_; }
    base::testing::Engine& runtime_api() { return runtime_api_; }

private:
    const Folder folder_;
    const Environment told_;
    base::testing::Engine runtime_api_;
    std::vector<std::unique_ptr<Process>> instances_;
    std::unique_ptr<StreamMapping> mapping_;  // first ended: it invokes the others
};

// `yardstick rebuild` with these arguments, to its end.
Finished rebuild(const Environment& told, std::vector<std::string> arguments = {});

}  // namespace e2e
