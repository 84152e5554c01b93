#include "es/event_store.hpp"

#include <algorithm>
#include <future>
#include <iterator>
#include <memory>
#include <utility>

#include "es/errors.hpp"

namespace es {

bool is_whole(const Append& append) {
    Version version = append.expected;
    return !append.events.empty() &&
           std::ranges::all_of(append.events, [&](const RecordedEvent& event) {
               return event.stream == append.stream && event.version == ++version;
           });
}

ReadResult read_one(EventStore& store, ReadRequest request) {
    auto promise = std::make_shared<std::promise<ReadResult>>();
    auto result = promise->get_future();
    store.read({std::move(request)},
               [promise](std::size_t, ReadResult page) { promise->set_value(std::move(page)); });
    return result.get();
}

ReadResult read_page(EventStore& store, ReadRequest request) {
    ReadResult page = read_one(store, std::move(request));
    switch (page.status) {
        case ReadStatus::read:
            return page;
        case ReadStatus::unavailable:
            throw Unavailable(page.reason);
        case ReadStatus::corrupt:
            break;
    }
    throw Corrupt(page.reason);
}

std::vector<RecordedEvent> read_stream(EventStore& store, const StreamId& stream, Version after) {
    std::vector<RecordedEvent> events;
    for (;;) {
        ReadResult page = read_page(store, {stream, after});
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
