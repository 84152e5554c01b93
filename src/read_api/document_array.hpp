// The legacy arrays of whole documents: a page's ids are read first, then its documents in chunks
// while they are sent.
#pragma once

#include <cstddef>
#include <vector>

#include "http/message.hpp"
#include "kpi/metric_views.hpp"
#include "read_api/piece_stream.hpp"

namespace read_api {

// How many documents are read and rendered at a time.
inline constexpr std::size_t array_chunk = 32;

// The answer with these documents, in this order, on one page's clock. Those that have stopped to
// match the filter since their ids were read are left out, so that no answer contradicts its
// question. Blocks while it reads the first of them.
http::Response document_array(kpi::MetricViews& views, PieceSource source,
                              std::vector<kpi::MetricId> ids, const kpi::MetricFilter& filter,
                              es::TimePoint now);

}  // namespace read_api
