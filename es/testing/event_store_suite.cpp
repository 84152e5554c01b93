#include "es/testing/event_store_suite.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <thread>

#include "es/testing/json_value.hpp"

namespace es::testing {
namespace {

constexpr std::chrono::seconds patience{20};
constexpr std::chrono::seconds long_wait{10};  // of a poll that is not to take so long

// Appends a batch and waits until every outcome has come; each must come exactly once.
std::vector<AppendOutcome> append_all(EventStore& store, std::vector<Append> batch) {
    struct Shared {
        std::mutex mutex;
        std::condition_variable settled;
        std::vector<AppendOutcome> outcomes;
        std::vector<int> calls;
        int open;
    };
    auto shared = std::make_shared<Shared>();
    shared->outcomes.resize(batch.size());
    shared->calls.resize(batch.size());
    shared->open = static_cast<int>(batch.size());
    store.append(std::move(batch), [shared](std::size_t index, AppendOutcome outcome) {
        const std::lock_guard lock(shared->mutex);
        shared->outcomes.at(index) = std::move(outcome);
        ++shared->calls.at(index);
        --shared->open;
        shared->settled.notify_all();
    });
    std::unique_lock lock(shared->mutex);
    const bool settled =
        shared->settled.wait_for(lock, patience, [&] { return shared->open <= 0; });
    require(settled, "every append of a batch settles");
    for (const int calls : shared->calls) require(calls == 1, "each outcome comes exactly once");
    return shared->outcomes;
}

AppendStatus append(EventStore& store, const StreamId& stream, Version expected,
                    std::size_t count = 1) {
    return append_all(store, {{stream, expected, some_events(stream, expected, count)}})[0].status;
}

void require_stored(AppendStatus status) {
    require(status == AppendStatus::stored, "an append at the right version is stored");
}

void require_same(const std::vector<RecordedEvent>& found,
                  const std::vector<RecordedEvent>& expected, const std::string& what) {
    require(found.size() == expected.size(), what + ": " + std::to_string(expected.size()) +
                                                 " events expected, " +
                                                 std::to_string(found.size()) + " found");
    for (std::size_t i = 0; i < found.size(); ++i) {
        require(found[i] == expected[i], what + ": event " + std::to_string(i) +
                                             " differs (version " +
                                             std::to_string(found[i].version) + ", payload " +
                                             found[i].payload.substr(0, 80) + ")");
    }
}

// Reads the feed until `count` events have come (or patience ends).
FeedBatch drain(EventFeed& feed, Checkpoints checkpoints, std::size_t count,
                std::size_t limit = 1000) {
    FeedBatch all;
    all.reached = std::move(checkpoints);
    const auto until = std::chrono::steady_clock::now() + patience;
    while (all.events.size() < count && std::chrono::steady_clock::now() < until) {
        FeedBatch batch = feed.poll(all.reached, limit, std::chrono::milliseconds(50));
        std::move(batch.events.begin(), batch.events.end(), std::back_inserter(all.events));
        for (auto& [partition, position] : batch.reached) all.reached[partition] = position;
    }
    require(all.events.size() >= count,
            "every stored event comes through the feed: " + std::to_string(count) + " expected, " +
                std::to_string(all.events.size()) + " came");
    return all;
}

void require_in_order(const std::vector<RecordedEvent>& events) {
    std::map<StreamId, Version> versions;
    for (const RecordedEvent& event : events) {
        Version& version = versions[event.stream];
        require(event.version <= version + 1,
                "each stream's events come in order: " + event.stream + " " +
                    std::to_string(event.version) + " after " + std::to_string(version));
        version = std::max(version, event.version);
    }
}

void empty_batch(const StoreFactory& make) {
    const auto test = make();
    const Checkpoints start = test.feed->current_position();
    bool called = false;
    test.store->append({}, [&](std::size_t, const AppendOutcome&) { called = true; });
    test.store->read({}, [&](std::size_t, const ReadResult&) { called = true; });
    require(!called, "an empty batch has no outcomes");
    require(test.feed->poll(start, 10, std::chrono::milliseconds(0)).events.empty(),
            "an empty store's feed is empty");
}

void events_come_back(const StoreFactory& make) {
    const auto test = make();
    const Checkpoints start = test.feed->current_position();
    auto events = some_events("s", 0, 3);
    events[0].metadata = {"command-1", "key \"1\"", "digest-1", "Ada", {}};
    events[1].metadata.extra = {{"correlationId", "\xe6\x97\xa5 \"quoted\" \\"}, {"by", "Ada"}};
    events[1].schema = 7;
    events[2].occurred_on = TimePoint(std::chrono::milliseconds(253402300799999));  // the year 9999
    require_stored(append_all(*test.store, {{"s", 0, events}})[0].status);
    require_same(read_stream(*test.store, "s"), events, "what was appended is read");
    const auto from_feed = drain(*test.feed, start, 3);
    require_same(from_feed.events, events, "what was appended comes through the feed");
}

void unknown_stream(const StoreFactory& make) {
    const auto test = make();
    const auto page = read_one(*test.store, {"nobody", 0, 10});
    require(page.status == ReadStatus::read && page.events.empty() && !page.more,
            "an unknown stream is read as one without events");
}

void expected_version(const StoreFactory& make) {
    const auto test = make();
    auto& store = *test.store;
    require(append(store, "s", 3) == AppendStatus::conflict,
            "ahead of an unknown stream: conflict");
    require_stored(append(store, "s", 0, 2));
    require(append(store, "s", 0) == AppendStatus::conflict, "must-not-exist, but does: conflict");
    require(append(store, "s", 1) == AppendStatus::conflict, "stale: conflict");
    require(append(store, "s", 3) == AppendStatus::conflict, "ahead: conflict");
    require_stored(append(store, "s", 2));
    require_same(read_stream(store, "s"), some_events("s", 0, 3), "conflicts leave nothing behind");
}

void conflict_version(const StoreFactory& make) {
    const auto test = make();
    require_stored(append(*test.store, "s", 0, 5));
    const auto outcome = append_all(*test.store, {{"s", 2, some_events("s", 2, 1)}})[0];
    require(outcome.status == AppendStatus::conflict && outcome.current == 5,
            "a conflict carries the stream's current version");
    const auto unknown = append_all(*test.store, {{"t", 2, some_events("t", 2, 1)}})[0];
    require(unknown.status == AppendStatus::conflict && unknown.current == 0,
            "a conflict on an unknown stream carries 0");
}

void mixed_batch(const StoreFactory& make) {
    const auto test = make();
    const Checkpoints start = test.feed->current_position();
    require_stored(append(*test.store, "b", 0, 2));
    const auto outcomes = append_all(*test.store, {{"a", 0, some_events("a", 0, 2)},
                                                   {"b", 1, some_events("b", 1, 3)},
                                                   {"c", 0, some_events("c", 0, 1)},
                                                   {"d", 9, some_events("d", 9, 1)}});
    require(outcomes[0].status == AppendStatus::stored, "a conflict doesn't disturb others (a)");
    require(outcomes[1].status == AppendStatus::conflict, "the stale one conflicts");
    require(outcomes[2].status == AppendStatus::stored, "a conflict doesn't disturb others (c)");
    require(outcomes[3].status == AppendStatus::conflict, "the one ahead conflicts");
    require_same(read_stream(*test.store, "a"), some_events("a", 0, 2), "stream a");
    require_same(read_stream(*test.store, "b"), some_events("b", 0, 2), "stream b");
    require_same(read_stream(*test.store, "c"), some_events("c", 0, 1), "stream c");
    require(read_stream(*test.store, "d").empty(), "a refused append makes no stream");
    drain(*test.feed, start, 5);
}

void all_or_nothing(const StoreFactory& make) {
    const auto test = make();
    require_stored(append(*test.store, "s", 0, append_events_max));
    require(append(*test.store, "s", 1, append_events_max) == AppendStatus::conflict,
            "several events at a stale version: conflict");
    require_same(read_stream(*test.store, "s"), some_events("s", 0, append_events_max),
                 "several events are stored all or not at all");
}

void paging(const StoreFactory& make) {
    const auto test = make();
    constexpr std::size_t total = 500;
    for (std::size_t at = 0; at < total; at += 50) {
        require_stored(append(*test.store, "s", static_cast<Version>(at), 50));
        require_stored(append(*test.store, "other", static_cast<Version>(at), 50));
    }
    const auto expected = some_events("s", 0, total);
    for (const std::size_t limit : {1u, 3u, 63u, 64u, 65u, 499u, 500u, 1000u}) {
        std::vector<RecordedEvent> found;
        bool more = true;
        while (more) {
            const Version after = found.empty() ? 0 : found.back().version;
            const auto page = read_one(*test.store, {"s", after, limit});
            require(page.status == ReadStatus::read, "a page is read");
            require(page.events.size() <= limit, "a page holds at most its limit");
            require(!page.more || !page.events.empty(), "a page that isn't the last holds events");
            found.insert(found.end(), page.events.begin(), page.events.end());
            more = page.more;
        }
        require_same(found, expected, "pages of " + std::to_string(limit));
    }
    const auto beyond = read_one(*test.store, {"s", total, 10});
    require(beyond.events.empty() && !beyond.more, "behind the end there is nothing");
    const auto tail = read_one(*test.store, {"s", total - 1, 10});
    require(tail.events.size() == 1 && !tail.more, "the last event alone");
}

void batched_read(const StoreFactory& make) {
    const auto test = make();
    require_stored(append(*test.store, "a", 0, 3));
    require_stored(append(*test.store, "b", 0, 5));
    std::mutex mutex;
    std::condition_variable came;
    std::map<std::size_t, ReadResult> results;
    test.store->read({{"b", 2, 2}, {"nobody", 0, 10}, {"a", 0, 10}},
                     [&](std::size_t index, ReadResult result) {
                         const std::lock_guard lock(mutex);
                         results[index] = std::move(result);
                         came.notify_all();
                     });
    std::unique_lock lock(mutex);
    require(came.wait_for(lock, patience, [&] { return results.size() == 3; }),
            "every read of a batch is answered");
    require_same(results[0].events, some_events("b", 2, 2), "first of the batch");
    require(results[0].more, "the stream goes on");
    require(results[1].events.empty(), "second of the batch");
    require_same(results[2].events, some_events("a", 0, 3), "third of the batch");
}

// A store may keep payloads in a form of its own: with other blanks and escapes, members in another
// order, numbers in another notation. The values are the same.
void content(const StoreFactory& make) {
    const auto test = make();
    const Checkpoints start = test.feed->current_position();
    const std::string huge(100'000, 'x');
    auto events = some_events("Größe/\xe6\x97\xa5\xe6\x9c\xac 'x' \"y\" %", 0, 5);
    events[0].payload = R"({"text":")" + huge + R"("})";
    events[1].payload =
        "{\"text\":\"\xf0\x9f\x9a\x80 \xe6\x97\xa5\xe6\x9c\xac \\\"quoted\\\" \\\\ \\n \\u0000\"}";
    events[2].payload = R"({"a":1e-100,"b":1e+100,"c":-1e+100,"d":-1e-100,"e":0.1,"f":100000})";
    events[3].payload = R"({"a":9007199254740993,"list":[1,[],{}],"null":null,"yes":true})";
    events[4].payload = R"({ "z": 1.50, "a": { "y": [3, 1, 2], "b": "" }, "m": false })";
    require_stored(append_all(*test.store, {{events[0].stream, 0, events}})[0].status);
    auto found = read_stream(*test.store, events[0].stream);
    for (auto* all : {&events, &found}) {
        for (auto& event : *all) event.payload = canonical_json(event.payload);
    }
    require_same(found, events, "payloads are the same JSON values");
    const auto from_feed = drain(*test.feed, start, events.size()).events;
    require(from_feed.size() == events.size() &&
                canonical_json(from_feed[4].payload) == events[4].payload,
            "also through the feed");
}

void concurrent_writers(const StoreFactory& make) {
    const auto test = make();
    const Checkpoints start = test.feed->current_position();
    constexpr int writers = 8;
    constexpr Version rounds = 25;
    std::mutex mutex;
    std::map<Version, int> winners;
    std::vector<std::thread> threads;
    for (int writer = 0; writer < writers; ++writer) {
        threads.emplace_back([&] {
            for (Version version = 0; version < rounds; ++version) {
                const auto outcome =
                    append_one(*test.store, {"s", version, some_events("s", version, 1)});
                const std::lock_guard lock(mutex);
                if (outcome.status == AppendStatus::stored) ++winners[version];
            }
        });
    }
    for (auto& thread : threads) thread.join();
    for (Version version = 0; version < rounds; ++version) {
        require(winners[version] == 1, "many writers, one winner for each version: version " +
                                           std::to_string(version + 1) + " has " +
                                           std::to_string(winners[version]));
    }
    require_same(read_stream(*test.store, "s"), some_events("s", 0, rounds), "no gap, no repeat");
    require_in_order(drain(*test.feed, start, static_cast<std::size_t>(rounds)).events);
}

void feed_order(const StoreFactory& make) {
    const auto test = make();
    const Checkpoints start = test.feed->current_position();
    std::mt19937 random(11);
    std::map<StreamId, Version> versions;
    std::size_t total = 0;
    for (int i = 0; i < 120; ++i) {
        const StreamId stream = "s" + std::to_string(random() % 7);
        const std::size_t count = 1 + random() % 3;
        require_stored(append(*test.store, stream, versions[stream], count));
        versions[stream] += static_cast<Version>(count);
        total += count;
    }
    for (const std::size_t limit : {1u, 7u, 1000u}) {
        require_in_order(drain(*test.feed, start, total, limit).events);
    }
}

void feed_resume(const StoreFactory& make) {
    const auto test = make();
    const Checkpoints start = test.feed->current_position();
    require_stored(append(*test.store, "s", 0, 30));
    FeedBatch seen = drain(*test.feed, start, 10, 10);
    require_stored(append(*test.store, "s", 30, 10));
    require_stored(append(*test.store, "t", 0, 1));
    require(test.feed->lag(seen.reached).events >= 41 - seen.events.size(),
            "lag counts what comes after the checkpoint");
    FeedBatch rest = drain(*test.feed, seen.reached, 41 - seen.events.size());
    Version version = seen.events.back().version;
    for (const auto& event : rest.events) {
        if (event.stream != "s" || event.version <= version) continue;
        require(event.version == version + 1, "resumes after the checkpoint without a gap");
        version = event.version;
    }
    require(version == 40, "resumes after the checkpoint and comes to the end");
    const auto again = test.feed->poll(rest.reached, 100, std::chrono::milliseconds(0));
    require(again.events.empty(), "at the end there is nothing more");
    require(test.feed->lag(rest.reached).events == 0, "at the end nothing lags");
}

void feed_waits(const StoreFactory& make) {
    const auto test = make();
    const Checkpoints start = test.feed->current_position();
    require_stored(append(*test.store, "s", 0));
    const Checkpoints reached = drain(*test.feed, start, 1).reached;
    // What the poll below is to see comes while it waits, as far as a test can tell.
    std::thread writer([&] { append(*test.store, "s", 1); });
    auto began = std::chrono::steady_clock::now();
    FeedBatch batch;
    Checkpoints seen = reached;
    while (batch.events.empty() && std::chrono::steady_clock::now() < began + long_wait) {
        batch = test.feed->poll(seen, 10, long_wait);
        for (auto& [partition, position] : batch.reached) seen[partition] = position;
    }
    const bool in_time = std::chrono::steady_clock::now() < began + long_wait;
    writer.join();
    require(!batch.events.empty() && batch.events.back().version == 2,
            "what comes while the feed waits is seen");
    require(in_time, "it is seen when it comes, not when the wait is over");
    std::thread waker([&] { test.feed->wake(); });
    began = std::chrono::steady_clock::now();
    test.feed->poll(seen, 10, long_wait);
    waker.join();
    require(std::chrono::steady_clock::now() - began < long_wait, "a waiting feed can be woken");
}

}  // namespace

const std::vector<Promise>& event_store_promises() {
    static const std::vector<Promise> promises{
        {"AnEmptyBatchDoesNothing", empty_batch},
        {"EventsComeBackAsTheyWereAppended", events_come_back},
        {"AnUnknownStreamIsEmpty", unknown_stream},
        {"OnlyTheExpectedVersionAppends", expected_version},
        {"AConflictCarriesTheCurrentVersion", conflict_version},
        {"OutcomesInOneBatchAreIndependent", mixed_batch},
        {"SeveralEventsAreStoredAllOrNone", all_or_nothing},
        {"PagesAddUpToTheStream", paging},
        {"ReadsComeInBatches", batched_read},
        {"PayloadsComeBackAsTheSameJsonValues", content},
        {"ConcurrentWritersHaveOneWinnerAVersion", concurrent_writers},
        {"TheFeedKeepsEachStreamsOrder", feed_order},
        {"TheFeedResumesAtItsCheckpoint", feed_resume},
        {"TheFeedWaitsAndCanBeWoken", feed_waits},
    };
    return promises;
}

std::vector<RecordedEvent> some_events(const StreamId& stream, Version after, std::size_t count) {
    std::vector<RecordedEvent> events;
    for (std::size_t i = 1; i <= count; ++i) {
        RecordedEvent event;
        event.stream = stream;
        event.version = after + static_cast<Version>(i);
        event.occurred_on = TimePoint(std::chrono::milliseconds(1'700'000'000'000 + event.version));
        event.type = "Counted";
        event.payload = "{\"n\":" + std::to_string(event.version) + "}";
        event.metadata.command_id = "command-" + std::to_string(event.version);
        events.push_back(std::move(event));
    }
    return events;
}

void require(bool holds, const std::string& what) {
    if (!holds) throw BrokenPromise(what);
}

}  // namespace es::testing
