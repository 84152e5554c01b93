#include "views/mongodb/process_name.hpp"

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>

#include "base/text.hpp"

namespace views::mongodb {
namespace {

std::string machine() {
    std::ifstream file("/proc/sys/kernel/random/boot_id");
    std::string boot;
    std::getline(file, boot);
    std::error_code failed;
    const auto ids = std::filesystem::read_symlink("/proc/self/ns/pid", failed);
    return failed || boot.empty() ? std::string() : boot + " " + ids.string();
}

// When a process started, in the kernel's ticks; empty if that process is gone. It is the 22nd
// field of /proc/PID/stat, the 20th after the program's name in parentheses (proc(5)).
std::string start_of(const std::string& id) {
    constexpr int fields_after_the_name = 20;
    std::ifstream file("/proc/" + id + "/stat");
    std::string line;
    std::getline(file, line);
    const auto name_end = line.rfind(')');
    if (name_end == std::string::npos) return {};
    std::istringstream fields(line.substr(name_end + 1));
    std::string field;
    for (int i = 0; i < fields_after_the_name; ++i) fields >> field;
    return field;
}

}  // namespace

std::string own_process_name() {
    const std::string id = std::to_string(::getpid());
    return machine() + " " + id + " " + start_of(id);
}

bool has_ended(const std::string& name) {
    const std::string here = machine();
    if (here.empty() || !name.starts_with(here + " ")) return false;
    std::istringstream rest(name.substr(here.size() + 1));
    std::string id;
    std::string start;
    rest >> id >> start;
    if (id.empty() || start.empty()) return false;
    // Another user's process may be hidden.
    const std::string found = start_of(id);
    if (!found.empty()) return found != start;
    const auto number = static_cast<pid_t>(std::strtol(id.c_str(), nullptr, 10));
    return number > 0 && ::kill(number, 0) != 0 && errno == ESRCH;
}

}  // namespace views::mongodb
