// For places that must not fail for want of memory: they can hand the failure to nobody.
#pragma once

#include <chrono>
#include <new>
#include <thread>

namespace base {

inline constexpr std::chrono::milliseconds memory_pause{5};
// A program that had no memory for so long answers nobody any more: std::bad_alloc then ends the
// operation and with it, as nobody catches it, the process, so that whoever supervises it starts it
// again.
inline constexpr std::chrono::seconds memory_patience{10};

// Calls `work` until it doesn't throw std::bad_alloc: others give memory back meanwhile. It is
// called again from its beginning, so what it did before it threw must not matter.
template <class Work>
auto when_memory_allows(Work work) {
    const auto until = std::chrono::steady_clock::now() + memory_patience;
    for (;;) {
        try {
            return work();
        } catch (const std::bad_alloc&) {
            if (std::chrono::steady_clock::now() >= until) throw;
        }
        std::this_thread::sleep_for(memory_pause);
    }
}

}  // namespace base
