// The one connection that writes events.db. Private to this room; one thread at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "es/event_store.hpp"
#include "es/sqlite/connection.hpp"
#include "es/sqlite/log_keeper.hpp"

namespace es::sqlite {

class EventWriter {
public:
    // Makes the file when it is missing, and settles what an earlier writer left: see settle().
    // Throws es::Unusable or Error.
    explicit EventWriter(const std::filesystem::path& file);

    // Outcomes of a batch that is stored as one transaction. Throws Error; the object must then
    // be thrown away, and `committing()` tells whether it can have been stored all the same.
    std::vector<es::AppendOutcome> append(const std::vector<es::Append>& batch);
    [[nodiscard]] bool committing() const { return committing_; }

    std::string identity();
    // Of the last event that was stored.
    [[nodiscard]] std::int64_t last_position() const { return last_position_; }

    // Checkpoints when it is due. Throws Error.
    void tend_log() { log_.tend(); }
    void close() { log_.truncate(); }

private:
    void settle();
    es::AppendOutcome append_one(const es::Append& append);
    void insert(std::int64_t stream, std::int64_t previous, const es::RecordedEvent& event);

    Connection connection_;
    LogKeeper log_;
    Statement head_;
    Statement add_stream_;
    Statement move_head_;
    Statement add_event_;
    Statement add_landmark_;
    std::int64_t last_position_ = 0;
    bool committing_ = false;
};

}  // namespace es::sqlite
