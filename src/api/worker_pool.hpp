// A few threads for what may block (store reads, readiness checks), so that the io thread never
// does. There are two lanes: quick work always finds a thread that no slow work holds. Within a
// lane callers take turns, and the queue is bounded in all and for each: beyond it the request is
// refused at once.
//
//     api::WorkerPool pool({.threads = 3, .slow_threads_max = 2, .queue_max = 1000});
//     router.add("GET", "/-/ready", pool.handler(ready));   // `ready` may block
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "api/fair_queue.hpp"
#include "http/message.hpp"

namespace api {

struct WorkerPoolOptions {
    std::size_t threads = 2;
    // Of these, how many slow work may hold at a time. Below `threads`, or quick work waits for it.
    std::size_t slow_threads_max = 1;
    std::size_t queue_max = 1000;  // jobs that wait in a lane; for one caller see base::FairShares
    // What the operator should know: the text of an exception that a handler threw. May be empty;
    // runs on the pool.
    std::function<void(std::string_view)> on_error = {};
};

// Slow: what may pass through all metrics, as lists do.
enum class Lane { quick, slow };

// Who asks, as http::Request::caller says, and for what.
struct JobOrigin {
    std::string caller = {};
    Lane lane = Lane::quick;
};

class WorkerPool {
public:
    using Job = FairQueue::Job;

    explicit WorkerPool(WorkerPoolOptions options);
    ~WorkerPool();  // stops
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    // `always` is for what continues with a request that was admitted before, e.g. the next piece
    // of its body: the server's limit on requests in flight bounds those.
    enum class Admission { if_room, always };

    // Any thread. False when the queue is full, or full for this caller, or the pool has stopped:
    // the job was not taken. A job must not throw.
    [[nodiscard]] bool post(Job job, const JobOrigin& origin = {},
                            Admission admission = Admission::if_room);

    // A handler that answers on the pool's quick lane; 503 `overloaded` when the job was not taken.
    // `handler` may block; when it throws, the answer is the problem of the exception
    // (problems.hpp).
    http::Handler handler(http::Handler handler);

    // Takes no more jobs, drops those that wait (a request among them is answered 500 by its
    // Responder, if anybody still listens), finishes those at hand, and joins the threads. Not
    // from a job.
    void stop();

    // Jobs that were not taken because a queue was full. Any thread.
    [[nodiscard]] std::uint64_t refused() const { return refused_; }

private:
    void run();
    static void run_one(const Job& job);
    // The lane to take the next job from; nullptr: there is none that may be begun.
    FairQueue* next_lane();
    void answer(const http::Handler& handler, http::Request request,
                const http::Responder& respond);

    const WorkerPoolOptions options_;
    std::mutex mutex_;
    std::condition_variable changed_;
    FairQueue quick_;
    FairQueue slow_;
    std::size_t slow_running_ = 0;
    bool slow_is_next_ = false;  // where both lanes have jobs, they take turns
    bool stopped_ = false;
    std::atomic<std::uint64_t> refused_ = 0;
    std::vector<std::thread> threads_;
};

}  // namespace api
