// The stores that a process runs on, behind one interface: events and views in a data folder
// (embedded_storage.cpp), or events in DynamoDB and views in MongoDB (distributed_storage.cpp).
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "es/event_feed.hpp"
#include "es/event_order.hpp"
#include "es/event_store.hpp"
#include "kpi/metric_views.hpp"
#include "yardstick/settings.hpp"

namespace yardstick {

// The events of whoever writes them.
struct WrittenEvents {
    std::unique_ptr<es::EventStore> store;
    std::function<bool()> healthy;  // can be read and, as far as is known, written; any thread
};

// Makes the stores that the parts of a process need; what it made must not outlive it. Every call
// throws es::Unusable when a store can't be used, es::InUse when another process owns it.
class Storage {
public:
    virtual ~Storage() = default;

    // Why there are no events to read yet, for a person; empty: there are.
    virtual std::string events_missing() = 0;
    virtual WrittenEvents write_events() = 0;
    virtual std::unique_ptr<es::EventStore> read_events() = 0;  // nullptr: there is no access
    // nullptr: there is no access, or no such order.
    virtual std::unique_ptr<es::EventOrder> event_order() = 0;
    // Every event, for the projector. Of the process that writes them, after write_events().
    virtual std::unique_ptr<es::EventFeed> feed() = 0;
    // For those who only ask how far the views are; nullptr: they can't know.
    virtual std::unique_ptr<es::EventFeed> feed_for_lag() = 0;

    virtual std::unique_ptr<kpi::MetricViews> write_views() = 0;
    virtual std::unique_ptr<kpi::MetricViews> read_views() = 0;  // nullptr: there is no access
    // Rebuilds all views while the projector of this process waits, for a feed with a retention
    // (es::ProjectionLoopOptions::rebuild_all).
    virtual void rebuild_views(const std::function<bool()>& stop) = 0;
    // Where a read of one document takes microseconds, it is done on the server's io thread.
    [[nodiscard]] virtual bool reads_are_local() const = 0;
};

// As the settings choose. `role`: what this process is, e.g. "write-api", for others who want the
// same stores.
std::unique_ptr<Storage> open_storage(const Settings& settings, const char* role);

}  // namespace yardstick
