// Plays AWS Lambda's mapping of a table's stream to a function: reads the stream's records, leaves
// out what is no INSERT, invokes the function with batches of them in order, and obeys
// `batchItemFailures`: from the first failed record on everything comes again, a batch that failed
// as a whole comes again in halves, and what is too old goes to a queue of failures.
//
//     e2e::StreamMapping mapping(environment, invocations_url, {});
//     ...
//     EXPECT_TRUE(mapping.failures().empty());
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "parts.hpp"

namespace e2e {

struct StreamRecordText {
    std::string json;      // as a function gets it
    std::string sequence;  // of the record in its shard
    std::string metric;
    std::chrono::steady_clock::time_point read_at;
};

struct MappingOptions {
    std::size_t batch_records_max = 100;
    // The engine's one shard is dealt out to so many, by metric: each is delivered by itself.
    std::size_t shards = 1;
    std::chrono::milliseconds record_age_max = std::chrono::hours(23);
    std::chrono::milliseconds retry_pause{50};
    // Changes what a batch holds before the function gets it. Any thread; may be empty.
    std::function<void(std::vector<StreamRecordText>&)> spoil = {};
};

class StreamMapping {
public:
    // `told`: the environment that names the engines to the function. `url`: where it is invoked.
    // It takes what is recorded from now on, and delivers nothing before start().
    StreamMapping(const Environment& told, std::string url, MappingOptions options);
    ~StreamMapping();
    StreamMapping(const StreamMapping&) = delete;
    StreamMapping& operator=(const StreamMapping&) = delete;

    void start();
    // What was given up, oldest first: the queue of failures tells an operator which records.
    std::vector<StreamRecordText> failures();
    [[nodiscard]] int invocations() const { return invocations_; }
    // Those that were answered with failures, or not as they should be.
    [[nodiscard]] int failed_invocations() const { return failed_invocations_; }

private:
    using Batch = std::vector<StreamRecordText>;
    class Reader;

    void run(std::size_t shard, Reader& reader);
    void deliver(Batch batch);
    void give_up_old(Batch& batch);
    // How many of the first records are dealt with; all of them when it was a success.
    enum class Outcome { done, partly, failed };
    Outcome invoke(const Batch& batch, std::size_t& dealt_with);

    const std::string url_;
    const MappingOptions options_;
    std::atomic<bool> stopping_ = false;
    std::atomic<int> invocations_ = 0;
    std::atomic<int> failed_invocations_ = 0;
    std::mutex mutex_;
    Batch failures_;
    std::vector<std::unique_ptr<Reader>> readers_;  // of each shard
    std::vector<std::thread> shards_;               // last: they use all of the above
};

}  // namespace e2e
