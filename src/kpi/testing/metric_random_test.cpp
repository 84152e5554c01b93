// Random commands: the write side, the views folded from its events, and a second implementation
// must say the same of a metric after each of them.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "kpi/refusals.hpp"
#include "kpi/testing/random_comparison_fixture.hpp"

namespace kpi::testing {
namespace {

// Sanitizers slow it down tenfold and more.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int commands_total = 10'000;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr int commands_total = 10'000;
#else
constexpr int commands_total = 100'000;
#endif
#else
constexpr int commands_total = 100'000;
#endif

TEST(RandomCommands, AreSeenByAllSidesAsByASecondImplementation) {
    std::map<std::string, int> refused;
    int recorded = 0;
    int unchanged = 0;
    constexpr int rounds = 20;  // each begins with empty stores
    for (unsigned seed = 1; seed <= rounds; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        const auto result = compare_random_commands(seed, commands_total / rounds, 90);
        if (::testing::Test::HasFailure()) return;
        for (const auto& [rule, count] : result.refused) refused[rule] += count;
        recorded += result.recorded;
        unchanged += result.unchanged;
    }
    // It looks into every corner only while all of these happen.
    EXPECT_GT(recorded, commands_total / 4);
    EXPECT_GT(unchanged, commands_total / 100);
    for (const RuleText& rule : rule_catalogue) EXPECT_GT(refused[rule.name], 0) << rule.name;
}

// So many that corrections are judged by runs of values (counted_values.hpp).
TEST(RandomCommands, AreSeenByAllSidesAlsoOfMetricsWithManyValues) {
    for (unsigned seed = 101; seed <= 104; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        const auto result = compare_random_commands(seed, commands_total / 20, 2'000);
        if (::testing::Test::HasFailure()) return;
        EXPECT_GT(result.recorded, commands_total / 80);
    }
}

}  // namespace
}  // namespace kpi::testing
