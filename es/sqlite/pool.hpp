// Readers of a file, lent to one thread at a time and kept for the next.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace es::sqlite {

// Callable from any thread. There are never more readers than callers at one time.
template <class Reader>
class Pool {
public:
    using Open = std::function<std::unique_ptr<Reader>()>;
    explicit Pool(Open open) : open_(std::move(open)) {}

    // Gives `work` a reader. One whose work threw is closed, so that no error outlives its cause.
    template <class Work>
    auto use(Work work) {
        std::unique_ptr<Reader> reader = take();
        auto result = work(*reader);
        if constexpr (requires { reader->outdated(); }) {
            if (reader->outdated()) return result;  // the next one opens the file again
        }
        const std::lock_guard lock(mutex_);
        if (idle_.size() < idle_max) idle_.push_back(std::move(reader));
        return result;
    }

private:
    static constexpr std::size_t idle_max = 16;

    std::unique_ptr<Reader> take() {
        {
            const std::lock_guard lock(mutex_);
            if (!idle_.empty()) {
                std::unique_ptr<Reader> reader = std::move(idle_.back());
                idle_.pop_back();
                return reader;
            }
        }
        return open_();
    }

    Open open_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<Reader>> idle_;
};

}  // namespace es::sqlite
