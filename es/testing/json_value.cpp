#include "es/testing/json_value.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <utility>

namespace es::testing {
namespace {

void append_utf8(std::uint32_t code, std::string& out) {
    const auto byte = [&](std::uint32_t bits) { out += static_cast<char>(bits); };
    if (code < 0x80) {
        byte(code);
    } else if (code < 0x800) {
        byte(0xc0 | (code >> 6U));
        byte(0x80 | (code & 0x3fU));
    } else if (code < 0x10000) {
        byte(0xe0 | (code >> 12U));
        byte(0x80 | ((code >> 6U) & 0x3fU));
        byte(0x80 | (code & 0x3fU));
    } else {
        byte(0xf0 | (code >> 18U));
        byte(0x80 | ((code >> 12U) & 0x3fU));
        byte(0x80 | ((code >> 6U) & 0x3fU));
        byte(0x80 | (code & 0x3fU));
    }
}

class Reader {
public:
    explicit Reader(std::string_view text) : rest_(text) {}

    std::string whole() {
        std::string value = this->value();
        if (skip_blanks(); !rest_.empty()) fail();
        return value;
    }

private:
    [[noreturn]] void fail() const {
        throw std::invalid_argument("no JSON at: " + std::string(rest_.substr(0, 40)));
    }
    void skip_blanks() {
        rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size()));
    }
    char next() {
        if (rest_.empty()) fail();
        const char c = rest_.front();
        rest_.remove_prefix(1);
        return c;
    }
    bool take(char c) {
        skip_blanks();
        if (rest_.empty() || rest_.front() != c) return false;
        rest_.remove_prefix(1);
        return true;
    }
    void expect(char c) {
        if (!take(c)) fail();
    }

    std::string value() {  // NOLINT(misc-no-recursion)
        skip_blanks();
        if (take('{')) return object();
        if (take('[')) return array();
        if (take('"')) return '"' + text() + '"';
        for (const std::string_view word : {"true", "false", "null"}) {
            if (!rest_.starts_with(word)) continue;
            rest_.remove_prefix(word.size());
            return std::string(word);
        }
        return number();
    }
    std::string object() {  // NOLINT(misc-no-recursion)
        std::map<std::string, std::string> members;
        while (!take('}')) {
            if (!members.empty()) expect(',');
            expect('"');
            auto name = text();
            expect(':');
            members[std::move(name)] = value();
        }
        std::string out = "{";
        for (const auto& [name, member] : members) out += '"' + name + "\":" + member + ",";
        return out + "}";
    }
    std::string array() {  // NOLINT(misc-no-recursion)
        std::string out = "[";
        while (!take(']')) {
            if (out.size() > 1) expect(',');
            out += value() + ";";
        }
        return out + "]";
    }
    // Behind the opening quote.
    std::string text() {
        std::string out;
        for (char c = next(); c != '"'; c = next()) {
            if (c != '\\') {
                out += c;
                continue;
            }
            const char escaped = next();
            constexpr std::string_view names = "\"\\/bfnrt";
            constexpr std::string_view values = "\"\\/\b\f\n\r\t";
            if (const auto at = names.find(escaped); at != std::string_view::npos) {
                out += values[at];
            } else if (escaped == 'u') {
                append_utf8(code_point(), out);
            } else {
                fail();
            }
        }
        return out;
    }
    std::uint32_t code_point() {
        const std::uint32_t first = code_unit();
        if (first < 0xd800 || first > 0xdbff) return first;
        if (next() != '\\' || next() != 'u') fail();
        return 0x10000 + ((first - 0xd800) << 10U) + (code_unit() - 0xdc00);
    }
    std::uint32_t code_unit() {
        std::uint32_t unit = 0;
        const auto digits = rest_.substr(0, 4);
        const auto* const end = std::from_chars(digits.begin(), digits.end(), unit, 16).ptr;
        if (end != digits.end() || digits.size() != 4) fail();
        rest_.remove_prefix(4);
        return unit;
    }
    std::string number() {
        double number = 0;
        const auto [end, error] = std::from_chars(rest_.begin(), rest_.end(), number);
        if (error != std::errc()) fail();
        rest_.remove_prefix(static_cast<std::size_t>(end - rest_.begin()));
        char shortest[32];  // NOLINT(modernize-avoid-c-arrays)
        return {shortest, std::to_chars(shortest, shortest + sizeof shortest, number).ptr};
    }

    std::string_view rest_;
};

}  // namespace

std::string canonical_json(std::string_view text) {
    return Reader(text).whole();
}

}  // namespace es::testing
