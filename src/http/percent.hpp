// Percent-encoding as URLs use it, and the query string. What decodes is always UTF-8.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"

namespace http {

// Encodes everything but unreserved characters, for a path segment or a query value.
std::string percent_encode(std::string_view text);

enum class Plus { is_plus, is_space };  // HTML forms write a space in a query as '+'
// nullopt when a '%' is not followed by two hexadecimal digits or the result is not UTF-8.
std::optional<std::string> percent_decode(std::string_view text, Plus plus = Plus::is_plus);

// "a=1&b=x+y&c" gives {a, 1}, {b, "x y"}, {c, ""}; empty parts are skipped. nullopt when a part
// doesn't decode.
std::optional<std::vector<Field>> parse_query(std::string_view query);

}  // namespace http
