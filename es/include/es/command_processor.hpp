// Takes commands from many threads, decides them one after another for each stream, stores the
// events and answers. This is the way of every write:
//
//     es::CommandProcessor<Account> processor(store);
//     processor.submit({.stream = "account-1", .command = Deposit{50}},
//                      [](es::CommandResult result) { ... });
//
// What it promises, for any store that keeps the promises of es/testing/event_store_suite.hpp:
// a command is answered once; `recorded` means durable; commands on one stream are decided one
// after another; no answer rests on state that is not proved (see Shard).
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "es/shard.hpp"

namespace es {

template <AggregateState T>
class CommandProcessor {
public:
    using Command = CommandOf<T>;

    // Throws std::logic_error where an event of the domain has no codec.
    explicit CommandProcessor(EventStore& store, ProcessorOptions options = {})
        : options_(std::move(options)) {
        codec_of<T>().require_complete();
        for (std::size_t i = 0; i < std::max<std::size_t>(1, options_.shards); ++i) {
            shards_.push_back(std::make_unique<Shard<T>>(store, options_, counters_));
        }
    }

    // Any thread. `on_result` is called exactly once, on a shard's thread or (when overloaded)
    // before submit returns; it must not block.
    void submit(CommandRequest<Command> request, OnResult on_result) {
        const std::size_t shard = std::hash<StreamId>{}(request.stream) % shards_.size();
        shards_[shard]->submit(std::move(request), std::move(on_result));
    }

    // Answers everything that was submitted, then ends the threads. The store must still work.
    void stop() {
        for (auto& shard : shards_) shard->stop();
    }

    [[nodiscard]] std::size_t waiting() const {
        std::size_t count = 0;
        for (const auto& shard : shards_) count += shard->waiting();
        return count;
    }
    [[nodiscard]] const ProcessorCounters& counters() const { return counters_; }

private:
    ProcessorOptions options_;
    ProcessorCounters counters_;
    std::vector<std::unique_ptr<Shard<T>>> shards_;
};

}  // namespace es
