// The OpenAPI document says of each command's props what the event's description says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "api/openapi_fixture.hpp"
#include "es/described.hpp"
#include "kpi/metric.hpp"

namespace write_api {
namespace {

using ::testing::ElementsAreArray;

const json::Value& schema(const std::string& name) {
    const json::Value* found = api::openapi_json().find("components")->find("schemas")->find(name);
    if (found == nullptr) throw std::runtime_error("the document has no schema " + name);
    return *found;
}

// A value that is kept in the schema that this one refers to, whether alone or with others.
// NOLINTNEXTLINE(misc-no-recursion)
const json::Value* keyword(const json::Value& from, const std::string& name) {
    if (const json::Value* own = from.find(name)) return own;
    const json::Value* refers = from.find("$ref");
    if (const json::Value* all = from.find("allOf")) refers = all->array()->front().find("$ref");
    if (refers == nullptr) return nullptr;
    const std::string& place = *refers->string();
    return keyword(schema(place.substr(place.rfind('/') + 1)), name);
}

std::vector<std::string> texts(const json::Value& array) {
    std::vector<std::string> found;
    for (const auto& value : *array.array()) found.push_back(*value.string());
    return found;
}

std::string type_of(const json::Value& from) {
    const json::Value* type = keyword(from, "type");
    return type == nullptr ? "" : *type->string();
}

void expect_text(kpi::TextRule rule, const json::Value& documented) {
    EXPECT_EQ(type_of(documented), "string");
    EXPECT_EQ(keyword(documented, "minLength")->number()->value, 1);
    EXPECT_EQ(keyword(documented, "maxLength")->number()->value, static_cast<double>(rule.max));
    const std::string& pattern = *keyword(documented, "pattern")->string();
    EXPECT_EQ(pattern.find("\\u000b") != std::string::npos, rule.lines)
        << "control characters but \\t and \\n: " << pattern;
}

void expect_form(kpi::FormRule rule, const json::Value& documented) {
    EXPECT_EQ(type_of(documented), "string");
    EXPECT_EQ(keyword(documented, "maxLength")->number()->value, static_cast<double>(rule.max));
    const std::string& pattern = *keyword(documented, "pattern")->string();
    EXPECT_TRUE(pattern.starts_with(rule.form == kpi::TextForm::url ? "^https?://" : "^[a-z0-9]"));
}

template <class R>
void expect_record_documented(const json::Value& documented);

template <class M>
void expect_list(const M& member, const json::Value& documented) {
    using Item = typename M::Value::value_type;
    EXPECT_EQ(type_of(documented), "array");
    const auto rule = member.template get<kpi::ListRule>();
    EXPECT_EQ(keyword(documented, "maxItems")->number()->value, static_cast<double>(rule.max));
    EXPECT_EQ(keyword(documented, "uniqueItems") != nullptr, rule.unique);
    const json::Value& items = *keyword(documented, "items");
    if constexpr (std::is_same_v<Item, std::string>) {
        expect_form(member.template get<kpi::FormRule>(), items);
    } else {
        expect_record_documented<Item>(items);
    }
}

template <class M>
void expect_documented(const M& member, const json::Value& documented) {
    using V = typename M::Value;
    if constexpr (kpi::IsChange<V>::value) {
        const auto& choices = *keyword(documented, "oneOf")->array();
        expect_documented(kpi::without_change(member), choices.at(0));
        EXPECT_EQ(type_of(choices.at(1)), "null");
    } else if constexpr (M::template has<kpi::NullIsAbsent>) {
        const auto& choices = *keyword(documented, "oneOf")->array();
        expect_text(member.template get<kpi::TextRule>(), choices.at(0));
        EXPECT_EQ(type_of(choices.at(1)), "null");
    } else if constexpr (std::is_same_v<V, std::string>) {
        if constexpr (M::template has<kpi::TextRule>) {
            expect_text(member.template get<kpi::TextRule>(), documented);
        } else {
            expect_form(member.template get<kpi::FormRule>(), documented);
        }
    } else if constexpr (std::is_same_v<V, double>) {
        EXPECT_EQ(type_of(documented), "number");
        const auto& ranges = *keyword(documented, "anyOf")->array();
        EXPECT_EQ(ranges.at(1).find("minimum")->number()->value, kpi::number_min);
        EXPECT_EQ(ranges.at(1).find("maximum")->number()->value, kpi::number_max);
        EXPECT_EQ(ranges.size(), M::template has<kpi::NotNegative> ? 2U : 3U);
    } else if constexpr (std::is_same_v<V, bool>) {
        EXPECT_EQ(type_of(documented), "boolean");
    } else if constexpr (std::is_integral_v<V>) {
        const auto rule = member.template get<kpi::IntegerRule>();
        EXPECT_EQ(type_of(documented), "integer");
        EXPECT_EQ(keyword(documented, "minimum")->number()->value, static_cast<double>(rule.min));
        EXPECT_EQ(keyword(documented, "maximum")->number()->value, static_cast<double>(rule.max));
    } else if constexpr (std::is_same_v<V, es::TimePoint>) {
        EXPECT_EQ(keyword(documented, "anyOf"), schema("TimeIn").find("anyOf"));
    } else if constexpr (es::IsList<V>::value) {
        expect_list(member, documented);
    } else {
        static_assert(std::is_enum_v<V>);
        std::vector<std::string> names(member.text_form().names.begin(),
                                       member.text_form().names.end());
        EXPECT_THAT(texts(*keyword(documented, "enum")), ElementsAreArray(names));
    }
}

// Members, which of them are required, and that there are no others.
template <class R>
void expect_record_documented(const json::Value& documented) {
    EXPECT_FALSE(*keyword(documented, "additionalProperties")->boolean());
    std::vector<std::string> required;
    std::vector<std::string> all;
    const json::Value& properties = *keyword(documented, "properties");
    es::description_of<R>().each_member([&](const auto& member) {
        using M = std::remove_cvref_t<decltype(member)>;
        const std::string name(member.name);
        SCOPED_TRACE(name);
        all.push_back(name);
        if (!M::may_be_absent && !M::has_default) required.push_back(name);
        const json::Value* property = properties.find(name);
        ASSERT_NE(property, nullptr);
        expect_documented(member, *property);
    });
    const json::Value* named = keyword(documented, "required");
    EXPECT_THAT(named != nullptr ? texts(*named) : std::vector<std::string>(),
                ElementsAreArray(required));
    std::vector<std::string> found;
    for (const auto& [name, value] : *properties.object()) found.push_back(name);
    EXPECT_THAT(found, ::testing::UnorderedElementsAreArray(all));
}

template <class E>
void expect_props_documented() {
    constexpr auto description = es::description_of<E>();
    if constexpr (decltype(description)::template has<kpi::CommandName>) {
        const std::string command_name(description.template get<kpi::CommandName>().name);
        SCOPED_TRACE(command_name);
        const json::Value& command = schema(command_name);
        expect_record_documented<E>(*command.find("properties")->find("props"));
    }
}

template <class... E>
void expect_all_documented(es::Type<std::variant<E...>> /*commands*/) {
    (expect_props_documented<E>(), ...);
}

TEST(PropsSchema, SaysWhatTheCommandsDescriptionsSay) {
    expect_all_documented(es::Type<kpi::MetricCommand>{});
}

TEST(PropsSchema, SaysOfResourcesWhatTheirDescriptionsSay) {
    expect_record_documented<kpi::EditMetric>(schema("EditMetric"));
    expect_record_documented<kpi::ReportValue>(schema("ReportValue"));
    expect_record_documented<kpi::MetricNoted>(schema("NoteMetric"));
}

}  // namespace
}  // namespace write_api
