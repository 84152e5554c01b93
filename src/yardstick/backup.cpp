#include "yardstick/backup.hpp"

#include <cstdint>
#include <iostream>
#include <optional>
#include <string>

#include "base/progress.hpp"
#include "kpi/metric.hpp"
#include "stores/sqlite/event_backup.hpp"
#include "stores/sqlite/event_check.hpp"
#include "yardstick/exit_codes.hpp"

namespace yardstick {
namespace {

using base::grouped;

// A bar that learns from the work itself how much of it there is.
class Bar {
public:
    Bar(std::string doing, std::string unit) : doing_(std::move(doing)), unit_(std::move(unit)) {}
    auto shown() {
        return [this](std::uint64_t done, std::uint64_t of) {
            if (!progress_) progress_.emplace(doing_, unit_, of);
            progress_->reached(done);
        };
    }
    void end() { progress_.reset(); }

private:
    std::string doing_;
    std::string unit_;
    std::optional<base::Progress> progress_;
};

void decode(const es::RecordedEvent& event) {
    static_cast<void>(kpi::metric_codec().decode(event));
}

std::string counted(std::uint64_t number, const std::string& one) {
    return grouped(number) + " " + one + (number == 1 ? "" : "s");
}

std::string extent_of(const stores::EventCheck& check) {
    return counted(check.events, "event") + " in " + counted(check.streams, "stream");
}

int tell_faults(const stores::EventCheck& check, const std::filesystem::path& file) {
    for (const auto& fault : check.faults) std::cout << to_string(fault) << "\n";
    if (check.faults_total > check.faults.size()) {
        std::cout << "and " << grouped(check.faults_total - check.faults.size()) << " more\n";
    }
    std::cerr << "yardstick: " << file.string() << " has " << counted(check.faults_total, "fault")
              << " in " << extent_of(check) << ".\n";
    return exit_differences;
}

}  // namespace

int backup(const std::filesystem::path& data, const std::filesystem::path& file) {
    Bar bar("backup", "pages");
    const auto made = stores::backup_events(data, file, bar.shown());
    bar.end();
    std::cout << counted(made.events, "event") << " copied to " << file.string() << " ("
              << grouped(made.bytes) << " bytes)\n";
    return exit_done;
}

int restore(const RestoreCommand& command) {
    Bar copying("copy", "pages");
    Bar checking("check", "events");
    stores::RestoreOptions options;
    options.decode = decode;
    options.other_store = command.force;
    options.on_copy = copying.shown();
    options.on_check = [&, show = checking.shown()](std::uint64_t done, std::uint64_t of) {
        copying.end();
        show(done, of);
    };
    const auto restored = stores::restore_events(command.data, command.file, options);
    copying.end();
    checking.end();
    if (!restored.check.sound()) return tell_faults(restored.check, command.file);
    std::cout << extent_of(restored.check) << " restored from " << command.file.string();
    if (restored.kept) {
        std::cout << "; those that were there are kept in " << restored.kept->string();
    }
    std::cout << "\n";
    return exit_done;
}

int verify(const std::filesystem::path& data, const std::filesystem::path& file) {
    const auto target = file.empty() ? data / "events.db" : file;
    Bar bar("verify", "events");
    const auto check = stores::check_events(target, {decode, bar.shown()});
    bar.end();
    if (!check.sound()) return tell_faults(check, target);
    std::cout << extent_of(check) << ", all sound\n";
    return exit_done;
}

}  // namespace yardstick
