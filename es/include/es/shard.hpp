// One thread that owns a part of the streams: it takes the commands that wait, reads in one batch
// what it lacks, decides, appends in one batch (one append for each stream), and answers each
// command when what its answer rests on is stored. No stream ever has two appends in flight, so one
// process never conflicts with itself.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "es/stream_state.hpp"

namespace es {

TimePoint system_time();          // of this machine's clock
std::string random_command_id();  // 128 random bits in hex. Any thread

struct ProcessorOptions {
    std::size_t shards = 1;
    // Commands that wait in one shard; beyond it they are answered `overloaded` at once.
    std::size_t queue_max = 10'000;
    // Memory for the states of streams without commands, in each shard, roughly.
    std::size_t cache_bytes_max = 64UL * 1024 * 1024;
    // Commands taken from the queue at a time: bounds how long one batch's append takes.
    std::size_t round_commands_max = 1'000;
    std::function<TimePoint()> clock = system_time;
    std::function<std::string()> make_command_id = random_command_id;  // unique for every call
    // Tells of what an operator should know (a store's failure, an unreadable stream). Any shard.
    std::function<void(const std::string&)> on_trouble = [](const std::string&) {};
};

// How often a shard that waits for its store looks for commands whose time is up.
inline constexpr std::chrono::milliseconds late_check_interval{100};

// How often a shard reports trouble, at most. What comes meanwhile is counted, and the last of it
// is reported then.
inline constexpr std::chrono::milliseconds trouble_interval{1'000};

struct ProcessorCounters {
    std::atomic<std::uint64_t> commands{0};   // taken
    std::atomic<std::uint64_t> appends{0};    // streams appended to
    std::atomic<std::uint64_t> conflicts{0};  // with writers outside
    std::atomic<std::uint64_t> loads{0};      // reads: pages of streams, single events
};

template <AggregateState T>
class Shard {
public:
    using State = StreamState<T>;
    using Command = CommandOf<T>;

    Shard(EventStore& store, const ProcessorOptions& options, ProcessorCounters& counters)
        : store_(store), options_(options), counters_(counters), thread_([this] { run(); }) {}

    ~Shard() { stop(); }

    void submit(CommandRequest<Command> request, OnResult on_result) {
        if (request.deadline == std::chrono::steady_clock::time_point{}) {
            request.deadline = std::chrono::steady_clock::now() + command_time_default;
        }
        {
            const std::lock_guard lock(mutex_);
            if (!stopping_ && open_commands_ < options_.queue_max) {
                inbox_.push_back(Arrived{std::move(request), std::move(on_result)});
                ++open_commands_;
                wake_locked();
                return;
            }
        }
        on_result({CommandStatus::overloaded, 0, {}, "too many commands are waiting"});
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
    [[nodiscard]] std::size_t waiting() const { return open_commands_; }

private:
    enum class Busy { no, loading, confirming, appending };

    struct Stream {
        explicit Stream(StreamId id) : state(std::move(id)) {}
        State state;
        Busy busy = Busy::no;
        bool loaded = false;
        bool ready = false;            // stands in ready_
        std::uint64_t read_began = 0;  // the last command that had arrived when it began
        typename State::Round in_flight;
        typename std::list<Stream*>::iterator place;  // in active_ or idle_
        bool idle = false;
        std::size_t idle_bytes = 0;
    };

    struct Arrived {
        CommandRequest<Command> request;
        OnResult on_result;
    };
    struct ReadDone {
        Stream* stream;
        ReadResult result;
    };
    struct AppendDone {
        Stream* stream;
        AppendOutcome outcome;
    };
    using Message = std::variant<Arrived, ReadDone, AppendDone>;

    void run() {
        std::vector<Message> messages;
        while (take(messages)) {
            drop_late_behind_store();
            for (Message& message : messages) {
                std::visit([this](auto& m) { this->handle(m); }, message);
            }
            messages.clear();
            step_ready();
            evict();
            tell_if_due();
        }
        next_trouble_ = {};
        tell_if_due();
    }

    // Waits for messages; false when the shard is to end. Comes back without any now and then
    // while the store owes an answer, so that commands behind it can be dropped in time, and while
    // there is trouble to report. Takes no more at a time than a round should hold.
    bool take(std::vector<Message>& messages) {
        std::unique_lock lock(mutex_);
        const auto something = [this] { return !inbox_.empty() || (stopping_ && at_rest()); };
        sleeping_ = true;
        if (outstanding_ == 0 && troubles_untold_ == 0) {
            arrived_.wait(lock, something);
        } else {
            arrived_.wait_for(lock, late_check_interval, something);
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

    [[nodiscard]] bool at_rest() const { return open_commands_ == 0 && outstanding_ == 0; }

    void wake_locked() {
        if (sleeping_) arrived_.notify_one();
    }

    void post(Message message) {
        const std::lock_guard lock(mutex_);
        inbox_.push_back(std::move(message));
        wake_locked();
    }

    void handle(Arrived& arrived) {
        counters_.commands.fetch_add(1, std::memory_order_relaxed);
        Stream& stream = find(arrived.request.stream);
        stream.state.waiting.push_back(
            {std::move(arrived.request), std::move(arrived.on_result), ++sequence_});
        make_ready(stream);
    }

    Stream& find(const StreamId& id) {
        auto& slot = streams_[id];
        if (!slot) {
            slot = std::make_unique<Stream>(id);
            slot->place = active_.insert(active_.end(), slot.get());
        } else if (slot->idle) {
            active_.splice(active_.end(), idle_, slot->place);
            idle_bytes_ -= slot->idle_bytes;
            slot->idle = false;
        }
        return *slot;
    }

    void make_ready(Stream& stream) {
        if (stream.ready || stream.busy != Busy::no) return;
        stream.ready = true;
        ready_.push_back(&stream);
    }

    // One step for every stream that has something to do: what they need from the store goes out
    // in one batched read and one batched append.
    void step_ready() {
        std::vector<ReadRequest> reads;
        std::vector<Stream*> readers;
        std::vector<Append> appends;
        std::vector<Stream*> appenders;
        const auto time = std::chrono::steady_clock::now();
        for (Stream* stream : std::exchange(ready_, {})) {
            stream->ready = false;
            drop_late(*stream, time);
            try {
                if (auto read = next_read(*stream, appends, appenders)) {
                    reads.push_back(*std::move(read));
                    readers.push_back(stream);
                } else if (stream->busy == Busy::no) {
                    rest(*stream);
                }
            } catch (...) {  // the clock's, or of the state's bytes()
                fail_waiting(*stream, CommandStatus::failed, "fails", current_error());
                forget(*stream);
                rest(*stream);
            }
        }
        send(std::move(reads), std::move(readers));
        send(std::move(appends), std::move(appenders));
    }

    // Decides what can be decided. Returns the read that the stream can't go on without; adds the
    // append that it made.
    std::optional<ReadRequest> next_read(Stream& stream, std::vector<Append>& appends,
                                         std::vector<Stream*>& appenders) {
        State& state = stream.state;
        while (!state.waiting.empty()) {
            if (!stream.loaded) return load(stream);
            auto round = state.decide(options_.clock(), options_.make_command_id);
            if (!round.events.empty()) {
                appends.push_back({state.id(), round.expected, std::move(round.events)});
                appenders.push_back(&stream);
                stream.in_flight = std::move(round);
                stream.busy = Busy::appending;
                return std::nullopt;
            }
            if (round.spoiled) forget(stream);
            if (!prove(stream, round)) return load(stream);
            if (round.needs_event) {
                stream.busy = Busy::confirming;
                return ReadRequest{state.id(), round.needs_event->version - 1, 1};
            }
        }
        return std::nullopt;
    }

    ReadRequest load(Stream& stream) {
        stream.busy = Busy::loading;
        stream.read_began = sequence_;
        return {stream.state.id(), stream.state.version()};
    }

    // Answers the commands of a round that appends nothing, as far as it is known that what they
    // were decided on was the latest when they had arrived. False: the rest wait again, to be
    // decided after a look at the store.
    bool prove(Stream& stream, typename State::Round& round) {
        const auto proved = [&](const auto& decided) {
            return store_.sole_writer() || decided.pending.sequence <= stream.state.proved_until;
        };
        for (auto& decided : round.decided) {
            if (proved(decided)) answer(decided.pending, std::move(decided.result));
        }
        const std::size_t before = stream.state.waiting.size();
        wait_again(stream, round, [&](const auto& decided) { return !proved(decided); });
        return stream.state.waiting.size() == before;
    }

    // Puts decided commands back, before those that wait, in their order.
    template <class Predicate>
    void wait_again(Stream& stream, typename State::Round& round, Predicate which) {
        for (auto it = round.decided.rbegin(); it != round.decided.rend(); ++it) {
            if (which(*it)) stream.state.waiting.push_front(std::move(it->pending));
        }
    }

    void drop_late(Stream& stream, std::chrono::steady_clock::time_point time) {
        auto& waiting = stream.state.waiting;
        for (auto it = waiting.begin(); it != waiting.end();) {
            if (it->request.deadline > time) {
                ++it;
                continue;
            }
            answer(*it,
                   {CommandStatus::overloaded, 0, {}, "its time was up before it was decided"});
            it = waiting.erase(it);
        }
    }

    // A stream that waits for its store is not stepped; its commands' time runs all the same, also
    // when their events are on their way.
    void drop_late_behind_store() {
        const auto time = std::chrono::steady_clock::now();
        if (outstanding_ == 0 || time < next_late_check_) return;
        next_late_check_ = time + late_check_interval;
        for (Stream* stream : active_) {
            if (stream->busy == Busy::no) continue;
            drop_late(*stream, time);
            give_up_late(*stream, time);
        }
    }

    // Answers those in flight whose time is up with what is known of them. The append goes on.
    void give_up_late(Stream& stream, std::chrono::steady_clock::time_point time) {
        auto& decided = stream.in_flight.decided;
        const auto is_late = [&](const auto& one) { return one.pending.request.deadline <= time; };
        if (std::ranges::none_of(decided, is_late)) return;
        const std::string why = "the time of its commands was up before it settled";
        tell("append to '" + stream.state.id() + "' is slow: " + why);
        for (auto& one : decided) {
            if (!is_late(one)) continue;
            const bool records = one.result.status == CommandStatus::recorded;
            answer(
                one.pending,
                {records ? CommandStatus::outcome_unknown : CommandStatus::overloaded, 0, {}, why});
        }
        std::erase_if(decided, is_late);
    }

    void send(std::vector<ReadRequest> reads, std::vector<Stream*> readers) {
        if (reads.empty()) return;
        outstanding_ += reads.size();
        counters_.loads.fetch_add(reads.size(), std::memory_order_relaxed);
        store_.read(std::move(reads),
                    [this, readers = std::move(readers)](std::size_t index, ReadResult result) {
                        post(ReadDone{readers[index], std::move(result)});
                    });
    }

    void send(std::vector<Append> appends, std::vector<Stream*> appenders) {
        if (appends.empty()) return;
        outstanding_ += appends.size();
        counters_.appends.fetch_add(appends.size(), std::memory_order_relaxed);
        store_.append(std::move(appends), [this, appenders = std::move(appenders)](
                                              std::size_t index, AppendOutcome outcome) {
            post(AppendDone{appenders[index], std::move(outcome)});
        });
    }

    void handle(ReadDone& done) {
        --outstanding_;
        Stream& stream = *done.stream;
        const Busy was = std::exchange(stream.busy, Busy::no);
        make_ready(stream);
        if (done.result.status == ReadStatus::unavailable) {
            // What was read so far still holds, and the next command's read goes on from there.
            fail_waiting(stream, CommandStatus::store_unavailable, "can't be read",
                         done.result.reason);
            return;
        }
        try {
            if (done.result.status == ReadStatus::corrupt) throw Corrupt(done.result.reason);
            if (was == Busy::confirming) {
                if (done.result.events.empty()) throw Corrupt("a stored event is gone");
                stream.state.confirm(std::move(done.result.events.front()));
                return;
            }
            stream.state.follow(done.result.events);
        } catch (const std::bad_alloc&) {  // says nothing of the stream
            fail_waiting(stream, CommandStatus::overloaded, "can't be read", "out of memory");
            forget(stream);
            return;
        } catch (...) {  // Corrupt, or whatever the domain's code throws at a stored event
            fail_waiting(stream, CommandStatus::parked, "can't be read", current_error());
            forget(stream);
            return;
        }
        if (done.result.more) {
            stream.loaded = false;
        } else {
            stream.loaded = true;
            stream.state.proved_until = stream.read_began;
        }
    }

    void fail_waiting(Stream& stream, CommandStatus status, const std::string& what,
                      const std::string& why) {
        tell("stream '" + stream.state.id() + "' " + what + ": " + why);
        for (auto& pending : std::exchange(stream.state.waiting, {})) {
            answer(pending, {status, 0, {}, why});
        }
    }

    // A store that fails does so for everybody: one line in a while, of the last, says enough.
    void tell(const std::string& trouble) {
        last_trouble_ = trouble;
        ++troubles_untold_;
        tell_if_due();
    }

    void tell_if_due() {
        if (troubles_untold_ == 0) return;
        const auto time = std::chrono::steady_clock::now();
        if (time < next_trouble_) return;
        next_trouble_ = time + trouble_interval;
        const std::size_t more = std::exchange(troubles_untold_, 0) - 1;
        try {
            options_.on_trouble(last_trouble_ + (more == 0
                                                     ? ""
                                                     : " (and " + std::to_string(more) +
                                                           " like it since the last such line)"));
        } catch (...) {  // NOLINT(bugprone-empty-catch): nobody is left to notify
        }
    }

    void forget(Stream& stream) {
        stream.state.forget();
        stream.loaded = false;
    }

    void handle(AppendDone& done) {
        --outstanding_;
        Stream& stream = *done.stream;
        stream.busy = Busy::no;
        make_ready(stream);
        auto round = std::exchange(stream.in_flight, {});
        switch (done.outcome.status) {
            case AppendStatus::stored:
                if (round.spoiled) forget(stream);
                for (auto& decided : round.decided) {
                    answer(decided.pending, std::move(decided.result));
                }
                return;
            case AppendStatus::conflict:
                counters_.conflicts.fetch_add(1, std::memory_order_relaxed);
                wait_again(stream, round, [](const auto&) { return true; });
                break;
            case AppendStatus::not_stored:
                fail_round(stream, round, CommandStatus::store_unavailable, done.outcome.reason);
                break;
            case AppendStatus::unknown:
                fail_round(stream, round, CommandStatus::outcome_unknown, done.outcome.reason);
                break;
        }
        forget(stream);
    }

    // The commands whose events were to be stored fail; those that only rested on these events are
    // decided again.
    void fail_round(Stream& stream, typename State::Round& round, CommandStatus status,
                    const std::string& why) {
        tell("append to '" + stream.state.id() + "' failed: " + why);
        const auto recorded = [](const auto& decided) {
            return decided.result.status == CommandStatus::recorded;
        };
        for (auto& decided : round.decided) {
            if (recorded(decided)) answer(decided.pending, {status, 0, {}, why});
        }
        wait_again(stream, round, [&](const auto& decided) { return !recorded(decided); });
    }

    void answer(typename State::Pending& pending, CommandResult result) {
        --open_commands_;
        const StreamId& id = pending.request.stream;
        if (result.status == CommandStatus::failed) {
            tell("a command on '" + id + "' failed: " + result.detail);
        }
        try {
            pending.on_result(std::move(result));
        } catch (...) {
            tell("the answer to a command on '" + id + "' was not taken: " + current_error());
        }
    }

    // Nothing to do for it: a candidate for eviction. A stream that isn't there is not worth
    // remembering: names come from outside, and any number of them. One that was read in part is:
    // a long one might else never be read to its end within the time of the commands that ask.
    void rest(Stream& stream) {
        stream.state.forget_confirmed();
        if (stream.state.version() == 0) {
            active_.erase(stream.place);
            streams_.erase(StreamId(stream.state.id()));
            return;
        }
        stream.idle_bytes = sizeof stream + stream.state.bytes();
        stream.idle = true;
        idle_.splice(idle_.end(), active_, stream.place);
        idle_bytes_ += stream.idle_bytes;
    }

    void evict() {
        while (idle_bytes_ > options_.cache_bytes_max && !idle_.empty()) {
            Stream* stream = idle_.front();
            idle_.pop_front();
            idle_bytes_ -= stream->idle_bytes;
            streams_.erase(StreamId(stream->state.id()));
        }
    }

    EventStore& store_;
    const ProcessorOptions& options_;
    ProcessorCounters& counters_;

    mutable std::mutex mutex_;
    std::condition_variable arrived_;
    std::vector<Message> inbox_;
    std::atomic<std::size_t> open_commands_{0};
    bool stopping_ = false;
    bool sleeping_ = false;

    // The rest belongs to the thread alone.
    std::unordered_map<StreamId, std::unique_ptr<Stream>> streams_;
    std::size_t outstanding_ = 0;  // reads and appends that have not settled
    std::vector<Stream*> ready_;
    std::list<Stream*> active_;  // with commands, or waiting for the store
    std::list<Stream*> idle_;    // the others, least recently used first
    std::size_t idle_bytes_ = 0;
    std::uint64_t sequence_ = 0;
    std::chrono::steady_clock::time_point next_late_check_{};
    std::chrono::steady_clock::time_point next_trouble_{};
    std::string last_trouble_;
    std::size_t troubles_untold_ = 0;

    std::thread thread_;  // last: it uses all of the above
};

}  // namespace es
