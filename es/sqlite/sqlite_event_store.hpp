// Events in one SQLite file, events.db, written by this process alone. An append is on disk when
// it is answered.
//
//     es::SqliteEventStore store("/var/lib/yardstick");
//     es::append_one(store, {"account-1", 0, {opened}});
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "es/event_store.hpp"

namespace es {

class CommitSignal;

struct SqliteEventStoreOptions {
    // What this process is, for those who find the store in use ("serve").
    std::string role = {};
    // Told of every commit; for feeds in the same process.
    std::shared_ptr<CommitSignal> signal = nullptr;
    // Called when the disk failed to keep what it was given: nothing more can be promised. It
    // should not return; by default it prints the reason to stderr and ends the process. If it
    // does return, the store answers everything with not_stored, and that append with unknown.
    std::function<void(std::string)> on_fatal = nullptr;
    // Called for what a person should know, e.g. that the disk is full.
    std::function<void(std::string)> log = nullptr;
    // Called once with what of the file was looked at before it was used; not for a new one.
    std::function<void(std::string)> on_checked = nullptr;
};

// Appends settle before append() returns, reads before read() returns. Beyond the interface's
// promise, a batch may hold several appends to one stream: they are carried out in order, in one
// transaction, so that events of many streams can be recorded in an order of their own.
class SqliteEventStore : public es::EventStore {
public:
    // Makes the folder and the file when they are missing. Throws es::InUse: another process (or
    // object) owns the store; es::Unusable: the file is of a newer format, another program's,
    // damaged, lacks events that were acknowledged, or can't be opened.
    explicit SqliteEventStore(const std::filesystem::path& folder,
                              SqliteEventStoreOptions options = {});
    ~SqliteEventStore() override;

    void append(std::vector<es::Append> batch, OnOutcome on_outcome) override;
    void read(std::vector<es::ReadRequest> batch, OnStream on_stream) override;
    [[nodiscard]] bool sole_writer() const override { return true; }

    // Made with the file: a copy has the same, a new store another.
    [[nodiscard]] const std::string& identity() const;
    // The command id of the event at a position (as in the feed's checkpoint), nullopt when there
    // is no such event. Any thread. Throws es::Unavailable.
    std::optional<std::string> command_at(std::int64_t position);
    // Whether it can be read now and could be written the last time. Cheap; any thread.
    bool healthy();

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace es
