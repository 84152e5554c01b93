#include "yardstick/servers.hpp"

#include <prometheus/registry.h>
#include <signal.h>

#include <algorithm>
#include <cstdlib>
#include <future>
#include <memory>
#include <utility>

#include "base/log.hpp"
#include "es/errors.hpp"
#include "projector/projector.hpp"
#include "yardstick/descriptors.hpp"
#include "yardstick/nodes.hpp"
#include "yardstick/service_notice.hpp"
#include "yardstick/stop_signals.hpp"
#include "yardstick/storage.hpp"

namespace yardstick {
namespace {

namespace log = base::log;

// How far the views are behind the events; each may be nullptr, and its part is then not known.
struct ViewsLag {
    kpi::MetricViews* views;
    es::EventFeed* feed;

    // Throws es::Unavailable when either can't be read.
    void tell(api::Ready& ready) const {
        if (views == nullptr) return;
        auto parked = views->parked();
        ready.parked.insert(ready.parked.end(), parked.begin(), parked.end());
        if (feed != nullptr) ready.lag = feed->lag(views->checkpoints());
    }

    // What can't be read stays unknown.
    void try_to_tell(api::Ready& ready) const {
        try {
            tell(ready);
        } catch (const es::Unavailable&) {
        }
    }
};

// The write API and its store.
struct Writing {
    Writing(const Settings& settings, Storage& storage)
        : events(storage.write_events()),
          views(storage.read_views()),
          feed(storage.feed_for_lag()),
          node(settings, *events.store, [this] { return ready(); }) {}

    [[nodiscard]] api::Ready ready() const {
        api::Ready ready;
        ready.ok = events.healthy();
        if (!ready.ok) ready.reason = "the event store can't be used now";
        ViewsLag{views.get(), feed.get()}.try_to_tell(ready);
        // Those that it met itself: there may be no views, or they may be behind.
        for (const es::Parked& met : node.parked()) {
            const bool told = std::ranges::any_of(
                ready.parked, [&](const auto& entry) { return entry.stream == met.stream; });
            if (!told) ready.parked.push_back(met);
        }
        return ready;
    }

    WrittenEvents events;
    std::unique_ptr<kpi::MetricViews> views;
    std::unique_ptr<es::EventFeed> feed;
    WriteNode node;
};

// The read API over views that somebody writes.
struct Reading {
    // `events` may be nullptr.
    Reading(const Settings& settings, Storage& storage, kpi::MetricViews& reader,
            es::EventStore* events, prometheus::Registry& metrics)
        : views(reader),
          feed(storage.feed_for_lag()),
          order(storage.event_order()),
          node(settings, {views, events, order.get(), storage.reads_are_local()}, metrics,
               [this] { return ready(); }) {}

    api::Ready ready() {
        api::Ready ready;
        views.version("");  // throws es::Unavailable when there are none in force
        ViewsLag{&views, feed.get()}.try_to_tell(ready);
        return ready;
    }

    kpi::MetricViews& views;
    std::unique_ptr<es::EventFeed> feed;
    std::unique_ptr<es::EventOrder> order;
    ReadNode node;
};

std::unique_ptr<projector::Projector> start_projector(Storage& storage,
                                                      projector::ProjectorOptions options) {
    options.rebuild_all = [&storage](const std::function<bool()>& stop) {
        storage.rebuild_views(stop);
    };
    return std::make_unique<projector::Projector>(options);
}

// `yardstick serve`, in the order in which its parts must be made.
struct Everything {
    static constexpr std::size_t servers = 2;  // that listen

    Everything(const Settings& settings, std::unique_ptr<Storage> opened)
        : storage(std::move(opened)),
          writing(settings, *storage),
          views(storage->write_views()),
          feed(storage->feed()),
          reading(settings, *storage, *views, writing.events.store.get(), metrics) {}

    void start() {
        writing.node.start();
        reading.node.start();
        projector =
            start_projector(*storage, {.events = *writing.events.store,
                                       .feed = *feed,
                                       .views = *views,
                                       .metrics = &metrics,
                                       .on_saved = [this] { reading.node.notify_saved(); }});
    }

    void stop() {
        auto reading_stops = std::async(std::launch::async, [this] { reading.node.stop(); });
        writing.node.stop();
        reading_stops.get();
        projector->stop();
    }

    std::unique_ptr<Storage> storage;
    prometheus::Registry metrics;  // of the read API and the projector
    Writing writing;
    std::unique_ptr<kpi::MetricViews> views;
    std::unique_ptr<es::EventFeed> feed;
    Reading reading;
    std::unique_ptr<projector::Projector> projector;
};

struct WriteApi {
    static constexpr std::size_t servers = 1;  // that listen

    WriteApi(const Settings& settings, std::unique_ptr<Storage> opened)
        : storage(std::move(opened)), writing(settings, *storage) {}

    void start() { writing.node.start(); }
    void stop() { writing.node.stop(); }

    std::unique_ptr<Storage> storage;
    Writing writing;
};

struct ReadApi {
    static constexpr std::size_t servers = 1;  // that listen

    ReadApi(const Settings& settings, std::unique_ptr<Storage> opened)
        : storage(std::move(opened)),
          views(storage->read_views()),
          events(storage->read_events()),
          reading(settings, *storage, *views, events.get(), metrics) {}

    void start() { reading.node.start(); }
    void stop() { reading.node.stop(); }

    std::unique_ptr<Storage> storage;
    prometheus::Registry metrics;
    std::unique_ptr<kpi::MetricViews> views;
    std::unique_ptr<es::EventStore> events;
    Reading reading;
};

struct ProjectorAlone {
    static constexpr std::size_t servers = 1;  // that listen

    ProjectorAlone(const Settings& settings, std::unique_ptr<Storage> opened)
        : storage(std::move(opened)),
          events(storage->read_events()),
          views(storage->write_views()),
          feed(storage->feed()),
          node(settings, metrics, [this] {
              api::Ready ready;
              ready.ok = projector->trouble().empty();
              if (!ready.ok) ready.reason = "it can't go on now; the projector's log says why";
              const ViewsLag lag{views.get(), feed.get()};
              if (ready.ok) {
                  lag.tell(ready);
              } else {
                  lag.try_to_tell(ready);
              }
              return ready;
          }) {}

    void start() {
        projector = start_projector(
            *storage, {.events = *events, .feed = *feed, .views = *views, .metrics = &metrics});
        node.start();
    }

    void stop() {
        node.stop();
        projector->stop();
    }

    std::unique_ptr<Storage> storage;
    prometheus::Registry metrics;
    std::unique_ptr<es::EventStore> events;
    std::unique_ptr<kpi::MetricViews> views;
    std::unique_ptr<es::EventFeed> feed;
    ProjectorNode node;
    std::unique_ptr<projector::Projector> projector;
};

// Connections must not take the descriptors that the stores and other servers need.
Settings within_descriptors(Settings settings, std::size_t servers) {
    const std::size_t descriptors = raise_descriptor_limit();
    settings.connections = connection_budget(descriptors, servers);
    const std::size_t connections = settings.connections.connections;
    if (connections < connections_max) {
        log::warning("the limit of open files allows fewer connections (ulimit -n, LimitNOFILE)",
                     {{"files", descriptors}, {"connectionsPerServer", connections}});
    }
    return settings;
}

// Runs a service until a signal comes. `await` is asked first, and may say that one came already.
template <class Service>
int run(const Settings& settings, const char* role,
        bool (*await)(Storage&, const StopSignals&) = nullptr) {
    const StopSignals signals;
    ::signal(SIGPIPE, SIG_IGN);  // a client went away: the write says so
    ::signal(SIGXFSZ, SIG_IGN);  // a file may not grow: the store says so
    log::start(settings.log);
    const Settings within = within_descriptors(settings, Service::servers);
    auto storage = open_storage(within, role);
    if (await == nullptr || await(*storage, signals)) {
        Service service(within, std::move(storage));
        service.start();
        notify_service("READY=1\nSTATUS=");  // it may have waited
        signals.wait();
        notify_service("STOPPING=1");
        log::info("stopping");
        signals.release();
        service.stop();
    }
    log::info("stopped");
    log::finish();
    return EXIT_SUCCESS;
}

// A projector may be started before the write API has made the event store. False: it is to stop.
bool await_events(Storage& storage, const StopSignals& signals) {
    constexpr std::chrono::milliseconds look_every{250};  // a service is asked, maybe
    std::string told;
    for (;;) {
        const std::string why = storage.events_missing();
        if (why.empty()) return true;
        if (why != told) {
            log::info("waiting for the event store", {{"reason", why}});
            notify_service("READY=1\nSTATUS=waiting for the event store");
        }
        told = why;
        if (signals.wait_for(look_every)) return false;
    }
}

}  // namespace

int serve(const Settings& settings) {
    return run<Everything>(settings, "serve");
}

int serve_writes(const Settings& settings) {
    return run<WriteApi>(settings, "write-api");
}

int serve_reads(const Settings& settings) {
    return run<ReadApi>(settings, "read-api");
}

int serve_projection(const Settings& settings) {
    return run<ProjectorAlone>(settings, "projector", await_events);
}

}  // namespace yardstick
