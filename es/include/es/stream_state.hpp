// What a shard knows of one stream: its folded state, its keys, and the commands that wait for it.
// Pure bookkeeping and deciding: shard.hpp does the reading and appending.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "es/aggregate.hpp"
#include "es/codec.hpp"
#include "es/command.hpp"
#include "es/errors.hpp"
#include "es/event_store.hpp"
#include "es/invariant.hpp"
#include "es/key_window.hpp"

namespace es {

using OnResult = std::function<void(CommandResult)>;

template <AggregateState T>
class StreamState {
public:
    using Command = CommandOf<T>;
    using Event = typename T::Event;

    // A command on its way; `sequence` orders arrivals within the shard.
    struct Pending {
        CommandRequest<Command> request;
        OnResult on_result;
        std::uint64_t sequence = 0;
    };
    // A command that was decided, its answer held back until that answer is proved.
    struct Decided {
        Pending pending;
        CommandResult result;
    };
    // The key of this command may belong to the event of this version: read it, then ask again.
    struct NeedsEvent {
        Version version;
    };
    struct Round {
        std::vector<Decided> decided;
        std::vector<RecordedEvent> events;  // to append, behind `expected`
        Version expected = 0;
        std::optional<NeedsEvent> needs_event;  // the first waiting command can't go on without
        // The last command failed while its events were applied, or before they were handed over:
        // the state is of no use any more.
        bool spoiled = false;
    };

    explicit StreamState(StreamId id) : id_(std::move(id)) {}

    [[nodiscard]] const StreamId& id() const { return id_; }
    [[nodiscard]] Version version() const { return aggregate_ ? aggregate_->version() : 0; }
    [[nodiscard]] std::size_t bytes() const {
        return sizeof *this + container_bytes + 2 * id_.size() +
               (aggregate_ ? bytes_of(aggregate_->state()) : 0) + keys_.bytes();
    }

    // One page of the stream, behind version(). Throws Corrupt, and what the domain throws.
    void follow(const std::vector<RecordedEvent>& page) {
        for (const RecordedEvent& recorded : page) {
            if (recorded.version != version() + 1) throw Corrupt("versions have a gap");
            const Occurred<Event> event{codec_of<T>().decode(recorded), recorded.occurred_on};
            if (aggregate_) {
                aggregate_->follow(event);
            } else {
                aggregate_ = Aggregate<T>::replay(id_, {event});
            }
            invariant(version() == recorded.version, "a state's version is its last event's");
            remember(recorded);
        }
    }

    // Forgets everything but the commands: what it knew may be wrong.
    void forget() {
        aggregate_.reset();
        keys_ = KeyWindow();
        last_occurred_ = TimePoint{};
        confirmed_.clear();
    }

    // A stored event that NeedsEvent asked for.
    void confirm(RecordedEvent event) { confirmed_[event.version] = std::move(event); }
    void forget_confirmed() { confirmed_.clear(); }

    // Decides waiting commands in order until all are decided, the append is full, or one needs an
    // event. The state then includes the round's events, which the aggregate has handed over: they
    // must be stored, or forget() must follow; also if the round is spoiled.
    Round decide(TimePoint now, const std::function<std::string()>& make_command_id) {
        invariant(!aggregate_ || aggregate_->pending().empty(),
                  "what an earlier round decided was handed over");
        Round round;
        round.expected = version();
        std::size_t bytes = 0;
        while (!waiting.empty() && !round.spoiled && round.events.size() < append_events_max &&
               bytes < append_bytes_max) {
            const std::size_t before = round.events.size();
            auto answer = answer_next(now, round, make_command_id);
            if (std::holds_alternative<NeedsEvent>(answer)) {
                round.needs_event = std::get<NeedsEvent>(answer);
                break;
            }
            auto result = std::get<std::optional<CommandResult>>(std::move(answer));
            if (!result) break;  // its events do not fit any more
            for (std::size_t i = before; i < round.events.size(); ++i) {
                bytes += approximate_bytes(round.events[i]);
            }
            const bool failed = result->status == CommandStatus::failed;
            round.decided.push_back({std::move(waiting.front()), *std::move(result)});
            waiting.pop_front();
            if (failed) break;  // those after it in its chain wait until that is answered
        }
        return round;
    }

    std::deque<Pending> waiting;
    // A read that began when all commands up to this one had arrived has shown version() to be the
    // latest.
    std::uint64_t proved_until = 0;

private:
    using Answer = std::variant<std::optional<CommandResult>, NeedsEvent>;

    // What standard containers take for a stream even when they are empty (measured, GCC 12).
    static constexpr std::size_t container_bytes = 1'500;

    [[nodiscard]] bool exists() const { return aggregate_.has_value(); }
    static Version next_version(const Round& round) {
        return round.expected + static_cast<Version>(round.events.size()) + 1;
    }

    void remember(const RecordedEvent& recorded) {
        last_occurred_ = recorded.occurred_on;
        const std::string& key = recorded.metadata.idempotency_key;
        if (!key.empty()) keys_.add(key, recorded.version);
        keys_.advance(recorded.version);
    }

    // The first command that waits: its answer, or nothing when its events do not fit any more.
    // What the domain throws is that command's failure alone.
    Answer answer_next(TimePoint now, Round& round,
                       const std::function<std::string()>& make_command_id) {
        const CommandRequest<Command>& request = waiting.front().request;
        if (request.chain && waiting.front().sequence > request.chain->undecided) {
            return CommandResult{CommandStatus::held_back};
        }
        const auto before = static_cast<std::ptrdiff_t>(round.events.size());
        try {
            auto answer = answer_repeat(request, round);
            if (std::holds_alternative<NeedsEvent>(answer)) return answer;
            if (std::get<std::optional<CommandResult>>(answer)) return answer;
            return decide_one(request, now, round, make_command_id);
        } catch (...) {
            round.events.erase(round.events.begin() + before, round.events.end());
            round.spoiled = version() + 1 != next_version(round);
            return CommandResult{CommandStatus::failed, 0, {}, current_error()};
        }
    }

    // The checks up to the key's: nothing when the command is to be decided.
    Answer answer_repeat(const CommandRequest<Command>& request, const Round& round) const {
        if (!exists() && !creates_stream<T>(request.command)) {
            return CommandResult{CommandStatus::not_found, 0, no_stream(), ""};
        }
        if (request.idempotency_key.empty()) return std::nullopt;
        const auto version = keys_.find(request.idempotency_key);
        if (!version) return std::nullopt;
        invariant(*version < next_version(round), "a key belongs to an event that is there");
        const RecordedEvent* event = nullptr;
        if (*version > round.expected) {
            event = &round.events[static_cast<std::size_t>(*version - round.expected - 1)];
        } else if (const auto found = confirmed_.find(*version); found != confirmed_.end()) {
            event = &found->second;
        } else {
            return NeedsEvent{*version};
        }
        if (event->metadata.idempotency_key != request.idempotency_key) return std::nullopt;
        const bool same = event->metadata.digest == request.digest;
        return CommandResult{
            same ? CommandStatus::replayed : CommandStatus::key_reused, event->version, {}, ""};
    }

    std::optional<CommandResult> decide_one(const CommandRequest<Command>& request, TimePoint now,
                                            Round& round,
                                            const std::function<std::string()>& make_command_id) {
        if (exists() && creates_stream<T>(request.command)) {
            return CommandResult{CommandStatus::already_exists, version(), stream_exists(), ""};
        }
        if (request.expected_version && *request.expected_version != version()) {
            return CommandResult{CommandStatus::stale_version, version(), {}, ""};
        }
        if (request.if_match && std::find(request.if_match->begin(), request.if_match->end(),
                                          version()) == request.if_match->end()) {
            return CommandResult{CommandStatus::precondition_failed, version(), {}, ""};
        }
        const Times times{now, std::max(now, last_occurred_)};
        auto decision = Aggregate<T>::decide(aggregate_, request.command, times);
        if (auto* refusal = std::get_if<Refusal>(&decision)) return refused(std::move(*refusal));
        auto& events = std::get<std::vector<Event>>(decision);
        if (round.events.size() + events.size() > append_events_max && !round.events.empty()) {
            return std::nullopt;
        }
        if (auto refusal = Aggregate<T>::propose(aggregate_, id_, std::move(events), times)) {
            return refused(*std::move(refusal));
        }
        if (!exists() || aggregate_->pending().empty()) {
            return CommandResult{CommandStatus::unchanged, version(), {}, ""};
        }
        append(request, make_command_id(), round);
        return CommandResult{CommandStatus::recorded, version(), {}, ""};
    }

    [[nodiscard]] CommandResult refused(Refusal refusal) const {
        return {CommandStatus::refused, version(), std::move(refusal), ""};
    }

    // Adds what the aggregate hands over to the round, in the form in which it is stored.
    void append(const CommandRequest<Command>& request, const std::string& command_id,
                Round& round) {
        const auto events = aggregate_->commit();
        for (const Occurred<Event>& event : events) {
            auto encoded = codec_of<T>().encode(event.event);
            RecordedEvent recorded;
            recorded.stream = id_;
            recorded.version = next_version(round);
            recorded.occurred_on = event.on;
            recorded.type = std::move(encoded.type);
            recorded.schema = encoded.schema;
            recorded.payload = std::move(encoded.payload);
            recorded.metadata.command_id = command_id;
            recorded.metadata.actor = request.actor;
            recorded.metadata.extra = request.extra;
            // A repeat is answered with the version of the last one.
            if (!request.idempotency_key.empty() && &event == &events.back()) {
                recorded.metadata.idempotency_key = request.idempotency_key;
                recorded.metadata.digest = request.digest;
            }
            remember(recorded);
            round.events.push_back(std::move(recorded));
        }
        invariant(version() + 1 == next_version(round),
                  "an aggregate's version is that of the last event that it handed over");
    }

    StreamId id_;
    std::optional<Aggregate<T>> aggregate_;
    KeyWindow keys_;
    TimePoint last_occurred_{};
    std::map<Version, RecordedEvent> confirmed_;
};

}  // namespace es
