// Reads what a description says from a body, member by member; whatever is wrong is noted under the
// member's JSON pointer.
//
//     BodyReader props(object, "/props", errors);
//     const auto report = read_members<kpi::ReportValue>(props);
//     props.end();
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "es/described.hpp"
#include "kpi/member_rules.hpp"
#include "kpi/metric_events.hpp"
#include "write_api/body_reader.hpp"

namespace write_api {

using Presence = BodyReader::Presence;

template <class C>
C read_members(BodyReader& members);

// `pointer`: where the list stands.
template <class R>
std::vector<R> read_records(const json::Array& items, const std::string& pointer,
                            BodyReader::Errors& errors) {
    std::vector<R> records;
    for (std::size_t i = 0; i < items.size(); ++i) {
        const std::string place = pointer + "/" + std::to_string(i);
        if (items[i].object() == nullptr) {
            errors.push_back({"pointer", "#" + place, "must be an object"});
            continue;
        }
        BodyReader item(items[i], place, errors);
        records.push_back(read_members<R>(item));
        item.end();
    }
    return records;
}

template <class M>
std::vector<std::string> read_texts(const json::Array& items, const M& member,
                                    BodyReader& members) {
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < items.size(); ++i) {
        std::optional<std::string> fault = "must be a text";
        if (const std::string* text = items[i].string()) {
            fault = BodyReader::fault_in(*text, member.template get<kpi::FormRule>());
            const bool repeated = std::ranges::find(texts, *text) != texts.end();
            if (repeated && member.template get<kpi::ListRule>().unique) fault = "is there twice";
            texts.push_back(*text);
        }
        if (!fault) continue;
        const std::string pointer = members.pointer_to(member.name) + "/" + std::to_string(i);
        members.errors().push_back({"pointer", "#" + pointer, *std::move(fault)});
    }
    return texts;
}

// Reads a member as its description says; nullopt leaves the default in place. What is wrong is
// noted by the reader.
template <class M>
std::optional<typename M::Value> read_member(const M& member, BodyReader& members) {
    using V = typename M::Value;
    constexpr bool optional = M::may_be_absent || M::has_default;
    if constexpr (M::template has<kpi::NullIsAbsent>) {
        if (members.is_null(member.name)) return std::nullopt;
    }
    constexpr auto presence = optional ? Presence::optional : Presence::needed;
    if constexpr (kpi::IsChange<V>::value) {
        if (members.is_null(member.name)) return V{};
        auto value = read_member(kpi::without_change(member), members);
        return value ? std::optional(V{std::move(value)}) : std::nullopt;
    } else if constexpr (std::is_same_v<V, std::string>) {
        if constexpr (M::template has<kpi::TextRule>) {
            return members.text(member.name, member.template get<kpi::TextRule>(), presence);
        } else {
            return members.text(member.name, member.template get<kpi::FormRule>(), presence);
        }
    } else if constexpr (std::is_same_v<V, double>) {
        const auto number = members.number(member.name, presence);
        if constexpr (M::template has<kpi::NotNegative>) {
            if (number.value_or(0) < 0) members.error(member.name, "must not be below 0");
        }
        return number;
    } else if constexpr (std::is_same_v<V, bool>) {
        return members.flag(member.name, presence);
    } else if constexpr (std::is_integral_v<V>) {
        return members.integer(member.name, member.template get<kpi::IntegerRule>(), presence);
    } else if constexpr (std::is_same_v<V, base::TimePoint>) {
        return members.time(member.name, member.template get<kpi::TimeRule>().date_alone, presence);
    } else if constexpr (es::IsList<V>::value) {
        const auto* items =
            members.list(member.name, member.template get<kpi::ListRule>(), presence);
        if (items == nullptr) return std::nullopt;
        if constexpr (std::is_same_v<V, std::vector<std::string>>) {
            return read_texts(*items, member, members);
        } else {
            return read_records<typename V::value_type>(*items, members.pointer_to(member.name),
                                                        members.errors());
        }
    } else {
        static_assert(std::is_enum_v<V> && optional, "nobody reads a member of this type");
        const auto text = members.optional_string(member.name);
        if (!text) return std::nullopt;
        auto value = member.text_form().read(*text);
        if (!value) members.error(member.name, "must be " + member.text_form().expected());
        return value;
    }
}

// What a description can't say of members together.
template <class C>
void check_together(const C& /*command*/, BodyReader& /*members*/) {}
inline void check_together(const kpi::MetricCreated& created, BodyReader& members) {
    if (created.mode != kpi::GoalMode::keep) members.require("deadline");
}
inline void check_together(const kpi::ReportValue& report, BodyReader& members) {
    if (report.value && report.add) members.error("add", "is not for a report that has a value");
    // One that is there and wrong is noted already.
    if (!members.has("add")) members.require("value");
}
inline void check_together(const kpi::AmendValue& amend, BodyReader& members) {
    const bool changes = amend.value || amend.observed_at || amend.comment;
    if (amend.retracted.value_or(false) && changes) {
        members.error("retracted", "can't be true where the value is changed");
    }
    const bool says_what = members.has("retracted") || members.has("observedAt") ||
                           members.has("comment");  // perhaps wrongly, which is noted already
    if (!says_what) members.require("value");
}

// All that `C` describes. What is wrong is noted by the reader.
template <class C>
C read_members(BodyReader& members) {
    C read = es::build_event<C>([&](const auto& member) { return read_member(member, members); });
    check_together(read, members);
    return read;
}

}  // namespace write_api
