// Describes an event once: its wire name and its members. What is stored, read back, asked for by
// request and fingerprinted follows from the description, so no place can be forgotten:
//
//     struct Deposited { std::int64_t cents = 0; std::optional<std::string> note; };
//     constexpr auto describe(es::Type<Deposited>) {
//         return es::event("Deposited", es::member("cents", &Deposited::cents),
//                          es::member("note", &Deposited::note));
//     }
//
// describe() stands in the event's own namespace. A member's type is std::string, double, bool, an
// integer of up to 64 bits, a type with a text form (see TextForm), or std::optional of these: only
// such a member may be absent. A member that the description leaves out is a compile error.
// A std::vector of texts or of structs that are described as es::record(es::member(...), ...) is a
// member where the payload's format has lists (described_codec.hpp).
//
// What follows a member's name and place is an attribute. es knows these; others are the domain's:
//     es::otherwise(v)     an older event without the member has the value v, which is converted to
//                          the member's type
//     es::since(2)         the member changes what the others mean: an event that has it is of
//                          schema 2, and a program that knows schema 1 alone doesn't read it
//     es::one_of(...)      the names of an enumeration's values 0, 1, ...
// Among an event's members may stand es::upcast(1, raise), which turns a payload of schema 1 into
// one of schema 2. Without it a payload of schema 1 is read as one of schema 2 without what is new.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace es {

// Names a type in a call of describe().
template <class T>
struct Type {};

// How a value is written as text: an attribute with
//     std::string write(const V&) const;
//     std::optional<V> read(std::string_view) const;   // nullopt: it is no such text
//     std::string expected() const;                    // what it must be: "a time"
template <class A, class V>
concept TextForm = requires(const A& form, const V& value, std::string_view text) {
    { form.write(value) } -> std::convertible_to<std::string>;
    { form.read(text) } -> std::same_as<std::optional<V>>;
    { form.expected() } -> std::convertible_to<std::string>;
};

template <class V>
struct Otherwise {
    V value;
};
template <class V>
constexpr Otherwise<V> otherwise(V value) {
    return {value};
}

struct Since {
    int schema;
};
constexpr Since since(int schema) {
    return {schema};
}

template <class Enum, std::size_t Count>
struct OneOf {
    std::array<std::string_view, Count> names;

    [[nodiscard]] std::string write(Enum value) const {
        return std::string(names.at(static_cast<std::size_t>(value)));
    }
    [[nodiscard]] std::optional<Enum> read(std::string_view text) const {
        const auto found = std::ranges::find(names, text);
        if (found == names.end()) return std::nullopt;
        return static_cast<Enum>(found - names.begin());
    }
    // "counter" or "gauge"
    [[nodiscard]] std::string expected() const {
        std::string text;
        for (std::size_t i = 0; i < Count; ++i) {
            if (i > 0) text += i + 1 < Count ? ", " : " or ";
            text.append("\"").append(names.at(i)).append("\"");
        }
        return text;
    }
};
template <class Enum, class... Names>
constexpr OneOf<Enum, sizeof...(Names)> one_of(Names... names) {
    return {{std::string_view(names)...}};
}

struct Upcast {
    int from_schema;
    std::string (*raise)(std::string payload);  // throws Corrupt
};
constexpr Upcast upcast(int from_schema, std::string (*raise)(std::string)) {
    return {from_schema, raise};
}

template <class A>
struct IsOtherwise : std::false_type {};
template <class V>
struct IsOtherwise<Otherwise<V>> : std::true_type {};

template <class M>
struct IsOptional : std::false_type {};
template <class V>
struct IsOptional<std::optional<V>> : std::true_type {};

template <class V>
struct IsList : std::false_type {};
template <class T>
struct IsList<std::vector<T>> : std::true_type {};

template <class M>
struct ValueOf {
    using type = M;
};
template <class V>
struct ValueOf<std::optional<V>> {
    using type = V;
};

// Reads a list of attributes.
template <class... Attributes>
struct AttributeList {
    std::tuple<Attributes...> all;

    template <class A>
    static constexpr bool has = (std::is_same_v<A, Attributes> || ...);
    template <class A>
    [[nodiscard]] constexpr const A& get() const {
        return std::get<A>(all);
    }
};

template <class E, class M, class... Attributes>
struct Member {
    using Owner = E;
    using Value = typename ValueOf<M>::type;  // without the std::optional
    static constexpr bool may_be_absent = IsOptional<M>::value;

    std::string_view name;
    M E::* place;
    AttributeList<Attributes...> attributes;

    template <class A>
    static constexpr bool has = AttributeList<Attributes...>::template has<A>;
    template <class A>
    [[nodiscard]] constexpr const A& get() const {
        return attributes.template get<A>();
    }

    static constexpr bool has_text_form = (TextForm<Attributes, Value> || ...);
    // The first attribute that is one.
    [[nodiscard]] constexpr const auto& text_form() const { return first_form<0>(); }

    static constexpr bool has_default = (IsOtherwise<Attributes>::value || ...);
    // What es::otherwise() says, which may be of another type.
    [[nodiscard]] constexpr Value default_value() const { return first_default<0>(); }

    // nullptr: it is absent.
    [[nodiscard]] const Value* value_in(const E& event) const {
        if constexpr (may_be_absent) {
            return event.*place ? &*(event.*place) : nullptr;
        } else {
            return &(event.*place);
        }
    }

private:
    template <std::size_t I>
    [[nodiscard]] constexpr Value first_default() const {
        using A = std::tuple_element_t<I, std::tuple<Attributes...>>;
        if constexpr (IsOtherwise<A>::value) {
            using Given = decltype(A::value);
            static_assert(std::is_convertible_v<Given, Value>,
                          "es::otherwise() has a value that the member can't have");
            return static_cast<Value>(std::get<I>(attributes.all).value);
        } else {
            return first_default<I + 1>();
        }
    }
    template <std::size_t I>
    [[nodiscard]] constexpr const auto& first_form() const {
        using A = std::tuple_element_t<I, std::tuple<Attributes...>>;
        if constexpr (TextForm<A, Value>) {
            return std::get<I>(attributes.all);
        } else {
            return first_form<I + 1>();
        }
    }
};

template <class E, class M, class... Attributes>
constexpr Member<E, M, Attributes...> member(std::string_view name, M E::* place,
                                             Attributes... attributes) {
    return {name, place, {{attributes...}}};
}

template <class P>
struct IsMember : std::false_type {};
template <class E, class M, class... Attributes>
struct IsMember<Member<E, M, Attributes...>> : std::true_type {};

template <class... Parts>
struct EventDescription {
    std::string_view type;       // the wire name
    std::tuple<Parts...> parts;  // members and attributes, in the order of the wire form

    static constexpr std::size_t members_total = (std::size_t{IsMember<Parts>::value} + ... + 0);

    // Calls `visit` for each member in order.
    template <class Visit>
    constexpr void each_member(Visit visit) const {
        each_part([&](const auto& part) {
            if constexpr (IsMember<std::remove_cvref_t<decltype(part)>>::value) visit(part);
        });
    }
    template <class Visit>
    constexpr void each_part(Visit visit) const {
        std::apply([&](const auto&... part) { (visit(part), ...); }, parts);
    }

    template <class A>
    static constexpr bool has = (std::is_same_v<A, Parts> || ...);
    template <class A>
    [[nodiscard]] constexpr const A& get() const {
        return std::get<A>(parts);
    }

    // The current schema: 1, or what the members and upcasters say.
    [[nodiscard]] constexpr int schema() const {
        return schema_with([](const auto& /*member*/) { return true; });
    }

    // The lowest schema that says all that there is to say of this event, so that older programs
    // read it.
    template <class E>
    [[nodiscard]] constexpr int schema_of(const E& event) const {
        return schema_with([&](const auto& member) { return member.value_in(event) != nullptr; });
    }

private:
    template <class IsPresent>
    [[nodiscard]] constexpr int schema_with(IsPresent is_present) const {
        int schema = 1;
        each_part([&](const auto& part) {
            using Part = std::remove_cvref_t<decltype(part)>;
            if constexpr (std::is_same_v<Part, Upcast>) {
                schema = std::max(schema, part.from_schema + 1);
            } else if constexpr (IsMember<Part>::value) {
                if constexpr (Part::template has<Since>) {
                    if (is_present(part))
                        schema = std::max(schema, part.template get<Since>().schema);
                }
            }
        });
        return schema;
    }
};

template <class... Parts>
constexpr EventDescription<Parts...> event(std::string_view type, Parts... parts) {
    return {type, {parts...}};
}

// Of a struct that is an item of a member's list.
template <class... Parts>
constexpr EventDescription<Parts...> record(Parts... parts) {
    return {"", {parts...}};
}

// More members than this no event has; raise it with the list below.
inline constexpr std::size_t event_members_max = 20;

// Fails to compile unless E has exactly `Count` members: a structured binding names all of them.
// Its type is deduced, so that naming that type is enough to compile it.
template <std::size_t Count, class E>
constexpr auto has_members(const E& event) {
    static_assert(Count <= event_members_max, "an event with more members than es counts");
    if constexpr (Count == 0) {
        static_assert(std::is_empty_v<E>, "the description of an event lacks its members");
    } else if constexpr (Count == 1) {
        [[maybe_unused]] const auto& [a] = event;
    } else if constexpr (Count == 2) {
        [[maybe_unused]] const auto& [a, b] = event;
    } else if constexpr (Count == 3) {
        [[maybe_unused]] const auto& [a, b, c] = event;
    } else if constexpr (Count == 4) {
        [[maybe_unused]] const auto& [a, b, c, d] = event;
    } else if constexpr (Count == 5) {
        [[maybe_unused]] const auto& [a, b, c, d, e] = event;
    } else if constexpr (Count == 6) {
        [[maybe_unused]] const auto& [a, b, c, d, e, f] = event;
    } else if constexpr (Count == 7) {
        [[maybe_unused]] const auto& [a, b, c, d, e, f, g] = event;
    } else if constexpr (Count == 8) {
        [[maybe_unused]] const auto& [a, b, c, d, e, f, g, h] = event;
    } else if constexpr (Count == 9) {
        [[maybe_unused]] const auto& [a, b, c, d, e, f, g, h, i] = event;
    } else if constexpr (Count == 10) {
        [[maybe_unused]] const auto& [a, b, c, d, e, f, g, h, i, j] = event;
    } else if constexpr (Count == 11) {
        [[maybe_unused]] const auto& [a, b, c, d, e, f, g, h, i, j, k] = event;
    } else if constexpr (Count == 12) {
        [[maybe_unused]] const auto& [a, b, c, d, e, f, g, h, i, j, k, l] = event;
    } else if constexpr (Count == 13) {
        [[maybe_unused]] const auto& [a, b, c, d, e, f, g, h, i, j, k, l, m] = event;
    } else if constexpr (Count == 14) {
        [[maybe_unused]] const auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n] = event;
    } else if constexpr (Count == 15) {
        [[maybe_unused]] const auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o] = event;
    } else if constexpr (Count == 16) {
        [[maybe_unused]] const auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = event;
    } else if constexpr (Count == 17) {
        [[maybe_unused]] const auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q] = event;
    } else if constexpr (Count == 18) {
        [[maybe_unused]] const auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r] = event;
    } else if constexpr (Count == 19) {
        [[maybe_unused]] const auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s] =
            event;
    } else {
        [[maybe_unused]] const auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t] =
            event;
    }
    return true;
}

template <class One, class Other>
constexpr bool is_same_place(const One& one, const Other& other) {
    if constexpr (std::is_same_v<decltype(one.place), decltype(other.place)>) {
        return one.place == other.place;
    } else {
        return false;
    }
}

// Whether each member has a name and a place of its own.
template <class... Parts>
constexpr bool has_distinct_members(const EventDescription<Parts...>& description) {
    bool distinct = true;
    std::size_t i = 0;
    description.each_member([&](const auto& one) {
        std::size_t j = 0;
        description.each_member([&](const auto& other) {
            if (j++ >= i) return;
            distinct = distinct && one.name != other.name && !is_same_place(one, other);
        });
        ++i;
    });
    return distinct;
}

template <class E>
concept Described = requires { describe(Type<E>{}); };

// An event's description, checked to name each of its members.
template <Described E>
constexpr auto description_of() {
    constexpr auto description = describe(Type<E>{});
    static_assert(
        std::is_same_v<decltype(&has_members<description.members_total, E>), bool (*)(const E&)>);
    static_assert(has_distinct_members(description),
                  "a description names a member, or gives a name, twice");
    return description;
}

// Reads the members of a payload or a request: sets each member of a fresh event to what `read`
// returns for it, std::optional of the member's value: nullopt leaves the member as it is.
template <Described E, class Read>
E build_event(Read read) {
    E event{};
    description_of<E>().each_member([&](const auto& member) {
        using M = std::remove_cvref_t<decltype(member)>;
        if constexpr (M::has_default) event.*member.place = member.default_value();
        if (auto value = read(member)) event.*member.place = *std::move(value);
    });
    return event;
}

}  // namespace es
