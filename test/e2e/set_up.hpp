// On which engines the programs of a test run: embedded ones or, where the environment says
// YARDSTICK_E2E=distributed, DynamoDB and MongoDB as the engines of script/engines play them. Where
// it says YARDSTICK_E2E=lambda, on the same with a function in the place of the projector. The
// tests are the same.
#pragma once

#include <cstdint>

#include "program.hpp"

namespace e2e {

bool is_distributed();  // one way or the other
bool is_lambda();

// The same launch, told where its engines are. Each data folder stands for a table and a database
// of its own, made at the first sight of it. What the launch's environment says already stays; a
// table that it names is the test's to make.
Launch on_engines(Launch launch);

// Where their DynamoDB listens. Throws std::runtime_error where the tests run on embedded ones.
std::uint16_t dynamodb_port();

}  // namespace e2e
