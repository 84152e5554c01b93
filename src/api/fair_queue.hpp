// Jobs that wait, of several callers who take turns: one with a thousand jobs delays another's only
// job by one.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/fair_shares.hpp"

namespace api {

// Not to be used by two threads at once.
class FairQueue {
public:
    using Job = std::function<void()>;

    explicit FairQueue(std::size_t jobs_max) : places_(jobs_max) {}

    [[nodiscard]] bool empty() const { return turns_.empty(); }

    // False: there is no place for it. `always`: it needs none.
    [[nodiscard]] bool push(const std::string& caller, Job job, bool always) {
        if (!always && !places_.take(caller)) return false;
        auto& jobs = jobs_[caller];
        if (jobs.empty()) turns_.push_back(caller);
        jobs.push_back({std::move(job), !always});
        return true;
    }

    // The next caller's first job. Not when it is empty.
    Job pop() {
        const std::string caller = std::move(turns_.front());
        turns_.pop_front();
        const auto found = jobs_.find(caller);
        Waiting first = std::move(found->second.front());
        found->second.pop_front();
        if (found->second.empty()) {
            jobs_.erase(found);
        } else {
            turns_.push_back(caller);
        }
        if (first.has_place) places_.give_back(caller);
        return std::move(first.job);
    }

    // All that wait, which is forgotten.
    std::vector<Job> drop() {
        std::vector<Job> all;
        while (!empty()) all.push_back(pop());
        return all;
    }

private:
    struct Waiting {
        Job job;
        bool has_place;
    };
    base::FairShares places_;
    std::unordered_map<std::string, std::deque<Waiting>> jobs_;  // none is empty
    std::list<std::string> turns_;                               // callers with jobs
};

}  // namespace api
