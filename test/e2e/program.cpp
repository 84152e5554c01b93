#include "program.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

extern "C" {  // glibc 2.36 forgets it
#include <sys/pidfd.h>
}

#include <array>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <utility>

#include "parts.hpp"
#include "program_build.hpp"
#include "set_up.hpp"

namespace e2e {
namespace {

constexpr int exit_not_started = 125;

// All that the child needs, made before the fork: behind it nothing may be allocated.
class Plan {
public:
    Plan(const Launch& launch, int out, int err)
        : launch_(launch), out_(out), err_(err), parent_(::getpid()) {
        arguments_ = launch.arguments;
        arguments_.insert(arguments_.begin(), program_file());
        environment_ = sanitizer_environment();
        environment_.emplace_back("PATH=/usr/bin:/bin");
        for (const auto& [name, value] : launch.environment) {
            environment_.push_back(name + "=" + value);
        }
        for (auto& text : arguments_) argument_pointers_.push_back(text.data());
        for (auto& text : environment_) environment_pointers_.push_back(text.data());
        argument_pointers_.push_back(nullptr);
        environment_pointers_.push_back(nullptr);
        disk_options_ = "size=" + std::to_string(launch.small_disk_bytes) + ",mode=0700";
        uid_map_ = std::to_string(::getuid()) + " " + std::to_string(::getuid()) + " 1";
        gid_map_ = std::to_string(::getgid()) + " " + std::to_string(::getgid()) + " 1";
    }

    // In the child.
    [[noreturn]] void follow() {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != parent_) ::_exit(exit_not_started);
        if (!launch_.input.empty()) {
            const int input = ::open(launch_.input.c_str(), O_RDONLY | O_CLOEXEC);
            if (input < 0) give_up("input");
            ::dup2(input, STDIN_FILENO);
        }
        if (!launch_.output.empty()) {
            out_ = ::open(launch_.output.c_str(), O_WRONLY | O_CLOEXEC);
            if (out_ < 0) give_up("output");
        }
        ::dup2(out_, STDOUT_FILENO);
        ::dup2(err_, STDERR_FILENO);
        // A connection of the test's that it held as well would not end when the test ends it.
        if (::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC) != 0) give_up("close_range");
        ::signal(SIGXFSZ, SIG_IGN);
        if (launch_.file_bytes_max) {
            const rlimit limit{*launch_.file_bytes_max, RLIM_INFINITY};
            if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) give_up("setrlimit");
        }
        if (launch_.open_files_max) {
            const rlimit limit{*launch_.open_files_max, *launch_.open_files_max};
            if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) give_up("setrlimit");
        }
        if (!launch_.small_disk.empty()) mount_small_disk();
        if (::chdir(launch_.working_folder.c_str()) != 0) give_up("chdir");
        ::execve(argument_pointers_[0], argument_pointers_.data(), environment_pointers_.data());
        give_up("execve");
    }

private:
    [[noreturn]] static void give_up(const char* step) {
        write_all(STDERR_FILENO, "not started: ");
        write_all(STDERR_FILENO, step);
        ::_exit(exit_not_started);
    }
    static void write_all(int file, std::string_view text) {
        if (::write(file, text.data(), text.size()) < 0) ::_exit(exit_not_started);
    }
    static void write_file(const char* path, std::string_view text) {
        const int file = ::open(path, O_WRONLY | O_CLOEXEC);
        if (file < 0) give_up(path);
        write_all(file, text);
        ::close(file);
    }
    void mount_small_disk() const {
        if (::unshare(CLONE_NEWNS) != 0) {
            if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) give_up("unshare");
            write_file("/proc/self/setgroups", "deny");
            write_file("/proc/self/uid_map", uid_map_);
            write_file("/proc/self/gid_map", gid_map_);
        }
        if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
            ::mount("none", launch_.small_disk.c_str(), "tmpfs", 0, disk_options_.c_str()) != 0) {
            give_up("mount");
        }
    }

    const Launch& launch_;
    int out_;
    int err_;
    pid_t parent_;
    std::vector<std::string> arguments_;
    std::vector<std::string> environment_;
    std::vector<char*> argument_pointers_;
    std::vector<char*> environment_pointers_;
    std::string disk_options_;
    std::string uid_map_;
    std::string gid_map_;
};

std::array<int, 2> make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    return ends;
}

// A pipe as a shell makes it, full.
std::array<int, 2> make_full_pipe() {
    const auto ends = make_pipe();
    ::fcntl(ends[1], F_SETFL, O_NONBLOCK);
    const std::string block(4096, 'x');
    while (::write(ends[1], block.data(), block.size()) > 0) {
    }
    ::fcntl(ends[1], F_SETFL, 0);
    return ends;
}

// Appends what has come; false at the end.
bool take(int file, std::string& text, std::mutex& mutex) {
    std::array<char, 16384> bytes{};
    const ssize_t size = ::read(file, bytes.data(), bytes.size());
    if (size <= 0) return false;
    const std::lock_guard lock(mutex);
    text.append(bytes.data(), static_cast<std::size_t>(size));
    return true;
}

// The URL in the line that says where an API listens; empty when it isn't there yet.
Launch serving(const Folder& folder, Launch launch) {
    auto arguments = serve_arguments(folder.data());
    arguments.insert(arguments.end(), launch.arguments.begin(), launch.arguments.end());
    launch.arguments = std::move(arguments);
    launch.working_folder = folder.path();
    return launch;
}

}  // namespace

bool eventually(const std::function<bool()>& condition, std::chrono::milliseconds at_most) {
    const auto deadline = std::chrono::steady_clock::now() + at_most;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
}

std::string url_in(const std::string& log, const std::string& api) {
    const auto line = log.find(R"("message":"listening","api":")" + api + "\"");
    if (line == std::string::npos) return {};
    constexpr std::string_view before = R"("url":")";
    const auto url = log.find(before, line);
    if (url == std::string::npos) return {};
    const auto end = log.find('"', url + before.size());
    if (end == std::string::npos) return {};
    return log.substr(url + before.size(), end - url - before.size());
}

Folder::Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "yardstick-e2e-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
}

Folder::~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

Process::Process(const Launch& launch) {
    const auto out = make_pipe();
    const auto err = make_pipe();
    const Launch told = on_engines(launch);
    if (launch.log_unread) unread_ = make_full_pipe();
    Plan plan(told, out[1], launch.log_unread ? unread_[1] : err[1]);
    pid_ = ::fork();
    if (pid_ == 0) plan.follow();
    ::close(out[1]);
    ::close(err[1]);
    if (pid_ < 0) throw std::runtime_error("no process");
    process_ = ::pidfd_open(pid_, 0);
    reader_ = std::thread([this, out, err] { listen_to(out[0], err[0]); });
}

Process::~Process() {
    if (!exit_code_) {
        signal(SIGKILL);
        wait();
    }
    reader_.join();
    ::close(process_);
    for (const int end : unread_) {
        if (end >= 0) ::close(end);
    }
}

void Process::listen_to(int out, int err) {
    std::array<pollfd, 2> files{{{out, POLLIN, 0}, {err, POLLIN, 0}}};
    while (files[0].fd >= 0 || files[1].fd >= 0) {
        if (::poll(files.data(), files.size(), -1) < 0) continue;
        for (std::size_t i = 0; i < files.size(); ++i) {
            if (files[i].fd < 0 || files[i].revents == 0) continue;
            if (!take(files[i].fd, i == 0 ? output_ : log_, mutex_)) {
                ::close(std::exchange(files[i].fd, -1));
            }
        }
        changed_.notify_all();
    }
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
}

void Process::signal(int number) const {
    // By the descriptor: it can't hit another process that got the same id.
    if (process_ >= 0) ::pidfd_send_signal(process_, number, nullptr, 0);
}

bool Process::has_ended() const {
    pollfd ended{process_, POLLIN, 0};
    return ::poll(&ended, 1, 0) == 1;
}

std::optional<int> Process::wait(std::chrono::milliseconds at_most) {
    if (exit_code_) return exit_code_;
    pollfd ended{process_, POLLIN, 0};
    if (::poll(&ended, 1, static_cast<int>(at_most.count())) != 1) return std::nullopt;
    int status = 0;
    if (::waitpid(pid_, &status, 0) != pid_) return std::nullopt;
    exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    expect_no_sanitizer_report(pid_);
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return closed_; });
    return exit_code_;
}

void Process::limit_files(std::optional<std::uint64_t> bytes) const {
    const rlimit limit{bytes.value_or(RLIM_INFINITY), RLIM_INFINITY};
    if (::prlimit(pid_, RLIMIT_FSIZE, &limit, nullptr) != 0) throw std::runtime_error("prlimit");
}

std::uint64_t Process::resident_bytes_max() const {
    std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("VmHWM:")) return std::stoull(line.substr(6)) * 1024;
    }
    return 0;
}

std::string Process::output() const {
    const std::lock_guard lock(mutex_);
    return output_;
}

std::string Process::log() const {
    const std::lock_guard lock(mutex_);
    return log_;
}

bool Process::wait_for_log(const std::function<bool(const std::string&)>& condition,
                           std::chrono::milliseconds at_most) const {
    std::unique_lock lock(mutex_);
    bool holds = false;
    changed_.wait_for(lock, at_most, [&] {
        holds = condition(log_);
        return holds || closed_;
    });
    return holds;
}

Finished run(const Launch& launch) {
    constexpr std::chrono::seconds run_max{60};  // a build with a sanitizer takes its time
    Process process(launch);
    const auto code = process.wait(run_max);
    if (!code) throw std::runtime_error("the program does not end: " + process.log());
    return {*code, process.output(), process.log()};
}

std::vector<std::string> serve_arguments(const std::filesystem::path& data) {
    return {"serve",          "--data",       data.string(),
            "--write-listen", "127.0.0.1:0",  "--read-listen",
            "127.0.0.1:0",    "--log-format", "json"};
}

bool can_mount_small_disk() {
    const Folder folder;
    return run({.arguments = {"--version"},
                .small_disk = folder.path(),
                .small_disk_bytes = 65'536})
               .exit_code == 0;
}

Server::Server(const Folder& folder, Launch launch) {
    if (is_lambda()) {
        launch.environment.insert({"YARDSTICK_ACCESS_LOG", "true"});
        parts_ = std::make_unique<Parts>(folder, launch.environment);
        urls_ = parts_->urls();
    } else {
        begin(serving(folder, std::move(launch)));
    }
}

Server::Server(const Launch& launch) {
    begin(launch);
}

Server::~Server() = default;

void Server::begin(const Launch& launch) {
    process_ = std::make_unique<Process>(launch);
    process_->wait_for_log([this](const std::string& log) {
        urls_ = {url_in(log, "write"), url_in(log, "read")};
        return !urls_.write.empty() && !urls_.read.empty();
    });
    if (urls_.read.empty()) throw std::runtime_error("the program does not listen: " + log());
    // There the projector makes the views before anything is read.
    if (is_distributed()) await_views();
}

void Server::await_views() const {
    http::Client client(urls_.read);
    if (!eventually([&] { return client.get("/-/ready").status == 200; })) {
        throw std::runtime_error("the views do not come: " + log());
    }
}

Process& Server::process() {
    return parts_ ? parts_->process(Part::write_api) : *process_;
}

std::string Server::log() const {
    if (!parts_) return process_->log();
    std::string all;
    for (const Part part : all_parts) all += parts_->process(part).log();
    return all;
}

void Server::kill() {
    if (parts_) {
        for (const Part part : all_parts) parts_->kill(part);
        return;
    }
    process_->signal(SIGKILL);
    process_->wait();
}

std::optional<int> Server::terminate(std::chrono::milliseconds at_most) {
    if (parts_) {
        std::optional<int> code = 0;
        for (const Part part : all_parts) {
            const auto ended = parts_->terminate(part);
            if (ended != 0) code = ended;
        }
        return code;
    }
    process_->signal(SIGTERM);
    return process_->wait(at_most);
}

std::uint16_t Server::port_of(const std::string& url) {
    return static_cast<std::uint16_t>(std::stoul(url.substr(url.rfind(':') + 1)));
}

}  // namespace e2e
