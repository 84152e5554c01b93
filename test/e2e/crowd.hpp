// Many clients that ask at the same moment, and what may be said of all their answers together.
//
//     e2e::Crowd crowd({server}, 16);
//     const auto answers = crowd.ask([](Api& api, std::size_t i) { return api.create("visits"); });
//     EXPECT_EQ(e2e::count_status(answers, 201), 1);
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "api.hpp"

namespace e2e {

// Each client has a connection of its own that is open already.
class Crowd {
public:
    // The clients take the servers in turn.
    Crowd(const std::vector<Urls>& servers, std::size_t size);

    // All at the same moment; the answers in the order of the clients.
    std::vector<Answer> ask(const std::function<Answer(Api&, std::size_t)>& question);

private:
    std::vector<std::unique_ptr<Api>> apis_;
};

std::ptrdiff_t count_status(const std::vector<Answer>& answers, int status);

// All answers are the first one's; just so many say that they are no repeat.
void expect_one_answer(const std::vector<Answer>& answers, const Answer& first,
                       std::ptrdiff_t originals);

}  // namespace e2e
