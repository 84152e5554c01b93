// What a command processor may be given, and what it counts.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "es/event.hpp"

namespace es {

TimePoint system_time();          // of this machine's clock
std::string random_command_id();  // 128 random bits in hex. Any thread

struct ProcessorOptions {
    std::size_t shards = 1;
    // Commands that wait in one shard; beyond it they are answered `overloaded` at once.
    std::size_t queue_max = 10'000;
    // Memory for the states of streams without commands, in each shard, roughly. One stream that
    // alone takes more is kept as well, until another such comes.
    std::size_t cache_bytes_max = 64UL * 1024 * 1024;
    // Commands taken from the queue at a time: bounds how long one batch's append takes.
    std::size_t round_commands_max = 1'000;
    std::function<TimePoint()> clock = system_time;
    std::function<std::string()> make_command_id = random_command_id;  // unique for every call
    // Reports what an operator should know (a store's failure, an unreadable stream). Any shard.
    std::function<void(const std::string&)> on_trouble = [](const std::string&) {};
};

struct ProcessorCounters {
    std::atomic<std::uint64_t> commands{0};   // taken
    std::atomic<std::uint64_t> appends{0};    // streams appended to
    std::atomic<std::uint64_t> conflicts{0};  // with writers outside
    std::atomic<std::uint64_t> loads{0};      // reads: pages of streams, single events
};

}  // namespace es
