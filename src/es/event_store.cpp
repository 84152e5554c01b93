#include "es/event_store.hpp"

#include <algorithm>
#include <future>
#include <iterator>
#include <memory>

#include "es/errors.hpp"

namespace es {

ReadResult read_page(EventStore& store, ReadRequest request) {
    auto promise = std::make_shared<std::promise<ReadResult>>();
    auto result = promise->get_future();
    store.read({std::move(request)},
               [promise](std::size_t, ReadResult page) { promise->set_value(std::move(page)); });
    return result.get();
}

std::vector<RecordedEvent> read_stream(EventStore& store, const StreamId& stream, Version after) {
    std::vector<RecordedEvent> events;
    for (;;) {
        ReadResult page = read_page(store, {stream, after});
        if (page.status == ReadStatus::unavailable) throw Unavailable(page.reason);
        if (page.status == ReadStatus::corrupt) throw Corrupt(page.reason);
        std::ranges::move(page.events, std::back_inserter(events));
        if (!page.more) return events;
        after = events.back().version;
    }
}

AppendOutcome append_one(EventStore& store, Append append) {
    auto promise = std::make_shared<std::promise<AppendOutcome>>();
    auto result = promise->get_future();
    store.append({std::move(append)}, [promise](std::size_t, AppendOutcome outcome) {
        promise->set_value(std::move(outcome));
    });
    return result.get();
}

}  // namespace es
