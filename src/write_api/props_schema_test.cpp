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

template <class M>
void expect_documented(const M& member, const json::Value& documented) {
    using V = typename M::Value;
    if constexpr (std::is_same_v<V, std::string>) {
        EXPECT_EQ(type_of(documented), "string");
        EXPECT_EQ(keyword(documented, "minLength")->number()->value, 1);
        EXPECT_EQ(keyword(documented, "maxLength")->number()->value,
                  static_cast<double>(member.template get<kpi::TextRule>().max));
        const std::string& pattern = *keyword(documented, "pattern")->string();
        EXPECT_EQ(pattern.find("\\u000b") != std::string::npos,
                  member.template get<kpi::TextRule>().lines)
            << "control characters but \\t and \\n: " << pattern;
    } else if constexpr (std::is_same_v<V, double>) {
        EXPECT_EQ(type_of(documented), "number");
        const auto& range = keyword(documented, "anyOf")->array()->at(1);
        EXPECT_EQ(range.find("minimum")->number()->value, kpi::number_min);
        EXPECT_EQ(range.find("maximum")->number()->value, kpi::number_max);
    } else if constexpr (std::is_same_v<V, es::TimePoint>) {
        EXPECT_EQ(keyword(documented, "anyOf"), schema("TimeIn").find("anyOf"));
    } else {
        static_assert(std::is_enum_v<V>);
        std::vector<std::string> names(member.text_form().names.begin(),
                                       member.text_form().names.end());
        EXPECT_THAT(texts(*keyword(documented, "enum")), ElementsAreArray(names));
    }
}

template <class E>
void expect_props_documented() {
    constexpr auto description = es::description_of<E>();
    const std::string command_name(description.template get<kpi::CommandName>().name);
    SCOPED_TRACE(command_name);
    const json::Value& command = schema(command_name);
    const json::Value& props = *command.find("properties")->find("props");
    EXPECT_FALSE(*keyword(props, "additionalProperties")->boolean());
    std::vector<std::string> required;
    std::vector<std::string> all;
    const json::Value& properties = *keyword(props, "properties");
    description.each_member([&](const auto& member) {
        using M = std::remove_cvref_t<decltype(member)>;
        if constexpr (!M::template has<kpi::AddedByServer>) {
            const std::string name(member.name);
            SCOPED_TRACE(name);
            all.push_back(name);
            if (!M::may_be_absent && !M::has_default) {
                required.push_back(name);
            }
            const json::Value* documented = properties.find(name);
            ASSERT_NE(documented, nullptr);
            expect_documented(member, *documented);
        }
    });
    EXPECT_THAT(texts(*keyword(props, "required")), ElementsAreArray(required));
    std::vector<std::string> documented;
    for (const auto& [name, value] : *properties.object()) documented.push_back(name);
    EXPECT_THAT(documented, ElementsAreArray(all));
}

template <class... E>
void expect_all_documented(es::Type<std::variant<E...>> /*events*/) {
    (expect_props_documented<E>(), ...);
}

TEST(PropsSchema, SaysWhatTheEventsDescriptionsSay) {
    expect_all_documented(es::Type<kpi::MetricEvent>{});
}

}  // namespace
}  // namespace write_api
