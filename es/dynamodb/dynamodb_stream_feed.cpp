#include "es/dynamodb/dynamodb_stream_feed.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

#include "es/dynamodb/dynamodb_table.hpp"
#include "es/dynamodb/shard_reader.hpp"
#include "es/dynamodb/stream_access.hpp"
#include "es/dynamodb/stream_checkpoint.hpp"
#include "es/errors.hpp"

namespace es {
namespace {

using dynamodb::ShardReader;
using dynamodb::StreamCheckpoint;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

class DynamoDbStreamFeed : public EventFeed {
public:
    DynamoDbStreamFeed(aws::JsonClient& tables, aws::JsonClient& streams, std::string table,
                       DynamoDbStreamFeedOptions options)
        : tables_(tables),
          table_(std::move(table)),
          options_(std::move(options)),
          access_(streams, table_, options_.call_time) {}

    FeedBatch poll(const Checkpoints& after, std::size_t limit, milliseconds wait) override;
    // The start of each shard of the table's stream.
    Checkpoints current_position() override;
    // Counts at most one page of each shard.
    Lag lag(const Checkpoints& checkpoints) override;

    void wake() override {
        const std::lock_guard lock(mutex_);
        woken_ = true;
        wakes_.notify_all();
    }

private:
    // The ARN of the table's current stream. Throws Unavailable if the table has no stream.
    std::string current_stream();
    // A reader that continues from there: the last one, if that is its position.
    std::unique_ptr<ShardReader> reader_at(const Checkpoints& after);
    FeedBatch read_on(ShardReader& reader, std::size_t limit, steady_clock::time_point until);
    [[nodiscard]] bool too_old(const StreamCheckpoint& checkpoint) const {
        return options_.clock() - checkpoint.polled > options_.keep;
    }
    // False: wake() was called, and the poll must end.
    bool wait_until(steady_clock::time_point time) {
        std::unique_lock lock(mutex_);
        return !wakes_.wait_until(lock, time, [this] { return woken_; });
    }
    void obey_wake() {
        const std::lock_guard lock(mutex_);
        woken_ = false;
    }
    Lag count_behind(StreamCheckpoint checkpoint);

    aws::JsonClient& tables_;
    const std::string table_;
    const DynamoDbStreamFeedOptions options_;
    const dynamodb::StreamAccess access_;

    std::mutex mutex_;
    std::condition_variable wakes_;
    bool woken_ = false;  // guarded by mutex_

    // The polling thread's: a reader, and the checkpoints that poll() returned last.
    std::unique_ptr<ShardReader> reader_;
    Checkpoints handed_out_;
    TimePoint polled_told_{};

    std::mutex lag_mutex_;
    // Guards the rest. A failure is repeated for as long as a number: callers rarely wait for a
    // service that hangs.
    Lag lag_;
    std::string lag_failure_;
    std::optional<steady_clock::time_point> lag_counted_;
};

std::string DynamoDbStreamFeed::current_stream() {
    const TableDescription table = describe_table(tables_, table_, {.call = options_.call_time});
    if (table.stream.empty() || !table.new_images) {
        throw Unavailable("the table '" + table_ +
                          "' has no stream of new images (yardstick create-table switches it "
                          "on)");
    }
    return table.stream;
}

Checkpoints DynamoDbStreamFeed::current_position() {
    StreamCheckpoint checkpoint{.stream = current_stream(), .polled = options_.clock()};
    adopt(access_.shards(checkpoint.stream), checkpoint);
    for (auto& [id, position] : checkpoint.shards) {
        position.kind = dynamodb::ShardPosition::Kind::covered;
    }
    return checkpoints_at(checkpoint);
}

std::unique_ptr<ShardReader> DynamoDbStreamFeed::reader_at(const Checkpoints& after) {
    // Taken out: after an exception nothing continues from its position.
    auto reader = std::exchange(reader_, nullptr);
    if (reader && after == handed_out_) return reader;
    auto from = dynamodb::checkpoint_in(after);
    if (!from) throw Trimmed("there is no checkpoint of the stream, or it can't be read");
    // Events that were recorded while the table had no stream are in neither stream.
    if (from->stream != current_stream()) throw Trimmed("the table has another stream now");
    polled_told_ = from->polled;
    return std::make_unique<ShardReader>(access_, options_, *std::move(from));
}

FeedBatch DynamoDbStreamFeed::poll(const Checkpoints& after, std::size_t limit, milliseconds wait) {
    const auto until = steady_clock::now() + wait;
    auto reader = reader_at(after);
    if (too_old(reader->position())) {
        throw Trimmed("the stream was not read to its end for too long");
    }
    FeedBatch batch = read_on(*reader, std::max(limit, std::size_t{1}), until);
    handed_out_ = batch.reached.empty() ? after : batch.reached;
    reader_ = std::move(reader);
    return batch;
}

FeedBatch DynamoDbStreamFeed::read_on(ShardReader& reader, std::size_t limit,
                                      steady_clock::time_point until) {
    FeedBatch batch;
    for (;;) {
        bool moved = reader.discover();
        if (!moved) {
            // A stream that was switched off ends; another one may replace it.
            if (reader.all_done() && current_stream() != reader.position().stream) {
                throw Trimmed("the table has another stream now");
            }
            moved =
                reader.round(limit, [this](auto time) { return wait_until(time); }, batch.events);
        }
        const TimePoint polled = reader.position().polled;
        if (moved || polled - polled_told_ >= options_.mark_every) {
            polled_told_ = polled;
            batch.reached = checkpoints_at(reader.position());
            return batch;
        }
        const auto next = std::min(until, reader.next_round());
        if (!wait_until(next)) {
            obey_wake();
            return batch;
        }
        if (steady_clock::now() >= until) return batch;
    }
}

Lag DynamoDbStreamFeed::lag(const Checkpoints& checkpoints) {
    auto checkpoint = dynamodb::checkpoint_in(checkpoints);
    if (!checkpoint) throw Unavailable("it is unknown yet how far the views are");
    const std::lock_guard lock(lag_mutex_);
    if (!lag_counted_ || steady_clock::now() - *lag_counted_ >= options_.lag_every) {
        lag_failure_.clear();
        try {
            lag_ = count_behind(*std::move(checkpoint));
        } catch (const std::exception& error) {  // Trimmed, Unavailable
            lag_failure_ = error.what();
        }
        lag_counted_ = steady_clock::now();
    }
    if (!lag_failure_.empty()) throw Unavailable(lag_failure_);
    return lag_;
}

Lag DynamoDbStreamFeed::count_behind(StreamCheckpoint checkpoint) {
    adopt(access_.shards(checkpoint.stream), checkpoint);
    std::vector<dynamodb::ShardQuestion> open;
    for (const auto& [id, position] : checkpoint.shards) {
        if (!position.done()) open.push_back({id, position});
    }
    Lag lag;
    auto first = TimePoint::max();
    for (std::size_t at = 0; at < open.size(); at += options_.shards_at_once) {
        const auto begin = open.begin() + static_cast<std::ptrdiff_t>(at);
        const auto end = open.begin() + static_cast<std::ptrdiff_t>(
                                            std::min(at + options_.shards_at_once, open.size()));
        for (const auto& answer : access_.ask(checkpoint.stream, {begin, end}, 1'000)) {
            if (!answer.trouble.empty()) throw Unavailable(answer.trouble);
            lag.events += answer.page.events.size();
            for (const auto& event : answer.page.events) {
                // An event that can't be read has no time.
                if (event.occurred_on != TimePoint()) first = std::min(first, event.occurred_on);
            }
        }
    }
    if (first != TimePoint::max()) lag.age = std::max(options_.clock() - first, milliseconds(0));
    return lag;
}

}  // namespace

std::unique_ptr<EventFeed> dynamodb_stream_feed(aws::JsonClient& tables, aws::JsonClient& streams,
                                                std::string table,
                                                DynamoDbStreamFeedOptions options) {
    return std::make_unique<DynamoDbStreamFeed>(tables, streams, std::move(table),
                                                std::move(options));
}

}  // namespace es
