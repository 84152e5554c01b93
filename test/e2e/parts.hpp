// `write-api`, `read-api` and `projector` over one data folder, each in a process of its own. In
// the set-up of that name a function takes the projector's place (set_up.hpp).
#pragma once

#include <array>
#include <map>
#include <memory>
#include <string>

#include "program.hpp"

namespace e2e {

enum class Part { write_api, read_api, projector };
inline constexpr std::array all_parts{Part::write_api, Part::read_api, Part::projector};
const char* name_of(Part part);

using Environment = std::map<std::string, std::string>;
inline constexpr const char* any_port = "127.0.0.1:0";

// One of them.
struct RunningPart {
    std::unique_ptr<Process> process;
    std::string url;
};
// Throws std::runtime_error with its log when it doesn't listen in time.
RunningPart start_part(Part part, const std::filesystem::path& data,
                       const Environment& environment = {}, const std::string& listen = any_port);

class LambdaFunction;

class Parts {
public:
    // Starts all three, each with this environment.
    explicit Parts(const Folder& folder, Environment environment = {});
    ~Parts();

    // A part that was killed comes back on the port that it had, so that clients find it again.
    // Throws std::runtime_error with its log when it doesn't listen in time.
    void start(Part part);
    void kill(Part part);  // kill -9, and waits for its end
    [[nodiscard]] bool runs(Part part) const { return running_[index(part)]; }
    // SIGTERM, and its exit code.
    std::optional<int> terminate(Part part);
    Process& process(Part part);

    [[nodiscard]] Urls urls() const { return {urls_[0], urls_[1]}; }
    [[nodiscard]] const std::string& projector_url() const { return urls_[2]; }

private:
    static std::size_t index(Part part) { return static_cast<std::size_t>(part); }
    void start_function();

    const std::filesystem::path data_;
    const Environment environment_;
    std::array<std::unique_ptr<Process>, 3> processes_;
    std::unique_ptr<LambdaFunction> function_;
    std::array<bool, 3> running_{};
    std::array<std::string, 3> urls_;
};

}  // namespace e2e
