// Mistakes of a domain that must not compile: each with its name as a macro (CMakeLists.txt).
#include <optional>
#include <string>
#include <variant>

#include "es/command_processor.hpp"
#include "es/described.hpp"
#include "es/memory_event_store.hpp"

namespace domain {

struct Begun {
    std::string name;
};
constexpr auto describe(es::Type<Begun>) {
    return es::event("Begun", es::member("name", &Begun::name));
}

struct Counted {
    int count = 0;
    std::optional<int> more;
};
#ifndef AN_EVENT_ISNT_DESCRIBED
constexpr auto describe(es::Type<Counted>) {
    return es::event("Counted", es::member("count", &Counted::count)
#ifndef A_MEMBER_ISNT_DESCRIBED
                                    ,
#if defined(A_MEMBER_IS_DESCRIBED_TWICE)
                     es::member("more", &Counted::count)
#elif defined(A_NAME_IS_GIVEN_TWICE)
                     es::member("count", &Counted::more)
#elif defined(A_DEFAULT_DOESNT_FIT)
                     es::member("more", &Counted::more, es::otherwise("none"))
#else
                     es::member("more", &Counted::more)
#endif
#endif
    );
}
#endif

struct Counter {
    using Event = std::variant<Begun, Counted>;
    int count = 0;
    void apply(const Begun& /*event*/) {}
#ifndef AN_EVENT_ISNT_APPLIED
    void apply(const Counted& event) { count += event.count; }
#endif
    static std::optional<es::Refusal> check(const Begun& /*event*/) { return {}; }
#if defined(A_RULE_ISNT_CONST)
    [[nodiscard]] std::optional<es::Refusal> check(const Counted& /*event*/) { return {}; }
#elif !defined(AN_EVENT_HAS_NO_RULE)
    [[nodiscard]] std::optional<es::Refusal> check(const Counted& /*event*/) const { return {}; }
#endif
};
#ifndef A_RULE_ISNT_CONST  // an error without this, too
static_assert(es::ChecksEveryEvent<Counter>);
#endif

}  // namespace domain

int main() {
    es::MemoryEventStore store;
    es::CommandProcessor<domain::Counter> counters(store);
    counters.stop();
}
