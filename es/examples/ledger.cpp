// A view over several streams: what all accounts of an owner hold together. It follows the events
// as they are stored, and would be rebuilt from them at the next start.
#include <es/es.hpp>
#include <iostream>
#include <map>

namespace bank {

struct Opened {
    std::string owner;
};
constexpr auto describe(es::Type<Opened>) {
    return es::event("Opened", es::member("owner", &Opened::owner));
}

struct Moved {
    std::int64_t cents = 0;           // out of the account where negative
    std::optional<std::string> memo;  // was added later: older events have none
};
constexpr auto describe(es::Type<Moved>) {
    return es::event("Moved", es::member("cents", &Moved::cents), es::member("memo", &Moved::memo));
}

struct Account {
    using Event = std::variant<Opened, Moved>;
    std::int64_t balance = 0;
    void apply(const Opened&) {}
    void apply(const Moved& e) { balance += e.cents; }
};

// One thread writes it, that of the subscription.
struct Ledger {
    std::map<es::StreamId, std::string> owners;
    std::map<std::string, std::int64_t> cents;

    void see(const es::RecordedEvent& event) {
        const auto happened = es::codec_of<Account>().decode(event);
        if (const auto* opened = std::get_if<Opened>(&happened)) {
            owners[event.stream] = opened->owner;
        } else {
            cents[owners[event.stream]] += std::get<Moved>(happened).cents;
        }
    }
};

}  // namespace bank

int main() {
    es::MemoryEventStore store;
    es::MemoryEventFeed feed(store);
    es::CommandProcessor<bank::Account> accounts(store);
    bank::Ledger ledger;
    es::NoCheckpoints from_the_start;  // CheckpointFile remembers, for a view that is stored
    es::Subscription follow(feed, from_the_start,
                            [&](const es::RecordedEvent& event) { ledger.see(event); });

    for (const char* account : {"a1", "a2"}) accounts.ask(account, bank::Opened{"Ada"});
    accounts.ask("b1", bank::Opened{"Bob"});
    accounts.ask("a1", bank::Moved{500, "salary"});
    accounts.ask("a2", bank::Moved{250, {}});
    accounts.ask("b1", bank::Moved{40, {}});

    follow.catch_up(std::chrono::seconds(5));
    follow.stop();
    for (const auto& [owner, cents] : ledger.cents) std::cout << owner << " " << cents << "\n";
}
