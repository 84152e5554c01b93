#include "api/worker_pool.hpp"

#include <exception>
#include <string>
#include <utility>

#include "api/problems.hpp"

namespace api {

WorkerPool::WorkerPool(WorkerPoolOptions options) : options_(std::move(options)) {
    for (std::size_t i = 0; i < options_.threads; ++i) threads_.emplace_back([this] { run(); });
}

WorkerPool::~WorkerPool() {
    stop();
}

bool WorkerPool::post(Job job, Admission admission) {
    {
        const std::lock_guard lock(mutex_);
        const bool full = queue_.size() >= options_.queue_max;
        if (stopped_ || (full && admission == Admission::if_room)) return false;
        queue_.push_back(std::move(job));
    }
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
        const bool taken = post([this, handler, request = std::move(request), respond]() mutable {
            answer(handler, std::move(request), respond);
        });
        if (!taken) {
            respond(
                http::Problem::overloaded("Too many requests wait for the store.").response(id));
        }
    };
}

void WorkerPool::run() {
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [this] { return stopped_ || !queue_.empty(); });
        if (stopped_) return;
        Job job = std::move(queue_.front());
        queue_.pop_front();
        lock.unlock();
        job();
        job = nullptr;  // what it holds goes before the lock is taken
        lock.lock();
    }
}

void WorkerPool::stop() {
    std::deque<Job> dropped;
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
        dropped.swap(queue_);
    }
    changed_.notify_all();
    dropped.clear();  // without the lock: it may answer its requests
    for (auto& thread : threads_) {
        if (thread.joinable()) thread.join();
    }
}

}  // namespace api
