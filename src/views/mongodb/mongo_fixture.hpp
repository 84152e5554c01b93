// What tests of this room share: a server for the whole program, and a database of its own for each
// test.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/testing/engine.hpp"
#include "base/testing/temp_folder.hpp"
#include "base/uuid.hpp"
#include "views/mongodb/database.hpp"
#include "views/mongodb/mongo_metric_views.hpp"
#include "views/mongodb/view_completion.hpp"

namespace views::mongodb::testing {

inline std::string uri_of(const base::testing::Engine& engine) {
    return "mongodb://127.0.0.1:" + std::to_string(engine.port());
}

inline MongoOptions own_database(const base::testing::Engine& engine) {
    MongoOptions options;
    options.uri = uri_of(engine);
    options.database = "t" + base::random_uuid().substr(0, 18);
    return options;
}

// Started at the first use, ended with the program.
inline base::testing::Engine& shared_mongo() {
    static base::testing::Engine engine = base::testing::mongo_java_server();
    return engine;
}

// A second implementation of the protocol.
inline base::testing::Engine& shared_ferretd() {
    static const base::testing::TempFolder folder;
    static base::testing::Engine engine = base::testing::ferretd(folder.path());
    return engine;
}

// It syncs its own file with each write, which takes seconds on a busy disk.
inline MongoOptions own_ferretdb_database() {
    MongoOptions options = own_database(shared_ferretd());
    options.socket_timeout = std::chrono::minutes(1);
    return options;
}

// As a rebuild does when it ends.
inline void declare_complete(const MongoOptions& options, const std::string& source) {
    Database database(options);
    declare_views_complete(database, source);
}

inline std::unique_ptr<kpi::MetricViews> complete_views(const MongoOptions& options) {
    declare_complete(options, "a test's events");
    return mongo_metric_views({.mongo = options, .source = "a test's events", .writer = true});
}

}  // namespace views::mongodb::testing
