// Corrections and retractions within a metric of 100,000 values, while others report to it.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "api.hpp"
#include "base/time.hpp"
#include "program.hpp"
#include "transfer.hpp"

namespace {

using namespace e2e;
using std::chrono::milliseconds;
using std::chrono::minutes;

constexpr std::int64_t values_total = 100'000;
constexpr int commands_each = 300;
constexpr milliseconds command_time_max{4'000};

const base::TimePoint start = base::parse_time("2020-01-01", base::DateAlone::start_of_day).value();

// A value as it must be seen.
struct Seen {
    double value = 0;
    std::string date;
    bool retracted = false;
    bool operator==(const Seen&) const = default;
};
using Expected = std::map<std::int64_t, Seen>;  // by version

// A counter that has grown by one a minute.
std::string history(Expected& expected) {
    std::string text =
        R"({"stream":"big","version":1,"occurredOn":"2020-01-01T00:00:00.000Z","type":"MetricCreated",)"
        R"("schema":1,"payload":{"name":"n","description":"d","target":1e9,"unit":"u",)"
        R"("deadline":"2099-12-31T00:00:00.000Z","kind":"counter"},"metadata":{}})"
        "\n";
    for (std::int64_t i = 1; i <= values_total; ++i) {
        const std::string date = base::format_time(start + minutes(i));
        expected[i + 1] = {static_cast<double>(i), date, false};
        text += R"({"stream":"big","version":)" + std::to_string(i + 1) + R"(,"occurredOn":")" +
                date + R"(","type":"MetricValueUpdated","schema":1,"payload":{"value":)" +
                std::to_string(i) + "},\"metadata\":{}}\n";
    }
    return text;
}

class Amending {
public:
    Amending(Urls urls, Expected& expected) : urls_(std::move(urls)), expected_(expected) {}

    // All of them at once: two that report, and two that amend, each values of its own.
    void run() {
        std::vector<std::thread> threads;
        for (int i = 0; i < 2; ++i) {
            threads.emplace_back([this] { report(); });
            threads.emplace_back([this, i] { amend(i); });
        }
        for (std::thread& thread : threads) thread.join();
    }

    std::int64_t last_version = 0;
    milliseconds slowest{};
    int failed = 0;
    std::vector<std::int64_t> reported;  // versions

private:
    // The version of the event that it recorded; 0: none.
    std::int64_t send(Api& api, const std::string& command, const std::string& props) {
        const auto begin = std::chrono::steady_clock::now();
        const Answer answer =
            api.post("/metrics/" + command, R"({"id":"big","props":{)" + props + "}}");
        const auto taken =
            std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begin);
        const std::lock_guard lock(mutex_);
        slowest = std::max(slowest, taken);
        if (answer.status != 201 && answer.status != 200) {
            if (++failed == 1) ADD_FAILURE() << answer.status << " " << answer.body;
            return 0;
        }
        last_version = std::max(last_version, answer.version());
        return answer.status == 201 ? answer.version() : 0;
    }

    void report() {
        Api api(urls_);
        for (int i = 0; i < commands_each; ++i) {
            const std::int64_t version = send(api, "UpdateMetricValueCommand", R"("add":1)");
            const std::lock_guard lock(mutex_);
            if (version > 0) reported.push_back(version);
        }
    }

    void amend(int which) {
        Api api(urls_);
        std::mt19937 random(static_cast<unsigned>(which));
        std::vector<std::int64_t> retracted;
        for (int i = 0; i < commands_each; ++i) {
            std::int64_t of =
                2 + static_cast<std::int64_t>(random() % (values_total / 2)) * 2 + which;
            const bool retracts = i % 3 == 1;
            if (i % 3 == 2) of = retracted.back();  // is brought back
            Seen seen{static_cast<double>(random() % 1'000), {}, retracts};
            seen.date = base::format_time(start + minutes(random() % values_total));
            std::string props = R"("of":)" + std::to_string(of) + R"(,"reason":"r")";
            if (retracts) {
                retracted.push_back(of);
                send(api, "RetractMetricValueCommand", props);
            } else {
                props += R"(,"observedAt":")" + seen.date + R"(","value":)" +
                         std::to_string(static_cast<int>(seen.value));
                send(api, "CorrectMetricValueCommand", props);
            }
            const std::lock_guard lock(mutex_);
            if (retracts) {
                expected_[of].retracted = true;
            } else {
                expected_[of] = seen;
            }
        }
    }

    const Urls urls_;
    Expected& expected_;
    std::mutex mutex_;
};

Expected seen_values(Api& api, std::int64_t version) {
    Expected seen;
    const std::string at_version = "limit=1000&wait=10000&minVersion=" + std::to_string(version);
    std::string page = "/metrics/big/values?retracted=true&" + at_version;
    while (!page.empty()) {
        const Answer answer = api.get(page);
        EXPECT_EQ(answer.status, 200) << answer.body;
        if (answer.status != 200) break;
        for (const json::Value& item : *at(answer.json, "items").array()) {
            const auto of = static_cast<std::int64_t>(at(item, "version").number()->value);
            seen[of] = {at(item, "value").number()->value, *at(item, "date").string(),
                        item.find("retracted") != nullptr};
        }
        const std::string* next = at(answer.json, "next").string();
        page = next != nullptr ? "/metrics/big/values?cursor=" + *next + "&" + at_version : "";
    }
    return seen;
}

TEST(Amendments, OfAMetricOf100000ValuesAreQuickAndSeenByAll) {
    const Folder folder;
    Expected expected;
    const auto file = write_file(folder, "big.ndjson", history(expected));
    const Finished imported =
        run({.arguments = {"import", file.string(), "--data", folder.data().string()}});
    ASSERT_EQ(imported.exit_code, 0) << imported.errors;
    {
        Server server(folder, {.arguments = {"--no-access-log"}});
        Api api(server);
        // The views are filled at the start, and the metric is read for its first command.
        Answer first;
        ASSERT_TRUE(eventually(
            [&] {
                first = api.post(value_path, R"({"id":"big","props":{"add":1}})");
                return first.status == 201;
            },
            std::chrono::seconds(60)));
        Amending amending(server, expected);
        amending.reported.push_back(first.version());
        amending.run();
        EXPECT_EQ(amending.failed, 0);
        EXPECT_LT(amending.slowest, command_time_max);
        RecordProperty("slowest_ms", static_cast<int>(amending.slowest.count()));

        const std::string minimum = std::to_string(amending.last_version);
        ASSERT_TRUE(eventually(
            [&] { return api.get("/metrics/big?wait=10000&minVersion=" + minimum).status == 200; },
            std::chrono::seconds(60)));
        Expected seen = seen_values(api, amending.last_version);
        for (const std::int64_t version : amending.reported) {
            EXPECT_EQ(seen.erase(version), 1U) << "a report of version " << version;
        }
        EXPECT_EQ(seen.size(), expected.size());
        for (const auto& [version, value] : expected) {
            ASSERT_EQ(seen[version], value) << "version " << version;
        }
        EXPECT_EQ(server.terminate(std::chrono::seconds(30)), 0);
    }
    const Finished checked =
        run({.arguments = {"rebuild", "--data", folder.data().string(), "--check"}});
    EXPECT_EQ(checked.exit_code, 0) << checked.output << checked.errors;
}

}  // namespace
