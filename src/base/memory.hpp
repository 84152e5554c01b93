// For places that must not fail for want of memory: they can hand the failure to nobody.
#pragma once

#include <chrono>
#include <new>
#include <thread>

namespace base {

inline constexpr std::chrono::milliseconds memory_pause{5};

// Calls `work` until it doesn't throw std::bad_alloc, however long that takes: others give memory
// back meanwhile. It is called again from its beginning, so what it did before it threw must not
// matter.
template <class Work>
auto when_memory_allows(Work work) {
    for (;;) {
        try {
            return work();
        } catch (const std::bad_alloc&) {
            std::this_thread::sleep_for(memory_pause);
        }
    }
}

}  // namespace base
