// What is read as JSON is written and read again as the same.
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/json.hpp"
#include "check.hpp"

namespace {

void write(json::Writer& out, const json::Value& value);

struct Write {
    json::Writer& out;

    void operator()(const json::Null&) const { out.null(); }
    void operator()(bool value) const { out.boolean(value); }
    void operator()(const json::Number& number) const { out.number(number.value); }
    void operator()(const std::string& text) const { out.string(text); }
    void operator()(const json::Array& array) const {
        out.begin_array();
        for (const json::Value& value : array) write(out, value);
        out.end_array();
    }
    void operator()(const json::Members& members) const {
        out.begin_object();
        for (const auto& [name, value] : members) write(out.name(name), value);
        out.end_object();
    }
};

void write(json::Writer& out, const json::Value& value) {
    std::visit(Write{out}, value.data());
}

std::string written(const json::Value& value) {
    json::Writer out;
    write(out, value);
    return out.take();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    const json::Parsed parsed = json::parse(text);
    if (!parsed.ok()) return 0;
    const std::string once = written(parsed.value);
    const json::Parsed again = json::parse(once);
    fuzz::check(again.ok(), "what was written is JSON");
    fuzz::check(written(again.value) == once, "what was written reads as the same");
    if (parsed.value.object() == nullptr || !parsed.duplicates.empty()) return 0;
    for (const auto& [name, value] : *parsed.value.object()) {
        const auto raw = json::raw_member(text, name);
        if (!raw) continue;  // its name is written with escapes
        fuzz::check(written(json::parse(*raw).value) == written(value), "a member's own text");
    }
    return 0;
}
