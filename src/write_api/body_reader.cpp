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

std::optional<std::string> text_error(const std::string& text, kpi::TextRule rule) {
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
const T* BodyReader::find(std::string_view name) {
    asked_.emplace(name);
    return members().find<T>(name);
}

template <class T>
const T* BodyReader::find_required(std::string_view name) {
    asked_.emplace(name);
    return members().require<T>(name);
}

std::string BodyReader::text(std::string_view name, kpi::TextRule rule) {
    const auto* text = find_required<std::string>(name);
    if (text == nullptr) return {};
    if (auto wrong = text_error(*text, rule)) error(name, *std::move(wrong));
    return *text;
}

double BodyReader::number(std::string_view name) {
    const auto* number = find_required<json::Number>(name);
    if (number == nullptr) return 0;
    const double magnitude = std::abs(number->value);
    const bool zero = !(magnitude > 0);
    if (number->too_large || number->rounded_to_zero || (!zero && magnitude < kpi::number_min) ||
        magnitude > kpi::number_max) {
        error(name, "must be 0 or have a magnitude of 1e-100 to 1e100");
    }
    return zero ? 0 : number->value;  // -0 becomes 0
}

base::TimePoint BodyReader::time(std::string_view name, base::DateAlone date_alone) {
    require(name);
    return optional_time(name, date_alone).value_or(base::TimePoint{});
}

std::optional<base::TimePoint> BodyReader::optional_time(std::string_view name,
                                                         base::DateAlone date_alone) {
    const auto* value = find<json::Value>(name);
    if (value == nullptr) return std::nullopt;
    std::optional<base::TimePoint> time;
    if (value->string() != nullptr) time = base::parse_time(*value->string(), date_alone);
    if (!time) error(name, time_expected);
    return time;
}

std::optional<std::string> BodyReader::optional_string(std::string_view name) {
    const auto* text = find<std::string>(name);
    return text != nullptr ? std::optional(*text) : std::nullopt;
}

std::optional<std::int64_t> BodyReader::optional_version(std::string_view name) {
    const auto* value = find<json::Value>(name);
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
    return find_required<json::Members>(name) != nullptr ? object_.find(name) : nullptr;
}

void BodyReader::require(std::string_view name) {
    find_required<json::Value>(name);
}

void BodyReader::error(std::string_view name, std::string detail) {
    errors_.push_back(
        {"pointer", "#" + pointer_ + "/" + json::escape_pointer(name), std::move(detail)});
}

void BodyReader::end() {
    for (const auto& [name, value] : *object_.object()) {
        if (!asked_.contains(name)) error(name, "is not a member that is known here");
    }
}

}  // namespace write_api
