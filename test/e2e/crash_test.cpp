// Invariants 1 to 4 under kill -9: whatever was acknowledged is stored once, versions have no gap,
// and the views equal the fold of the events.
#include <gtest/gtest.h>

#include <chrono>
#include <random>

#include "load.hpp"
#include "set_up.hpp"

namespace {

using namespace e2e;

constexpr int kills = 20;

// Between two kills, at most. Dynoxide writes some hundred a second once its stream has grown.
int commands_max() {
    return is_distributed() ? 150 : 1'500;
}

// The moment must not depend on when this thread is woken next.
void spin(std::chrono::microseconds time) {
    const auto end = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < end) {
    }
}

TEST(Crash, EveryAcknowledgedCommandIsThereOnceAfterTwentyKillsUnderLoad) {
    const std::uint64_t seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    auto up_to = [&](int max) { return std::uniform_int_distribution<>(1, max)(random); };

    const Folder folder;
    Load load(6, seed);
    std::size_t unanswered = 0;
    for (int round = 0; round < kills; ++round) {
        if (round % 4 == 3) {  // also while it starts
            Process starting({.arguments = serve_arguments(folder.data())});
            spin(std::chrono::microseconds(up_to(30'000)));
            starting.signal(SIGKILL);
            starting.wait();
        }
        Server server(folder, {.arguments = {"--no-access-log"}});
        if (round == 0) load.prepare(server);
        load.repeat_unanswered(server);
        load.start(server);
        const std::size_t enough =
            load.acknowledged() + static_cast<std::size_t>(up_to(commands_max()));
        ASSERT_TRUE(eventually([&] { return load.acknowledged() >= enough; })) << server.log();
        spin(std::chrono::microseconds(up_to(2'000)));
        server.kill();
        load.finish();
        unanswered += load.unanswered();
    }
    EXPECT_GT(unanswered, 0U) << "no kill met a command at work";

    Server server(folder);
    load.repeat_unanswered(server);
    load.verify(server);
}

}  // namespace
