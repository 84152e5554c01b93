#include "crowd.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <latch>
#include <thread>

namespace e2e {

Crowd::Crowd(const std::vector<Urls>& servers, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
        apis_.push_back(std::make_unique<Api>(servers[i % servers.size()]));
        EXPECT_EQ(apis_.back()->write().get("/-/healthy").status, 200);
    }
}

std::vector<Answer> Crowd::ask(const std::function<Answer(Api&, std::size_t)>& question) {
    std::vector<Answer> answers(apis_.size());
    std::latch go(static_cast<std::ptrdiff_t>(apis_.size()));
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < apis_.size(); ++i) {
            threads.emplace_back([&, i] {
                go.arrive_and_wait();
                answers[i] = question(*apis_[i], i);
            });
        }
    }
    return answers;
}

std::ptrdiff_t count_status(const std::vector<Answer>& answers, int status) {
    return std::ranges::count(answers, status, &Answer::status);
}

void expect_one_answer(const std::vector<Answer>& answers, const Answer& first,
                       std::ptrdiff_t originals) {
    for (const Answer& answer : answers) {
        ASSERT_EQ(answer.status, 201) << answer.body;
        EXPECT_EQ(answer.body, first.body);
        EXPECT_EQ(answer.header("ETag"), first.header("ETag"));
        EXPECT_EQ(answer.header("Location"), first.header("Location"));
    }
    EXPECT_EQ(std::ranges::count_if(
                  answers, [](const Answer& a) { return a.header("Idempotent-Replayed").empty(); }),
              originals);
}

}  // namespace e2e
