#include <es/es.hpp>
#include <iostream>

namespace bank {
struct Opened {
    std::string owner;
};
struct Deposited {
    std::int64_t cents = 0;
};
struct Withdrawn {
    std::int64_t cents = 0;
};
constexpr auto describe(es::Type<Opened>) {
    return es::event("Opened", es::member("owner", &Opened::owner));
}
constexpr auto describe(es::Type<Deposited>) {
    return es::event("Deposited", es::member("cents", &Deposited::cents));
}
constexpr auto describe(es::Type<Withdrawn>) {
    return es::event("Withdrawn", es::member("cents", &Withdrawn::cents));
}

struct Account {
    using Event = std::variant<Opened, Deposited, Withdrawn>;  // the first one creates it
    std::int64_t balance = 0;
    void apply(const Opened&) {}
    void apply(const Deposited& e) { balance += e.cents; }
    void apply(const Withdrawn& e) { balance -= e.cents; }
    std::optional<es::Refusal> check(const Withdrawn& e) const {
        if (e.cents <= balance) return {};
        return es::Refusal{"insufficient-funds", "cents", "There is not enough money."};
    }
};
}  // namespace bank

int main() {
    es::MemoryEventStore store;
    es::CommandProcessor<bank::Account> accounts(store);
    accounts.ask("ada", bank::Opened{"Ada"}, {.key = "k1"});
    accounts.ask("ada", bank::Deposited{500});
    const auto answer = accounts.ask("ada", bank::Withdrawn{900});
    std::cout << answer.refusal->rule << "\n";
    std::cout << es::load<bank::Account>(store, "ada")->state().balance << " cents\n";
}
