#include "yardstick/nodes.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <chrono>
#include <mutex>
#include <system_error>
#include <utility>

#include "api/request_metrics.hpp"
#include "api/worker_pool.hpp"
#include "base/log.hpp"
#include "base/time.hpp"
#include "base/uuid.hpp"
#include "es/command_processor.hpp"
#include "es/errors.hpp"
#include "http/router.hpp"
#include "http/server.hpp"
#include "kpi/metric.hpp"
#include "read_api/read_api.hpp"
#include "views/memory/past_views.hpp"
#include "views/memory/views_as_of.hpp"
#include "write_api/write_api.hpp"

namespace yardstick {
namespace {

namespace log = base::log;

constexpr const char* write_about =
    "Yardstick, write API: metrics with a target and a deadline, every change kept as an event.\n"
    "POST /metrics/{command} with {\"id\", \"aggregateVersion\", \"props\"} as application/json;\n"
    "commands: CreateMetricCommand, UpdateMetricDetailsCommand, UpdateMetricTargetCommand,\n"
    "UpdateMetricDeadlineCommand, UpdateMetricValueCommand.\n"
    "Also: /-/healthy, /-/ready, /-/prometheus, /problems/{type}, /openapi.json.\n";

constexpr const char* read_about =
    "Yardstick, read API: metrics with a target and a deadline, every change kept as an event.\n"
    "GET /metrics, /metrics/{id}, /metrics/{id}/values, /metrics/{id}/chart, "
    "/metrics/{id}/events,\n"
    "/metrics/GetMetricsById?metricId=, /metrics/GetMetricsByExpiration?isExpired=,\n"
    "/metrics/GetMetricsBySuccess?isSuccessful=.\n"
    "Also: /-/healthy, /-/ready, /-/prometheus, /problems/{type}, /openapi.json.\n";

constexpr const char* projector_about =
    "Yardstick, projector: builds the views that the read API answers from.\n"
    "GET /-/healthy, /-/ready, /-/prometheus.\n";

// For answers that wait for a store: one on this machine's disk needs few; across a network they
// mostly sleep, and each is one question in flight.
// Lists hold fewer, so that questions about one metric find a thread.
struct Threads {
    std::size_t all;
    std::size_t for_lists_max;
};
constexpr Threads local_threads{3, 2};
constexpr Threads network_threads{16, 12};

void log_error(std::string_view text) {
    log::error(text);
}

// While a store is away every request has the same to say: a line a second tells it. Any thread.
class SparseErrors {
public:
    void tell(std::string_view text) {
        const std::lock_guard lock(mutex_);
        const auto now = std::chrono::steady_clock::now();
        if (now < next_) {
            ++untold_;
            return;
        }
        next_ = now + interval;
        const std::size_t more = std::exchange(untold_, 0);
        log::error(more == 0 ? std::string(text)
                             : std::string(text) + " (and " + std::to_string(more) +
                                   " like it since the last such line)");
    }

private:
    static constexpr std::chrono::milliseconds interval{1'000};
    std::mutex mutex_;
    std::chrono::steady_clock::time_point next_;
    std::size_t untold_ = 0;
};

void raise_to(prometheus::Counter& counter, std::uint64_t total) {
    counter.Increment(static_cast<double>(total) - counter.Value());
}

// How near a server is to its limits, and whom they hit.
struct EdgeFigures {
    EdgeFigures(prometheus::Registry& registry, const std::string& api)
        : connections(prometheus::BuildGauge()
                          .Name("yardstick_http_connections")
                          .Help("Connections that are served")
                          .Register(registry)
                          .Add({{"api", api}})),
          turned_away(prometheus::BuildCounter()
                          .Name("yardstick_http_turned_away_total")
                          .Help("Connections beyond the limit, or beyond one address's share")
                          .Register(registry)
                          .Add({{"api", api}})),
          refused_by_pool(overloaded(registry, api, "queue")) {}

    static prometheus::Counter& overloaded(prometheus::Registry& registry, const std::string& api,
                                           const std::string& limit) {
        return prometheus::BuildCounter()
            .Name("yardstick_overloaded_total")
            .Help("Requests refused because a queue was full, or one address's share of it")
            .Register(registry)
            .Add({{"api", api}, {"limit", limit}});
    }

    prometheus::Gauge& connections;
    prometheus::Counter& turned_away;
    prometheus::Counter& refused_by_pool;
};

// What both APIs are made of: a pool, a router, a server, and the log of its requests.
class Edge {
public:
    Edge(std::string api, const Settings& settings, const ListenOption& listen,
         prometheus::Registry& metrics, const std::vector<std::string>& patterns,
         Threads threads = local_threads)
        : pool({.threads = threads.all,
                .slow_threads_max = threads.for_lists_max,
                .on_error = log_error}),
          probes({.threads = 1, .on_error = log_error}),
          api_(std::move(api)),
          counted_(metrics, api_, patterns),
          figures_(metrics, api_),
          server_(server_options(settings, listen),
                  [this](http::Request request, http::Responder respond) {
                      router.route(std::move(request), std::move(respond));
                  }) {}

    void start() {
        try {
            server_.start();
        } catch (const std::system_error& error) {
            throw es::Unusable(error.what());
        }
        log::info("listening", {{"api", api_}, {"url", url()}});
        if (!checks_host_) {
            log::warning(
                "answers for any host: pages of others may read it by a name that they "
                "point here; --allowed-host says which names are its own",
                {{"api", api_}});
        }
    }
    void stop() {
        server_.stop(stop_patience);
        pool.stop();
        probes.stop();
    }

    [[nodiscard]] std::string url() const {
        const bool v6 = listen_.address.find(':') != std::string::npos;
        return "http://" + (v6 ? "[" + listen_.address + "]" : listen_.address) + ":" +
               std::to_string(server_.port());
    }

    // `update` is called before the metrics are shown.
    void add_common_routes(const char* about, std::function<api::Ready()> ready,
                           prometheus::Registry& metrics, std::function<void()> update) {
        api::CommonRoutes common{about, std::move(ready), &metrics};
        common.before_metrics = [this, update = std::move(update)] {
            update();
            update_figures();
        };
        common.on_error = [this](std::string_view text) { errors.tell(text); };
        api::add_common_routes(router, std::move(common), probes);
    }

    SparseErrors errors;
    http::Router router;
    api::WorkerPool pool;    // for what blocks
    api::WorkerPool probes;  // for readiness and metrics, which must not wait behind slow requests

private:
    void update_figures() {
        const auto counters = server_.counters();
        figures_.connections.Set(static_cast<double>(counters.connections));
        raise_to(figures_.turned_away, counters.turned_away);
        raise_to(figures_.refused_by_pool, pool.refused() + probes.refused());
    }

    http::ServerOptions server_options(const Settings& settings, const ListenOption& listen) {
        listen_ = parse_listen(listen, settings.listen_anywhere);
        http::ServerOptions options;
        options.address = listen_.address;
        options.port = listen_.port;
        options.origins = origin_policy(settings, listen_);
        checks_host_ = options.origins.checks_host;
        options.limits.connections_max = settings.connections.connections;
        options.limits.turned_away_max = settings.connections.turned_away;
        options.on_error = log_error;
        options.streams_body = [this](const http::Request& request) {
            return router.streams_body(request);
        };
        options.on_access = [this, lines = settings.access_log](const http::Access& access) {
            counted_.record(access);
            if (!lines || !log::enabled(log::Level::info)) return;
            log::info("request", {{"api", api_},
                                  {"client", access.client},
                                  {"method", access.method},
                                  {"target", access.target},
                                  {"status", access.status},
                                  {"bytes", access.bytes},
                                  {"us", access.time.count()},
                                  {"id", access.id}});
        };
        return options;
    }

    std::string api_;
    api::RequestMetrics counted_;
    EdgeFigures figures_;
    ListenAddress listen_;
    bool checks_host_ = false;
    http::Server server_;
};

es::ProcessorOptions processor_options(const Settings& settings) {
    es::ProcessorOptions options;
    options.shards = settings.shards;
    options.clock = base::system_now;
    options.make_command_id = base::random_uuid;
    options.on_trouble = [](const std::string& text) { log::error(text); };
    return options;
}

// The processor's own counts, handed to Prometheus when it asks.
class ProcessorFigures {
public:
    explicit ProcessorFigures(prometheus::Registry& registry)
        : waiting_(prometheus::BuildGauge()
                       .Name("yardstick_commands_waiting")
                       .Help("Commands that were taken and are not answered yet")
                       .Register(registry)
                       .Add({})),
          commands_(counter(registry, "yardstick_commands_total", "Commands that were taken")),
          appends_(counter(registry, "yardstick_appends_total", "Appends, each to one stream")),
          loads_(counter(registry, "yardstick_stream_reads_total",
                         "Reads of a stream's page or of a single event")),
          conflicts_(counter(registry, "yardstick_append_conflicts_total",
                             "Appends that another writer was ahead of")) {}

    void update(const es::CommandProcessor<kpi::MetricAggregate>& processor) {
        const auto& counters = processor.counters();
        waiting_.Set(static_cast<double>(processor.waiting()));
        raise_to(commands_, counters.commands);
        raise_to(appends_, counters.appends);
        raise_to(loads_, counters.loads);
        raise_to(conflicts_, counters.conflicts);
    }

private:
    static prometheus::Counter& counter(prometheus::Registry& registry, const char* name,
                                        const char* help) {
        return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add({});
    }
    prometheus::Gauge& waiting_;
    prometheus::Counter& commands_;
    prometheus::Counter& appends_;
    prometheus::Counter& loads_;
    prometheus::Counter& conflicts_;
};

}  // namespace

struct WriteNode::Impl {
    Impl(const Settings& settings, es::EventStore& events, std::function<api::Ready()> ready)
        : processor(events, processor_options(settings)),
          edge("write", settings, settings.write_listen, metrics, write_api::patterns()) {
        write_api::add_routes(edge.router, processor, &parked);
        edge.add_common_routes(write_about, std::move(ready), metrics,
                               [this] { figures.update(processor); });
    }

    write_api::ParkedMetrics parked;
    prometheus::Registry metrics;
    ProcessorFigures figures{metrics};
    es::CommandProcessor<kpi::MetricAggregate> processor;
    Edge edge;
};

WriteNode::WriteNode(const Settings& settings, es::EventStore& events,
                     std::function<api::Ready()> ready)
    : impl_(std::make_unique<Impl>(settings, events, std::move(ready))) {}
WriteNode::~WriteNode() {
    stop();
}
void WriteNode::start() {
    impl_->edge.start();
}
void WriteNode::stop() {
    impl_->edge.stop();
    impl_->processor.stop();
}

std::vector<es::Parked> WriteNode::parked() const {
    return impl_->parked.all();
}

namespace {

read_api::PastViews past_views_from(es::EventStore* events) {
    if (events == nullptr) return nullptr;
    return [events](const kpi::MetricId& id, es::TimePoint time) {
        return views::views_as_of(*events, id, time);
    };
}

read_api::FoldPast past_of_all_from(es::EventStore* events, es::EventOrder* order) {
    if (events == nullptr || order == nullptr) return nullptr;
    return [events, order](es::TimePoint time) { return views::fold_past(*order, *events, time); };
}

}  // namespace

struct ReadNode::Impl {
    Impl(const Settings& settings, Sources sources, prometheus::Registry& metrics,
         std::function<api::Ready()> ready)
        : edge("read", settings, settings.read_listen, metrics, read_api::ReadApi::patterns(),
               sources.local ? local_threads : network_threads),
          api({.views = sources.views,
               .pool = edge.pool,
               .events = sources.events,
               .views_as_of = past_views_from(sources.events),
               .order = sources.order,
               .fold_past = past_of_all_from(sources.events, sources.order),
               .on_error = [this](std::string_view text) { edge.errors.tell(text); },
               .documents_on_io_thread = sources.local}),
          waiting(prometheus::BuildGauge()
                      .Name("yardstick_read_waiting")
                      .Help("Requests that wait for a minVersion")
                      .Register(metrics)
                      .Add({})),
          past(prometheus::BuildGauge()
                   .Name("yardstick_read_past_bytes")
                   .Help("Memory that lists with asOf hold, roughly")
                   .Register(metrics)
                   .Add({})),
          refused_waits(EdgeFigures::overloaded(metrics, "read", "waits")) {
        api.add_routes(edge.router);
        edge.add_common_routes(read_about, std::move(ready), metrics, [this] {
            const auto waiters = api.waiters();
            waiting.Set(static_cast<double>(waiters.waiting));
            past.Set(static_cast<double>(api.past_bytes()));
            raise_to(refused_waits, waiters.refused);
        });
    }

    Edge edge;
    read_api::ReadApi api;
    prometheus::Gauge& waiting;
    prometheus::Gauge& past;
    prometheus::Counter& refused_waits;
};

ReadNode::ReadNode(const Settings& settings, Sources sources, prometheus::Registry& metrics,
                   std::function<api::Ready()> ready)
    : impl_(std::make_unique<Impl>(settings, sources, metrics, std::move(ready))) {}
ReadNode::~ReadNode() {
    stop();
}
void ReadNode::start() {
    impl_->edge.start();
}
void ReadNode::stop() {
    impl_->api.stop();
    impl_->edge.stop();
}
void ReadNode::notify_saved() {
    impl_->api.notify_saved();
}

struct ProjectorNode::Impl {
    Impl(const Settings& settings, prometheus::Registry& metrics, std::function<api::Ready()> ready)
        : edge("projector", settings, settings.projector_listen, metrics, {}) {
        edge.add_common_routes(projector_about, std::move(ready), metrics, [] {});
    }

    Edge edge;
};

ProjectorNode::ProjectorNode(const Settings& settings, prometheus::Registry& metrics,
                             std::function<api::Ready()> ready)
    : impl_(std::make_unique<Impl>(settings, metrics, std::move(ready))) {}
ProjectorNode::~ProjectorNode() {
    stop();
}
void ProjectorNode::start() {
    impl_->edge.start();
}
void ProjectorNode::stop() {
    impl_->edge.stop();
}

}  // namespace yardstick
