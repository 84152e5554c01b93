#include "api/query.hpp"

#include <algorithm>
#include <charconv>

namespace api {

std::optional<std::string> QueryReader::text(std::string_view name) {
    known_.emplace(name);
    const std::string* value = nullptr;
    for (const auto& [key, text] : request_.query) {
        if (key != name) continue;
        if (value != nullptr) {
            add_error(name, "is given more than once");
            return std::nullopt;
        }
        value = &text;
    }
    return value != nullptr ? std::optional(*value) : std::nullopt;
}

std::vector<std::string> QueryReader::texts(std::string_view name) {
    known_.emplace(name);
    std::vector<std::string> all;
    for (const auto& [key, text] : request_.query) {
        if (key != name) continue;
        for (std::size_t begin = 0; begin <= text.size();) {
            const std::size_t end = std::min(text.find(',', begin), text.size());
            all.push_back(text.substr(begin, end - begin));
            begin = end + 1;
        }
    }
    return all;
}

std::optional<bool> QueryReader::boolean(std::string_view name) {
    const auto value = text(name);
    if (!value) return std::nullopt;
    if (*value == "true") return true;
    if (*value == "false") return false;
    add_error(name, "must be true or false");
    return std::nullopt;
}

std::optional<std::int64_t> QueryReader::integer(std::string_view name, std::int64_t min,
                                                 std::int64_t max) {
    const auto value = text(name);
    if (!value) return std::nullopt;
    std::int64_t number = 0;
    const char* end_of_text = value->data() + value->size();
    const auto [end, error] = std::from_chars(value->data(), end_of_text, number);
    if (error == std::errc{} && end == end_of_text && number >= min && number <= max) {
        return number;
    }
    add_error(name,
              "must be a whole number from " + std::to_string(min) + " to " + std::to_string(max));
    return std::nullopt;
}

std::optional<base::TimePoint> QueryReader::time(std::string_view name,
                                                 base::DateAlone date_alone) {
    const auto value = text(name);
    if (!value) return std::nullopt;
    const auto time = base::parse_time(*value, date_alone);
    if (!time) {
        add_error(name,
                  "must be a time such as 2026-12-31T23:59:59Z (with the + of an offset "
                  "written %2B), or a date such as 2026-12-31");
    }
    return time;
}

std::optional<std::size_t> QueryReader::choice(std::string_view name,
                                               const std::vector<std::string_view>& choices) {
    const auto value = text(name);
    if (!value) return std::nullopt;
    const auto found = std::ranges::find(choices, *value);
    if (found != choices.end()) return static_cast<std::size_t>(found - choices.begin());
    std::string detail = "must be one of";
    for (const auto& choice : choices) {
        detail += choice == choices.front() ? " " : ", ";
        detail += choice;
    }
    add_error(name, std::move(detail));
    return std::nullopt;
}

bool QueryReader::has(std::string_view name) const {
    return std::ranges::any_of(request_.query,
                               [&](const http::Field& field) { return field.first == name; });
}

std::size_t QueryReader::value_size(std::string_view name) const {
    const auto field = std::ranges::find(request_.query, name, &http::Field::first);
    return field != request_.query.end() ? field->second.size() : 0;
}

void QueryReader::require(std::string_view name) {
    known_.emplace(name);
    if (!has(name)) add_error(name, "is missing");
}

void QueryReader::add_error(std::string_view name, std::string detail) {
    errors_.push_back({"parameter", std::string(name), std::move(detail)});
}

void QueryReader::allow_beside(std::string_view cursor,
                               std::initializer_list<std::string_view> may) {
    if (!has(cursor)) return;
    for (const auto& name : known_) {
        if (name == cursor || std::ranges::find(may, name) != may.end()) continue;
        if (has(name)) {
            add_error(name, "can't stand beside " + std::string(cursor) + ", which carries it");
        }
    }
}

std::vector<http::Problem::Error> QueryReader::errors() const {
    auto all = errors_;
    std::set<std::string_view> unknown;
    for (const auto& [name, value] : request_.query) {
        if (known_.contains(name) || !unknown.insert(name).second) continue;
        all.push_back({"parameter", name, "is not a parameter of this address"});
    }
    return all;
}

}  // namespace api
