// Calls a function for each event of a store, on a thread of its own, and remembers how far it was:
// for views, mails, and whatever else follows from events.
//
//     es::CheckpointFile place("balances.checkpoint");
//     es::Subscription balances(feed, place, [&](const es::RecordedEvent& event) {
//         const auto happened = es::codec_of<Account>().decode(event);
//         ...
//     });
//
// Each stream's events come in their order, each at least once: after a crash some come again.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "es/event.hpp"
#include "es/event_feed.hpp"

namespace es {

// Where a subscription remembers how far it was. Used by one thread.
class CheckpointStore {
public:
    virtual ~CheckpointStore() = default;
    virtual Checkpoints load() = 0;                         // throws Unavailable or Corrupt
    virtual void save(const Checkpoints& checkpoints) = 0;  // throws Unavailable
};

// In a file that is replaced as a whole. A file that is lost means: from the beginning.
class CheckpointFile : public CheckpointStore {
public:
    explicit CheckpointFile(std::filesystem::path file) : file_(std::move(file)) {}
    Checkpoints load() override;
    void save(const Checkpoints& checkpoints) override;

private:
    std::filesystem::path file_;
};

// Nowhere: every start begins with the first event, as a view in memory needs it.
class NoCheckpoints : public CheckpointStore {
public:
    Checkpoints load() override { return {}; }
    void save(const Checkpoints& /*checkpoints*/) override {}
};

struct SubscriptionOptions {
    std::size_t batch_events_max = 1'000;  // between two saves of the checkpoints
    std::chrono::milliseconds poll_time_max{250};
    // After a failure, growing from the first to the last.
    std::chrono::milliseconds pause_first{50};
    std::chrono::milliseconds pause_max{10'000};
    // What the feed, the checkpoints or the function threw; it is then tried again, the function
    // with the event that it failed at. The subscription's thread.
    std::function<void(const std::string&)> on_failure = [](const std::string&) {};
};

// The feed, the checkpoints and the function are used by its thread until it ends. The feed is for
// this subscription alone.
class Subscription {
public:
    using OnEvent = std::function<void(const RecordedEvent&)>;

    Subscription(EventFeed& feed, CheckpointStore& checkpoints, OnEvent on_event,
                 SubscriptionOptions options = {});
    ~Subscription() { stop(); }
    Subscription(const Subscription&) = delete;
    Subscription& operator=(const Subscription&) = delete;

    // Finishes the event at hand and ends; what was done is saved.
    void stop();

    // Waits until it has been through all events that were recorded before this call. False: not
    // within the time. Any thread but its own.
    bool catch_up(std::chrono::milliseconds at_most);

private:
    void run();
    void step();  // one batch; throws what fails
    bool pause(std::chrono::milliseconds length);

    EventFeed& feed_;
    CheckpointStore& checkpoints_;
    OnEvent on_event_;
    SubscriptionOptions options_;

    std::mutex mutex_;
    std::condition_variable changed_;
    std::atomic<bool> stopping_ = false;
    Checkpoints reached_;  // all events before these are done

    // The thread's.
    bool loaded_ = false;
    FeedBatch batch_;
    std::size_t done_ = 0;  // events of the batch

    std::thread thread_;  // last: it uses all of the above
};

}  // namespace es
