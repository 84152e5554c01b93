// What the OpenAPI document says, for tests that compare it with what the servers do.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "api/openapi.hpp"
#include "base/json.hpp"
#include "http/router.hpp"

namespace api {

inline const json::Value& openapi_json() {
    static const json::Parsed parsed = json::parse(openapi_document());
    return parsed.value;
}

// "GET /metrics/{id}" for each operation under the tag.
inline std::set<std::string> documented_operations(std::string_view tag) {
    std::set<std::string> found;
    for (const auto& [path, item] : *openapi_json().find("paths")->object()) {
        for (const auto& [method, name] :
             {std::pair("get", "GET "), std::pair("head", "HEAD "), std::pair("post", "POST "),
              std::pair("patch", "PATCH ")}) {
            const json::Value* operation = item.find(method);
            if (operation == nullptr) continue;
            const auto& tags = *operation->find("tags")->array();
            if (*tags.front().string() == tag) found.insert(name + path);
        }
    }
    return found;
}

// The same of a router's routes; those that take GET take HEAD.
inline std::set<std::string> routed_operations(const http::Router& router) {
    std::set<std::string> found;
    for (const auto& [method, pattern] : router.routes()) {
        found.insert(method + " " + pattern);
        if (method == "GET") found.insert("HEAD " + pattern);
    }
    return found;
}

}  // namespace api
