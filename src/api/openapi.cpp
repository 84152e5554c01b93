#include "api/openapi.hpp"

#include <string>
#include <utility>
#include <vector>

#include "api/etag.hpp"
#include "api/problems.hpp"
#include "base/digest.hpp"

namespace api {
namespace {

// As many hexadecimal digits of the digest as tell the documents of all versions apart.
constexpr std::size_t tag_digits = 16;

const std::string& tag() {
    static const std::string tag = base::sha256_hex(openapi_document()).substr(0, tag_digits);
    return tag;
}

}  // namespace

void openapi_page(const http::Request& request, const http::Responder& respond) {
    std::vector<http::Problem::Error> errors;
    const auto known = read_etags(request.headers, "If-None-Match", errors);
    if (!errors.empty()) {
        respond(invalid_problem(std::move(errors)).response(request.id));
        return;
    }
    const bool unchanged = known && known->matches_weakly(tag());
    http::Response response = unchanged
                                  ? http::Response{304, {}, {}, {}}
                                  : http::Response::json(200, std::string(openapi_document()));
    response.headers.add("ETag", quoted_etag(tag()));
    // To be asked for again each time: another version of the program may answer next.
    response.headers.add("Cache-Control", "no-cache");
    respond(std::move(response));
}

}  // namespace api
