// Entity tags of both APIs: "5" (write) and "5-..." (read); the part before the first '-' is the
// metric's version. Also the lists of them in If-Match and If-None-Match.
//
//     const auto list = api::read_etags(request.headers, "If-Match", errors);
//     if (list && !list->any) request.if_match = list->versions();
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "es/event.hpp"
#include "http/message.hpp"
#include "http/problem.hpp"

namespace api {

struct ETag {
    std::string value;  // between the quotes
    bool weak = false;

    // The version it stands for; nullopt when it is not one of ours.
    [[nodiscard]] std::optional<es::Version> version() const;
};

struct ETagList {
    bool any = false;  // "*"
    std::vector<ETag> tags;

    // If-None-Match: by value, weak or not. `any` always does.
    [[nodiscard]] bool matches_weakly(std::string_view value) const;
    // If-Match: the versions of the strong tags that are ours, ascending, each once. (A weak tag
    // never matches there.)
    [[nodiscard]] std::vector<es::Version> versions() const;
};

// nullopt when there is no such header. Several fields make one list. A list that can't be read is
// an error {"header", name, ...} in `errors`, and nullopt.
std::optional<ETagList> read_etags(const http::Headers& headers, std::string_view name,
                                   std::vector<http::Problem::Error>& errors);

// The text of a tag: `value` in quotes.
std::string quoted_etag(std::string_view value);

}  // namespace api
