// The problem types of both APIs (the contract's table; the domain's rules are kpi/refusals.hpp),
// and the one place where exceptions of the layers below become problems.
#pragma once

#include <exception>
#include <string>
#include <vector>

#include "http/problem.hpp"

namespace api {

// Makes the types known to http; repeats do no harm. To be called before the first request;
// add_common_routes() does it.
void register_problem_types();

// Of a refusal by a rule of the domain's catalogue.
int status_of(const std::string& rule);

// A 400 `invalid` that waits for its errors.
http::Problem invalid_problem(std::vector<http::Problem::Error> errors);
// 503, to be tried again.
http::Problem retry_later(const char* type, std::string detail, int retry_after_s = 1);
http::Problem store_unavailable();
http::Problem parked(std::string detail);

// es::Unavailable -> 503 `store-unavailable`; es::Corrupt -> 503 `parked`; anything else -> 500
// `internal`. The problem tells no internals: what() is for the log.
http::Problem problem_of(const std::exception& error);

}  // namespace api
