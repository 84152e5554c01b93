// For tests of the command processor: one over a store that does what the test says.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "es/command_processor.hpp"
#include "es/test/account_test_domain.hpp"
#include "es/test/scripted_store_fixture.hpp"

namespace es {

class ProcessorTest : public ::testing::Test {
protected:
    using Request = CommandRequest<account::Account::Command>;

    ProcessorOptions options() {
        ProcessorOptions options;
        options.clock = [] { return TimePoint(std::chrono::milliseconds(1'700'000'000'000)); };
        options.make_command_id = [this] { return "command-" + std::to_string(++commands_); };
        return options;
    }
    std::future<CommandResult> send(Request request) {
        auto promise = std::make_shared<std::promise<CommandResult>>();
        auto result = promise->get_future();
        if (request.deadline == std::chrono::steady_clock::time_point{}) {
            request.deadline = std::chrono::steady_clock::now() +
                               std::chrono::seconds(60);  // also on a slow machine
        }
        processor().submit(std::move(request),
                           [promise](CommandResult r) { promise->set_value(std::move(r)); });
        return result;
    }
    CommandResult ask(Request request) { return send(std::move(request)).get(); }
    CommandProcessor<account::Account>& processor() {
        if (!processor_) {
            processor_ = std::make_unique<CommandProcessor<account::Account>>(store, options());
        }
        return *processor_;
    }
    void restart() { processor_.reset(); }

    static Request make(account::Account::Command command, std::string key = "",
                        std::string digest = "") {
        Request request;
        request.stream = "a";
        request.command = std::move(command);
        request.idempotency_key = std::move(key);
        request.digest = std::move(digest);
        return request;
    }
    void expect_versions(Version last) {
        const auto events = read_stream(store.inner, "a");
        ASSERT_EQ(events.size(), static_cast<std::size_t>(last));
        for (std::size_t i = 0; i < events.size(); ++i) {
            EXPECT_EQ(events[i].version, static_cast<Version>(i) + 1);
        }
    }
    void wait_until(const std::function<bool()>& condition) {
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (!condition()) {
            ASSERT_LT(std::chrono::steady_clock::now(), until);
            std::this_thread::yield();
        }
    }

    ScriptedStore store;

private:
    std::atomic<int> commands_{0};
    std::unique_ptr<CommandProcessor<account::Account>> processor_;
};

}  // namespace es
