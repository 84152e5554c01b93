// A bank account, in a few lines: the domain that the tests of es use, and the proof that es knows
// nothing of metrics.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "es/codec.hpp"
#include "es/decision.hpp"
#include "es/event.hpp"

namespace account {

struct Opened {
    std::string owner;
    bool operator==(const Opened&) const = default;
};
struct Deposited {
    int amount = 0;
    bool operator==(const Deposited&) const = default;
};
struct Withdrawn {
    int amount = 0;
    bool operator==(const Withdrawn&) const = default;
};
using Event = std::variant<Opened, Deposited, Withdrawn>;

struct Open {
    std::string owner;
};
struct Deposit {
    int amount = 0;
    int times = 1;  // as that many events
};
struct Withdraw {
    int amount = 0;
};

struct Account {
    using Event = account::Event;
    using Command = std::variant<Open, Deposit, Withdraw>;

    int balance = 0;

    void apply(const Opened& /*event*/) {}
    void apply(const Deposited& event) { balance += event.amount; }
    void apply(const Withdrawn& event) { balance -= event.amount; }
    [[nodiscard]] std::optional<es::Refusal> check(const Withdrawn& event) const {
        if (event.amount <= balance) return std::nullopt;
        return es::Refusal{"insufficient-funds", "amount", "There is not enough money."};
    }
    static bool creates(const Command& command) { return std::holds_alternative<Open>(command); }
    static es::Decision<Event> decide(const Command& command, const Account* state,
                                      es::Times /*times*/) {
        if (const auto* open = std::get_if<Open>(&command)) return events({Opened{open->owner}});
        if (const auto* in = std::get_if<Deposit>(&command)) {
            if (in->amount == 0) return events({});
            return std::vector<Event>(static_cast<std::size_t>(in->times), Deposited{in->amount});
        }
        const Withdrawn out{std::get<Withdraw>(command).amount};
        if (auto refusal = state->check(out)) return *refusal;
        return events({out});
    }
    static const es::EventCodec<Event>& codec();

private:
    static std::vector<Event> events(std::vector<Event> list) { return list; }
};

inline const es::EventCodec<Event>& Account::codec() {
    static const es::EventCodec<Event> codec = [] {
        es::EventCodec<Event> c;
        c.add<Opened>(
            "Opened", 1, [](const Opened& e) { return e.owner; },
            [](const std::string& payload) { return Opened{payload}; });
        // Schema 1 held cents with a sign before; 2 is the amount alone.
        c.add<Deposited>(
            "Deposited", 2, [](const Deposited& e) { return std::to_string(e.amount); },
            [](const std::string& payload) { return Deposited{std::stoi(payload)}; });
        c.upcast("Deposited", 1, [](const std::string& payload) { return payload.substr(1); });
        c.add<Withdrawn>(
            "Withdrawn", 1, [](const Withdrawn& e) { return std::to_string(e.amount); },
            [](const std::string& payload) { return Withdrawn{std::stoi(payload)}; });
        return c;
    }();
    return codec;
}

}  // namespace account
