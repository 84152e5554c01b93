#include "http/request_ids.hpp"

#include <array>
#include <cstdio>
#include <random>

namespace http {

RequestIds::RequestIds() {
    std::random_device random;
    std::array<char, 20> text{};
    const int size =
        std::snprintf(text.data(), text.size(), "%08x%04x-", random(), random() & 0xFFFFU);
    prefix_.assign(text.data(), static_cast<std::size_t>(size));
}

std::string RequestIds::next() {
    return prefix_ + std::to_string(++count_);
}

bool RequestIds::is_fit(std::string_view id) {
    constexpr std::string_view allowed =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    return !id.empty() && id.size() <= 128 && id.find_first_not_of(allowed) == std::string::npos;
}

}  // namespace http
