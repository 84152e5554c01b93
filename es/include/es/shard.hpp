// One thread that owns a part of the streams: it takes the commands that wait, reads in one batch
// what it lacks, decides, appends in one batch (one append for each stream), and answers each
// command when what its answer rests on is stored. No stream ever has two appends in flight, so one
// process never conflicts with itself. What is decided, and when, is shard_machine.hpp's.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <iterator>
#include <mutex>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "es/event_store.hpp"
#include "es/invariant.hpp"
#include "es/shard_machine.hpp"

namespace es {

// Whether this is the thread of a shard, which nobody may keep waiting.
inline thread_local bool is_shard_thread = false;

template <AggregateState T>
class Shard {
public:
    using Machine = ShardMachine<T>;
    using Command = CommandOf<T>;

    Shard(EventStore& store, const ProcessorOptions& options, ProcessorCounters& counters)
        : store_(store),
          options_(options),
          counters_(counters),
          machine_(options, counters, [&store] { return store.sole_writer(); }),
          thread_([this] { run(); }) {}

    ~Shard() { stop(); }

    void submit(CommandRequest<Command> request, OnResult on_result) {
        if (request.deadline == std::chrono::steady_clock::time_point{}) {
            request.deadline = std::chrono::steady_clock::now() + command_time_default;
        }
        const char* why = "too many commands are waiting";
        {
            const std::lock_guard lock(mutex_);
            if (stopping_) why = "the processor was stopped";
            if (!stopping_ && waiting() < options_.queue_max) {
                inbox_.push_back(Arrived{std::move(request), std::move(on_result)});
                ++arrived_count_;
                wake_locked();
                return;
            }
        }
        on_result({CommandStatus::overloaded, 0, {}, why});
    }

    // Finishes what was submitted; further commands are answered `overloaded`.
    void stop() {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
            wake_locked();
        }
        if (thread_.joinable()) thread_.join();
    }

    // Submitted and not answered yet.
    [[nodiscard]] std::size_t waiting() const { return arrived_count_ + machine_.open(); }

private:
    using Ticket = typename Machine::Ticket;

    struct Arrived {
        CommandRequest<Command> request;
        OnResult on_result;
    };
    struct ReadDone {
        Ticket ticket;
        ReadResult result;
    };
    struct AppendDone {
        Ticket ticket;
        AppendOutcome outcome;
    };
    using Message = std::variant<Arrived, ReadDone, AppendDone>;

    void run() {
        is_shard_thread = true;
        std::vector<Message> messages;
        while (receive(messages)) {
            machine_.drop_late_behind_store(std::chrono::steady_clock::now());
            for (Message& message : messages) {
                std::visit([this](auto& m) { this->handle(m); }, message);
            }
            messages.clear();
            send(machine_.step(std::chrono::steady_clock::now()));
        }
        machine_.end(std::chrono::steady_clock::now());
    }

    // Waits for messages; false when the shard is to end. Comes back without any now and then
    // while there is time to watch. Takes no more at a time than a round should hold.
    bool receive(std::vector<Message>& messages) {
        std::unique_lock lock(mutex_);
        const auto something = [this] { return !inbox_.empty() || (stopping_ && at_rest()); };
        sleeping_ = true;
        if (machine_.has_time_to_watch()) {
            arrived_.wait_for(lock, late_check_interval, something);
        } else {
            arrived_.wait(lock, something);
        }
        sleeping_ = false;
        if (inbox_.empty()) return !(stopping_ && at_rest());
        if (inbox_.size() <= options_.round_commands_max) {
            messages.swap(inbox_);
        } else {
            const auto end =
                inbox_.begin() + static_cast<std::ptrdiff_t>(options_.round_commands_max);
            messages.assign(std::make_move_iterator(inbox_.begin()), std::make_move_iterator(end));
            inbox_.erase(inbox_.begin(), end);
        }
        return true;
    }

    [[nodiscard]] bool at_rest() const { return waiting() == 0 && machine_.outstanding() == 0; }

    void wake_locked() {
        if (sleeping_) arrived_.notify_one();
    }

    void post(Message message) {
        const std::lock_guard lock(mutex_);
        inbox_.push_back(std::move(message));
        wake_locked();
    }

    void handle(Arrived& arrived) {
        machine_.take(std::move(arrived.request), std::move(arrived.on_result));
        --arrived_count_;
    }
    void handle(ReadDone& done) { machine_.read_done(done.ticket, std::move(done.result)); }
    void handle(AppendDone& done) { machine_.append_done(done.ticket, done.outcome); }

    void send(typename Machine::Work work) {
        if (!work.reads.empty()) {
            counters_.loads.fetch_add(work.reads.size(), std::memory_order_relaxed);
            store_.read(std::move(work.reads), [this, readers = std::move(work.readers)](
                                                   std::size_t index, ReadResult result) {
                post(ReadDone{readers[index], std::move(result)});
            });
        }
        for (const Append& append : work.appends) {
            invariant(is_whole(append), "the versions of an append follow its stream's");
        }
        if (!work.appends.empty()) {
            counters_.appends.fetch_add(work.appends.size(), std::memory_order_relaxed);
            store_.append(std::move(work.appends), [this, appenders = std::move(work.appenders)](
                                                       std::size_t index, AppendOutcome outcome) {
                post(AppendDone{appenders[index], std::move(outcome)});
            });
        }
    }

    EventStore& store_;
    const ProcessorOptions& options_;
    ProcessorCounters& counters_;

    mutable std::mutex mutex_;
    std::condition_variable arrived_;
    std::vector<Message> inbox_;
    std::atomic<std::size_t> arrived_count_{0};  // commands in the inbox
    bool stopping_ = false;
    bool sleeping_ = false;

    Machine machine_;     // the thread's
    std::thread thread_;  // last: it uses all of the above
};

}  // namespace es
