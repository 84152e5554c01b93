#include "api/worker_pool.hpp"

#include <exception>
#include <string>
#include <utility>

#include "api/problems.hpp"

namespace api {

WorkerPool::WorkerPool(WorkerPoolOptions options)
    : options_(std::move(options)), quick_(options_.queue_max), slow_(options_.queue_max) {
    for (std::size_t i = 0; i < options_.threads; ++i) threads_.emplace_back([this] { run(); });
}

WorkerPool::~WorkerPool() {
    stop();
}

bool WorkerPool::post(Job job, const JobOrigin& origin, Admission admission) {
    {
        const std::lock_guard lock(mutex_);
        if (stopped_) return false;
        FairQueue& lane = origin.lane == Lane::slow ? slow_ : quick_;
        if (!lane.push(origin.caller, std::move(job), admission == Admission::always)) {
            ++refused_;
            return false;
        }
    }
    // Whoever is woken may be one that must not take this lane's job, if others wait as well; a
    // thread that ends a job looks at both lanes again.
    changed_.notify_one();
    return true;
}

void WorkerPool::answer(const http::Handler& handler, http::Request request,
                        const http::Responder& respond) {
    const std::string id = request.id;
    try {
        handler(std::move(request), respond);
    } catch (const std::exception& error) {
        if (options_.on_error) options_.on_error("request " + id + ": " + error.what());
        respond(problem_of(error).response(id));
    }
}

http::Handler WorkerPool::handler(http::Handler handler) {
    return [this, handler = std::move(handler)](http::Request request,
                                                const http::Responder& respond) {
        const std::string id = request.id;
        const JobOrigin origin{request.caller, Lane::quick};
        const bool taken =
            post([this, handler, request = std::move(request),
                  respond]() mutable { answer(handler, std::move(request), respond); },
                 origin);
        if (!taken) {
            respond(
                http::Problem::overloaded("Too many requests wait for the store.").response(id));
        }
    };
}

FairQueue* WorkerPool::next_lane() {
    const bool slow_may = !slow_.empty() && slow_running_ < options_.slow_threads_max;
    if (!slow_may) return quick_.empty() ? nullptr : &quick_;
    if (quick_.empty()) return &slow_;
    slow_is_next_ = !slow_is_next_;
    return slow_is_next_ ? &slow_ : &quick_;
}

// What a job throws ends the job: its request is answered by the responder that it drops.
void WorkerPool::run_one(const Job& job) {
    try {
        job();
    } catch (...) {  // NOLINT(bugprone-empty-catch): what would report it may lack memory, too
    }
}

void WorkerPool::run() {
    std::unique_lock lock(mutex_);
    while (true) {
        FairQueue* lane = nullptr;
        changed_.wait(lock, [&] { return stopped_ || (lane = next_lane()) != nullptr; });
        if (stopped_) return;
        const bool slow = lane == &slow_;
        if (slow) ++slow_running_;
        Job job = lane->pop();
        lock.unlock();
        run_one(job);
        job = nullptr;  // what it holds goes before the lock is taken
        lock.lock();
        if (slow) --slow_running_;
    }
}

void WorkerPool::stop() {
    std::vector<Job> dropped;
    std::vector<Job> dropped_slow;
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
        dropped = quick_.drop();
        dropped_slow = slow_.drop();
    }
    changed_.notify_all();
    dropped.clear();  // without the lock: it may answer its requests
    dropped_slow.clear();
    for (auto& thread : threads_) {
        if (thread.joinable()) thread.join();
    }
}

}  // namespace api
