// How a question of the read API gets its answer: on which thread, once the view has reached a
// version, or from the past; and the answers that several routes give. The routes themselves stand
// in a file for each subject: document_routes, list_routes, value_routes, event_routes.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/worker_pool.hpp"
#include "base/time.hpp"
#include "es/event_store.hpp"
#include "http/message.hpp"
#include "http/problem.hpp"
#include "kpi/metric_views.hpp"
#include "read_api/options.hpp"
#include "read_api/past_metrics.hpp"
#include "read_api/piece_stream.hpp"
#include "read_api/questions.hpp"
#include "read_api/version_waiter.hpp"

namespace read_api {

using Errors = std::vector<http::Problem::Error>;

// Answers 400 when there are any.
bool refused(Errors errors, const http::Request& request, const http::Responder& respond);

http::Response not_found(const std::string& request_id);
http::Response no_event_store(const std::string& request_id);
http::Response no_global_order(const std::string& request_id);

// A page of another site would see by the time whether what it asked for is there.
Visibility without_wait_for_others(Visibility visibility, const http::Request& request);

// nullopt: there is no such stream. (Nothing after the end of one is an empty page.)
std::optional<es::ReadResult> read_events(es::EventStore& store, const es::StreamId& id,
                                          es::Version after, std::size_t limit);

// What is to be known of a request once it is on its way.
struct Asked {
    std::string request_id;
    api::JobOrigin origin;
};
Asked quick(const http::Request& request);
Asked slow(const http::Request& request);  // it may pass through all metrics

// What a request wants to see, and how it is answered. `answer` may block and throw; nullopt: the
// view has not reached the version.
struct Wanted {
    std::string request_id;
    std::string caller;
    http::Responder respond;
    kpi::MetricId id;
    Visibility visibility;
    std::function<std::optional<http::Response>()> answer;
    bool on_io_thread = false;
    api::Lane lane = api::Lane::quick;  // of the pool
};

// Callable from any thread.
class Answerer {
public:
    explicit Answerer(ReadApiOptions options);

    [[nodiscard]] const ReadApiOptions& options() const { return options_; }
    [[nodiscard]] kpi::MetricViews& views() const { return options_.views; }
    [[nodiscard]] es::TimePoint now() const { return options_.clock(); }
    // The same views, for what reads either these or the past. It doesn't own them.
    [[nodiscard]] std::shared_ptr<kpi::MetricViews> present() const {
        return {std::shared_ptr<void>(), &options_.views};
    }
    // Where the pieces of this caller's answers are made.
    [[nodiscard]] PieceSource pieces_for(const std::string& caller) const {
        return {options_.pool, options_.on_error, caller};
    }

    // Runs `work`, which may block and throw, on the pool; its exception becomes the answer.
    void on_pool(const Asked& asked, const http::Responder& respond, std::function<void()> work);
    // Answers when the view has reached the version wanted.
    void when_visible(Wanted wanted);
    // Answers what `answer` makes of the metric's views at that time: folded from the events, and
    // judged by the clock of then.
    using PastAnswer = std::function<http::Response(const std::shared_ptr<kpi::MetricViews>& past)>;
    void as_of(es::TimePoint time, const http::Request& request, const http::Responder& respond,
               const kpi::MetricId& id, PastAnswer answer);

    // Answers what `answer`, which may block and throw, makes of the views of all metrics: those of
    // now, or as they were then. On the slow lane.
    using ListAnswer = std::function<http::Response(const std::shared_ptr<kpi::MetricViews>&)>;
    void of_all(const std::optional<es::TimePoint>& as_of, const http::Request& request,
                const http::Responder& respond, ListAnswer answer);

    [[nodiscard]] bool is_below(const kpi::MetricId& id, es::Version min_version) const;
    // The answer where `find` finds no view of the metric; nullopt: it does.
    [[nodiscard]] std::optional<http::Response> absent(const kpi::MetricId& id,
                                                       const std::string& request_id,
                                                       const std::function<bool()>& find) const;
    // The answer where there is no view: a metric that is parked at its first event has none.
    [[nodiscard]] http::Response no_view(const kpi::MetricId& id,
                                         const std::string& request_id) const;

    void notify_saved() { waiter_.notify(); }
    void stop() {
        waiter_.stop();
        past_.stop();
    }
    [[nodiscard]] VersionWaiter::Counters waiters() const { return waiter_.counters(); }
    [[nodiscard]] std::size_t past_bytes() const { return past_.bytes(); }

private:
    void try_to_answer(const Wanted& wanted);
    void wait_for_version(const Wanted& wanted);
    void settle(const Wanted& wanted, VersionWaiter::Outcome outcome);
    // Runs what may throw; its exception becomes the answer.
    void guarded(const std::string& request_id, const http::Responder& respond,
                 const std::function<void()>& work) const;

    ReadApiOptions options_;
    VersionWaiter waiter_;
    PastMetrics past_{options_};
};

}  // namespace read_api
