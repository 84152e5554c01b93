#include "base/json.hpp"

#include <algorithm>
#include <array>
#include <boost/json/basic_parser_impl.hpp>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <system_error>
#include <unordered_set>

namespace json {
namespace {

namespace bj = boost::json;

// Receives the parser's events and builds a Value. Boost.JSON's own tree would keep the last of two
// members of one name without a word, and its number reading is not correctly rounded; so numbers
// are kept as text here and read by std::from_chars.
class Builder {
public:
    using error_code = boost::system::error_code;
    // The limits of objects and names are looked after here: they are not the same for all texts.
    static constexpr std::size_t max_object_size = std::size_t(-1);
    static constexpr std::size_t max_array_size = std::size_t(-1);
    static constexpr std::size_t max_key_size = std::size_t(-1);
    static constexpr std::size_t max_string_size = std::size_t(-1);

    explicit Builder(const Limits& limits) : limits_(limits) {}

    static bool on_document_begin(error_code&) { return true; }
    static bool on_document_end(error_code&) { return true; }

    bool on_object_begin(error_code&) {
        open_.push_back(Open{.container = Members{}});
        return true;
    }
    bool on_object_end(std::size_t, error_code&) { return close(); }
    bool on_array_begin(error_code&) {
        open_.push_back(Open{.container = Array{}});
        return true;
    }
    bool on_array_end(std::size_t, error_code&) { return close(); }

    bool on_key_part(bj::string_view part, std::size_t bytes, error_code& error) {
        text_.append(part.data(), part.size());
        if (bytes <= limits_.name_bytes) return true;
        error = bj::error::key_too_large;
        return false;
    }
    bool on_key(bj::string_view part, std::size_t bytes, error_code& error) {
        if (!on_key_part(part, bytes, error)) return false;
        Open& object = open_.back();
        if (++object.members > limits_.members) {
            error = bj::error::object_too_large;
            return false;
        }
        object.key = std::exchange(text_, {});
        object.duplicate = was_there(object);
        if (!object.duplicate) return true;
        if (duplicates.size() == duplicates_max) {
            error = bj::error::object_too_large;
            return false;
        }
        duplicates.push_back(pointer());
        return true;
    }
    bool on_string_part(bj::string_view part, std::size_t, error_code&) {
        text_.append(part.data(), part.size());
        return true;
    }
    bool on_string(bj::string_view part, std::size_t, error_code&) {
        text_.append(part.data(), part.size());
        return add(Value(std::exchange(text_, {})));
    }
    bool on_number_part(bj::string_view part, error_code&) {
        text_.append(part.data(), part.size());
        return true;
    }
    bool on_int64(std::int64_t, bj::string_view part, error_code&) { return number(part); }
    bool on_uint64(std::uint64_t, bj::string_view part, error_code&) { return number(part); }
    bool on_double(double, bj::string_view part, error_code&) { return number(part); }
    bool on_bool(bool value, error_code&) { return add(Value(value)); }
    bool on_null(error_code&) { return add(Value(Null{})); }
    static bool on_comment_part(bj::string_view, error_code&) { return true; }
    static bool on_comment(bj::string_view, error_code&) { return true; }

    Value root;
    std::vector<std::string> duplicates;

private:
    struct Open {
        std::variant<Members, Array> container;
        std::string key = {};     // of the member that comes next
        bool duplicate = false;   // that key was there before
        std::size_t members = 0;  // so far, duplicates counted
        // Of the members, once they are too many to be looked through for each further one.
        std::unordered_set<std::string> names = {};
    };

    static bool was_there(Open& object) {
        constexpr std::size_t looked_through_max = 100;
        const auto& members = std::get<Members>(object.container);
        if (members.size() <= looked_through_max) {
            return std::ranges::any_of(
                members, [&](const auto& member) { return member.first == object.key; });
        }
        if (object.names.empty()) {
            for (const auto& [name, value] : members) object.names.insert(name);
        }
        return !object.names.insert(object.key).second;
    }

    bool number(bj::string_view part) {
        text_.append(part.data(), part.size());
        const std::string literal = std::exchange(text_, {});
        Number number;
        const auto result =
            std::from_chars(literal.data(), literal.data() + literal.size(), number.value);
        const std::string_view digits =
            std::string_view(literal).substr(0, literal.find_first_of("eE"));
        const bool zero = digits.find_first_of("123456789") == std::string_view::npos;
        if (result.ec == std::errc::result_out_of_range) {
            // from_chars leaves the value alone and does not say at which end it gave up.
            const auto exponent = literal.find_first_of("eE");
            const bool small = exponent != std::string::npos && literal[exponent + 1] == '-';
            number.value = 0;
            (small ? number.rounded_to_zero : number.too_large) = true;
        } else {
            number.rounded_to_zero = !zero && number.value == 0;
        }
        return add(Value(number));
    }

    bool add(Value value) {
        if (open_.empty()) {
            root = std::move(value);
            return true;
        }
        Open& parent = open_.back();
        if (auto* array = std::get_if<Array>(&parent.container)) {
            array->push_back(std::move(value));
        } else if (!parent.duplicate) {
            std::get<Members>(parent.container)
                .emplace_back(std::move(parent.key), std::move(value));
        }
        return true;
    }

    bool close() {
        auto container = std::move(open_.back().container);
        open_.pop_back();
        return std::visit([&](auto& values) { return add(Value(std::move(values))); }, container);
    }

    [[nodiscard]] std::string pointer() const {
        std::string text;
        for (const Open& open : open_) {
            text += '/';
            if (const auto* array = std::get_if<Array>(&open.container)) {
                text += std::to_string(array->size());
            } else {
                text += escape_pointer(open.key);
            }
        }
        return text;
    }

    const Limits limits_;
    std::vector<Open> open_;
    std::string text_;  // of the key, string or number being read
};

// Walks over a text that is known to be JSON.
class Walker {
public:
    explicit Walker(std::string_view text) : text_(text) {}

    // Passes blanks and then `c`; false when something else is there.
    bool take(char c) {
        pass_blanks();
        if (at_ >= text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }
    // The next whole value.
    std::string_view value() {
        pass_blanks();
        const std::size_t begin = at_;
        int depth = 0;
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (c == '"') {
                pass_string();
            } else if (c == '{' || c == '[') {
                ++depth;
                ++at_;
            } else if (c == '}' || c == ']') {
                --depth;
                ++at_;
            } else if (depth > 0) {
                ++at_;
            } else {  // a number or a word
                at_ = std::min(text_.find_first_of(",}] \t\r\n", at_), text_.size());
            }
            if (depth == 0) break;
        }
        return text_.substr(begin, at_ - begin);
    }

private:
    void pass_blanks() { at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size()); }
    void pass_string() {
        ++at_;
        while (at_ < text_.size() && text_[at_] != '"') at_ += text_[at_] == '\\' ? 2U : 1U;
        at_ = std::min(at_ + 1, text_.size());
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

// d.ddd... times ten to the exponent.
struct Decimal {
    std::string digits;  // without the point and without zeros at the end
    int exponent;
};

// `value` is positive.
Decimal shortest_decimal(double value) {
    std::array<char, 32> buffer{};
    char* const begin = buffer.data();
    const char* const end =
        std::to_chars(begin, begin + buffer.size(), value, std::chars_format::scientific).ptr;
    const std::string_view text(begin, static_cast<std::size_t>(end - begin));
    const auto e = text.find('e');
    Decimal decimal{std::string(1, text[0]), 0};
    if (e > 2) decimal.digits.append(text, 2, e - 2);
    const auto sign = text[e + 1] == '-' ? -1 : 1;
    std::from_chars(begin + e + 2, end, decimal.exponent);
    decimal.exponent *= sign;
    return decimal;
}

bj::parse_options strict_options(const Limits& limits) {
    bj::parse_options options;
    options.max_depth = static_cast<std::size_t>(limits.depth);
    return options;
}

}  // namespace

const Value* Value::find(std::string_view name) const {
    const Members* members = object();
    if (members == nullptr) return nullptr;
    for (const auto& [key, value] : *members) {
        if (key == name) return &value;
    }
    return nullptr;
}

Parsed parse(std::string_view text, const Limits& limits) {
    bj::basic_parser<Builder> parser(strict_options(limits), limits);
    boost::system::error_code error;
    const std::size_t used = parser.write_some(false, text.data(), text.size(), error);
    if (!error && used < text.size()) error = bj::error::extra_data;
    Parsed parsed;
    if (error) {
        parsed.error = error.message() + " at byte " + std::to_string(used);
        return parsed;
    }
    parsed.value = std::move(parser.handler().root);
    parsed.duplicates = std::move(parser.handler().duplicates);
    return parsed;
}

std::optional<std::string_view> raw_member(std::string_view object, std::string_view name) {
    Walker walker(object);
    if (!walker.take('{')) return std::nullopt;
    while (!walker.take('}')) {
        const std::string_view key = walker.value();
        walker.take(':');
        const std::string_view value = walker.value();
        if (key.empty() || value.empty()) return std::nullopt;
        const bool plain = key.find('\\') == std::string_view::npos;
        if (plain ? key.substr(1, key.size() - 2) == name : *parse(key).value.string() == name) {
            return value;
        }
        walker.take(',');
    }
    return std::nullopt;
}

std::string escape_pointer(std::string_view name) {
    std::string escaped;
    for (const char c : name) {
        if (c == '~') {
            escaped += "~0";
        } else if (c == '/') {
            escaped += "~1";
        } else {
            escaped += c;
        }
    }
    return escaped;
}

void Writer::separate() {
    if (text_.empty()) return;
    const char last = text_.back();
    if (last != '{' && last != '[' && last != ':') text_ += ',';
}

Writer& Writer::begin_object() {
    separate();
    text_ += '{';
    return *this;
}

Writer& Writer::end_object() {
    text_ += '}';
    return *this;
}

Writer& Writer::begin_array() {
    separate();
    text_ += '[';
    return *this;
}

Writer& Writer::end_array() {
    text_ += ']';
    return *this;
}

Writer& Writer::name(std::string_view name) {
    string(name);
    text_ += ':';
    return *this;
}

Writer& Writer::string(std::string_view text) {
    separate();
    text_ += '"';
    std::size_t plain = 0;  // where the run of characters that need no escape began
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (c >= 0x20 && c != '"' && c != '\\') continue;
        text_.append(text, plain, i - plain);
        plain = i + 1;
        switch (c) {
            case '"':
                text_ += "\\\"";
                break;
            case '\\':
                text_ += "\\\\";
                break;
            case '\n':
                text_ += "\\n";
                break;
            case '\t':
                text_ += "\\t";
                break;
            case '\r':
                text_ += "\\r";
                break;
            default: {
                constexpr char digits[] = "0123456789abcdef";
                text_ += "\\u00";
                text_ += digits[c >> 4];
                text_ += digits[c & 15];
            }
        }
    }
    text_.append(text, plain, text.size() - plain);
    text_ += '"';
    return *this;
}

Writer& Writer::number(double value) {
    separate();
    text_ += format_number(value);
    return *this;
}

Writer& Writer::integer(std::int64_t value) {
    separate();
    text_ += std::to_string(value);
    return *this;
}

Writer& Writer::boolean(bool value) {
    separate();
    text_ += value ? "true" : "false";
    return *this;
}

Writer& Writer::null() {
    separate();
    text_ += "null";
    return *this;
}

Writer& Writer::raw(std::string_view json) {
    separate();
    text_ += json;
    return *this;
}

namespace {

// NOLINTNEXTLINE(misc-no-recursion): as deep as parse() allows
void write_value(Writer& out, const Value& value) {
    if (const auto* text = value.string()) {
        out.string(*text);
    } else if (const auto* number = value.number()) {
        out.number(number->value);
    } else if (const auto* flag = value.boolean()) {
        out.boolean(*flag);
    } else if (const auto* array = value.array()) {
        out.begin_array();
        for (const Value& item : *array) write_value(out, item);
        out.end_array();
    } else if (const auto* members = value.object()) {
        out.begin_object();
        for (const auto& [name, member] : *members) write_value(out.name(name), member);
        out.end_object();
    } else {
        out.null();
    }
}

}  // namespace

std::string text_of(const Value& value) {
    Writer out;
    write_value(out, value);
    return out.take();
}

// Number::toString of ECMAScript: shortest digits that read back, and where the point goes.
std::string format_number(double value) {
    if (!std::isfinite(value)) return format_digest_number(value);  // no JSON; only a log has these
    if (value == 0) return "0";                                     // -0 too
    constexpr int whole_digits_max = 21;
    constexpr int leading_zeros_max = 6;
    const Decimal decimal = shortest_decimal(std::abs(value));
    const int count = static_cast<int>(decimal.digits.size());
    const int point = decimal.exponent + 1;  // so many digits stand before it
    std::string text = std::signbit(value) ? "-" : "";
    if (point > whole_digits_max || point <= -leading_zeros_max) {
        text += decimal.digits[0];
        if (count > 1) text.append(1, '.').append(decimal.digits, 1);
        text += decimal.exponent < 0 ? "e-" : "e+";
        text += std::to_string(std::abs(decimal.exponent));
    } else if (point <= 0) {
        text.append("0.").append(static_cast<std::size_t>(-point), '0').append(decimal.digits);
    } else if (point < count) {
        text.append(decimal.digits, 0, static_cast<std::size_t>(point)).append(1, '.');
        text.append(decimal.digits, static_cast<std::size_t>(point));
    } else {
        text.append(decimal.digits).append(static_cast<std::size_t>(point - count), '0');
    }
    return text;
}

std::string format_digest_number(double value) {
    char buffer[32];
    const auto result = std::to_chars(buffer, buffer + sizeof buffer, value);
    return {buffer, result.ptr};
}

}  // namespace json
