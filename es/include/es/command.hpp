// A command on its way to the processor, and the answer.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "es/decision.hpp"
#include "es/event.hpp"

namespace es {

// How long a command without a deadline of its own may take.
inline constexpr std::chrono::seconds command_time_default{10};

// And at most; a longer one is cut.
inline constexpr std::chrono::hours command_time_max{24};

// Shared by commands on one stream that must be recorded in the order in which they were submitted.
// Once one of them was not decided, or nobody knows whether it was recorded, those after it are
// answered `held_back`: whoever sends all of them again, in their order, keeps that order. One that
// is refused before submit() returns (its queue is full) has not arrived and holds back none. What
// is in it belongs to the processor.
struct CommandChain {
    std::uint64_t undecided = std::numeric_limits<std::uint64_t>::max();  // the first such arrival
};

template <class Command>
struct CommandRequest {
    StreamId stream{};
    Command command{};
    // The command applies to exactly this version of the stream.
    std::optional<Version> expected_version{};
    // The command applies only to one of these versions (HTTP's If-Match); empty: to none.
    std::optional<std::vector<Version>> if_match{};
    // With a key, a repeat is answered as the first time. `digest` tells repeats from other
    // commands that use the same key.
    std::string idempotency_key{};
    std::string digest{};
    std::string actor{};
    // Kept with each of its events. Must be without a fault (fault_in). A repeat may bring another
    // one: what was recorded stays.
    ExtraMetadata extra{};
    // Not decided any more after this. Unset: command_time_default after it was submitted.
    std::chrono::steady_clock::time_point deadline{};
    std::shared_ptr<CommandChain> chain{};  // of commands on this stream alone; none: no order
};

enum class CommandStatus {
    recorded,             // `version`: of its last event; durable
    replayed,             // the key was used before for the same command; `version` as then
    unchanged,            // nothing to change; `version`: the current one
    not_found,            // no such stream
    already_exists,       // a creation of a stream that is there; `version`: the current one
    stale_version,        // not at expected_version; `version`: the current one
    precondition_failed,  // at none of if_match; `version`: the current one
    refused,              // `refusal`
    key_reused,           // the key belongs to another command
    overloaded,           // too many waiting, too late, or no memory; nothing was recorded
    store_unavailable,    // nothing was recorded
    outcome_unknown,      // it may or may not have been recorded
    parked,               // the stream's events can't be read: `detail`
    failed,               // the domain's code threw: `detail`; nothing was recorded
    held_back,            // one before it in its chain was not decided; nothing was recorded
};

struct CommandResult {
    CommandStatus status = CommandStatus::store_unavailable;
    Version version = 0;
    std::optional<Refusal> refusal{};  // of `refused`, `not_found` and `already_exists`
    std::string detail{};              // for the log

    // What was asked for holds: it was recorded, now or before, or nothing had to change.
    [[nodiscard]] bool succeeded() const {
        return status == CommandStatus::recorded || status == CommandStatus::replayed ||
               status == CommandStatus::unchanged;
    }
    // The answer is final. Otherwise the command may have another one when it is sent again.
    [[nodiscard]] bool decided() const {
        switch (status) {
            case CommandStatus::overloaded:
            case CommandStatus::store_unavailable:
            case CommandStatus::outcome_unknown:
            case CommandStatus::parked:
            case CommandStatus::failed:
            case CommandStatus::held_back:
                return false;
            default:
                return true;
        }
    }
};

}  // namespace es
