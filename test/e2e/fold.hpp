// A metric as it must look, folded from its stored events in plain C++ that shares nothing with
// the program's own fold.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "api.hpp"

namespace e2e {

struct StoredEvent {
    std::int64_t version = 0;
    std::string type;
    std::string occurred_on;
    json::Value payload;
};

// All events of a metric as the read API's /events gives them, page by page.
std::vector<StoredEvent> read_events(Api& api, const std::string& id);

// Versions must be 1..n, and the document and the values of the metric, once they have caught up,
// exactly what the events say.
void expect_view_equals_fold(Api& api, const std::string& id,
                             const std::vector<StoredEvent>& events);
void expect_view_equals_fold(Api& api, const std::string& id);

}  // namespace e2e
