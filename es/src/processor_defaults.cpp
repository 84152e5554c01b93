#include <cstdint>
#include <random>

#include "es/shard.hpp"

namespace es {

TimePoint system_time() {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

std::string random_command_id() {
    constexpr const char* digits = "0123456789abcdef";
    static thread_local std::random_device random;
    std::string id;
    for (int word = 0; word < 4; ++word) {
        std::uint32_t bits = random();
        for (int digit = 0; digit < 8; ++digit, bits >>= 4U) id += digits[bits & 0xfU];
    }
    return id;
}

}  // namespace es
