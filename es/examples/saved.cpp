// Accounts on disk: each run adds to what the earlier ones have stored.
#include <es/es.hpp>
#include <es/sqlite.hpp>
#include <iostream>

namespace bank {

struct Opened {
    std::string owner;
};
struct Deposited {
    std::int64_t cents = 0;
};
constexpr auto describe(es::Type<Opened>) {
    return es::event("Opened", es::member("owner", &Opened::owner));
}
constexpr auto describe(es::Type<Deposited>) {
    return es::event("Deposited", es::member("cents", &Deposited::cents));
}

struct Account {
    using Event = std::variant<Opened, Deposited>;
    std::int64_t balance = 0;
    void apply(const Opened&) {}
    void apply(const Deposited& e) { balance += e.cents; }
};

}  // namespace bank

int main() {
    es::SqliteEventStore store("./data");
    es::CommandProcessor<bank::Account> accounts(store);
    accounts.ask("ada", bank::Opened{"Ada"});  // already_exists from the second run on
    accounts.ask("ada", bank::Deposited{500});

    es::SqliteEventFeed feed("./data", store.signal());
    es::NoCheckpoints from_the_start;
    int events = 0;
    es::Subscription follow(feed, from_the_start, [&](const es::RecordedEvent&) { ++events; });
    follow.catch_up(std::chrono::seconds(5));
    follow.stop();
    std::cout << es::load<bank::Account>(store, "ada")->state().balance << " cents, " << events
              << " events\n";
}
