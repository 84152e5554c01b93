// Members of a JSON object by name and type, with one policy for what is wrong with them.
//
//     json::member<std::string>(object, "type");   // nullptr: missing, or no text
//
//     const auto fault = [](std::string_view name, std::string_view wanted) { throw ...; };
//     json::MemberReader members(object, fault);
//     members.require<std::string>("type");
#pragma once

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/json.hpp"

namespace json {

// The value as a T: std::string, Number, bool, Array, Members; or as a Value, whatever it is.
template <class T>
const T* as(const Value* value) {
    if constexpr (std::is_same_v<T, Value>) {
        return value;
    } else {
        return value != nullptr ? std::get_if<T>(&value->data()) : nullptr;
    }
}

// nullptr when the member is missing or is no T, or when `object` is no object.
template <class T>
const T* member(const Value& object, std::string_view name) {
    return as<T>(object.find(name));
}

// The member's text; empty if the member is missing or is not a text.
inline std::string text_or_empty(const Value& object, std::string_view name) {
    const auto* text = member<std::string>(object, name);
    return text != nullptr ? *text : std::string();
}

// As it ends "must be ...".
template <class T>
constexpr std::string_view wanted_name() {
    if constexpr (std::is_same_v<T, std::string>) return "a text";
    if constexpr (std::is_same_v<T, Number>) return "a number";
    if constexpr (std::is_same_v<T, bool>) return "true or false";
    if constexpr (std::is_same_v<T, Array>) return "an array";
    if constexpr (std::is_same_v<T, Members>) return "an object";
    return "a value";
}

// A whole number from 1 to `max`, which a double must hold; nullopt when it is another.
inline std::optional<std::int64_t> whole_number(const Number* number, std::int64_t max) {
    if (number == nullptr || number->too_large || number->value < 1 ||
        number->value > static_cast<double>(max) || std::trunc(number->value) < number->value) {
        return std::nullopt;
    }
    return static_cast<std::int64_t>(number->value);
}

// `Fault` is called as fault(name, wanted) with the member that is wrong and what it should be,
// e.g. "a text"; `wanted` is empty when it is missing. If it returns, so does the reader, with
// nullptr.
template <class Fault>
class MemberReader {
public:
    // `object` is kept by reference.
    MemberReader(const Value& object, Fault fault) : object_(object), fault_(std::move(fault)) {}

    template <class T>
    [[nodiscard]] const T* require(std::string_view name) const {
        const T* value = find<T>(name);
        if (value == nullptr && object_.find(name) == nullptr) fault_(name, std::string_view());
        return value;
    }
    // A member that may be missing, which is no fault.
    template <class T>
    [[nodiscard]] const T* find(std::string_view name) const {
        const Value* value = object_.find(name);
        const T* typed = as<T>(value);
        if (value != nullptr && typed == nullptr) fault_(name, wanted_name<T>());
        return typed;
    }

private:
    const Value& object_;
    Fault fault_;
};

}  // namespace json
