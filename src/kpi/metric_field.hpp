// A row of the table of fields (metric_fields.hpp): what a field of a metric's view is called,
// where it is held, and what it is used for.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/json.hpp"
#include "es/described.hpp"
#include "kpi/goal_view.hpp"
#include "kpi/metric_view.hpp"

namespace kpi {

// In the order of the alternatives below.
enum class FieldType { flag, integer, number, time, text, json };
// A value that lives as long as its document; and one of its own. std::monostate: it is absent.
using FieldView =
    std::variant<bool, std::int64_t, double, es::TimePoint, std::string_view, Json, std::monostate>;
using FieldValue =
    std::variant<bool, std::int64_t, double, es::TimePoint, std::string, Json, std::monostate>;
FieldView view_of(const FieldValue& value);
FieldValue copy_of(const FieldView& value);
std::string text_of(const FieldView& value);  // as people read it
void write(json::Writer& out, const FieldView& value);

// Whether commands set a field of the metric, and whether a creation always does.
enum class Given { never, perhaps, always };

struct FieldUses {
    bool shown = true;                // in JSON documents, in the order of the table
    bool sortable = false;            // by "name" and "-name"; not flags, nor integers
    const char* sorted_as = nullptr;  // the name of that order, if it isn't the field's
    bool indexed = false;             // in SQLite; for what changes rarely
    bool searched = false;            // by `q`
    Given given = Given::never;
    bool bulky = false;  // stands last in SQLite's rows, so that scans need not pass it
    // The query parameter that asks for a value, and its place among these.
    const char* filter = nullptr;
    int filter_place = 0;
    bool many = false;  // the parameter may name several: any of them, of a list all of them
    // A flag that isn't stored is set from the time on that this stored field holds.
    const char* since = nullptr;
    // And until that one.
    const char* until = nullptr;
    // Stored as 0 or 1970 where it is absent. A number of 0 is then absent; a time of 1970 is not,
    // as the document that was read says whether it has one.
    bool absent_as_zero = false;
    // What a document has that was written before the field was; nullopt: false, 0, an empty text,
    // the first word, 1970.
    std::optional<FieldView> otherwise = std::nullopt;
    int csv = 0;  // the place of its column in exports, after the id's, 1; 0: not exported
};

struct MetricField : FieldUses {
    const char* name = nullptr;    // in JSON and MongoDB
    const char* column = nullptr;  // in SQLite; nullptr: computed when read, never stored
    FieldType type = FieldType::text;
    bool optional = false;                         // may be absent where it is stored
    std::span<const std::string_view> words = {};  // all that a text may be; none: any text
    FieldView (*get)(const MetricDocument&, es::TimePoint now) = nullptr;
    // False: the document can't have this value. nullptr: the field follows from others.
    bool (*set)(MetricDocument&, const FieldView&) = nullptr;

    // For fields that are stored: these don't depend on the time.
    [[nodiscard]] FieldView stored(const MetricDocument& document) const {
        return storable(get(document, {}));
    }
    [[nodiscard]] FieldView storable(FieldView value) const {
        if (!optional && std::holds_alternative<std::monostate>(value)) return missing();
        return value;
    }
    [[nodiscard]] bool is_absent(const FieldView& value) const {
        return std::holds_alternative<std::monostate>(value) ||
               (absent_as_zero && type != FieldType::time && value == missing());
    }
    [[nodiscard]] FieldView missing() const {
        if (otherwise) return *otherwise;
        if (optional) return std::monostate();
        switch (type) {
            case FieldType::flag:
                return false;
            case FieldType::integer:
                return std::int64_t{0};
            case FieldType::number:
                return 0.0;
            case FieldType::time:
                return es::TimePoint();
            case FieldType::json:
                return Json{"[]"};
            case FieldType::text:
                break;
        }
        return words.empty() ? std::string_view() : words.front();
    }
};

namespace field_rows {

// An overload for each enumeration that a field has.
constexpr const auto& words_of(MetricKind) {
    return metric_kinds.names;
}
constexpr const auto& words_of(Direction) {
    return directions.names;
}
constexpr const auto& words_of(GoalMode) {
    return goal_modes.names;
}
constexpr const auto& words_of(UpdatePeriod) {
    return update_periods.names;
}
constexpr const auto& words_of(Status) {
    return statuses.names;
}

template <class T>
FieldView view(const T& value) {
    if constexpr (es::IsOptional<T>::value) {
        return value ? view(*value) : FieldView(std::monostate());
    } else if constexpr (std::is_enum_v<T>) {
        return words_of(value).at(static_cast<std::size_t>(value));
    } else if constexpr (es::IsList<T>::value) {
        return Json{to_json(value)};
    } else {
        return value;
    }
}

// False: it is of another type, or none of the words. Throws es::Corrupt for JSON of another form.
template <class T>
bool assign(T& member, const FieldView& value) {
    if constexpr (es::IsOptional<T>::value) {
        if (!std::holds_alternative<std::monostate>(value)) return assign(member.emplace(), value);
        member.reset();
        return true;
    } else if constexpr (std::is_enum_v<T>) {
        const auto& words = words_of(member);
        const auto place = std::ranges::find(words, value, [](auto word) { return view(word); });
        if (place == words.end()) return false;
        member = static_cast<T>(place - words.begin());
        return true;
    } else if constexpr (es::IsList<T>::value) {
        const auto* held = std::get_if<Json>(&value);
        if (held != nullptr) from_json(held->text, member);
        return held != nullptr;
    } else {
        constexpr bool is_text = std::is_same_v<T, std::string>;
        const auto* held = std::get_if<std::conditional_t<is_text, std::string_view, T>>(&value);
        if (held != nullptr) member = *held;
        return held != nullptr;
    }
}

template <class T>
consteval MetricField row(const char* name, const char* column, const FieldUses& uses) {
    using V = typename es::ValueOf<T>::type;
    MetricField field;
    static_cast<FieldUses&>(field) = uses;
    field.name = name;
    field.column = column;
    field.type = std::is_same_v<V, bool>                           ? FieldType::flag
                 : std::is_same_v<V, std::int64_t>                 ? FieldType::integer
                 : std::is_same_v<V, double>                       ? FieldType::number
                 : std::is_same_v<V, es::TimePoint>                ? FieldType::time
                 : std::is_same_v<V, Json> || es::IsList<V>::value ? FieldType::json
                                                                   : FieldType::text;
    field.optional = es::IsOptional<T>::value && !uses.absent_as_zero;
    if constexpr (std::is_enum_v<V>) field.words = words_of(V());
    return field;
}

template <auto member>
auto& member_of(auto& document) {
    if constexpr (std::is_invocable_v<decltype(member), MetricDocument&>) {
        return document.*member;
    } else {
        return document.metric.*member;
    }
}

}  // namespace field_rows

// A member of the document, or of the metric in it.
template <auto member>
consteval MetricField held(const char* name, const char* column, const FieldUses& uses) {
    using namespace field_rows;
    using T = std::remove_cvref_t<decltype(member_of<member>(std::declval<MetricDocument&>()))>;
    MetricField field = row<T>(name, column, uses);
    field.get = [](const MetricDocument& document, es::TimePoint) {
        return view(member_of<member>(document));
    };
    field.set = [](MetricDocument& document, const FieldView& value) {
        return assign(member_of<member>(document), value);
    };
    return field;
}

// What a function says of a document. It is stored for filters and sorts.
template <auto function>
consteval MetricField derived(const char* name, const char* column, const FieldUses& uses) {
    using T = std::invoke_result_t<decltype(function), const MetricDocument&>;
    MetricField field = field_rows::row<T>(name, column, uses);
    field.get = [](const MetricDocument& document, es::TimePoint) {
        return field_rows::view(function(document));
    };
    return field;
}

// What it says at a time; never stored.
template <auto function>
consteval MetricField momentary(const char* name, const FieldUses& uses) {
    using T = std::invoke_result_t<decltype(function), const MetricDocument&, es::TimePoint>;
    MetricField field = field_rows::row<T>(name, nullptr, uses);
    field.get = [](const MetricDocument& document, es::TimePoint now) {
        return field_rows::view(function(document, now));
    };
    return field;
}

}  // namespace kpi
