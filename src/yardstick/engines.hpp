// Which engines hold the events and the views: flag, else environment, else what is embedded.
#pragma once

#include <functional>
#include <string>

#include "cli/exit_codes.hpp"

namespace yardstick {

// What the command line, or the environment in its place, says can't be meant.
using cli::WrongUsage;

enum class EventEngine { sqlite, dynamodb };
enum class ViewEngine { sqlite, mongodb };
const char* to_string(EventEngine engine);
const char* to_string(ViewEngine engine);

// As given by flags or YARDSTICK_STORE, YARDSTICK_VIEWS; empty: not given.
struct EngineOptions {
    std::string store;  // "sqlite" or "dynamodb"
    std::string views;  // "sqlite" or "mongodb"
    std::string table;  // of DynamoDB
};

struct Engines {
    EventEngine events = EventEngine::sqlite;
    ViewEngine views = ViewEngine::sqlite;
    std::string table;  // of DynamoDB
};

// What a process does with its stores. `everything` stays embedded unless it is told otherwise.
enum class Role { everything, writes, reads, projects };

// The value of an environment variable; empty when it isn't set.
using Variables = std::function<std::string(const char* name)>;
// This process's. To be called before anything changes them.
std::string environment_variable(const char* name);

// Where the options say nothing, variables of the original system do: DYNAMODB_DB_NAME, or its six
// together, choose DynamoDB for those who write and project; MONGO_URI or MONGO_DB_NAME MongoDB for
// those who read and project. AWS's own variables alone choose nothing. Throws WrongUsage for a
// name that is unknown and for engines that don't go together.
Engines choose_engines(const EngineOptions& options, Role role, const Variables& variables);

// For a command that works on a data folder alone. Throws es::Unusable when the environment says
// that the events or views are elsewhere: it would look at others than what is meant.
void require_data_folder(const std::string& command, const Variables& variables);

}  // namespace yardstick
