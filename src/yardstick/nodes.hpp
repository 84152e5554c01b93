// The parts of a running Yardstick, each with what it owns; servers.cpp puts them into processes.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/common_routes.hpp"
#include "es/event_order.hpp"
#include "es/event_store.hpp"
#include "kpi/metric_views.hpp"
#include "yardstick/settings.hpp"

namespace prometheus {
class Registry;
}

namespace yardstick {

// How long requests in flight may take to finish when the program is told to stop. Under the five
// seconds that a stop may take in all.
inline constexpr std::chrono::milliseconds stop_patience{3'500};

// Commands in over HTTP, events out to the store.
class WriteNode {
public:
    WriteNode(const Settings& settings, es::EventStore& events, std::function<api::Ready()> ready);
    ~WriteNode();
    void start();
    void stop();
    // The metrics that commands were answered `parked` for. Any thread.
    [[nodiscard]] std::vector<es::Parked> parked() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// Questions in over HTTP, answered from the views.
class ReadNode {
public:
    // `events` and `order` may be nullptr. `local`: a document is read in microseconds.
    struct Sources {
        kpi::MetricViews& views;
        es::EventStore* events;
        es::EventOrder* order;
        bool local;
    };
    ReadNode(const Settings& settings, Sources sources, prometheus::Registry& metrics,
             std::function<api::Ready()> ready);
    ~ReadNode();
    void start();
    void stop();
    void notify_saved();  // any thread

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// A projector's health, readiness and metrics over HTTP, where it runs in a process of its own.
class ProjectorNode {
public:
    ProjectorNode(const Settings& settings, prometheus::Registry& metrics,
                  std::function<api::Ready()> ready);
    ~ProjectorNode();
    void start();
    void stop();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace yardstick
