#include "set_up.hpp"

#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string_view>

#include "base/digest.hpp"
#include "base/testing/engine.hpp"

namespace e2e {
namespace {

struct Engines {
    base::testing::Engine dynamodb = base::testing::dynoxide();
    base::testing::Engine mongodb = base::testing::mongo_java_server();
    std::mutex mutex;
    std::set<std::string> tables;  // that were made
};

Engines& engines() {
    static Engines both;
    return both;
}

std::string_view set_up() {
    const char* chosen = std::getenv("YARDSTICK_E2E");  // NOLINT(concurrency-mt-unsafe)
    return chosen == nullptr ? "" : chosen;
}

std::string data_folder_in(const Launch& launch) {
    const auto option = std::ranges::find(launch.arguments, "--data");
    if (option == launch.arguments.end() || option + 1 == launch.arguments.end()) return {};
    return *(option + 1);
}

void make_table(Engines& both, const std::string& name, const Launch& launch) {
    const std::lock_guard lock(both.mutex);
    if (!both.tables.insert(name).second) return;
    const auto made = run({.arguments = {"create-table"}, .environment = launch.environment});
    if (made.exit_code != 0) throw std::runtime_error("no table: " + made.errors);
}

}  // namespace

bool is_distributed() {
    return set_up() == "distributed" || is_lambda();
}

bool is_lambda() {
    return set_up() == "lambda";
}

Launch on_engines(Launch launch) {
    const std::string data = data_folder_in(launch);
    if (data.empty() || !is_distributed()) return launch;
    Engines& both = engines();
    const std::string name = "kpi-events-" + base::sha256_hex(data).substr(0, 12);
    const bool own_table = launch.environment.contains("DYNAMODB_DB_NAME");
    launch.environment.insert(
        {{"YARDSTICK_STORE", "dynamodb"},
         {"YARDSTICK_VIEWS", "mongodb"},
         {"DYNAMODB_DB_NAME", name},
         {"MONGO_DB_NAME", name},
         {"MONGO_URI", "mongodb://127.0.0.1:" + std::to_string(both.mongodb.port())},
         {"AWS_REGION", "eu-central-1"},
         {"AWS_ACCESS_KEY_ID", "test"},
         {"AWS_SECRET_ACCESS_KEY", "test"},
         {"AWS_ENDPOINT_URL", "http://127.0.0.1:" + std::to_string(both.dynamodb.port())}});
    if (!own_table) make_table(both, name, launch);
    return launch;
}

std::uint16_t dynamodb_port() {
    if (!is_distributed()) {
        throw std::runtime_error("this test needs YARDSTICK_E2E=distributed");
    }
    return engines().dynamodb.port();
}

}  // namespace e2e
