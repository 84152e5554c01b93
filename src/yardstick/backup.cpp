#include "yardstick/backup.hpp"

#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <iostream>
#include <optional>
#include <string>
#include <system_error>

#include "base/progress.hpp"
#include "es/errors.hpp"
#include "es/sqlite/event_backup.hpp"
#include "es/sqlite/event_check.hpp"
#include "es/sqlite/event_file.hpp"
#include "es/sqlite/lost_events.hpp"
#include "kpi/metric.hpp"
#include "views/sqlite/event_restore.hpp"
#include "views/sqlite/event_witnesses.hpp"
#include "yardstick/engines.hpp"
#include "yardstick/exit_codes.hpp"
#include "yardstick/folder_access.hpp"
#include "yardstick/folder_owner.hpp"

namespace yardstick {
namespace {

using base::grouped;

// The standard input or output in the place of a file.
constexpr const char* standard_stream = "-";

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

std::string extent_of(const es::sqlite::EventCheck& check) {
    return counted(check.events, "event") + " in " + counted(check.streams, "stream");
}

int tell_faults(const es::sqlite::EventCheck& check, const std::string& name) {
    for (const auto& fault : check.faults) std::cout << to_string(fault) << "\n";
    if (check.faults_total > check.faults.size()) {
        std::cout << "and " << grouped(check.faults_total - check.faults.size()) << " more\n";
    }
    std::cerr << "yardstick: " << name << " has " << counted(check.faults_total, "fault") << " in "
              << extent_of(check) << ".\n";
    return exit_differences;
}

// Of a folder's events. A file of its own shows nothing of what is missing at its end.
std::string missing_in(const std::filesystem::path& data) {
    try {
        return es::sqlite::missing_at_rest(data, views::event_witnesses());
    } catch (const es::Unavailable&) {
        return {};  // it is damaged, and the check says how
    } catch (const es::Unusable&) {
        return {};
    }
}

}  // namespace

int backup(const std::filesystem::path& data, const std::filesystem::path& file) {
    const bool streams = file == standard_stream;
    if (streams && ::isatty(STDOUT_FILENO) != 0) {
        throw WrongUsage(
            "A backup is no text for a terminal: redirect the output, or name a file.");
    }
    Bar bar("backup", "pages");
    es::sqlite::EventBackup made;
    if (streams) {
        ::signal(SIGPIPE, SIG_IGN);  // the write says so
        act_as_owner_of(data);
        made =
            es::sqlite::stream_backup(data, STDOUT_FILENO, views::event_witnesses(), bar.shown());
    } else {
        refuse_in_data_folder(file, data);
        made = es::sqlite::backup_events(data, file, views::event_witnesses(), bar.shown());
    }
    bar.end();
    (streams ? std::cerr : std::cout) << counted(made.events, "event") << " copied to "
                                      << (streams ? std::string("the output") : file.string())
                                      << " (" << grouped(made.bytes) << " bytes)\n";
    return exit_done;
}

int restore(const RestoreCommand& command) {
    const bool streams = command.file == standard_stream;
    if (streams && ::isatty(STDIN_FILENO) != 0) {
        throw WrongUsage(
            "A backup is no text from a terminal: redirect the input, or name a file.");
    }
    Bar copying("copy", "pages");
    Bar checking("check", "events");
    views::RestoreOptions options;
    options.decode = decode;
    options.other_store = command.force;
    options.on_copy = copying.shown();
    options.on_check = [&, show = checking.shown()](std::uint64_t done, std::uint64_t of) {
        copying.end();
        show(done, of);
    };
    options.on_opened = [&] { act_as_owner_of(command.data); };
    const auto restored = streams ? views::restore_stream(command.data, STDIN_FILENO, options)
                                  : views::restore_events(command.data, command.file, options);
    copying.end();
    checking.end();
    const std::string name = streams ? "the input" : command.file.string();
    if (!restored.check.sound()) return tell_faults(restored.check, name);
    std::cout << extent_of(restored.check) << " restored from " << name;
    if (restored.kept) {
        std::cout << "; those that were there are kept in " << restored.kept->string();
    }
    if (restored.kept_views) {
        std::cout << ", and views that hold more than these in " << restored.kept_views->string();
    }
    std::cout << "\n";
    return exit_done;
}

int verify(const std::filesystem::path& data, const std::filesystem::path& file) {
    const auto target = file.empty() ? es::sqlite::event_file_in(data) : file;
    const std::string missing = file.empty() ? missing_in(data) : std::string();
    const auto tell_missing = [&] {
        std::cerr << "yardstick: " << target.string() << " " << missing << ".\n";
        return exit_differences;
    };
    std::error_code ignored;
    if (file.empty() && !std::filesystem::exists(target, ignored) && !ignored) {
        if (!missing.empty()) return tell_missing();
        throw es::Unusable("There is no event store in " + data.string() + ".");
    }
    Bar bar("verify", "events");
    es::sqlite::EventCheck check;
    try {
        check = es::sqlite::check_events(target, {decode, bar.shown()});
    } catch (const es::Unusable&) {
        if (!missing.empty()) return tell_missing();
        throw;
    }
    bar.end();
    if (!check.sound()) return tell_faults(check, target.string());
    std::cout << extent_of(check) << (missing.empty() ? ", all sound\n" : ", each sound\n");
    return missing.empty() ? exit_done : tell_missing();
}

}  // namespace yardstick
