// Clients that send commands until they are stopped or the server is gone, and a ledger of what
// each command was answered, to be held against the stored events.
//
//     e2e::Load load(4, seed);
//     load.start(server);                       // the clients' threads
//     ...                                       // the server is killed, or stops
//     load.finish();
//     load.verify(again);                       // every acknowledged command is there, once
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "api.hpp"

namespace e2e {

// A command that was sent. No two have the same number, which is the value or target it sets.
struct Sent {
    enum class State { unanswered, acknowledged, refused };
    std::string metric;
    double number = 0;
    bool creates = false;
    std::string key;
    State state = State::unanswered;
    std::int64_t version = 0;  // of the event, when acknowledged
};

class Load {
public:
    // `seed` makes what the clients do, not when. All its metrics' ids begin with `prefix`, which
    // keeps two loads on one server apart.
    Load(std::size_t clients, std::uint64_t seed, std::string prefix = {});
    ~Load();

    // The metrics that the clients share; to be called once.
    void prepare(const Urls& urls);
    void start(const Urls& urls) { start(std::vector{urls}); }
    // The clients take the servers in turn.
    void start(const std::vector<Urls>& servers);
    // Lets the clients finish the command at hand.
    void finish();
    [[nodiscard]] std::size_t acknowledged() const { return acknowledged_; }
    // 503, whatever the reason.
    [[nodiscard]] std::size_t unavailable() const { return unavailable_; }
    [[nodiscard]] std::size_t unanswered() const;  // not while clients are at work

    // Repeats with their keys the commands that got no answer; all get one now.
    void repeat_unanswered(const Urls& urls);

    // Of all commands so far: an acknowledged one is stored once, at the version that the answer
    // gave; one without an answer at most once; a refused one never. Nothing else is stored, and
    // the views equal the fold.
    void verify(const Urls& urls) const;

private:
    struct Client {
        std::string metric;  // its own, to which others report at times
        std::int64_t version = 0;
        std::mt19937_64 random;
        std::deque<Sent> sent;  // addresses stay
    };

    void work(Client& client, const Urls& urls);
    void send_next(Client& client, Api& api);
    void send(Client& client, Sent& sent, Api& api, std::optional<std::int64_t> version);

    const std::string prefix_;
    std::vector<std::unique_ptr<Client>> clients_;
    std::vector<std::thread> threads_;
    std::atomic<bool> stopping_ = false;
    std::atomic<std::size_t> acknowledged_ = 0;
    std::atomic<std::size_t> unavailable_ = 0;
    std::atomic<std::int64_t> next_number_ = 1;
};

}  // namespace e2e
