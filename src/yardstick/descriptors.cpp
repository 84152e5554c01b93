#include "yardstick/descriptors.hpp"

#include <sys/resource.h>

#include <algorithm>

namespace yardstick {

std::size_t raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1'024;
    const rlim_t before = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max;
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) limit.rlim_cur = before;
    // RLIM_INFINITY is more than anybody has.
    return static_cast<std::size_t>(std::min<rlim_t>(limit.rlim_cur, 1U << 30U));
}

ConnectionBudget connection_budget(std::size_t descriptors, std::size_t servers) {
    constexpr std::size_t turned_away_max = 256;
    // Of a limit so low that the reserve is most of it, half is for connections.
    const std::size_t reserved = std::min(descriptors_reserved, descriptors / 2);
    const std::size_t each = (descriptors - reserved) / std::max<std::size_t>(servers, 1);
    const std::size_t turned_away = std::min(turned_away_max, each / 8);
    return {std::min(connections_max, each - turned_away), turned_away};
}

}  // namespace yardstick
