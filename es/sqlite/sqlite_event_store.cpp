#include "es/sqlite.hpp"

#include <atomic>
#include <mutex>
#include <optional>
#include <utility>

#include "es/errors.hpp"
#include "es/sqlite/commit_signal.hpp"
#include "es/sqlite/data_folder.hpp"
#include "es/sqlite/event_file.hpp"
#include "es/sqlite/event_start.hpp"
#include "es/sqlite/event_writer.hpp"
#include "es/sqlite/high_water.hpp"

namespace es {

using Outcomes = std::vector<es::AppendOutcome>;

class SqliteEventStore::Impl {
public:
    Impl(const std::filesystem::path& folder, SqliteEventStoreOptions options);
    ~Impl();

    Outcomes append(const std::vector<es::Append>& batch);
    void tend_log();
    es::ReadResult read(const es::ReadRequest& request);
    bool healthy();
    std::string reopen();

    [[nodiscard]] const std::string& identity() const { return identity_; }
    [[nodiscard]] const std::shared_ptr<CommitSignal>& signal() const { return signal_; }
    sqlite::EventFile& file() { return file_; }

private:
    // These expect the mutex to be held.
    sqlite::EventWriter& writer();
    void require_same_file();
    void keep_in_mind();
    Outcomes failed(std::size_t count, const sqlite::Error& error);
    void give_up(const sqlite::Error& error);

    void log(const std::string& line) const {
        if (options_.log) options_.log(line);
    }

    SqliteEventStoreOptions options_;
    const std::shared_ptr<CommitSignal> signal_ = std::make_shared<CommitSignal>();
    const std::filesystem::path folder_;
    sqlite::FileLock lock_;
    sqlite::EventFile file_;
    std::string identity_;
    std::unique_ptr<sqlite::HighWaterMark> high_water_;
    std::optional<sqlite::EventFile::Mark> mark_;  // of the file that was opened

    std::mutex mutex_;
    // When this process last wrote the file itself; the log is another file.
    std::filesystem::file_time_type written_at_;
    std::unique_ptr<sqlite::EventWriter> writer_;  // none after an error, until it is needed again
    bool dead_ = false;                            // a sync failed
    // What a failed commit left isn't settled yet: what is read now might not last.
    std::atomic<bool> unsettled_ = false;
    std::atomic<bool> write_failed_ = false;
    // Somebody replaced or spoilt the file, and why; until the next start.
    std::atomic<bool> replaced_ = false;
    std::string why_replaced_;
};

namespace {

std::filesystem::path made(const std::filesystem::path& folder) {
    sqlite::make_data_folder(folder);
    return folder;
}

Outcomes all(std::size_t count, es::AppendStatus status, const std::string& reason) {
    return {count, es::AppendOutcome{status, 0, reason}};
}

}  // namespace

SqliteEventStore::Impl::Impl(const std::filesystem::path& folder, SqliteEventStoreOptions options)
    : options_(std::move(options)),
      folder_(folder),
      lock_(made(folder), sqlite::events_lock, options_.role, "writes its events"),
      file_(sqlite::event_file_in(folder)) {
    if (!options_.on_fatal) options_.on_fatal = sqlite::end_process;
    const std::string checked = sqlite::examine_events(folder, options_.witnesses);
    if (!checked.empty() && options_.on_checked) options_.on_checked(checked);
    try {
        writer();
        identity_ = file_.use([](sqlite::EventQueries& queries) { return queries.identity(); });
        high_water_ = std::make_unique<sqlite::HighWaterMark>(folder);
        high_water_->reach({identity_, writer_->last_position()});
    } catch (const sqlite::Error& error) {
        throw es::Unusable("The event store " + file_.path().string() +
                           " can't be opened: " + error.what() + ".");
    } catch (const es::Unavailable& error) {
        throw es::Unusable("The event store " + file_.path().string() +
                           " can't be read: " + error.what() + ".");
    }
}

SqliteEventStore::Impl::~Impl() {
    try {
        require_same_file();
        if (writer_) writer_->close();
    } catch (const es::Unusable&) {
        log("The event store's log was left as it is: it is not for the file that is there now.");
    } catch (const sqlite::Error& error) {
        log(std::string("The event store's log was left as it is: ") + error.what());
    }
}

sqlite::EventWriter& SqliteEventStore::Impl::writer() {
    require_same_file();
    if (!writer_) {
        writer_ = std::make_unique<sqlite::EventWriter>(file_.path());
        if (!mark_) mark_ = file_.identify();
        keep_in_mind();
        unsettled_ = false;
        if (write_failed_.exchange(false)) log("The event store can be written again.");
    }
    return *writer_;
}

void SqliteEventStore::Impl::keep_in_mind() {
    std::error_code ignored;
    written_at_ = std::filesystem::last_write_time(file_.path(), ignored);
}

// Once opened it must stay the same file: another one in its place is another store, and what is
// added to the old one would be lost. A file that somebody else has written is looked through.
// Throws es::Unusable.
void SqliteEventStore::Impl::require_same_file() {
    if (!mark_) return;
    if (!replaced_ && file_.identify() != mark_) {
        why_replaced_ = file_.path().string() + " is gone, or was replaced by another one.";
        replaced_ = true;
    }
    std::error_code error;
    const auto written_at = std::filesystem::last_write_time(file_.path(), error);
    if (!replaced_ && written_at != written_at_) {
        log("Another program has written " + file_.path().string() + "; it is looked through.");
        try {
            sqlite::examine_events(folder_, options_.witnesses);
            written_at_ = written_at;
        } catch (const es::Unusable& unusable) {
            why_replaced_ = unusable.what();
            replaced_ = true;
        }
    }
    if (!replaced_) return;
    if (writer_) log("Nothing more is recorded or read: " + why_replaced_);
    writer_.reset();  // and leaves the log as it is
    throw es::Unusable(why_replaced_);
}

Outcomes SqliteEventStore::Impl::append(const std::vector<es::Append>& batch) {
    Outcomes outcomes;
    {
        const std::lock_guard lock(mutex_);
        if (dead_) return all(batch.size(), es::AppendStatus::not_stored, "the disk failed");
        try {
            outcomes = writer().append(batch);
            high_water_->reach({identity_, writer_->last_position()});
        } catch (const sqlite::Error& error) {
            return failed(batch.size(), error);
        } catch (const es::Unusable& error) {  // the file was replaced
            write_failed_ = true;
            return all(batch.size(), es::AppendStatus::not_stored, error.what());
        } catch (const std::exception& error) {  // e.g. out of memory
            const bool committing = writer_ && writer_->committing();
            writer_.reset();
            unsettled_ = unsettled_ || committing;
            write_failed_ = true;
            return all(batch.size(),
                       committing ? es::AppendStatus::unknown : es::AppendStatus::not_stored,
                       error.what());
        }
    }
    signal_->committed();
    return outcomes;
}

Outcomes SqliteEventStore::Impl::failed(std::size_t count, const sqlite::Error& error) {
    const bool committing = writer_ && writer_->committing();
    writer_.reset();
    if (error.sync_failed()) {
        give_up(error);
        return all(count, es::AppendStatus::unknown, error.what());
    }
    if (!write_failed_.exchange(true)) {
        log(std::string("The event store can't be written: ") + error.what());
    }
    // A full disk has refused a part of the transaction, and without all of it there is none. After
    // another error the last part may have arrived.
    if (!committing || error.disk_full()) {
        return all(count, es::AppendStatus::not_stored, error.what());
    }
    unsettled_ = true;
    return all(count, es::AppendStatus::unknown, error.what());
}

// After a failed sync the kernel may hold as clean what never reached the disk, and a second sync
// would succeed: only a new start, reading from the disk, tells what is there.
void SqliteEventStore::Impl::give_up(const sqlite::Error& error) {
    dead_ = true;
    unsettled_ = true;
    writer_.reset();
    options_.on_fatal(
        std::string("The disk failed to keep the event store, so this process ends: ") +
        error.what());
}

void SqliteEventStore::Impl::tend_log() {
    const std::lock_guard lock(mutex_);
    if (!writer_) return;
    try {
        writer_->tend_log();
        keep_in_mind();
    } catch (const sqlite::Error& error) {
        keep_in_mind();
        if (error.sync_failed()) return give_up(error);
        writer_.reset();
        log(std::string("The event store's log can't be moved to its file: ") + error.what());
    }
}

// Looks whether the file is still ours, and opens the writer after an error, which settles what
// that left. Empty, or why it can't be.
std::string SqliteEventStore::Impl::reopen() {
    const std::lock_guard lock(mutex_);
    if (dead_) return "the disk failed";
    try {
        writer();
        return {};
    } catch (const sqlite::Error& error) {
        if (error.sync_failed()) give_up(error);
        return error.what();
    } catch (const std::exception& error) {
        return error.what();
    }
}

es::ReadResult SqliteEventStore::Impl::read(const es::ReadRequest& request) {
    // An answer that is decided on another store's events would be wrong.
    if (unsettled_ || replaced_ || file_.identify() != mark_) {
        if (std::string why = reopen(); !why.empty()) {
            return {es::ReadStatus::unavailable, {}, false, std::move(why)};
        }
    }
    return file_.read(request);
}

bool SqliteEventStore::Impl::healthy() {
    if (write_failed_ || unsettled_ || replaced_ || file_.identify() != mark_) {
        if (!reopen().empty()) return false;
    } else if (const std::unique_lock lock(mutex_, std::try_to_lock); lock) {
        try {
            require_same_file();
        } catch (const es::Unusable&) {
            return false;
        }
    }
    try {
        file_.use([](sqlite::EventQueries& queries) { return queries.last_position(); });
        return true;
    } catch (const es::Unavailable&) {
        return false;
    }
}

SqliteEventStore::SqliteEventStore(const std::filesystem::path& folder,
                                   SqliteEventStoreOptions options)
    : impl_(std::make_unique<Impl>(folder, std::move(options))) {}

SqliteEventStore::~SqliteEventStore() = default;

void SqliteEventStore::append(std::vector<es::Append> batch, OnOutcome on_outcome) {
    if (batch.empty()) return;
    Outcomes outcomes = impl_->append(batch);
    for (std::size_t i = 0; i < outcomes.size(); ++i) on_outcome(i, std::move(outcomes[i]));
    impl_->tend_log();  // when those who wait have their answers
}

void SqliteEventStore::read(std::vector<es::ReadRequest> batch, OnStream on_stream) {
    for (std::size_t i = 0; i < batch.size(); ++i) on_stream(i, impl_->read(batch[i]));
}

std::shared_ptr<CommitSignal> SqliteEventStore::signal() const {
    return impl_->signal();
}

const std::string& SqliteEventStore::identity() const {
    return impl_->identity();
}

std::optional<std::string> SqliteEventStore::command_at(std::int64_t position) {
    return impl_->file().use(
        [&](sqlite::EventQueries& queries) { return queries.command_at(position); });
}

bool SqliteEventStore::healthy() {
    return impl_->healthy();
}

}  // namespace es
