#include "es/sqlite/event_backup.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

#include "es/errors.hpp"
#include "es/sqlite/data_folder.hpp"
#include "es/sqlite/database_copy.hpp"
#include "es/sqlite/event_file.hpp"
#include "es/sqlite/lost_events.hpp"

namespace es::sqlite {
namespace {

// So many backups can be streamed at once.
constexpr int streams_max = 8;

// An event store, by the first bytes of its file (SQLite's file format: the application id is at
// 68).
bool is_event_store(const std::filesystem::path& file) {
    std::array<char, 72> head{};
    std::ifstream(file, std::ios::binary).read(head.data(), head.size());
    return std::string_view(head.data(), 15) == "SQLite format 3" &&
           std::string_view(head.data() + 68, 4) == "YsEv";
}

bool same_folder(const std::filesystem::path& one, const std::filesystem::path& other) {
    std::error_code ignored;
    return std::filesystem::equivalent(one, other, ignored);
}

// The data folder is no place for a copy, nor is anything but an earlier one to be replaced, nor
// any database that is in use: its log would be taken for the copy's.
void refuse_target(const std::filesystem::path& file, const std::filesystem::path& folder) {
    std::error_code ignored;
    if (same_folder(file.parent_path(), folder) || is_data_folder(file.parent_path())) {
        throw es::Unusable(file.string() + " is in a data folder: name a file elsewhere.");
    }
    if (std::filesystem::is_directory(file, ignored)) {
        throw es::Unusable(file.string() + " is a folder: name a file.");
    }
    const bool replaces = std::filesystem::exists(file, ignored);
    if (replaces && !(std::filesystem::is_regular_file(file, ignored) && is_event_store(file))) {
        throw es::Unusable(file.string() +
                           " is there, and is no earlier backup: name another file.");
    }
    for (const char* suffix : {log_suffix, journal_suffix}) {
        const auto log = beside(file, suffix);
        const auto size = std::filesystem::file_size(log, ignored);
        if (!ignored && size > 0) {
            throw es::Unusable(log.string() + " is in the way: it belongs to a database that is " +
                               "in use, and would spoil the copy.");
        }
    }
}

// An earlier backup is only replaced by one that holds as much of the same store.
void refuse_less(const std::filesystem::path& file, Connection& events) {
    if (!has_bytes(file)) return;
    std::string identity;
    std::int64_t last_position = 0;
    try {
        Connection earlier = open_ready(file);
        identity = identity_of(earlier);
        last_position = last_position_of(earlier);
    } catch (const NotReady&) {
        return;
    } catch (const Error& error) {
        if (error.damaged()) return;
        throw;
    }
    if (identity != identity_of(events)) {
        throw es::Unusable(file.string() +
                           " is a backup of another event store: name another file.");
    }
    const auto present = last_position_of(events);
    if (last_position > present) {
        throw es::Unusable(file.string() + " is a backup of " + std::to_string(last_position) +
                           " events, and there are " + std::to_string(present) +
                           " now: name another file.");
    }
}

struct Moment {
    std::string identity;
    std::int64_t last_position = 0;
};

Moment copy_now(Connection& events, const DraftFile& draft, const CopyProgress& on_progress) {
    const Transaction moment(events, Transaction::Kind::read);
    // The first question fixes what is seen.
    const Moment seen{identity_of(events), last_position_of(events)};
    copy_database(events, draft, on_progress);
    return seen;
}

void check_copy(const std::filesystem::path& file, const Moment& expected) {
    Connection copy = open_ready(file);
    Statement check = copy.prepare("PRAGMA quick_check(1)");
    Rows rows = check.ask();
    const std::string answer = rows.next() ? rows.text(0) : "no answer";
    if (answer != "ok") {
        throw es::Unusable("The copy isn't sound, and neither may be the events: " + answer + ".");
    }
    if (identity_of(copy) != expected.identity ||
        last_position_of(copy) != expected.last_position) {
        throw es::Unusable("The copy doesn't hold what the events held.");
    }
}

// Makes a checked copy.
EventBackup copy_to(const DraftFile& draft, Connection& events, const CopyProgress& on_progress) {
    const auto stored_before = last_position_of(events);
    const Moment moment = copy_now(events, draft, on_progress);
    if (moment.last_position < stored_before) {
        throw es::Unusable("The events went back while they were copied.");
    }
    check_copy(draft.path(), moment);
    return {static_cast<std::uint64_t>(moment.last_position),
            std::filesystem::file_size(draft.path())};
}

// What ends `work` as an exception of es.
template <class Work>
EventBackup translated(const std::filesystem::path& folder, const std::string& target, Work work) {
    try {
        return work();
    } catch (const NotReady&) {
        throw es::Unusable("There is no event store in " + folder.string() + ".");
    } catch (const Error& error) {
        throw es::Unavailable("The events in " + folder.string() + " can't be copied to " + target +
                              ": " + error.what() + ".");
    }
}

// Several may stream at once. What one that was killed leaves is taken over by the next.
std::unique_ptr<DraftFile> draft_to_stream(const std::filesystem::path& events) {
    for (int number = 1;; ++number) {
        auto name = beside(events, ".streaming");
        if (number > 1) name += "-" + std::to_string(number);
        try {
            return std::make_unique<DraftFile>(name);
        } catch (const BeingMade&) {
            if (number >= streams_max) throw;
        }
    }
}

void write_all(int output, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(output, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) {
            throw es::Unavailable(
                "The backup can't be written: " + std::generic_category().message(errno) + ".");
        }
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
}

}  // namespace

EventBackup backup_events(const std::filesystem::path& folder, const std::filesystem::path& target,
                          const EventWitnesses& witnesses, const CopyProgress& on_progress) {
    const auto file = resolved(target);
    return translated(folder, file.string(), [&] {
        // A copy of less than there was must not take the place of one of all.
        refuse_loss_at_rest(folder, witnesses);
        Connection events = open_ready(event_file_in(folder));
        refuse_target(file, folder);
        refuse_less(file, events);
        DraftFile draft(beside(file, ".partial"));
        const EventBackup made = copy_to(draft, events, on_progress);
        draft.put_in_place(file);
        return made;
    });
}

EventBackup stream_backup(const std::filesystem::path& folder, int output,
                          const EventWitnesses& witnesses, const CopyProgress& on_progress) {
    return translated(folder, "the output", [&] {
        const auto source = event_file_in(folder);
        refuse_loss_at_rest(folder, witnesses);
        Connection events = open_ready(source);
        const auto draft = draft_to_stream(source);
        const EventBackup made = copy_to(*draft, events, on_progress);
        draft->read([output](std::string_view bytes) { write_all(output, bytes); });
        return made;
    });
}

}  // namespace es::sqlite
