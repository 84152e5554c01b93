// DynamoDB on a bad day, before whole programs: hands calls on to the engine, and spoils those that
// a test names in the way that it says.
//
//     e2e::FaultProxy proxy;
//     proxy.play({{.operations = {"PutItem"}, .fault = after(cut()), .times = 2}});
//     ...                                   // the next two puts take effect, but nobody is told
//     EXPECT_EQ(proxy.spoiled(), 2);
//     proxy.play({});                       // all is well again
#pragma once

#include <cstddef>
#include <functional>
#include <limits>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "es/dynamodb/scripted_dynamodb_fixture.hpp"

namespace e2e {

using es::dynamodb::cut;
using es::dynamodb::refusal;
using es::dynamodb::ScriptedCall;
using es::dynamodb::server_error;

// What a call is answered; nullopt: nothing, its connection stays open. Runs on the proxy's thread,
// one call after the other.
using Fault =
    std::function<std::optional<http::Response>(const ScriptedCall&, es::dynamodb::Behind&)>;

Fault before(const http::Response& answer);  // the engine never hears of the call
Fault after(const http::Response& answer);   // the engine has done what it was asked to
Fault silent_before();
Fault silent_after();
Fault wrong_checksum();  // the engine's own answer, damaged on its way
// As a login page in between would answer.
http::Response html();

struct Spoiled {
    std::vector<std::string> operations;
    Fault fault;
    int times = std::numeric_limits<int>::max();
};

class FaultProxy {
public:
    // `clock`: the one by which the service judges when a request was signed, to five minutes.
    explicit FaultProxy(base::Clock clock = base::system_now);

    [[nodiscard]] std::string url() const;

    // From now on; the first that fits a call spoils it. What was played before ends.
    void play(std::vector<Spoiled> script);
    // Calls so far: those that were spoiled, and those of an operation that went well.
    [[nodiscard]] std::size_t spoiled() const;
    [[nodiscard]] std::size_t handed_on(const std::string& operation) const;

    // Lets the engine have the calls that silent_before() held, late as they are: how many.
    std::size_t hand_on_held();

private:
    void take(const ScriptedCall& call, const http::Responder& respond);
    Fault fault_for(const std::string& operation);

    const base::Clock clock_;
    mutable std::mutex mutex_;
    std::vector<Spoiled> script_;
    std::size_t spoiled_ = 0;
    std::vector<std::string> handed_on_;
    std::vector<std::pair<ScriptedCall, http::Responder>> held_;
    es::dynamodb::Behind engine_;            // the proxy's thread's
    es::dynamodb::ScriptedDynamoDb server_;  // last: it uses all of the above
};

}  // namespace e2e
