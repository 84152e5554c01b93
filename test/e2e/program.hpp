// Runs the real program in a process of its own: starts it, reads from its log where it listens,
// stops or kills it, and never leaves it behind.
//
//     e2e::Folder folder;
//     e2e::Server server(folder);              // `yardstick serve`, ready to answer
//     server.kill();                           // kill -9
//     e2e::Server again(folder);
//     EXPECT_EQ(again.terminate(), 0);         // SIGTERM, and its exit code
#pragma once

#include <sys/types.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "http/client.hpp"

namespace e2e {

// How long anything may take that should come at once; generous, for a busy machine.
inline constexpr std::chrono::milliseconds patience{15'000};

// Waits for a condition; false when it does not come true in time.
bool eventually(const std::function<bool()>& condition,
                std::chrono::milliseconds at_most = patience);

// A folder of its own for a test, removed at its end.
class Folder {
public:
    Folder();
    ~Folder();
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    [[nodiscard]] std::filesystem::path data() const { return path_ / "data"; }

private:
    std::filesystem::path path_;
};

// Where an environment variable is not given here, the program has none, whatever the test has.
struct Launch {
    std::vector<std::string> arguments = {};
    std::filesystem::path working_folder = "/";
    std::map<std::string, std::string> environment = {};
    std::filesystem::path input = {};   // a file that becomes its standard input
    std::filesystem::path output = {};  // a file that takes its standard output, e.g. /dev/full
    // Its stderr is a pipe that is full and that nobody reads: log() stays empty.
    bool log_unread = false;
    // No file may grow beyond this (see Process::limit_files).
    std::optional<std::uint64_t> file_bytes_max = {};
    // So many files it may have open, and can't raise that.
    std::optional<std::uint64_t> open_files_max = {};
    // A disk of this size is mounted on the folder, seen by this process alone.
    std::filesystem::path small_disk = {};
    std::uint64_t small_disk_bytes = 0;
};

class Process {
public:
    explicit Process(const Launch& launch);
    ~Process();  // kills it
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    [[nodiscard]] pid_t pid() const { return pid_; }
    void signal(int number) const;
    // Whether it has. Any thread.
    [[nodiscard]] bool has_ended() const;
    // The exit code, or minus the number of the signal that ended it; nullopt when it still runs.
    std::optional<int> wait(std::chrono::milliseconds at_most = patience);

    // Lets no file grow beyond this many bytes from now on; nullopt: any size.
    void limit_files(std::optional<std::uint64_t> bytes) const;
    // The most that it kept in memory so far; 0 once it has ended.
    [[nodiscard]] std::uint64_t resident_bytes_max() const;

    // What it has written so far; complete once wait() gave the exit code.
    [[nodiscard]] std::string output() const;  // stdout
    [[nodiscard]] std::string log() const;     // stderr
    // Waits until the condition holds for the log, or the process has closed it.
    bool wait_for_log(const std::function<bool(const std::string&)>& condition,
                      std::chrono::milliseconds at_most = patience) const;

private:
    void listen_to(int out, int err);

    std::array<int, 2> unread_{-1, -1};  // the pipe of Launch::log_unread
    pid_t pid_ = -1;
    int process_ = -1;  // pidfd
    std::optional<int> exit_code_;
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    std::string output_;
    std::string log_;
    bool closed_ = false;
    std::thread reader_;
};

struct Finished {
    int exit_code;
    std::string output;
    std::string errors;
};
// Runs the program to its end; a failure of the test when it doesn't end.
Finished run(const Launch& launch);

// Where the two APIs listen: "http://127.0.0.1:40123".
struct Urls {
    std::string write;
    std::string read;
};

// The URL that the program's log (in JSON) says this API ("write", "read", "projector") listens at;
// empty as long as it doesn't.
std::string url_in(const std::string& log, const std::string& api);

class Parts;

// `yardstick serve` over folder.data(), both APIs on ports of their own. In the set-up with a
// function (set_up.hpp), the parts of it.
class Server {
public:
    // Waits until it listens. Throws std::runtime_error with its log when it doesn't.
    explicit Server(const Folder& folder, Launch launch = {});
    // As it is told, which must be to serve with a log in JSON.
    explicit Server(const Launch& launch);
    ~Server();

    [[nodiscard]] const Urls& urls() const { return urls_; }
    operator const Urls&() const { return urls_; }
    [[nodiscard]] const std::string& write_url() const { return urls_.write; }
    [[nodiscard]] const std::string& read_url() const { return urls_.read; }
    [[nodiscard]] std::uint16_t write_port() const { return port_of(urls_.write); }
    [[nodiscard]] std::uint16_t read_port() const { return port_of(urls_.read); }

    Process& process();                     // where there are parts: the write API
    [[nodiscard]] std::string log() const;  // of all
    void kill();                            // kill -9, and waits for its end
    // SIGTERM, and its exit code; nullopt when it does not end in time.
    std::optional<int> terminate(std::chrono::milliseconds at_most = std::chrono::seconds(5));

private:
    void begin(const Launch& launch);
    static std::uint16_t port_of(const std::string& url);
    void await_views() const;

    std::unique_ptr<Parts> parts_;
    std::unique_ptr<Process> process_;  // where it is one
    Urls urls_;
};

// Whether this machine lets a process mount a disk that it alone sees (Launch::small_disk).
bool can_mount_small_disk();

// The arguments of `serve` as Server gives them.
std::vector<std::string> serve_arguments(const std::filesystem::path& data);

}  // namespace e2e
