// Caches up to which version recently used streams exist. Events are never removed: a version that
// existed once still does.
#pragma once

#include <algorithm>
#include <cstddef>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "es/event.hpp"

namespace es::dynamodb {

// Any thread.
class KnownHeads {
public:
    // Caches at most this many streams, and at least the half of them used last.
    explicit KnownHeads(std::size_t streams_max) : half_(streams_max / 2 + 1) {}

    void note(const es::StreamId& stream, es::Version version) {
        const std::lock_guard lock(mutex_);
        if (young_.size() >= half_) old_ = std::exchange(young_, {});
        es::Version& known = young_[stream];
        known = std::max(known, version);
    }
    [[nodiscard]] bool exists(const es::StreamId& stream, es::Version version) const {
        const std::lock_guard lock(mutex_);
        const auto knows = [&](const auto& heads) {
            const auto found = heads.find(stream);
            return found != heads.end() && found->second >= version;
        };
        return knows(young_) || knows(old_);
    }
    // The table is gone: another one may replace it.
    void forget_all() {
        const std::lock_guard lock(mutex_);
        young_.clear();
        old_.clear();
    }

private:
    const std::size_t half_;
    mutable std::mutex mutex_;
    std::unordered_map<es::StreamId, es::Version> young_;
    std::unordered_map<es::StreamId, es::Version> old_;
};

}  // namespace es::dynamodb
