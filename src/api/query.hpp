// Reads a request's query parameters and collects everything that is wrong with them: parameters
// that are unknown, given twice, missing or of the wrong form, each under its name.
//
//     api::QueryReader query(request);
//     query.require("isExpired");
//     const auto expired = query.boolean("isExpired");
//     const auto limit = query.integer("limit", 1, 1000).value_or(100);
//     if (auto errors = query.errors(); !errors.empty()) ...   // 400; `expired` has a value else
//
// A route that takes no parameters asks for none: whatever was given is then an error.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "http/message.hpp"
#include "http/problem.hpp"

namespace api {

// Keeps a reference to the request.
class QueryReader {
public:
    explicit QueryReader(const http::Request& request) : request_(request) {}

    // Each names a parameter that the request may carry, and gives its value: nullopt when it is
    // absent or wrong (errors() then says so). To be asked for once.
    std::optional<std::string> text(std::string_view name);
    // All of a parameter that may be given several times, and be a list with commas.
    std::vector<std::string> texts(std::string_view name);
    std::optional<bool> boolean(std::string_view name);  // exactly "true" or "false"
    std::optional<std::int64_t> integer(std::string_view name, std::int64_t min, std::int64_t max);
    std::optional<base::TimePoint> time(std::string_view name, base::DateAlone date_alone);
    // The place of the value in `choices`.
    std::optional<std::size_t> choice(std::string_view name,
                                      const std::vector<std::string_view>& choices);

    // Whether the request carries it, whatever its value.
    [[nodiscard]] bool has(std::string_view name) const;
    // The length of its value, decoded; 0 without one.
    [[nodiscard]] std::size_t value_size(std::string_view name) const;
    // Absence is an error.
    void require(std::string_view name);
    // An error that the caller found.
    void add_error(std::string_view name, std::string detail);
    // Where the request carries `cursor`, every parameter but that and those of `may` is an error.
    void allow_beside(std::string_view cursor, std::initializer_list<std::string_view> may);

    // All errors: those so far, and a parameter that nobody asked for.
    [[nodiscard]] std::vector<http::Problem::Error> errors() const;

private:
    const http::Request& request_;
    std::set<std::string, std::less<>> known_;  // asked for
    std::vector<http::Problem::Error> errors_;
};

}  // namespace api
