// What the read API answers from, and its limits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "api/worker_pool.hpp"
#include "base/time.hpp"
#include "es/event_order.hpp"
#include "es/event_store.hpp"
#include "kpi/metric_views.hpp"
#include "kpi/past_fold.hpp"

namespace read_api {

// The views of one metric as its events up to a time say. May throw as views do.
using PastViews =
    std::function<std::unique_ptr<kpi::MetricViews>(const kpi::MetricId& id, es::TimePoint time)>;

// What a list with asOf may cost: it folds all events of the store.
struct PastBounds {
    std::int64_t events_max = 5'000'000;
    std::size_t bytes_max = 1'000'000'000;  // of all that are kept, so also of one
    std::size_t kept_max = 4;               // instants, those asked for last
};

// All metrics as they were at a time.
using FoldPast = std::function<std::unique_ptr<kpi::PastFold>(es::TimePoint time)>;

struct ReadApiOptions {
    kpi::MetricViews& views;
    api::WorkerPool& pool;             // for what blocks
    es::EventStore* events = nullptr;  // without: /events answers 501
    PastViews views_as_of = nullptr;   // without: asOf is answered with 501
    es::EventOrder* order = nullptr;   // all events; without: /events answers 501
    FoldPast fold_past = nullptr;      // without, or without the order: asOf of lists is 501
    base::Clock clock = base::system_now;
    // What the operator should know: texts of exceptions. May be empty; any thread.
    std::function<void(std::string_view)> on_error = {};
    // Requests that wait for a minVersion; beyond, and of one caller beyond what is free: 503.
    std::size_t waiters_max = 2000;
    std::size_t cache_bytes_max = 32'000'000;  // of rendered documents
    PastBounds past = {};                      // of lists with asOf
    // Where single documents are read: on the server's io thread (best where a lookup takes some
    // microseconds, as in SQLite: a hop to another thread costs as much), or on the pool (a store
    // across a network).
    bool documents_on_io_thread = true;
};

}  // namespace read_api
