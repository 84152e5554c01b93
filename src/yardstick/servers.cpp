#include "yardstick/servers.hpp"

#include <prometheus/registry.h>
#include <signal.h>

#include <cstdlib>
#include <future>
#include <memory>

#include "base/log.hpp"
#include "es/errors.hpp"
#include "projector/projector.hpp"
#include "stores/sqlite/commit_signal.hpp"
#include "stores/sqlite/data_folder.hpp"
#include "stores/sqlite/sqlite_event_feed.hpp"
#include "stores/sqlite/sqlite_event_reader.hpp"
#include "stores/sqlite/sqlite_event_store.hpp"
#include "stores/sqlite/sqlite_metric_views.hpp"
#include "yardstick/nodes.hpp"
#include "yardstick/stop_signals.hpp"

namespace yardstick {
namespace {

namespace log = base::log;

void log_notice(const std::string& text) {
    log::warning(text);
}

// What is on disk is no longer known; a restart reads it anew.
[[noreturn]] void end_at_once(const std::string& reason) {
    log::last_words("the disk failed; ending at once so that nothing more is promised",
                    {{"reason", reason}});
    std::_Exit(70);
}

stores::SqliteEventStoreOptions store_options(const char* role,
                                              std::shared_ptr<stores::CommitSignal> signal) {
    stores::SqliteEventStoreOptions options;
    options.role = role;
    options.signal = std::move(signal);
    options.on_fatal = end_at_once;
    options.log = log_notice;
    return options;
}

stores::SqliteMetricViewsOptions views_options(const char* role) {
    stores::SqliteMetricViewsOptions options;
    options.writer = true;
    options.role = role;
    options.on_fatal = end_at_once;
    options.log = log_notice;
    return options;
}

std::filesystem::path not_lost_events(const std::filesystem::path& data) {
    stores::sqlite::refuse_lost_events(data);
    return data;
}

// How far the views are behind the events, asked by others than the projector.
class ViewsLag {
public:
    ViewsLag(const std::filesystem::path& data, kpi::MetricViews& views)
        : feed_(data), views_(views) {}

    // Throws es::Unavailable when either can't be read.
    void tell(api::Ready& ready) {
        ready.parked = views_.parked();
        ready.lag = feed_.lag(views_.checkpoints());
    }

    // What can't be read stays unknown.
    void try_to_tell(api::Ready& ready) {
        try {
            tell(ready);
        } catch (const es::Unavailable&) {
        }
    }

private:
    stores::SqliteEventFeed feed_;
    kpi::MetricViews& views_;
};

// The write API and its store.
struct Writing {
    Writing(const Settings& settings, const char* role,
            std::shared_ptr<stores::CommitSignal> signal, kpi::MetricViews& views)
        : events(not_lost_events(settings.data), store_options(role, std::move(signal))),
          lag(settings.data, views),
          node(settings, events, [this] { return ready(); }) {}

    api::Ready ready() {
        api::Ready ready;
        ready.ok = events.healthy();
        if (!ready.ok) ready.reason = "the event store can't be used now";
        lag.try_to_tell(ready);
        return ready;
    }

    stores::SqliteEventStore events;
    ViewsLag lag;
    WriteNode node;
};

// The read API over views that somebody writes.
struct Reading {
    Reading(const Settings& settings, kpi::MetricViews& reader, es::EventStore& events,
            prometheus::Registry& metrics)
        : views(reader),
          lag(settings.data, views),
          node(settings, views, &events, metrics, [this] { return ready(); }) {}

    api::Ready ready() {
        api::Ready ready;
        views.version("");  // throws es::Unavailable when there are none in force
        lag.try_to_tell(ready);
        return ready;
    }

    kpi::MetricViews& views;
    ViewsLag lag;
    ReadNode node;
};

// `yardstick serve`, in the order in which its parts must be made.
struct Everything {
    explicit Everything(const Settings& settings)
        : reader(settings.data),
          writing(settings, "serve", signal, reader),
          views(settings.data, views_options("serve")),
          feed(settings.data, signal),
          reading(settings, views, writing.events, metrics) {}

    void start() {
        writing.node.start();
        reading.node.start();
        projector = std::make_unique<projector::Projector>(
            projector::ProjectorOptions{.events = writing.events,
                                        .feed = feed,
                                        .views = views,
                                        .metrics = &metrics,
                                        .on_saved = [this] { reading.node.notify_saved(); }});
    }

    void stop() {
        auto reading_stops = std::async(std::launch::async, [this] { reading.node.stop(); });
        writing.node.stop();
        reading_stops.get();
        projector->stop();
    }

    std::shared_ptr<stores::CommitSignal> signal = std::make_shared<stores::CommitSignal>();
    prometheus::Registry metrics;      // of the read API and the projector
    stores::SqliteMetricViews reader;  // the write API's, which is there before the views are
    Writing writing;
    stores::SqliteMetricViews views;
    stores::SqliteEventFeed feed;
    Reading reading;
    std::unique_ptr<projector::Projector> projector;
};

struct WriteApi {
    explicit WriteApi(const Settings& settings)
        : views(settings.data), writing(settings, "write-api", nullptr, views) {}

    void start() { writing.node.start(); }
    void stop() { writing.node.stop(); }

    stores::SqliteMetricViews views;
    Writing writing;
};

struct ReadApi {
    explicit ReadApi(const Settings& settings)
        : views(settings.data), events(settings.data), reading(settings, views, events, metrics) {}

    void start() { reading.node.start(); }
    void stop() { reading.node.stop(); }

    prometheus::Registry metrics;
    stores::SqliteMetricViews views;
    stores::SqliteEventReader events;
    Reading reading;
};

struct ProjectorAlone {
    explicit ProjectorAlone(const Settings& settings)
        : events(settings.data),
          views(settings.data, views_options("projector")),
          feed(settings.data),
          lag(settings.data, views),
          node(settings, metrics, [this] {
              api::Ready ready;
              lag.tell(ready);
              return ready;
          }) {}

    void start() {
        node.start();
        projector = std::make_unique<projector::Projector>(projector::ProjectorOptions{
            .events = events, .feed = feed, .views = views, .metrics = &metrics});
    }

    void stop() {
        node.stop();
        projector->stop();
    }

    prometheus::Registry metrics;
    stores::SqliteEventReader events;
    stores::SqliteMetricViews views;
    stores::SqliteEventFeed feed;
    ViewsLag lag;
    ProjectorNode node;
    std::unique_ptr<projector::Projector> projector;
};

// Runs a service until a signal comes. `await` is asked first, and may say that one came already.
template <class Service>
int run(const Settings& settings, bool (*await)(const Settings&, const StopSignals&) = nullptr) {
    const StopSignals signals;
    ::signal(SIGPIPE, SIG_IGN);  // a client went away: the write says so
    ::signal(SIGXFSZ, SIG_IGN);  // a file may not grow: the store says so
    log::start(settings.log);
    if (await == nullptr || await(settings, signals)) {
        Service service(settings);
        service.start();
        signals.wait();
        log::info("stopping");
        signals.release();
        service.stop();
    }
    log::info("stopped");
    log::finish();
    return EXIT_SUCCESS;
}

// A projector may be started before the write API has made the event store. False: it is to stop.
bool await_events(const Settings& settings, const StopSignals& signals) {
    constexpr std::chrono::milliseconds look_every{50};
    bool told = false;
    while (!stores::SqliteEventReader(settings.data).healthy()) {
        if (!told) {
            log::info("waiting for the event store", {{"folder", settings.data.string()}});
        }
        told = true;
        if (signals.wait_for(look_every)) return false;
    }
    return true;
}

}  // namespace

int serve(const Settings& settings) {
    return run<Everything>(settings);
}

int serve_writes(const Settings& settings) {
    return run<WriteApi>(settings);
}

int serve_reads(const Settings& settings) {
    return run<ReadApi>(settings);
}

int serve_projection(const Settings& settings) {
    return run<ProjectorAlone>(settings, await_events);
}

}  // namespace yardstick
