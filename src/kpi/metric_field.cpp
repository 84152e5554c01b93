#include "kpi/metric_field.hpp"

#include "base/time.hpp"
#include "es/overloaded.hpp"

namespace kpi {

FieldView view_of(const FieldValue& value) {
    return std::visit([](const auto& held) -> FieldView { return held; }, value);
}

FieldValue copy_of(const FieldView& value) {
    return std::visit(
        es::Overloaded{[](std::string_view text) -> FieldValue { return std::string(text); },
                       [](const auto& other) -> FieldValue { return other; }},
        value);
}

std::string text_of(const FieldView& value) {
    return std::visit(
        es::Overloaded{[](bool flag) -> std::string { return flag ? "true" : "false"; },
                       [](std::int64_t integer) { return std::to_string(integer); },
                       [](double number) { return json::format_number(number); },
                       [](es::TimePoint time) { return base::format_time(time); },
                       [](std::string_view text) { return std::string(text); },
                       [](const Json& json) { return json.text; },
                       [](std::monostate) { return std::string(); }},
        value);
}

void write(json::Writer& out, const FieldView& value) {
    std::visit(es::Overloaded{
                   [&](bool flag) { out.boolean(flag); },
                   [&](std::int64_t integer) { out.integer(integer); },
                   [&](double number) { out.number(number); },
                   [&](es::TimePoint time) { out.string(base::format_time(time)); },
                   [&](std::string_view text) { out.string(text); },
                   [&](const Json& json) { out.raw(json.text); },
                   [&](std::monostate) { out.null(); },
               },
               value);
}

}  // namespace kpi
