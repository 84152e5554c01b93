// `yardstick healthy`: whether the servers on this machine, or in this container, answer. For
// health checks where there is no other HTTP client.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "yardstick/engines.hpp"

namespace yardstick {

// Of each server; three of them stay below the 5 s that a health check usually has.
inline constexpr std::chrono::milliseconds healthy_patience{1'500};

// Where servers with these variables listen: write API, read API, projector. An address of all
// interfaces is asked on this machine. Throws es::Unusable: a variable holds no address and port.
std::vector<std::string> local_servers(const Variables& variables);

// Healthy is when somebody answers 200 to GET /-/healthy, and nobody takes a connection without
// doing so. Where nobody listens, that part doesn't run here. Says how it is, and returns the exit
// code. `ca_file`: of http::Client.
int healthy(const std::vector<std::string>& urls,
            std::chrono::milliseconds patience = healthy_patience, const std::string& ca_file = {});

}  // namespace yardstick
