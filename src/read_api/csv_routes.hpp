// The routes that answer with CSV, as `export` writes it, streamed: metrics, and the values of one.
#pragma once

#include <string>
#include <vector>

#include "http/router.hpp"
#include "read_api/answerer.hpp"

namespace read_api {

class CsvRoutes {
public:
    // Must outlive the router's last request, as must the answerer.
    explicit CsvRoutes(Answerer& answerer) : answerer_(answerer) {}

    void add_to(http::Router& router);
    static std::vector<std::string> patterns();

private:
    void metrics(const http::Request& request, const http::Responder& respond);
    void values(const http::Request& request, const http::Responder& respond);

    Answerer& answerer_;
};

}  // namespace read_api
