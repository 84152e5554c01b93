#include "yardstick/serve.hpp"

#include <prometheus/registry.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <future>
#include <memory>

#include "base/log.hpp"
#include "base/time.hpp"
#include "es/errors.hpp"
#include "projector/projector.hpp"
#include "stores/sqlite/commit_signal.hpp"
#include "stores/sqlite/sqlite_event_feed.hpp"
#include "stores/sqlite/sqlite_event_store.hpp"
#include "stores/sqlite/sqlite_metric_views.hpp"
#include "yardstick/nodes.hpp"

namespace yardstick {
namespace {

namespace log = base::log;

// The signals that end the program, taken by whoever waits for them instead of by a handler.
class StopSignals {
public:
    // To be made before any thread, so that all of them leave these signals alone.
    StopSignals() {
        sigemptyset(&signals_);
        sigaddset(&signals_, SIGTERM);
        sigaddset(&signals_, SIGINT);
        pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
    }
    void wait() const {
        int signal = 0;
        while (sigwait(&signals_, &signal) != 0) {
        }
    }
    // From here on a signal ends the process at once: somebody is in a hurry.
    void release() const { pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr); }

private:
    sigset_t signals_{};
};

void log_notice(std::string text) {
    log::warning(text);
}

// What is on disk is no longer known; a restart reads it anew.
[[noreturn]] void end_at_once(const std::string& reason) {
    log::last_words("the disk failed; ending at once so that nothing more is promised",
                    {{"reason", reason}});
    std::_Exit(70);
}

stores::SqliteEventStoreOptions store_options(std::shared_ptr<stores::CommitSignal> signal) {
    stores::SqliteEventStoreOptions options;
    options.role = "serve";
    options.signal = std::move(signal);
    options.on_fatal = end_at_once;
    options.log = log_notice;
    return options;
}

stores::SqliteMetricViewsOptions views_options() {
    stores::SqliteMetricViewsOptions options;
    options.writer = true;
    options.role = "serve";
    options.on_fatal = end_at_once;
    options.log = log_notice;
    return options;
}

// Views without the events that they were made from: somebody deleted or forgot to restore the one
// file that matters. To begin an empty store there would hide that.
void refuse_lost_events(const std::filesystem::path& data) {
    std::error_code ignored;
    const auto events = data / "events.db";
    const bool there =
        std::filesystem::exists(events, ignored) && std::filesystem::file_size(events, ignored) > 0;
    if (there || !std::filesystem::exists(data / "views.current", ignored)) return;
    throw es::Unusable(events.string() +
                       " is missing, but views of its events are there: restore it from a backup, "
                       "or delete " +
                       (data / "views.current").string() + " to begin with an empty store.");
}

// Everything that `serve` runs, in the order in which it must be made.
struct Service {
    explicit Service(const Settings& settings)
        : events(settings.data, store_options(signal)),
          views(settings.data, views_options()),
          feed(settings.data, signal),
          lag_feed(settings.data),
          read(settings, views, &events, metrics, [this] { return ready(); }),
          write(settings, events, [this] { return ready(); }) {}

    void start() {
        write.start();
        read.start();
        projector = std::make_unique<projector::Projector>(
            projector::ProjectorOptions{.events = events,
                                        .feed = feed,
                                        .views = views,
                                        .metrics = &metrics,
                                        .on_saved = [this] { read.notify_saved(); }});
    }

    void stop() {
        auto reading = std::async(std::launch::async, [this] { read.stop(); });
        write.stop();
        reading.get();
        projector->stop();
    }

    api::Ready ready() {
        api::Ready ready;
        ready.ok = events.healthy();
        if (!ready.ok) ready.reason = "the event store can't be used now";
        ready.lag = lag_feed.lag(views.checkpoints());
        ready.parked = views.parked();
        return ready;
    }

    std::shared_ptr<stores::CommitSignal> signal = std::make_shared<stores::CommitSignal>();
    prometheus::Registry metrics;  // of the read API and the projector
    stores::SqliteEventStore events;
    stores::SqliteMetricViews views;
    stores::SqliteEventFeed feed;      // the projector's
    stores::SqliteEventFeed lag_feed;  // asked by others
    ReadNode read;
    WriteNode write;
    std::unique_ptr<projector::Projector> projector;
};

}  // namespace

int serve(const Settings& settings) {
    const StopSignals signals;
    ::signal(SIGPIPE, SIG_IGN);  // a client went away: the write says so
    ::signal(SIGXFSZ, SIG_IGN);  // a file may not grow: the store says so
    refuse_lost_events(settings.data);
    log::start(settings.log);
    {
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

}  // namespace yardstick
