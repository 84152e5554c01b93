// Which process is the active projector of this database. The lease and the checkpoints are one
// document: a process that has lost the lease can't move the checkpoints any more. Private to this
// room.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "es/event_feed.hpp"
#include "views/mongodb/database.hpp"

namespace views::mongodb {

// Its document is {_id: "projector", epoch, term, holder, beat, checkpoints}. The epoch
// increases with each holder, and the beat while the holder lives. The term is random and of this
// holder alone: in a database that was emptied, epochs start at 1 again. The lease is free when the
// beat has not changed for the lease's time, by the clock of the process that waits for it; when
// the holder released it; and when the holder's process has ended on this machine. Any thread.
class ProjectorLease {
public:
    ProjectorLease(Database& database, std::chrono::milliseconds time);
    ~ProjectorLease();  // releases it

    [[nodiscard]] bool held();
    // Takes the lease if it is free now. Throws es::Unavailable.
    bool try_to_take();
    // As last read or saved by the holder.
    es::Checkpoints checkpoints();
    // Reads them again; nullopt when the lease was lost. Throws es::Unavailable.
    std::optional<es::Checkpoints> look();
    // For the holder. False when the lease was lost: nothing was changed. Throws es::Unavailable.
    bool save(const es::Checkpoints& checkpoints);

private:
    void begin_term(std::int64_t epoch, const std::string& term);
    [[nodiscard]] Bson own() const;
    bool create();
    bool take_over(const BsonView& found);
    [[nodiscard]] bool is_free(const BsonView& found);
    void beat();

    Database& database_;
    const std::chrono::milliseconds time_;
    const std::string me_;

    std::mutex mutex_;
    bool held_ = false;
    std::int64_t epoch_ = 0;
    std::string term_;
    es::Checkpoints checkpoints_;
    // Of another holder: epoch and beat, and since when they are unchanged.
    std::optional<std::pair<std::int64_t, std::int64_t>> seen_;
    std::chrono::steady_clock::time_point seen_since_;

    std::condition_variable stopped_;
    bool stopping_ = false;
    std::thread heart_;
};

// As any process has stored them. Throws es::Unavailable.
es::Checkpoints stored_checkpoints(Database& database);

// Removes the checkpoints if the lease is released: a Lambda function now writes the views, and
// saves none. Throws es::Unavailable.
void forget_idle_projector(Database& database);

}  // namespace views::mongodb
