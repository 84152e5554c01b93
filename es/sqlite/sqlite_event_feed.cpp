#include "es/sqlite.hpp"

#include <algorithm>
#include <utility>

#include "es/sqlite/checkpoint.hpp"
#include "es/sqlite/commit_signal.hpp"
#include "es/sqlite/event_file.hpp"

namespace es {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// Between two looks at a file that another process writes.
constexpr milliseconds look_every{10};

TimePoint system_now() {
    return std::chrono::floor<milliseconds>(std::chrono::system_clock::now());
}

}  // namespace

class SqliteEventFeed::Impl {
public:
    Impl(const std::filesystem::path& folder, std::shared_ptr<CommitSignal> signal,
         std::function<es::TimePoint()> clock)
        : file_(sqlite::event_file_in(folder)),
          in_process_(signal != nullptr),
          signal_(in_process_ ? std::move(signal) : std::make_shared<CommitSignal>()),
          clock_(clock ? std::move(clock) : system_now) {}

    es::FeedBatch poll(const es::Checkpoints& after, std::size_t limit, milliseconds wait) {
        const std::int64_t position = sqlite::position_in(after);
        const auto until = Clock::now() + wait;
        for (;;) {
            const auto seen = signal_->commits();
            auto slice = file_.use([&](sqlite::EventQueries& queries) {
                return queries.events_behind(position, std::max(limit, std::size_t{1}));
            });
            if (!slice.events.empty()) {
                return {std::move(slice.events), sqlite::checkpoint_at(slice.last)};
            }
            const auto left = std::chrono::ceil<milliseconds>(until - Clock::now());
            if (left <= milliseconds(0) || !wait_for_more(seen, left)) return {};
        }
    }

    void wake() {
        signal_->change([this] { woken_ = true; });
    }

    es::Lag lag(const es::Checkpoints& checkpoints) {
        const std::int64_t position = sqlite::position_in(checkpoints);
        return file_.use([&](sqlite::EventQueries& queries) {
            es::Lag lag;
            const std::int64_t last = queries.last_position();
            if (position > last) {
                throw es::Corrupt("the event store ends with event " + std::to_string(last) +
                                  ", but event " + std::to_string(position) +
                                  " was there: events are missing");
            }
            lag.events = static_cast<std::uint64_t>(last - position);  // positions have no gaps
            const auto first = queries.time_of_first_behind(position);
            if (first) lag.age = std::max(clock_() - *first, milliseconds(0));
            return lag;
        });
    }

private:
    // False when it was woken.
    bool wait_for_more(std::uint64_t seen, milliseconds left) {
        bool woken = false;
        signal_->wait(seen, in_process_ ? left : std::min(left, look_every), [&] {
            woken = std::exchange(woken_, false);
            return woken;
        });
        return !woken;
    }

    sqlite::EventFile file_;
    const bool in_process_;
    const std::shared_ptr<CommitSignal> signal_;
    const std::function<es::TimePoint()> clock_;
    bool woken_ = false;  // guarded by the signal
};

SqliteEventFeed::SqliteEventFeed(const std::filesystem::path& folder,
                                 std::shared_ptr<CommitSignal> signal,
                                 std::function<es::TimePoint()> clock)
    : impl_(std::make_unique<Impl>(folder, std::move(signal), std::move(clock))) {}

SqliteEventFeed::~SqliteEventFeed() = default;

es::FeedBatch SqliteEventFeed::poll(const es::Checkpoints& after, std::size_t limit,
                                    std::chrono::milliseconds wait) {
    return impl_->poll(after, limit, wait);
}

es::Lag SqliteEventFeed::lag(const es::Checkpoints& checkpoints) {
    return impl_->lag(checkpoints);
}

void SqliteEventFeed::wake() {
    impl_->wake();
}

}  // namespace es
