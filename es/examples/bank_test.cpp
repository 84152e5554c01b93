// Tests of a domain, in any framework or none; and an event whose form changed.
#include <es/es.hpp>
#include <es/testing/given.hpp>
#include <iostream>

namespace bank {

struct Opened {
    bool operator==(const Opened&) const = default;
};
constexpr auto describe(es::Type<Opened>) {
    return es::event("Opened");
}

struct Deposited {
    std::int64_t cents = 0;
    bool operator==(const Deposited&) const = default;
};
// Schema 1 counted whole euros.
std::string to_cents(std::string payload) {
    const es::JsonPayload::Reader old(payload);
    es::JsonPayload::Writer out;
    out.integer("cents", 100 * old.integer("euros"));
    return out.take();
}
constexpr auto describe(es::Type<Deposited>) {
    return es::event("Deposited", es::upcast(1, to_cents), es::member("cents", &Deposited::cents));
}

struct Withdrawn {
    std::int64_t cents = 0;
    bool operator==(const Withdrawn&) const = default;
};
constexpr auto describe(es::Type<Withdrawn>) {
    return es::event("Withdrawn", es::member("cents", &Withdrawn::cents));
}

struct Account {
    using Event = std::variant<Opened, Deposited, Withdrawn>;
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
    using namespace bank;
    using es::testing::given;
    given<Account>(Opened{}, Deposited{50}).when(Withdrawn{20}).then(Withdrawn{20});
    given<Account>(Opened{}).when(Withdrawn{20}).then_refused("insufficient-funds");

    es::RecordedEvent stored;
    stored.type = "Deposited";
    stored.schema = 1;
    stored.payload = R"({"euros":3})";
    const auto raised = std::get<Deposited>(es::codec_of<Account>().decode(stored));
    std::cout << "schema 1 is read as " << raised.cents << " cents\n";
    return raised == Deposited{300} ? 0 : 1;
}
