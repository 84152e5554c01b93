// es and base read JSON by parsers of their own: in what both take they find the same members. They
// differ in what they refuse at the edges: exponents of many digits, numbers beyond a double in
// members that are given twice, limits.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "check.hpp"
#include "es/errors.hpp"
#include "es/json_payload.hpp"

namespace {

using Reader = es::JsonPayload::Reader;

std::optional<Reader> read(std::string_view text) {
    try {
        return Reader(text);
    } catch (const es::Corrupt&) {
        return std::nullopt;
    }
}

template <class Get>
auto taken(const Get& get) -> std::optional<decltype(get())> {
    try {
        return get();
    } catch (const es::Corrupt&) {
        return std::nullopt;
    }
}

void check_member(const Reader& payload, const std::string& name, const json::Value& value) {
    fuzz::check(payload.has(name), "each member is there");
    const auto text = taken([&] { return payload.text(name); });
    fuzz::check(text.has_value() == (value.string() != nullptr), "a text is one for both");
    fuzz::check(!text || *text == *value.string(), "texts are the same");
    const auto flag = taken([&] { return payload.flag(name); });
    fuzz::check(flag.has_value() == (value.boolean() != nullptr), "a flag is one for both");
    fuzz::check(!flag || *flag == *value.boolean(), "flags are the same");
    const auto number = taken([&] { return payload.number(name); });
    fuzz::check(number.has_value() == (value.number() != nullptr), "a number is one for both");
    fuzz::check(!number || *number == value.number()->value, "numbers are the same");
    const auto integer = taken([&] { return payload.integer(name); });
    fuzz::check(!integer || static_cast<double>(*integer) == *number, "a whole one is a number");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    // Of the limits they share that of the depth alone: base counts the members of each object and
    // the bytes of each name, and gives up after so many duplicates.
    const json::Limits limits{static_cast<int>(es::payload_depth_max), size, size};
    const json::Parsed parsed = json::parse(text, limits);
    const auto payload = read(text);
    if (!parsed.ok() || !payload) return 0;
    const json::Members* members = parsed.value.object();
    fuzz::check(members != nullptr, "a payload is an object");
    for (const auto& [name, value] : *members) check_member(*payload, name, value);
    return 0;
}
