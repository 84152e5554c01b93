// What went wrong with a command, as the write API says it; and what all its routes refuse.
#pragma once

#include <string>
#include <string_view>

#include "es/command.hpp"
#include "http/message.hpp"
#include "http/problem.hpp"

namespace write_api {

// The JSON pointers to a command's members.
inline constexpr const char* command_members = "/props/";
inline constexpr const char* resource_members = "/";

// What the answer needs to know of the question.
struct Asked {
    std::string request_id;
    std::string id;
    bool creates;
    std::string_view members;  // one of the above
};

// Of a result that is no success.
http::Problem problem_of(const Asked& asked, const es::CommandResult& result);

// Whether the body is as it was written: "identity" is the only coding that is understood.
bool is_unencoded(const http::Headers& headers);
http::Response unsupported_encoding(const std::string& request_id);

}  // namespace write_api
