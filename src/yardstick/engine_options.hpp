// The options that choose engines, the same for every command that has them.
#pragma once

#include <CLI/CLI.hpp>

#include "yardstick/engines.hpp"

namespace yardstick {

inline void add_table_option(CLI::App& command, EngineOptions& options) {
    command
        .add_option("--table", options.table,
                    "Table of the events in DynamoDB (default yardstick-events)")
        ->check([](const std::string& name) { return name.empty() ? "it is empty" : ""; })
        ->envname("DYNAMODB_DB_NAME");
}

inline void add_engine_options(CLI::App& command, EngineOptions& options) {
    command.add_option("--store", options.store, "Where events are: sqlite or dynamodb")
        ->check(CLI::IsMember({"sqlite", "dynamodb"}).description(""))
        ->type_name("{sqlite,dynamodb}")
        ->envname("YARDSTICK_STORE");
    command.add_option("--views", options.views, "Where views are: sqlite or mongodb")
        ->check(CLI::IsMember({"sqlite", "mongodb"}).description(""))
        ->type_name("{sqlite,mongodb}")
        ->envname("YARDSTICK_VIEWS");
    add_table_option(command, options);
}

}  // namespace yardstick
