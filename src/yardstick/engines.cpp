#include "yardstick/engines.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "es/errors.hpp"

namespace yardstick {
namespace {

constexpr const char* table_variable = "DYNAMODB_DB_NAME";
constexpr const char* default_table = "yardstick-events";

bool is_set(const Variables& variables, const char* name) {
    return !variables(name).empty();
}

// All that the original system was set up by.
bool all_six(const Variables& variables) {
    constexpr std::array names{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION",
                               "MONGO_DB_NAME",     "MONGO_SECRET_KEY",      "MONGO_USER_ID"};
    return std::ranges::all_of(names, [&](const char* name) { return is_set(variables, name); });
}

EventEngine events_of(const EngineOptions& options, Role role, const Variables& variables) {
    if (options.store == "dynamodb") return EventEngine::dynamodb;
    if (options.store == "sqlite") return EventEngine::sqlite;
    if (!options.store.empty()) {
        throw WrongUsage("--store '" + options.store + "' is neither sqlite nor dynamodb.");
    }
    const bool chosen =
        role != Role::everything && (is_set(variables, table_variable) || all_six(variables));
    return chosen ? EventEngine::dynamodb : EventEngine::sqlite;
}

ViewEngine views_of(const EngineOptions& options, Role role, const Variables& variables) {
    if (options.views == "mongodb") return ViewEngine::mongodb;
    if (options.views == "sqlite") return ViewEngine::sqlite;
    if (!options.views.empty()) {
        throw WrongUsage("--views '" + options.views + "' is neither sqlite nor mongodb.");
    }
    const bool chosen = (role == Role::reads || role == Role::projects) &&
                        (is_set(variables, "MONGO_URI") || is_set(variables, "MONGO_DB_NAME"));
    return chosen ? ViewEngine::mongodb : ViewEngine::sqlite;
}

}  // namespace

const char* to_string(EventEngine engine) {
    return engine == EventEngine::dynamodb ? "dynamodb" : "sqlite";
}

const char* to_string(ViewEngine engine) {
    return engine == ViewEngine::mongodb ? "mongodb" : "sqlite";
}

std::string environment_variable(const char* name) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
    return value == nullptr ? std::string() : std::string(value);
}

void require_data_folder(const std::string& command, const Variables& variables) {
    for (const char* name : {"YARDSTICK_STORE", "YARDSTICK_VIEWS"}) {
        const std::string engine = variables(name);
        if (engine.empty() || engine == "sqlite") continue;
        throw es::Unusable("`yardstick " + command + "` works on a data folder alone, and " + name +
                           " says " + engine + ".");
    }
}

Engines choose_engines(const EngineOptions& options, Role role, const Variables& variables) {
    Engines engines;
    engines.events = events_of(options, role, variables);
    engines.views = views_of(options, role, variables);
    engines.table = options.table.empty() ? variables(table_variable) : options.table;
    if (engines.table.empty()) engines.table = default_table;
    if (role == Role::writes) {
        engines.views = ViewEngine::sqlite;  // of no concern
        return engines;
    }
    if (role == Role::reads) {
        // Views in a data folder go with the events in it; views in MongoDB with a table or, where
        // that can't be read, with none.
        if (engines.views == ViewEngine::sqlite) {
            if (options.store == "dynamodb") {
                throw WrongUsage(
                    "Views in SQLite are made from events in SQLite; give --views mongodb.");
            }
            engines.events = EventEngine::sqlite;
        }
        return engines;
    }
    if (engines.events == EventEngine::dynamodb && engines.views == ViewEngine::sqlite) {
        throw WrongUsage(
            "Events in DynamoDB need views in MongoDB; set MONGO_URI or MONGO_DB_NAME, or give "
            "--views mongodb.");
    }
    if (engines.events == EventEngine::sqlite && engines.views == ViewEngine::mongodb) {
        throw WrongUsage(
            "Views in MongoDB need events in DynamoDB; set DYNAMODB_DB_NAME, or give --store "
            "dynamodb.");
    }
    return engines;
}

}  // namespace yardstick
