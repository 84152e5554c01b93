// A real server for a test: one of the engines that `script/engines install` builds, in a process
// of its own on a free port of this machine, and gone with the test.
//
//     base::testing::Engine engine("dynoxide", [](const std::string& port) {
//         return std::vector<std::string>{"serve", "--host", "127.0.0.1", "--port", port};
//     });
//     connect(engine.port());
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace base::testing {

// To be made on the thread that outlives it: the process ends with the thread that started it.
class Engine {
public:
    // The arguments for a port.
    using Arguments = std::function<std::vector<std::string>(const std::string& port)>;

    // Starts it and waits until it takes connections. Skips the test if it is not installed, which
    // script/test counts. Throws std::runtime_error if it doesn't come up.
    // `environment`: "NAME=value", beside the test's own. `folder`: that it works in; empty: the
    // test's.
    Engine(const std::string& name, Arguments arguments, std::vector<std::string> environment = {},
           std::string folder = {});
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    [[nodiscard]] std::uint16_t port() const { return port_; }

    void kill();   // kill -9, and waits for its end
    void stop();   // SIGTERM, and waits for its end: what it was told is on the disk, if it has one
    void start();  // again, on the same port; waits until it takes connections
    void pause();  // it stands still (SIGSTOP) until resume()
    void resume();

private:
    void signal(int number) const;

    std::string program_;
    Arguments arguments_;
    std::vector<std::string> environment_;
    std::string folder_;
    std::uint16_t port_ = 0;
    pid_t pid_ = -1;
};

// A free port of this machine that stays this process's own until it ends, also while no server
// listens at it: no other test is given it, nor whoever wants any.
std::uint16_t lasting_port();

// The usual ones. Each keeps nothing over a kill unless it is given a file or folder.
Engine dynoxide(const std::string& file = {});
Engine mongo_java_server(const std::string& file = {});
Engine ferretd(const std::string& folder);  // an existing one
// The Runtime API for a function "projector", of which up to four instances run. An invocation
// that takes longer than `timeout` (whole seconds) is given up.
Engine cargo_lambda(const std::string& folder, std::chrono::seconds timeout);

}  // namespace base::testing
