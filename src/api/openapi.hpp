// The OpenAPI document of both APIs, which the program carries within it: openapi.json, with the
// program's version.
#pragma once

#include <string_view>

#include "http/message.hpp"

namespace api {

std::string_view openapi_document();

// The handler for GET /openapi.json: the document, or 304 for who has it already (If-None-Match).
void openapi_page(const http::Request& request, const http::Responder& respond);

}  // namespace api
