#include "es/dynamodb/shard_reader.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "es/errors.hpp"

namespace es::dynamodb {

using std::chrono::steady_clock;

ShardReader::ShardReader(const StreamAccess& access, const DynamoDbStreamFeedOptions& options,
                         StreamCheckpoint from)
    : access_(access), options_(options), position_(std::move(from)), began_(options.clock()) {}

bool ShardReader::all_done() const {
    return std::ranges::all_of(position_.shards,
                               [](const auto& shard) { return shard.second.done(); });
}

bool ShardReader::discover() {
    if (steady_clock::now() < next_discovery_) return false;
    listed_ = access_.shards(position_.stream);
    if (const auto lost = lost_shard(listed_, position_)) {
        throw es::Trimmed("the stream has lost its shard " + *lost + " before it was read");
    }
    next_discovery_ = steady_clock::now() + options_.discover_every;
    const bool changed = adopt(listed_, position_);
    std::erase_if(cursors_,
                  [this](const auto& known) { return !position_.shards.contains(known.first); });
    return changed;
}

// Those that have waited longest come first.
std::vector<std::string> ShardReader::by_patience() const {
    std::vector<std::string> shards = readable_shards(listed_, position_);
    std::ranges::sort(shards, {}, [this](const std::string& id) {
        const auto cursor = cursors_.find(id);
        const bool asked = cursor != cursors_.end();
        return std::pair(asked ? cursor->second.next : steady_clock::time_point(), id);
    });
    return shards;
}

bool ShardReader::round(std::size_t limit, const WaitUntil& wait_until,
                        std::vector<es::RecordedEvent>& events) {
    const std::vector<std::string> shards = by_patience();
    bool moved = false;
    std::string trouble;
    for (std::size_t at = 0; at < shards.size() && events.size() < limit;) {
        const std::size_t end = std::min(at + options_.shards_at_once, shards.size());
        std::vector<ShardQuestion> questions;
        steady_clock::time_point allowed{};
        for (std::size_t i = at; i < end; ++i) {
            const Cursor& cursor = cursors_[shards[i]];
            allowed = std::max(allowed, cursor.next);
            questions.push_back({shards[i], position_.shards.at(shards[i]), cursor.iterator});
        }
        if (!wait_until(allowed)) return moved;
        const auto asked = steady_clock::now();
        auto answers = access_.ask(position_.stream, questions, limit - events.size());
        for (std::size_t i = 0; i < answers.size(); ++i) {
            cursors_[questions[i].shard].next = asked + options_.shard_pause;
            moved |= take(questions[i].shard, answers[i], events);
            if (!answers[i].trouble.empty()) trouble = answers[i].trouble;
        }
        at = end;
    }
    // Events of other shards are returned first; a shard that can't be read is read again.
    if (!trouble.empty() && !moved) throw es::Unavailable(trouble);
    mark_polled();
    return moved;
}

// Whether the shard's position moved.
bool ShardReader::take(const std::string& shard, ShardAnswer& answer,
                       std::vector<es::RecordedEvent>& events) {
    const bool covered = position_.shards.at(shard).kind == ShardPosition::Kind::covered;
    if (answer.trimmed && !covered) {
        throw es::Trimmed("the stream has lost records of its shard " + shard + ": " +
                          answer.trouble);
    }
    Cursor& cursor = cursors_[shard];
    if (!answer.trouble.empty()) {
        cursor.iterator.clear();
        if (!std::exchange(cursor.troubled, true) && options_.log) {
            options_.log("The shard " + shard + " can't be read: " + answer.trouble + ".");
        }
        return false;
    }
    cursor.troubled = false;
    cursor.asked = true;
    cursor.iterator = std::move(answer.page.next_iterator);
    std::ranges::move(answer.page.events, std::back_inserter(events));
    ShardPosition& position = position_.shards.at(shard);
    if (cursor.iterator.empty()) {
        position = {.kind = ShardPosition::Kind::done};
        next_discovery_ = {};  // for its children
        return true;
    }
    if (answer.page.last_sequence.empty()) return false;
    position = {.kind = ShardPosition::Kind::after, .after = answer.page.last_sequence};
    return true;
}

// A shard that waits for its parent delays this: its first records may have been dropped already.
void ShardReader::mark_polled() {
    for (const auto& [id, position] : position_.shards) {
        if (position.done()) continue;
        const auto cursor = cursors_.find(id);
        if (cursor == cursors_.end() || !cursor->second.asked) return;
    }
    position_.polled = began_;
    began_ = options_.clock();
    for (auto& [id, cursor] : cursors_) cursor.asked = false;
}

steady_clock::time_point ShardReader::next_round() const {
    auto next = next_discovery_;
    for (const std::string& id : readable_shards(listed_, position_)) {
        const auto cursor = cursors_.find(id);
        next = std::min(
            next, cursor == cursors_.end() ? steady_clock::time_point() : cursor->second.next);
    }
    return next;
}

}  // namespace es::dynamodb
