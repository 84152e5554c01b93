// The legacy arrays of whole documents: a page's ids are read first, then its documents in chunks
// while they are sent, so that an answer of any length costs little memory.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "api/worker_pool.hpp"
#include "http/message.hpp"
#include "kpi/metric_views.hpp"

namespace read_api {

struct ArraySource {
    kpi::MetricViews& views;
    api::WorkerPool& pool;
    std::function<void(std::string_view)> on_error;  // may be empty
    std::string caller;                              // as http::Request says
};

// How many documents are read and rendered at a time.
inline constexpr std::size_t array_chunk = 32;

// The answer with these documents, in this order, on one page's clock. Those that have stopped to
// match the filter since their ids were read are left out, so that no answer contradicts its
// question. Few documents come as a plain body (blocks while it reads them), more as a stream.
http::Response document_array(const ArraySource& source, std::vector<kpi::MetricId> ids,
                              const kpi::MetricFilter& filter, es::TimePoint now);

}  // namespace read_api
