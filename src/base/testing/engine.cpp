#include "base/testing/engine.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <random>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace base::testing {
namespace {

// A Java machine on a busy computer takes its time.
constexpr std::chrono::seconds start_patience{60};
constexpr std::chrono::seconds stop_patience{20};
constexpr std::chrono::milliseconds look_every{5};

std::filesystem::path engines_folder() {
    const auto variable = [](const char* name) {
        const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
        return std::filesystem::path(value == nullptr ? "" : value);
    };
    if (const auto folder = variable("YARDSTICK_ENGINES"); !folder.empty()) return folder / "bin";
    const auto cache = variable("XDG_CACHE_HOME");
    return (cache.empty() ? variable("HOME") / ".cache" : cache) / "yardstick/engines/bin";
}

class Socket {
public:
    Socket() : handle_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
    ~Socket() { ::close(handle_); }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;

    [[nodiscard]] bool connects(std::uint16_t port) const {
        const sockaddr_in address = loopback(port);
        return ::connect(handle_, generic(&address), sizeof address) == 0;
    }

    // Binds the port and keeps it from all who ask as this does. Servers set SO_REUSEADDR, and can
    // listen at it as long as nobody else does.
    [[nodiscard]] bool keeps(std::uint16_t port) const {
        const sockaddr_in address = loopback(port);
        if (::bind(handle_, generic(&address), sizeof address) != 0) return false;
        const int on = 1;
        return ::setsockopt(handle_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0;
    }

private:
    static sockaddr_in loopback(std::uint16_t port) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return address;
    }
    static const sockaddr* generic(const sockaddr_in* address) {
        return reinterpret_cast<const sockaddr*>(address);
    }

    int handle_;
};

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    pointers.reserve(texts.size() + 1);
    for (auto& text : texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

// As GTEST_SKIP() does, but from any depth: gtest takes this exception for one that it has noted.
[[noreturn]] void skip_test(const std::string& engine) {
    using ::testing::TestPartResult;
    const std::string reason =
        "needs the engine " + engine + ", which is not installed: script/engines install " + engine;
    ::testing::internal::AssertHelper(TestPartResult::kSkip, __FILE__, __LINE__, reason.c_str()) =
        ::testing::Message();
    throw ::testing::AssertionException(
        TestPartResult(TestPartResult::kSkip, __FILE__, __LINE__, reason.c_str()));
}

}  // namespace

std::uint16_t lasting_port() {
    static std::mutex mutex;
    static std::vector<std::unique_ptr<Socket>> kept;  // until the process ends
    // Linux gives away those from 32768 on (ip_local_port_range).
    static std::mt19937 random(std::random_device{}());
    std::uniform_int_distribution<int> any(15'000, 32'000);
    const std::lock_guard lock(mutex);
    for (int tries = 0; tries < 1'000; ++tries) {
        const auto port = static_cast<std::uint16_t>(any(random));
        auto socket = std::make_unique<Socket>();
        if (!socket->keeps(port)) continue;
        kept.push_back(std::move(socket));
        return port;
    }
    throw std::runtime_error("no free port");
}

Engine::Engine(const std::string& name, Arguments arguments, std::vector<std::string> environment,
               std::string folder)
    : program_(engines_folder() / name),
      arguments_(std::move(arguments)),
      environment_(std::move(environment)),
      folder_(std::move(folder)),
      port_(lasting_port()) {
    if (!std::filesystem::exists(program_)) skip_test(name);
    start();
}

Engine::~Engine() {
    kill();
}

void Engine::start() {
    std::vector<std::string> arguments = arguments_(std::to_string(port_));
    arguments.insert(arguments.begin(), program_);
    std::vector<std::string> environment = environment_;
    for (char** variable = environ; *variable != nullptr; ++variable) {
        environment.emplace_back(*variable);
    }
    const auto argument_pointers = pointers_to(arguments);
    const auto environment_pointers = pointers_to(environment);
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != parent) ::_exit(1);
        if (!folder_.empty() && ::chdir(folder_.c_str()) != 0) ::_exit(1);
        const int nowhere = ::open("/dev/null", O_RDWR);
        ::dup2(nowhere, STDIN_FILENO);
        ::dup2(nowhere, STDOUT_FILENO);
        ::dup2(nowhere, STDERR_FILENO);
        ::execve(program_.c_str(), argument_pointers.data(), environment_pointers.data());
        ::_exit(1);
    }
    if (pid_ < 0) throw std::runtime_error("no process for " + program_);
    const auto until = std::chrono::steady_clock::now() + start_patience;
    while (!Socket().connects(port_)) {
        if (::waitpid(pid_, nullptr, WNOHANG) == pid_) {
            pid_ = -1;
            throw std::runtime_error(program_ + " ended at once");
        }
        if (std::chrono::steady_clock::now() > until) {
            kill();
            throw std::runtime_error(program_ + " does not take connections");
        }
        std::this_thread::sleep_for(look_every);
    }
}

void Engine::kill() {
    if (pid_ < 0) return;
    signal(SIGKILL);
    ::waitpid(std::exchange(pid_, -1), nullptr, 0);
}

void Engine::stop() {
    signal(SIGTERM);
    const auto until = std::chrono::steady_clock::now() + stop_patience;
    while (pid_ > 0 && std::chrono::steady_clock::now() < until) {
        if (::waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = -1;
        std::this_thread::sleep_for(look_every);
    }
    if (pid_ > 0) throw std::runtime_error(program_ + " does not stop");
}

void Engine::pause() {
    signal(SIGSTOP);
    ::waitpid(pid_, nullptr, WUNTRACED);  // until all its threads stand still
}

void Engine::resume() {
    signal(SIGCONT);
}

void Engine::signal(int number) const {
    if (pid_ > 0) ::kill(pid_, number);
}

Engine dynoxide(const std::string& file) {
    return Engine("dynoxide", [file](const std::string& port) {
        std::vector<std::string> arguments{"serve", "--host", "127.0.0.1", "--port",
                                           port,    "--log",  "quiet"};
        if (!file.empty()) arguments.insert(arguments.end(), {"--db-path", file});
        return arguments;
    });
}

Engine mongo_java_server(const std::string& file) {
    return Engine("mongo-java-server", [file](const std::string& port) {
        std::vector<std::string> arguments{"127.0.0.1", port};
        if (!file.empty()) arguments.push_back(file);
        return arguments;
    });
}

Engine cargo_lambda(const std::string& folder, std::chrono::seconds timeout) {
    // It reads no more than the name.
    std::filesystem::create_directories(folder + "/src");
    std::ofstream(folder + "/Cargo.toml") << "[package]\nname = \"projector\"\n"
                                             "version = \"0.1.0\"\nedition = \"2021\"\n";
    std::ofstream(folder + "/src/main.rs") << "fn main() {}\n";
    return Engine(
        "cargo-lambda",
        [timeout](const std::string& port) {
            return std::vector<std::string>{"lambda",
                                            "watch",
                                            "--only-lambda-apis",
                                            "--invoke-address",
                                            "127.0.0.1",
                                            "--invoke-port",
                                            port,
                                            "--timeout",
                                            std::to_string(timeout.count()),
                                            "--concurrency",
                                            "4"};
        },
        {}, folder);
}

Engine ferretd(const std::string& folder) {
    return Engine("ferretd", [folder](const std::string& port) {
        return std::vector<std::string>{"127.0.0.1:" + port, folder};
    });
}

}  // namespace base::testing
