#include "write_api/body_reader.hpp"

#include <algorithm>
#include <cmath>

#include "base/json_members.hpp"

namespace write_api {
namespace {

constexpr double version_max = 9e18;  // no stream is that long; more means the same

// The code points of valid UTF-8.
std::vector<char32_t> code_points(std::string_view text) {
    std::vector<char32_t> points;
    for (std::size_t i = 0; i < text.size();) {
        const auto lead = static_cast<unsigned char>(text[i]);
        const std::size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
        char32_t point = length == 1 ? lead : lead & (0xff >> (length + 1));
        for (std::size_t k = 1; k < length && i + k < text.size(); ++k) {
            point = point << 6 | (static_cast<unsigned char>(text[i + k]) & 0x3f);
        }
        points.push_back(point);
        i += length;
    }
    return points;
}

bool is_control(char32_t point) {
    return point < 0x20 || (point >= 0x7f && point < 0xa0);
}

// White space and what shows as nothing.
bool is_blank(char32_t point) {
    return point == ' ' || point == '\n' || point == '\t' || point == 0xa0 || point == 0x1680 ||
           (point >= 0x2000 && point <= 0x200f) || point == 0x2028 || point == 0x2029 ||
           point == 0x202f || point == 0x205f || point == 0x2060 || point == 0x3000 ||
           point == 0xfeff;
}

bool is_tag(std::string_view text) {
    const auto alphanumeric = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    };
    return !text.empty() && alphanumeric(text.front()) && std::ranges::all_of(text, [&](char c) {
        return alphanumeric(c) || c == '.' || c == '_' || c == '-';
    });
}

// With a host, and without what would end a link early where it is shown.
bool is_web_address(std::string_view text) {
    for (const std::string_view scheme : {"https://", "http://"}) {
        if (!text.starts_with(scheme) || text.size() == scheme.size()) continue;
        return std::ranges::none_of(text, [](char c) {
            return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || c == '"' || c == '<' ||
                   c == '>' || c == '\\';
        });
    }
    return false;
}

constexpr const char* time_expected =
    "must be a time (RFC 3339, e.g. 2026-12-31T23:59:59Z) or a date (2026-12-31) in the years 0001 "
    "to 9999";

}  // namespace

auto BodyReader::members() {
    return json::MemberReader(object_, [this](std::string_view name, std::string_view wanted) {
        error(name, wanted.empty() ? "is required" : "must be " + std::string(wanted));
    });
}

template <class T>
const T* BodyReader::find(std::string_view name, Presence presence) {
    asked_.emplace(name);
    return presence == Presence::needed ? members().require<T>(name) : members().find<T>(name);
}

std::optional<std::string> BodyReader::text(std::string_view name, kpi::TextRule rule,
                                            Presence presence) {
    const auto* text = find<std::string>(name, presence);
    if (text == nullptr) return std::nullopt;
    if (auto wrong = fault_in(*text, rule)) error(name, *std::move(wrong));
    return *text;
}

std::optional<std::string> BodyReader::text(std::string_view name, kpi::FormRule rule,
                                            Presence presence) {
    const auto* text = find<std::string>(name, presence);
    if (text == nullptr) return std::nullopt;
    if (auto wrong = fault_in(*text, rule)) error(name, *std::move(wrong));
    return *text;
}

std::optional<double> BodyReader::number(std::string_view name, Presence presence) {
    const auto* number = find<json::Number>(name, presence);
    if (number == nullptr) return std::nullopt;
    const bool zero = !(std::abs(number->value) > 0);
    if (number->too_large || number->rounded_to_zero || !kpi::is_in_range(number->value)) {
        error(name, "must be 0 or have a magnitude of 1e-100 to 1e100");
    }
    return zero ? 0 : number->value;  // -0 becomes 0
}

std::optional<std::int64_t> BodyReader::integer(std::string_view name, kpi::IntegerRule rule,
                                                Presence presence) {
    const auto* number = find<json::Number>(name, presence);
    if (number == nullptr) return std::nullopt;
    const double value = number->value;
    if (number->too_large || value < static_cast<double>(rule.min) ||
        value > static_cast<double>(rule.max) || std::floor(value) < value) {
        error(name, "must be a whole number from " + std::to_string(rule.min) + " to " +
                        std::to_string(rule.max));
        return std::nullopt;
    }
    return static_cast<std::int64_t>(value);
}

std::optional<bool> BodyReader::flag(std::string_view name, Presence presence) {
    const bool* flag = find<bool>(name, presence);
    return flag != nullptr ? std::optional(*flag) : std::nullopt;
}

std::optional<base::TimePoint> BodyReader::time(std::string_view name, base::DateAlone date_alone,
                                                Presence presence) {
    const auto* value = find<json::Value>(name, presence);
    if (value == nullptr) return std::nullopt;
    std::optional<base::TimePoint> time;
    if (value->string() != nullptr) time = base::parse_time(*value->string(), date_alone);
    if (!time) error(name, time_expected);
    return time;
}

const json::Array* BodyReader::list(std::string_view name, kpi::ListRule rule, Presence presence) {
    const auto* list = find<json::Array>(name, presence);
    if (list == nullptr || list->size() <= rule.max) return list;
    error(name, "must have at most " + std::to_string(rule.max) + " items");
    return nullptr;
}

std::optional<std::string> BodyReader::fault_in(const std::string& text, kpi::TextRule rule) {
    const auto points = code_points(text);
    bool blank = true;
    for (const char32_t point : points) {
        const bool line = rule.lines && (point == '\n' || point == '\t');
        if (is_control(point) && !line) return "must not hold control characters";
        blank = blank && is_blank(point);
    }
    if (points.empty() || points.size() > rule.max) {
        return "must have 1 to " + std::to_string(rule.max) + " characters";
    }
    if (blank) return "must not be blank";
    return std::nullopt;
}

std::optional<std::string> BodyReader::fault_in(const std::string& text, kpi::FormRule rule) {
    const std::string at_most = " of at most " + std::to_string(rule.max) + " characters";
    if (rule.form == kpi::TextForm::tag) {
        const bool good = text.size() <= rule.max && is_tag(text);
        if (good) return std::nullopt;
        return "must match [a-z0-9][a-z0-9._-]*" + at_most;
    }
    if (text.size() <= rule.max && is_web_address(text)) return std::nullopt;
    return "must be an address that begins with http:// or https://," + at_most;
}

bool BodyReader::is_null(std::string_view name) {
    asked_.emplace(name);
    const json::Value* value = object_.find(name);
    return value != nullptr && value->is_null();
}

std::string BodyReader::pointer_to(std::string_view name) const {
    return pointer_ + "/" + json::escape_pointer(name);
}

std::optional<std::string> BodyReader::optional_string(std::string_view name) {
    const auto* text = find<std::string>(name, Presence::optional);
    return text != nullptr ? std::optional(*text) : std::nullopt;
}

std::optional<std::int64_t> BodyReader::optional_version(std::string_view name) {
    const auto* value = find<json::Value>(name, Presence::optional);
    if (value == nullptr) return std::nullopt;
    const json::Number* number = value->number();
    if (number == nullptr || number->too_large || number->value < 1 ||
        std::floor(number->value) < number->value) {
        error(name, "must be a whole number of at least 1");
        return std::nullopt;
    }
    return static_cast<std::int64_t>(std::min(number->value, version_max));
}

const json::Value* BodyReader::object(std::string_view name) {
    return find<json::Members>(name, Presence::needed) != nullptr ? object_.find(name) : nullptr;
}

void BodyReader::require(std::string_view name) {
    find<json::Value>(name, Presence::needed);
}

void BodyReader::error(std::string_view name, std::string detail) {
    errors_.push_back({"pointer", "#" + pointer_to(name), std::move(detail)});
}

void BodyReader::end() {
    for (const auto& [name, value] : *object_.object()) {
        if (!asked_.contains(name)) error(name, "is not a member that is known here");
    }
}

}  // namespace write_api
