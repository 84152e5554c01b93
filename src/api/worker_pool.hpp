// A few threads for what may block (store reads, readiness checks), so that the io thread never
// does. The queue is bounded: beyond it the request is refused at once.
//
//     api::WorkerPool pool({.threads = 2, .queue_max = 1000});
//     router.add("GET", "/-/ready", pool.handler(ready));   // `ready` may block
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

#include "http/message.hpp"

namespace api {

struct WorkerPoolOptions {
    std::size_t threads = 2;
    std::size_t queue_max = 1000;  // jobs that wait
    // What the operator should know: the text of an exception that a handler threw. May be empty;
    // runs on the pool.
    std::function<void(std::string_view)> on_error = {};
};

class WorkerPool {
public:
    using Job = std::function<void()>;

    explicit WorkerPool(WorkerPoolOptions options);
    ~WorkerPool();  // stops
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    // `always` is for what goes on with a request that was admitted before, e.g. the next piece of
    // its body: the server's limit on requests in flight bounds those.
    enum class Admission { if_room, always };

    // Any thread. False when the queue is full or the pool has stopped: the job was not taken.
    // A job must not throw.
    [[nodiscard]] bool post(Job job, Admission admission = Admission::if_room);

    // A handler that answers on the pool; 503 `overloaded` when the job was not taken. `handler`
    // may block; when it throws, the answer is the problem of the exception (problems.hpp).
    http::Handler handler(http::Handler handler);

    // Takes no more jobs, drops those that wait (a request among them is answered 500 by its
    // Responder, if anybody still listens), finishes those at hand, and joins the threads. Not
    // from a job.
    void stop();

private:
    void run();
    void answer(const http::Handler& handler, http::Request request,
                const http::Responder& respond);

    const WorkerPoolOptions options_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Job> queue_;
    bool stopped_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace api
