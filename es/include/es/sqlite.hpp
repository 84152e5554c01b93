// Events on disk: in one SQLite file, events.db, in a folder. One process writes it, others may
// read it meanwhile. An append is on disk when it is answered.
//
//     es::SqliteEventStore store("./data");           // makes the folder when it is missing
//     es::CommandProcessor<bank::Account> accounts(store);
//     es::SqliteEventFeed feed("./data", store.signal());
//     es::Subscription follow(feed, checkpoints, on_event);
//
// A start looks the file over: a store that is damaged, or that lacks events that were
// acknowledged, is refused (es::Unusable) and left as it is.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "es/event_feed.hpp"
#include "es/event_order.hpp"
#include "es/event_store.hpp"

namespace es {

class CommitSignal;  // wakes the feeds of the same process after each commit

// An event that something outside of the store has seen, e.g. a stored view. If the store ends
// before that event, or has another one there, events were lost.
struct EventWitness {
    // Who has seen it, for the sentence "..., but NAME shows that there were 80"; without a
    // position "..., but NAME are there".
    std::string name;
    std::string identity;       // of the event store, see SqliteEventStore::identity()
    std::int64_t position = 0;  // of the event; 0: it saw events, and it isn't known which
    std::string command;        // SqliteEventStore::command_at() this position; empty: not known
};

// How a refusal ends: a sentence each.
struct LossAdvice {
    std::string when_lost = "Restore a backup.";
    std::string when_damaged = "Restore a backup.";
};

// What the program around a store knows of its events, and what it advises a person who must decide
// about a loss. The store itself always compares its events with events.mark, which it writes.
class EventWitnesses {
public:
    // Any thread. Throws es::Unavailable when they can't be asked now.
    using Look = std::function<std::vector<EventWitness>(const std::filesystem::path& folder)>;
    explicit EventWitnesses(Look look, LossAdvice advice = {})
        : look_(std::move(look)), advice_(std::move(advice)) {}
    // Nothing outside of the store has seen its events.
    static EventWitnesses none() {
        return EventWitnesses(
            [](const std::filesystem::path&) { return std::vector<EventWitness>(); });
    }

    [[nodiscard]] std::vector<EventWitness> in(const std::filesystem::path& folder) const {
        return look_(folder);
    }
    [[nodiscard]] const LossAdvice& advice() const { return advice_; }

private:
    Look look_;
    LossAdvice advice_;
};

struct SqliteEventStoreOptions {
    EventWitnesses witnesses;  // no default: whoever gives options says who has seen the events
    // What this process is, for those who find the store in use ("serve").
    std::string role = {};
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
class SqliteEventStore : public EventStore {
public:
    // Makes the folder and the file when they are missing. Throws es::InUse: another process (or
    // object) owns the store; es::Unusable: the file is of a newer format, another program's,
    // damaged, lacks events that were acknowledged, or can't be opened.
    explicit SqliteEventStore(const std::filesystem::path& folder)
        : SqliteEventStore(folder, {.witnesses = EventWitnesses::none()}) {}
    SqliteEventStore(const std::filesystem::path& folder, SqliteEventStoreOptions options);
    ~SqliteEventStore() override;

    void append(std::vector<Append> batch, OnOutcome on_outcome) override;
    void read(std::vector<ReadRequest> batch, OnStream on_stream) override;
    [[nodiscard]] bool sole_writer() const override { return true; }

    // For feeds in the same process.
    [[nodiscard]] std::shared_ptr<CommitSignal> signal() const;
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

// Reads an event store that another process may be writing: it never writes, and makes no file.
class SqliteEventReader : public EventStore {
public:
    // The store may still be missing: reads are `unavailable` until it is there. Throws
    // es::Unusable when it is of a newer format or another program's.
    explicit SqliteEventReader(const std::filesystem::path& folder);
    ~SqliteEventReader() override;

    // Answers not_stored.
    void append(std::vector<Append> batch, OnOutcome on_outcome) override;
    void read(std::vector<ReadRequest> batch, OnStream on_stream) override;
    [[nodiscard]] bool sole_writer() const override { return false; }

    // As SqliteEventStore's. Any thread. Throw es::Unavailable.
    std::string identity();
    std::optional<std::string> command_at(std::int64_t position);
    bool healthy();

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

// The events of an events.db in the order of their commits. One partition, "events"; its
// checkpoint is the last event's position, in decimal.
class SqliteEventFeed : public EventFeed {
public:
    // `signal`: that of the store when it is in the same process, and wakes the waiting poll.
    // Without one the file is looked at every few milliseconds. `clock` gives the time for the
    // lag's age.
    explicit SqliteEventFeed(const std::filesystem::path& folder,
                             std::shared_ptr<CommitSignal> signal = nullptr,
                             std::function<TimePoint()> clock = nullptr);
    ~SqliteEventFeed() override;

    // Both also throw es::Corrupt for a checkpoint that isn't this feed's, lag() also for one
    // beyond its last event.
    FeedBatch poll(const Checkpoints& after, std::size_t limit,
                   std::chrono::milliseconds wait) override;
    Lag lag(const Checkpoints& checkpoints) override;
    void wake() override;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

// The same events by position, which is that of the feed's checkpoints. As the reader, it never
// writes, and the file may still be missing.
class SqliteEventOrder : public EventOrder {
public:
    explicit SqliteEventOrder(const std::filesystem::path& folder);
    ~SqliteEventOrder() override;

    // All three also throw es::Corrupt, for an event whose stream has no name.
    PlacedEvents after(std::int64_t position, std::size_t limit) override;
    PlacedEvents before(std::optional<std::int64_t> position, std::size_t limit) override;
    std::int64_t last_position() override;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace es
