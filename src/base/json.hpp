// JSON text, read strictly and written exactly: duplicate members and numbers that lose their value
// are noticed, numbers are read and written correctly rounded (shortest form that reads back).
//
//     const json::Parsed parsed = json::parse(R"({"target": 15})");
//     parsed.value.find("target")->number();   // 15.0
//     json::Writer out;
//     out.begin_object().member("target", 15.0).end_object();
//     out.text();                               // {"target":15}
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace json {

class Value;
using Array = std::vector<Value>;
using Members = std::vector<std::pair<std::string, Value>>;  // in order, names unique

struct Null {};

// A number as a double. `rounded_to_zero`: the literal was not zero, its double is.
// `too_large`: beyond the range of a double.
struct Number {
    double value = 0;
    bool rounded_to_zero = false;
    bool too_large = false;
};

class Value {
public:
    using Variant = std::variant<Null, bool, Number, std::string, Array, Members>;
    Value() = default;
    explicit Value(Variant data) : data_(std::move(data)) {}

    [[nodiscard]] const Variant& data() const { return data_; }
    [[nodiscard]] bool is_null() const { return std::holds_alternative<Null>(data_); }
    // Each is nullptr when the value is something else.
    [[nodiscard]] const bool* boolean() const { return std::get_if<bool>(&data_); }
    [[nodiscard]] const Number* number() const { return std::get_if<Number>(&data_); }
    [[nodiscard]] const std::string* string() const { return std::get_if<std::string>(&data_); }
    [[nodiscard]] const Array* array() const { return std::get_if<Array>(&data_); }
    [[nodiscard]] const Members* object() const { return std::get_if<Members>(&data_); }
    // The member of that name; nullptr when there is none or this is no object.
    [[nodiscard]] const Value* find(std::string_view name) const;

private:
    Variant data_;
};

// Beyond these a text is refused like one that is no JSON. They bound what a small hostile text can
// cost: each duplicate member is reported with its whole pointer. Texts that come from elsewhere
// than a stranger may be given others.
struct Limits {
    int depth = 32;             // of nested objects and arrays
    std::size_t members = 100;  // of one object, duplicates counted
    std::size_t name_bytes = 256;
};
inline constexpr std::size_t duplicates_max = 100;

struct Parsed {
    Value value;
    // Empty when the text is JSON; else what is wrong and at which byte.
    std::string error;
    // JSON pointers ("/props/name") of members that were given twice; the first one counts.
    std::vector<std::string> duplicates;
    [[nodiscard]] bool ok() const { return error.empty(); }
};
Parsed parse(std::string_view text, const Limits& limits = {});

// The text of a member's value within the text of an object, as it stands there: for what must be
// kept byte for byte. `object` must be a text that parse() takes, without duplicates. nullopt when
// it has no such member.
std::optional<std::string_view> raw_member(std::string_view object, std::string_view name);

// "~" and "/" in a member's name, escaped for a JSON pointer (RFC 6901).
std::string escape_pointer(std::string_view name);

// Appends JSON text piece by piece. Commas are its business, matching begin and end the caller's.
class Writer {
public:
    Writer& begin_object();
    Writer& end_object();
    Writer& begin_array();
    Writer& end_array();
    Writer& name(std::string_view name);
    Writer& string(std::string_view text);  // UTF-8
    Writer& number(double value);           // finite
    Writer& integer(std::int64_t value);
    Writer& boolean(bool value);
    Writer& null();
    Writer& raw(std::string_view json);  // one whole value, already JSON

    Writer& member(std::string_view key, std::string_view text) { return name(key).string(text); }
    Writer& member(std::string_view key, const char* text) { return name(key).string(text); }
    Writer& member(std::string_view key, double value) { return name(key).number(value); }
    Writer& member(std::string_view key, std::int64_t value) { return name(key).integer(value); }
    Writer& member(std::string_view key, bool value) { return name(key).boolean(value); }

    [[nodiscard]] const std::string& text() const { return text_; }
    [[nodiscard]] std::string take() { return std::move(text_); }

private:
    void separate();
    std::string text_;
};

// The shortest text of a value.
std::string text_of(const Value& value);

// A number as JavaScript writes it: the shortest digits that read back as exactly this double,
// without an exponent from 1e-6 to below 1e21: 15, 100000, 0.1, 1e-7, 1e+21.
std::string format_number(double value);
// The form that stored digests and keys are computed over: the shorter of both notations (1e+05).
// It never changes: a command that is repeated must have the digest it had the first time.
std::string format_digest_number(double value);

}  // namespace json
