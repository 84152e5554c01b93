// The codec that follows from the descriptions of a domain's events.
//
//     es::described_codec<AccountEvent>().encode(Deposited{50})
//         -> type "Deposited", schema 1, payload {"cents":50}
//
// `Format` is the text form of payloads; JsonPayload is the usual one. It has
//     Writer: text(name, string_view), number(name, double), integer(name, int64_t),
//             flag(name, bool), and std::string take();
//     Reader, made from a payload: has(name), text(name), number(name), integer(name), flag(name);
//             all throw Corrupt.
// A format with lists has besides
//     Writer: texts(name, vector<string>), records(name, vector<Writer>);
//     Reader: texts(name), vector<string>, and records(name), vector<Reader>.
#pragma once

#include <cmath>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "es/codec.hpp"
#include "es/described.hpp"
#include "es/errors.hpp"
#include "es/json_payload.hpp"

namespace es {

inline std::invalid_argument unwritable(std::string_view member, const char* expected) {
    return std::invalid_argument("'" + std::string(member) + "' is not " + expected);
}

template <Described E, class Writer>
void write_members(Writer& out, const E& event);

template <class M, class Writer>
void write_member(Writer& out, const M& member, const typename M::Value& value) {
    using V = typename M::Value;
    if constexpr (M::has_text_form) {
        out.text(member.name, member.text_form().write(value));
    } else if constexpr (std::is_same_v<V, std::string>) {
        out.text(member.name, value);
    } else if constexpr (std::is_same_v<V, bool>) {
        out.flag(member.name, value);
    } else if constexpr (std::is_floating_point_v<V>) {
        if (!std::isfinite(value)) throw unwritable(member.name, "a finite number");
        out.number(member.name, value);
    } else if constexpr (std::is_same_v<V, std::vector<std::string>>) {
        out.texts(member.name, value);
    } else if constexpr (IsList<V>::value) {
        std::vector<Writer> items(value.size());
        for (std::size_t i = 0; i < value.size(); ++i) write_members(items[i], value[i]);
        out.records(member.name, std::move(items));
    } else {
        static_assert(std::is_integral_v<V>, "a member of this type needs a TextForm");
        if (!std::in_range<std::int64_t>(value)) {
            throw unwritable(member.name, "a signed number of 64 bits");
        }
        out.integer(member.name, static_cast<std::int64_t>(value));
    }
}

// Throws std::invalid_argument: what it would write could not be read back.
template <Described E, class Writer>
void write_members(Writer& out, const E& event) {
    description_of<E>().each_member([&](const auto& member) {
        if (const auto* value = member.value_in(event)) write_member(out, member, *value);
    });
}

// Throws std::invalid_argument: what it would write could not be read back.
template <class Format, Described E>
std::string write_payload(const E& event) {
    typename Format::Writer out;
    write_members(out, event);
    return out.take();
}

template <Described E, class Reader>
E read_members(const Reader& payload);

template <class V, class M, class Reader>
V read_member(const M& member, const Reader& payload) {
    if constexpr (M::has_text_form) {
        auto value = member.text_form().read(payload.text(member.name));
        if (!value) {
            throw Corrupt("payload's '" + std::string(member.name) + "' is not " +
                          member.text_form().expected());
        }
        return *std::move(value);
    } else if constexpr (std::is_same_v<V, std::string>) {
        return payload.text(member.name);
    } else if constexpr (std::is_same_v<V, bool>) {
        return payload.flag(member.name);
    } else if constexpr (std::is_floating_point_v<V>) {
        return payload.number(member.name);
    } else if constexpr (std::is_same_v<V, std::vector<std::string>>) {
        return payload.texts(member.name);
    } else if constexpr (IsList<V>::value) {
        V items;
        for (const Reader& item : payload.records(member.name)) {
            items.push_back(read_members<typename V::value_type>(item));
        }
        return items;
    } else {
        static_assert(std::is_integral_v<V>, "a member of this type needs a TextForm");
        const std::int64_t number = payload.integer(member.name);
        if (!std::in_range<V>(number)) {
            throw Corrupt("payload's '" + std::string(member.name) + "' is out of range");
        }
        return static_cast<V>(number);
    }
}

// Members that the description doesn't name are left alone: a later release may have added them.
template <Described E, class Reader>
E read_members(const Reader& payload) {
    return build_event<E>([&](const auto& member) {
        using M = std::remove_cvref_t<decltype(member)>;
        using V = typename M::Value;
        if constexpr (M::may_be_absent || M::has_default) {
            if (!payload.has(member.name)) return std::optional<V>();
        }
        return std::optional<V>(read_member<V>(member, payload));
    });
}

template <class Format, Described E>
E read_payload(const std::string& text) {
    return read_members<E>(typename Format::Reader(text));
}

template <class Format, Described E, class Event>
void add_described(EventCodec<Event>& codec) {
    static constexpr auto description = description_of<E>();
    const std::string type(description.type);
    codec.template add<E>(type, description.schema(), write_payload<Format, E>,
                          read_payload<Format, E>,
                          [](const E& event) { return description.schema_of(event); });
    for (int schema = 1; schema < description.schema(); ++schema) {
        codec.upcast(type, schema, [](std::string payload) { return payload; });
    }
    description.each_part([&](const auto& part) {
        if constexpr (std::is_same_v<std::remove_cvref_t<decltype(part)>, Upcast>) {
            codec.upcast(type, part.from_schema, part.raise);
        }
    });
}

// Of a std::variant of described events.
template <class Event, class Format = JsonPayload>
const EventCodec<Event>& described_codec() {
    static const EventCodec<Event> codec = []<class... E>(Type<std::variant<E...>>) {
        static_assert((Described<E> && ...), "each event needs describe(es::Type<E>)");
        EventCodec<Event> all;
        (add_described<Format, E>(all), ...);
        return all;
    }(Type<Event>{});
    return codec;
}

}  // namespace es
