// Divides a limited number of places among holders, so that nobody takes them all: a holder gets
// another place while it holds no more than are free. One alone gets half of them, two that take
// what they can a third each; a share is always free for somebody else.
//
//     base::FairShares places(1000);
//     if (!places.take(caller)) ...   // overloaded
//     places.give_back(caller);
#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>

namespace base {

// Not to be used by two threads at once.
class FairShares {
public:
    explicit FairShares(std::size_t places) : places_(places) {}

    // False: there is none, or none for this holder.
    [[nodiscard]] bool take(const std::string& holder) {
        const std::size_t free = places_ - taken_;
        const auto found = held_.find(holder);
        const std::size_t held = found != held_.end() ? found->second : 0;
        if (free == 0 || held > free) return false;
        ++held_[holder];
        ++taken_;
        return true;
    }
    // One that it took.
    void give_back(const std::string& holder) {
        const auto found = held_.find(holder);
        if (found == held_.end()) return;
        --taken_;
        if (--found->second == 0) held_.erase(found);
    }
    [[nodiscard]] std::size_t taken() const { return taken_; }

private:
    std::size_t places_;
    std::size_t taken_ = 0;
    std::unordered_map<std::string, std::size_t> held_;
};

}  // namespace base
