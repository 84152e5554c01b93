// The idempotency keys of a stream's latest events, as a part of its cached state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "es/event.hpp"

namespace es {

// How many of a stream's latest events keep their keys; the first event keeps its key always.
inline constexpr Version key_window_events = 10'000;

// Remembers keys as 64-bit hashes, so that a hit has to be confirmed by reading the event.
class KeyWindow {
public:
    void add(const std::string& key, Version version) {
        const std::uint64_t hash = std::hash<std::string>{}(key);
        versions_[hash] = version;
        order_.emplace_back(version, hash);
    }

    // The stream is now at `head`: forgets what is beyond the window.
    void advance(Version head) {
        while (!order_.empty() && order_.front().first <= head - key_window_events) {
            const auto [version, hash] = order_.front();
            order_.pop_front();
            if (version == 1) first_ = hash;
            if (const auto found = versions_.find(hash);
                found != versions_.end() && found->second == version) {
                versions_.erase(found);
            }
        }
    }

    // The version of the latest event in the window that has (most likely) this key.
    [[nodiscard]] std::optional<Version> find(const std::string& key) const {
        const std::uint64_t hash = std::hash<std::string>{}(key);
        if (const auto found = versions_.find(hash); found != versions_.end()) return found->second;
        if (first_ == hash) return 1;
        return std::nullopt;
    }

    [[nodiscard]] std::size_t bytes() const { return sizeof *this + order_.size() * 64; }

private:
    std::unordered_map<std::uint64_t, Version> versions_;
    std::deque<std::pair<Version, std::uint64_t>> order_;  // oldest first
    std::optional<std::uint64_t> first_;  // the creation's, once it left the window
};

}  // namespace es
