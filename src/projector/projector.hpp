// The projector: builds the metric views from the feed of events, on a thread of its own.
//
//     projector::Projector projector({.events = store, .feed = feed, .views = views});
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "es/event_feed.hpp"
#include "es/event_store.hpp"
#include "kpi/metric_views.hpp"

namespace prometheus {
class Registry;
}

namespace projector {

struct ProjectorOptions {
    es::EventStore& events;  // where gaps are read from
    es::EventFeed& feed;     // polled by the projector alone
    kpi::MetricViews& views;
    prometheus::Registry* metrics = nullptr;
    // After views were saved, e.g. to wake readers who wait. May be empty; the projector's thread.
    std::function<void()> on_saved = {};
    // As es::ProjectionLoopOptions::rebuild_all. May be empty for a feed without a retention.
    std::function<void(const std::function<bool()>& stop)> rebuild_all = {};
};

// All that is given must outlive it.
class Projector {
public:
    explicit Projector(const ProjectorOptions& options);
    ~Projector();

    // Finishes the batch at hand.
    void stop();

    // Why it can't go on now; empty: it goes on. Any thread.
    [[nodiscard]] std::string trouble() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace projector
