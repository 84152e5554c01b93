// Takes commands from many threads, decides them one after another for each stream, stores the
// events and answers. This is the way of every write:
//
//     es::CommandProcessor<Account> accounts(store);
//     auto answer = accounts.ask("ada", Deposited{50}, {.key = "k1"});        // waits
//     auto later = accounts.send("ada", Deposited{50});                       // std::future
//     accounts.submit({.stream = "ada", .command = Deposited{50}},
//                     [](es::CommandResult result) { ... });
//
// What it promises, for any store that keeps the promises of es/testing/event_store_suite.hpp:
// a command is answered once; `recorded` means durable; commands on one stream are decided one
// after another; no answer rests on state that is not proved (see Shard).
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "es/shard.hpp"

namespace es {

// What a caller may say besides the command.
struct AskOptions {
    // A repeat with the same key and the same content is recorded once, and answered as the first
    // time (`replayed`).
    std::string key{};
    std::optional<Version> expected_version{};
    std::string actor{};
    ExtraMetadata extra{};  // correlation, causation and the like: kept with the events
    std::chrono::milliseconds patience = command_time_default;  // how long it may take
    // Fingerprint of the content. Empty: made from the event that is proposed. A domain with
    // commands of its own gives one with each key.
    std::string digest{};
};

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

    // Waits for the answer. Throws std::logic_error on a shard's thread (in a domain's function, or
    // in a callback of submit()), which would wait for itself; else as send().
    CommandResult ask(StreamId stream, Command command, AskOptions options = {}) {
        if (is_shard_thread) {
            throw std::logic_error("ask() on a shard's own thread would wait for itself");
        }
        return send(std::move(stream), std::move(command), std::move(options)).get();
    }

    // Any thread. Throws std::invalid_argument: a key without a digest, where none can be made, or
    // extra metadata beyond its limits.
    std::future<CommandResult> send(StreamId stream, Command command, AskOptions options = {}) {
        if (auto fault = fault_in(options.extra); !fault.empty()) {
            throw std::invalid_argument(fault);
        }
        CommandRequest<Command> request;
        if (!options.key.empty() && options.digest.empty()) {
            try {
                options.digest = digest_of(command);
            } catch (const NeedsDigest&) {
                throw;
            } catch (...) {
                return answered({CommandStatus::failed, 0, {}, current_error()});
            }
        }
        request.stream = std::move(stream);
        request.command = std::move(command);
        request.expected_version = options.expected_version;
        request.idempotency_key = std::move(options.key);
        request.digest = std::move(options.digest);
        request.actor = std::move(options.actor);
        request.extra = std::move(options.extra);
        request.deadline =
            std::chrono::steady_clock::now() +
            std::clamp<std::chrono::milliseconds>(options.patience, {}, command_time_max);
        auto promise = std::make_shared<std::promise<CommandResult>>();
        auto answer = promise->get_future();
        submit(std::move(request),
               [promise](CommandResult result) { promise->set_value(std::move(result)); });
        return answer;
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
    struct NeedsDigest : std::invalid_argument {
        using std::invalid_argument::invalid_argument;
    };

    static std::future<CommandResult> answered(CommandResult result) {
        std::promise<CommandResult> promise;
        promise.set_value(std::move(result));
        return promise.get_future();
    }

    static std::string digest_of(const Command& command) {
        if constexpr (DecidesCommands<T>) {
            throw NeedsDigest("a command with a key needs a digest");
        } else {
            auto encoded = codec_of<T>().encode(command);
            return encoded.type + " " + encoded.payload;
        }
    }

    ProcessorOptions options_;
    ProcessorCounters counters_;
    std::vector<std::unique_ptr<Shard<T>>> shards_;
};

}  // namespace es
