// What a shard knows and decides, apart from its thread, its store and the time: commands and the
// store's answers go in, answers and what the store is to do come out. A test can step it.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "es/invariant.hpp"
#include "es/processor_options.hpp"
#include "es/stream_state.hpp"
#include "es/trouble_report.hpp"

namespace es {

// How often commands are looked for whose time is up while their store owes an answer.
inline constexpr std::chrono::milliseconds late_check_interval{100};

// Not to be used by two threads at once.
template <AggregateState T>
class ShardMachine {
    struct Stream;

public:
    using State = StreamState<T>;
    using Command = CommandOf<T>;
    using SteadyTime = std::chrono::steady_clock::time_point;
    using Ticket = Stream*;  // what a result of the store belongs to

    // What the store is to do: one batched read and one batched append, at most one of them for
    // each stream. Each result comes back with its ticket.
    struct Work {
        std::vector<ReadRequest> reads;
        std::vector<Ticket> readers;
        std::vector<Append> appends;
        std::vector<Ticket> appenders;
    };

    // The options outlive it. `sole_writer`: as EventStore's.
    ShardMachine(const ProcessorOptions& options, ProcessorCounters& counters,
                 std::function<bool()> sole_writer)
        : options_(options),
          counters_(counters),
          sole_writer_(std::move(sole_writer)),
          trouble_([&options](const std::string& text) { options.on_trouble(text); }) {}

    // A command that arrived.
    void take(CommandRequest<Command> request, OnResult on_result) {
        counters_.commands.fetch_add(1, std::memory_order_relaxed);
        ++open_;
        Stream& stream = find(request.stream);
        stream.state.waiting.push_back({std::move(request), std::move(on_result), ++sequence_});
        make_ready(stream);
    }

    void read_done(Ticket ticket, ReadResult result) {
        Stream& stream = settled(ticket);
        const Busy was = std::exchange(stream.busy, Busy::no);
        invariant(was == Busy::loading || was == Busy::confirming, "a read is answered once");
        make_ready(stream);
        if (result.status == ReadStatus::unavailable) {
            // What was read so far still holds, and the next command's read goes on from there.
            fail_waiting(stream, CommandStatus::store_unavailable, "can't be read", result.reason);
            return;
        }
        try {
            if (result.status == ReadStatus::corrupt) throw Corrupt(result.reason);
            if (was == Busy::confirming) {
                if (result.events.empty()) throw Corrupt("a stored event is gone");
                stream.state.confirm(std::move(result.events.front()));
                return;
            }
            stream.state.follow(result.events);
        } catch (const std::bad_alloc&) {  // says nothing of the stream
            fail_waiting(stream, CommandStatus::overloaded, "can't be read", "out of memory");
            forget(stream);
            return;
        } catch (...) {  // Corrupt, or whatever the domain's code throws at a stored event
            fail_waiting(stream, CommandStatus::parked, "can't be read", current_error());
            forget(stream);
            return;
        }
        if (result.more) {
            stream.loaded = false;
        } else {
            stream.loaded = true;
            stream.state.proved_until = stream.read_began;
        }
    }

    void append_done(Ticket ticket, const AppendOutcome& outcome) {
        Stream& stream = settled(ticket);
        invariant(stream.busy == Busy::appending, "an append has one outcome");
        stream.busy = Busy::no;
        make_ready(stream);
        auto round = std::exchange(stream.in_flight, {});
        switch (outcome.status) {
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
                fail_round(stream, round, CommandStatus::store_unavailable, outcome.reason);
                break;
            case AppendStatus::unknown:
                fail_round(stream, round, CommandStatus::outcome_unknown, outcome.reason);
                break;
        }
        forget(stream);
    }

    // A stream that waits for its store is not stepped; its commands' time runs all the same, also
    // when their events are on their way.
    void drop_late_behind_store(SteadyTime now) {
        if (outstanding_ == 0 || now < next_late_check_) return;
        next_late_check_ = now + late_check_interval;
        for (Stream* stream : active_) {
            if (stream->busy == Busy::no) continue;
            drop_late(*stream, now);
            give_up_late(*stream, now);
        }
    }

    // One step for every stream that has something to do.
    Work step(SteadyTime now) {
        Work work = step_ready(now);
        evict();
        trouble_.report_if_due(now);
        return work;
    }

    // Reports what wasn't reported yet.
    void end(SteadyTime now) { trouble_.report(now); }

    // Commands that are not answered yet. Any thread.
    [[nodiscard]] std::size_t open() const { return open_; }
    // Reads and appends that have not come back.
    [[nodiscard]] std::size_t outstanding() const { return outstanding_; }
    // Step again soon, also if nothing arrives.
    [[nodiscard]] bool has_time_to_watch() const {
        return outstanding_ > 0 || trouble_.is_waiting();
    }

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
        typename std::list<Stream*>::iterator place;  // in active_, idle_ or large_
        bool idle = false;
        std::size_t idle_bytes = 0;
    };

    // The stream that the store's result belongs to. It stays while the store owes one.
    Stream& settled(Ticket ticket) {
        invariant(outstanding_ > 0, "a store answers what it was asked, once");
        --outstanding_;
        return *ticket;
    }

    Stream& find(const StreamId& id) {
        auto& slot = streams_[id];
        if (!slot) {
            slot = std::make_unique<Stream>(id);
            slot->place = active_.insert(active_.end(), slot.get());
        } else if (slot->idle) {
            const bool large = is_large(*slot);
            active_.splice(active_.end(), large ? large_ : idle_, slot->place);
            if (!large) idle_bytes_ -= slot->idle_bytes;
            slot->idle = false;
        }
        return *slot;
    }

    void make_ready(Stream& stream) {
        if (stream.ready || stream.busy != Busy::no) return;
        stream.ready = true;
        ready_.push_back(&stream);
    }

    Work step_ready(SteadyTime now) {
        Work work;
        for (Stream* stream : std::exchange(ready_, {})) {
            stream->ready = false;
            drop_late(*stream, now);
            try {
                if (auto read = next_read(*stream, work)) {
                    work.reads.push_back(*std::move(read));
                    work.readers.push_back(stream);
                } else if (stream->busy == Busy::no) {
                    rest(*stream);
                }
            } catch (...) {  // the clock's, or of the state's bytes()
                fail_waiting(*stream, CommandStatus::failed, "fails", current_error());
                forget(*stream);
                rest(*stream);
            }
        }
        outstanding_ += work.reads.size() + work.appends.size();
        return work;
    }

    // Decides what can be decided. Returns the read that the stream can't go on without; adds the
    // append that it made.
    std::optional<ReadRequest> next_read(Stream& stream, Work& work) {
        State& state = stream.state;
        invariant(stream.busy == Busy::no, "a stream never has two appends in flight");
        while (!state.waiting.empty()) {
            if (!stream.loaded) return load(stream);
            auto round = state.decide(options_.clock(), options_.make_command_id);
            if (!round.events.empty()) {
                work.appends.push_back({state.id(), round.expected, std::move(round.events)});
                work.appenders.push_back(&stream);
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
            return sole_writer_() || decided.pending.sequence <= stream.state.proved_until;
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

    void drop_late(Stream& stream, SteadyTime now) {
        auto& waiting = stream.state.waiting;
        for (auto it = waiting.begin(); it != waiting.end();) {
            if (it->request.deadline > now) {
                ++it;
                continue;
            }
            answer(*it,
                   {CommandStatus::overloaded, 0, {}, "its time was up before it was decided"});
            it = waiting.erase(it);
        }
    }

    // Answers those in flight whose time is up with what is known of them. The append goes on.
    void give_up_late(Stream& stream, SteadyTime now) {
        auto& decided = stream.in_flight.decided;
        const auto is_late = [&](const auto& one) { return one.pending.request.deadline <= now; };
        if (std::ranges::none_of(decided, is_late)) return;
        const std::string why = "the time of its commands was up before it settled";
        trouble_.note("append to '" + stream.state.id() + "' is slow: " + why);
        for (auto& one : decided) {
            if (!is_late(one)) continue;
            const bool records = one.result.status == CommandStatus::recorded;
            answer(
                one.pending,
                {records ? CommandStatus::outcome_unknown : CommandStatus::overloaded, 0, {}, why});
        }
        std::erase_if(decided, is_late);
    }

    void fail_waiting(Stream& stream, CommandStatus status, const std::string& what,
                      const std::string& why) {
        trouble_.note("stream '" + stream.state.id() + "' " + what + ": " + why);
        for (auto& pending : std::exchange(stream.state.waiting, {})) {
            answer(pending, {status, 0, {}, why});
        }
    }

    void forget(Stream& stream) {
        stream.state.forget();
        stream.loaded = false;
    }

    // The commands whose events were to be stored fail; those that only rested on these events are
    // decided again.
    void fail_round(Stream& stream, typename State::Round& round, CommandStatus status,
                    const std::string& why) {
        trouble_.note("append to '" + stream.state.id() + "' failed: " + why);
        const auto recorded = [](const auto& decided) {
            return decided.result.status == CommandStatus::recorded;
        };
        for (auto& decided : round.decided) {
            if (recorded(decided)) answer(decided.pending, {status, 0, {}, why});
        }
        wait_again(stream, round, [&](const auto& decided) { return !recorded(decided); });
    }

    void answer(typename State::Pending& pending, CommandResult result) {
        invariant(open_ > 0, "a command is answered once");
        --open_;
        const StreamId& id = pending.request.stream;
        if (const auto& chain = pending.request.chain; chain && !result.decided()) {
            chain->undecided = std::min(chain->undecided, pending.sequence);
        }
        if (result.status == CommandStatus::failed) {
            trouble_.note("a command on '" + id + "' failed: " + result.detail);
        }
        try {
            pending.on_result(std::move(result));
        } catch (...) {
            trouble_.note("the answer to a command on '" + id +
                          "' was not taken: " + current_error());
        }
    }

    // Nothing to do for it: a candidate for eviction. A stream that isn't there is not worth
    // remembering: names come from outside, and any number of them. One that was read in part is:
    // a long one might else never be read to its end within the time of the commands that ask.
    void rest(Stream& stream) {
        invariant(stream.state.waiting.empty() && stream.in_flight.decided.empty(),
                  "a stream that rests owes no answer");
        stream.state.forget_confirmed();
        if (stream.state.version() == 0) {
            active_.erase(stream.place);
            streams_.erase(StreamId(stream.state.id()));
            return;
        }
        stream.idle_bytes = sizeof stream + stream.state.bytes();
        stream.idle = true;
        const bool large = is_large(stream);
        auto& others = large ? large_ : idle_;
        others.splice(others.end(), active_, stream.place);
        if (!large) idle_bytes_ += stream.idle_bytes;
    }

    // Whether it alone takes more than the memory for all that are idle.
    [[nodiscard]] bool is_large(const Stream& stream) const {
        return stream.idle_bytes > options_.cache_bytes_max;
    }

    // A large stream that comes to rest isn't forgotten for the small ones, nor they for it: it
    // would be read from its first event on for each of its commands. It takes no more than it does
    // whenever it has one.
    void evict() {
        while (idle_bytes_ > options_.cache_bytes_max && !idle_.empty()) {
            idle_bytes_ -= idle_.front()->idle_bytes;
            forget_first_of(idle_);
        }
        while (large_.size() > 1) forget_first_of(large_);
    }

    void forget_first_of(std::list<Stream*>& streams) {
        const Stream* stream = streams.front();
        streams.pop_front();
        streams_.erase(StreamId(stream->state.id()));
    }

    const ProcessorOptions& options_;
    ProcessorCounters& counters_;
    std::function<bool()> sole_writer_;
    TroubleReport trouble_;

    std::unordered_map<StreamId, std::unique_ptr<Stream>> streams_;
    std::atomic<std::size_t> open_ = 0;
    std::size_t outstanding_ = 0;
    std::vector<Stream*> ready_;
    std::list<Stream*> active_;  // with commands, or waiting for the store
    std::list<Stream*> idle_;    // the others, least recently used first
    std::list<Stream*> large_;   // those among the others that are large, in the same order
    std::size_t idle_bytes_ = 0;
    std::uint64_t sequence_ = 0;
    SteadyTime next_late_check_{};
};

}  // namespace es
