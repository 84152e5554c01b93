#include "projector/projector.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <mutex>

#include "base/log.hpp"
#include "es/projection_loop.hpp"
#include "projector/parked_log.hpp"

namespace projector {
namespace {

namespace log = base::log;

// Where there is a registry; else counting is for nobody.
struct Metrics {
    explicit Metrics(prometheus::Registry& registry)
        : views_saved(prometheus::BuildCounter()
                          .Name("yardstick_projector_views_saved_total")
                          .Help("Metric views that were saved")
                          .Register(registry)
                          .Add({})),
          events_applied(prometheus::BuildCounter()
                             .Name("yardstick_projector_events_applied_total")
                             .Help("Events that were folded into views")
                             .Register(registry)
                             .Add({})),
          failures(prometheus::BuildCounter()
                       .Name("yardstick_projector_failures_total")
                       .Help("Kinds of failure met while saving or reading; each is retried")
                       .Register(registry)
                       .Add({})),
          parked(prometheus::BuildGauge()
                     .Name("yardstick_projector_parked_streams")
                     .Help("Metrics whose next event can't be applied")
                     .Register(registry)
                     .Add({})) {}

    prometheus::Counter& views_saved;
    prometheus::Counter& events_applied;
    prometheus::Counter& failures;
    prometheus::Gauge& parked;
};

}  // namespace

struct Projector::Impl {
    explicit Impl(const ProjectorOptions& given)
        : options(given),
          metrics(given.metrics != nullptr ? *given.metrics : unseen),
          projection(given.events, given.views, hooks()),
          loop(projection, given.feed, given.views, loop_options()) {}

    es::ProjectionHooks<kpi::MetricView> hooks() {
        es::ProjectionHooks<kpi::MetricView> hooks;
        hooks.on_parked = [this](const es::Parked& parked) {
            tell_parked(parked);
            count_parked();
        };
        hooks.on_unparked = [this](const es::StreamId& id) {
            log::info("metric no longer parked", {{"metric", id}});
            count_parked();
        };
        hooks.on_saved = [this](const std::vector<es::ViewChange<kpi::MetricView>>& changes) {
            std::int64_t events = 0;
            for (const auto& change : changes) events += change.document.version - change.loaded;
            metrics.views_saved.Increment(static_cast<double>(changes.size()));
            metrics.events_applied.Increment(static_cast<double>(events));
            if (options.on_saved) options.on_saved();
        };
        return hooks;
    }

    es::ProjectionLoopOptions loop_options() {
        es::ProjectionLoopOptions loop_options;
        loop_options.on_start = [this] {
            for (const auto& [id, parked] : projection.parked()) tell_parked(parked);
            count_parked();
        };
        loop_options.on_failure = [this](const std::string& reason) {
            log::warning("projector can't go on, and keeps trying", {{"reason", reason}});
            metrics.failures.Increment();
            set_trouble(reason);
        };
        if (options.rebuild_all) {
            loop_options.rebuild_all = [this](const std::string& why,
                                              const std::function<bool()>& stop) {
                log::info("rebuilding all views", {{"reason", why}});
                options.rebuild_all(stop);
            };
        }
        loop_options.on_recovered = [this] {
            log::info("projector goes on");
            set_trouble({});
        };
        return loop_options;
    }

    void set_trouble(const std::string& why) {
        const std::lock_guard lock(trouble_mutex);
        trouble = why;
    }
    void count_parked() { metrics.parked.Set(static_cast<double>(projection.parked().size())); }

    ProjectorOptions options;
    prometheus::Registry unseen;
    Metrics metrics;
    std::mutex trouble_mutex;
    std::string trouble;
    es::Projection<kpi::MetricView> projection;
    es::ProjectionLoop<kpi::MetricView> loop;
};

Projector::Projector(const ProjectorOptions& options) : impl_(std::make_unique<Impl>(options)) {}
Projector::~Projector() = default;
void Projector::stop() {
    impl_->loop.stop();
}
std::string Projector::trouble() const {
    const std::lock_guard lock(impl_->trouble_mutex);
    return impl_->trouble;
}

}  // namespace projector
