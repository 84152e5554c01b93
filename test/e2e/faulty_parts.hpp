// The three parts before a DynamoDB that a test spoils, and what every such test wants to know.
//
//     e2e::FaultyParts all;
//     all.proxy.play({{.operations = {"PutItem"}, .fault = before(cut())}});
//     EXPECT_EQ(all.set_value("visits", 7).problem(), "outcome-unknown");
#pragma once

#include <cstdint>
#include <string>

#include "fault_proxy.hpp"
#include "fold.hpp"
#include "parts.hpp"

namespace e2e {

// A command has 4 s; the rest is for a busy machine.
inline constexpr std::chrono::milliseconds command_time{5'000};

struct FaultyParts {
    // `environment`: beside what the parts get anyway. Waits until views can be read.
    explicit FaultyParts(Environment environment = {},
                         base::Clock service_clock = base::system_now);
    ~FaultyParts();  // a failure of the test when a log holds a secret
    FaultyParts(const FaultyParts&) = delete;
    FaultyParts& operator=(const FaultyParts&) = delete;

    // Commands; a failure of the test when the answer isn't there in time. Any thread.
    [[nodiscard]] Answer create(const std::string& id) const;
    [[nodiscard]] Answer set_value(const std::string& id, double value,
                                   const std::string& key = {}) const;

    // How often this value is stored.
    [[nodiscard]] std::size_t stored(const std::string& id, double value);
    // Waits for a line with both of these in a part's log.
    bool logs(Part part, const std::string& text, const std::string& more = {});

    FaultProxy proxy;
    Folder folder;
    Parts parts;
    Api api;
};

}  // namespace e2e
