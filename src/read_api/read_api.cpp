#include "read_api/read_api.hpp"

#include <utility>

namespace read_api {

ReadApi::ReadApi(ReadApiOptions options) : answerer_(std::move(options)) {}

void ReadApi::add_routes(http::Router& router) {
    documents_.add_to(router);
    lists_.add_to(router);
    values_.add_to(router);
    events_.add_to(router);
    csv_.add_to(router);
}

std::vector<std::string> ReadApi::patterns() {
    std::vector<std::string> all;
    for (const auto& some :
         {DocumentRoutes::patterns(), ListRoutes::patterns(), ValueRoutes::patterns(),
          EventRoutes::patterns(), CsvRoutes::patterns()}) {
        all.insert(all.end(), some.begin(), some.end());
    }
    return all;
}

}  // namespace read_api
