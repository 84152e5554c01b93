// How many connections the process may have open, by its limit of file descriptors: connections
// that nobody uses must not take the descriptors that the stores and the other listener need.
#pragma once

#include <cstddef>

namespace yardstick {

// Kept for the stores' files and connections, the log, timers.
inline constexpr std::size_t descriptors_reserved = 256;
// What a server has at most, however many descriptors there are.
inline constexpr std::size_t connections_max = 4'000;

// Raises the soft limit to the hard one, and returns what holds from then on.
std::size_t raise_descriptor_limit();

// What each of `servers` listeners may have open at once.
struct ConnectionBudget {
    std::size_t connections;  // that are served
    std::size_t turned_away;  // that are told that there are too many
};
ConnectionBudget connection_budget(std::size_t descriptors, std::size_t servers);

}  // namespace yardstick
