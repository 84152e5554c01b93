// Reads members of a JSON body and collects everything that is wrong with them, each under its
// JSON pointer: missing, unknown, given twice, of the wrong type, out of range.
//
//     BodyReader props(object, "/props", errors);
//     const auto name = props.text("name", kpi::name_rule);
//     props.end();      // members that nobody asked for are errors
//
// Values are only to be used when there are no errors in the end; until then they are defaults.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/time.hpp"
#include "http/problem.hpp"
#include "kpi/member_rules.hpp"

namespace write_api {

class BodyReader {
public:
    using Errors = std::vector<http::Problem::Error>;

    // `pointer`: where the object stands in the body, "" for the body itself. All are kept by
    // reference.
    BodyReader(const json::Value& object, std::string pointer, Errors& errors)
        : object_(object), pointer_(std::move(pointer)), errors_(errors) {}

    // Each reads one member; nullopt: it is absent, or wrong, which is noted. So is the absence of
    // one that is needed.
    enum class Presence { needed, optional };
    std::optional<std::string> text(std::string_view name, kpi::TextRule rule, Presence presence);
    std::optional<std::string> text(std::string_view name, kpi::FormRule rule, Presence presence);
    std::optional<double> number(std::string_view name, Presence presence);
    std::optional<std::int64_t> integer(std::string_view name, kpi::IntegerRule rule,
                                        Presence presence);
    std::optional<bool> flag(std::string_view name, Presence presence);
    std::optional<base::TimePoint> time(std::string_view name, base::DateAlone date_alone,
                                        Presence presence);
    // The list if it is one, of a length that the rule allows.
    const json::Array* list(std::string_view name, kpi::ListRule rule, Presence presence);
    [[nodiscard]] bool is_null(std::string_view name);
    // Whatever its value.
    [[nodiscard]] bool has(std::string_view name) const { return object_.find(name) != nullptr; }
    // What is wrong with a text; nullopt: nothing.
    static std::optional<std::string> fault_in(const std::string& text, kpi::TextRule rule);
    static std::optional<std::string> fault_in(const std::string& text, kpi::FormRule rule);
    // Where the member stands in the body, as the pointer of a reader of its items.
    [[nodiscard]] std::string pointer_to(std::string_view name) const;
    [[nodiscard]] Errors& errors() const { return errors_; }

    // A text of any kind.
    std::optional<std::string> optional_string(std::string_view name);
    // A whole number of at least 1.
    std::optional<std::int64_t> optional_version(std::string_view name);
    // The member when it is an object; an error else.
    const json::Value* object(std::string_view name);

    void require(std::string_view name);
    void error(std::string_view name, std::string detail);
    void end();

private:
    template <class T>
    const T* find(std::string_view name, Presence presence);
    [[nodiscard]] auto members();

    const json::Value& object_;
    std::string pointer_;
    Errors& errors_;
    std::set<std::string, std::less<>> asked_;
};

}  // namespace write_api
