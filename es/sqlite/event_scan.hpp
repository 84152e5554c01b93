// All events of one snapshot, stream by stream in the order of versions: for what is built as a
// whole, where each stream is then folded once and written once. Private to this room.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "es/event_feed.hpp"
#include "es/sqlite/connection.hpp"

namespace es::sqlite {

// Which events are wanted; the position is the feed's.
using Wanted = std::function<bool(const es::RecordedEvent&, std::int64_t position)>;

// A feed that ends. SQLite sorts the events, in a temporary file where they are many. Of their
// metadata they carry the actor only.
class EventScan : public es::EventFeed {
public:
    // Throws NotReady, es::Unusable, Error.
    explicit EventScan(const std::filesystem::path& file, Wanted wanted = nullptr);

    // The next events, whatever `after` is. The last batch reaches the head; nothing follows
    // it. Throws es::Unavailable.
    es::FeedBatch poll(const es::Checkpoints& after, std::size_t limit,
                       std::chrono::milliseconds wait) override;
    void wake() override {}
    es::Lag lag(const es::Checkpoints&) override { return {}; }

private:
    es::FeedBatch next(std::size_t limit);
    void enter_stream(std::int64_t stream);

    const Wanted wanted_;
    Connection connection_;
    Transaction one_moment_;
    Statement events_;
    Statement name_;
    std::int64_t head_ = 0;
    Rows rows_;
    std::int64_t stream_ = 0;
    es::StreamId name_of_stream_;
    bool ended_ = false;
};

}  // namespace es::sqlite
