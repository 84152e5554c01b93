#include "es/memory_event_store.hpp"

#include <algorithm>
#include <chrono>

namespace es {
namespace {

constexpr const char* partition = "memory";

std::size_t position_of(const Checkpoints& checkpoints) {
    const auto found = checkpoints.find(partition);
    return found == checkpoints.end() ? 0 : std::stoul(found->second);
}

}  // namespace

void MemoryEventStore::append(std::vector<Append> batch, OnOutcome on_outcome) {
    for (std::size_t i = 0; i < batch.size(); ++i) {
        AppendOutcome outcome;
        {
            const std::lock_guard lock(mutex_);
            outcome = append_locked(std::move(batch[i]));
        }
        appended_.notify_all();
        on_outcome(i, std::move(outcome));
    }
}

AppendOutcome MemoryEventStore::append_locked(Append append) {
    if (!is_whole(append)) {
        return {AppendStatus::not_stored, 0, "an append whose versions don't follow"};
    }
    const auto found = streams_.find(append.stream);
    const auto current = found == streams_.end() ? 0 : static_cast<Version>(found->second.size());
    if (current != append.expected) return {AppendStatus::conflict, current, ""};
    for (auto& event : append.events) {
        streams_[append.stream].push_back(log_.size());
        log_.push_back(std::move(event));
    }
    return {AppendStatus::stored, 0, ""};
}

void MemoryEventStore::read(std::vector<ReadRequest> batch, OnStream on_stream) {
    for (std::size_t i = 0; i < batch.size(); ++i) {
        ReadResult result;
        {
            const std::lock_guard lock(mutex_);
            const auto found = streams_.find(batch[i].stream);
            const auto after = static_cast<std::size_t>(batch[i].after);
            if (found != streams_.end() && after < found->second.size()) {
                const auto& indexes = found->second;
                const std::size_t end = std::min(indexes.size(), after + batch[i].limit);
                for (std::size_t at = after; at < end; ++at) {
                    result.events.push_back(log_[indexes[at]]);
                }
                result.more = end < indexes.size();
            }
        }
        on_stream(i, std::move(result));
    }
}

FeedBatch MemoryEventFeed::poll(const Checkpoints& after, std::size_t limit,
                                std::chrono::milliseconds wait) {
    std::unique_lock lock(store_.mutex_);
    const std::size_t begin = position_of(after);
    store_.appended_.wait_for(lock, wait, [&] { return woken_ || store_.log_.size() > begin; });
    woken_ = false;
    FeedBatch batch;
    const std::size_t end = std::min(store_.log_.size(), begin + limit);
    for (std::size_t at = begin; at < end; ++at) batch.events.push_back(store_.log_[at]);
    if (end > begin) batch.reached[partition] = std::to_string(end);
    return batch;
}

void MemoryEventFeed::wake() {
    {
        const std::lock_guard lock(store_.mutex_);
        woken_ = true;
    }
    store_.appended_.notify_all();
}

Lag MemoryEventFeed::lag(const Checkpoints& checkpoints) {
    const std::lock_guard lock(store_.mutex_);
    const std::size_t position = position_of(checkpoints);
    Lag lag;
    if (position >= store_.log_.size()) return lag;
    lag.events = store_.log_.size() - position;
    const auto now =
        std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    lag.age = std::max(std::chrono::milliseconds(0), now - store_.log_[position].occurred_on);
    return lag;
}

PlacedEvents MemoryEventOrder::after(std::int64_t position, std::size_t limit) {
    const std::lock_guard lock(store_.mutex_);
    PlacedEvents page;
    const auto size = static_cast<std::int64_t>(store_.log_.size());
    for (auto at = position + 1; at <= size && page.events.size() < limit; ++at) {
        page.events.push_back({at, store_.log_[static_cast<std::size_t>(at - 1)]});
    }
    page.more = !page.events.empty() && page.events.back().position < size;
    return page;
}

PlacedEvents MemoryEventOrder::before(std::optional<std::int64_t> position, std::size_t limit) {
    const std::lock_guard lock(store_.mutex_);
    PlacedEvents page;
    const auto end = static_cast<std::int64_t>(store_.log_.size()) + 1;
    for (auto at = std::min(position.value_or(end), end) - 1; at > 0 && page.events.size() < limit;
         --at) {
        page.events.push_back({at, store_.log_[static_cast<std::size_t>(at - 1)]});
    }
    page.more = !page.events.empty() && page.events.back().position > 1;
    return page;
}

std::int64_t MemoryEventOrder::last_position() {
    const std::lock_guard lock(store_.mutex_);
    return static_cast<std::int64_t>(store_.log_.size());
}

}  // namespace es
