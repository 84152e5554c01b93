// What is in the engines, behind the programs' backs: their own commands, as JSON. It shares
// nothing with the program's own ways into them.
//
//     e2e::EngineAccess engines(folder);
//     engines.dynamodb("PutItem", R"({"TableName": ...})");
//     engines.mongodb(R"({"insert": "Metrics", "documents": [...]})");
#pragma once

#include <string>

#include "base/json.hpp"
#include "http/client.hpp"
#include "parts.hpp"

namespace e2e {

// The environment that names the engines of this data folder to a program (set_up.hpp), beside
// `environment`.
Environment engine_environment(const Folder& folder, const Environment& environment = {});

// Not to be used by two threads at once. Both calls throw std::runtime_error when they are refused.
class EngineAccess {
public:
    explicit EngineAccess(const Folder& folder, const Environment& environment = {})
        : EngineAccess(engine_environment(folder, environment)) {}
    explicit EngineAccess(const Environment& told);

    [[nodiscard]] const std::string& table() const { return table_; }
    // An operation of DynamoDB ("PutItem"), and its answer as it came.
    std::string dynamodb(const std::string& operation, const std::string& body);
    // The same of the table's stream ("GetRecords").
    std::string streams(const std::string& operation, const std::string& body);
    // A command to the views' database in extended JSON ({"$date": ...}), and its answer in the
    // relaxed form.
    [[nodiscard]] json::Value mongodb(const std::string& command) const;

private:
    std::string call(const std::string& target, const std::string& body);

    std::string table_;
    http::Client dynamodb_;
    std::string mongo_uri_;
    std::string database_;
};

}  // namespace e2e
