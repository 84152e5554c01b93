// Problem details (RFC 9457): the one form in which errors leave the servers.
//
//     http::Problem problem(400, "invalid", "Some members are not as expected.");
//     problem.errors.push_back({"pointer", "#/props/target", "is not a number"});
//     respond(problem.response(request.id));
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "http/message.hpp"

namespace json {
class Writer;
}

namespace http {

struct Problem {
    struct Error {
        std::string kind;   // "pointer" (JSON pointer into the body), "parameter" or "header"
        std::string place;  // e.g. "#/props/target"
        std::string detail;
    };

    Problem(int status, std::string type, std::string detail);
    // The 500 that tells no internals; the log does.
    static Problem internal();
    // The 503 for a limit that is reached, with Retry-After.
    static Problem overloaded(std::string detail);

    int status;
    std::string type;    // the last part of its path: "invalid" stands for /problems/invalid
    std::string detail;  // what went wrong this time, for a person
    std::vector<Error> errors;
    std::optional<std::int64_t> current_version;
    std::optional<int> retry_after_s;  // sent as Retry-After

    // The type's, or that of the status.
    [[nodiscard]] std::string title() const;
    // The member `errors`, if there are any.
    void write_errors(json::Writer& out) const;
    [[nodiscard]] Response response(const std::string& request_id) const;
};

// A type's short title and the explanation that GET /problems/{type} answers with.
struct ProblemType {
    const char* type;
    int status;
    const char* title;
    const char* explanation;
};
// Makes types known; to be called before the first request. http knows its own already.
void register_problem_types(const std::vector<ProblemType>& types);
// All that are known, by name.
std::vector<ProblemType> problem_types();
// nullptr when there is none of that name.
const ProblemType* find_problem_type(const std::string& type);

// The handler for GET /problems/{type}: a page that explains the type, 404 for an unknown one.
void problem_page(const Request& request, const Responder& respond);

}  // namespace http
