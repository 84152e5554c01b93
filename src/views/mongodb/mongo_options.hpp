// The address of a MongoDB, and the credentials for it.
#pragma once

#include <chrono>
#include <functional>
#include <string>

namespace views {

struct MongoOptions {
    // "mongodb://..." or "mongodb+srv://..."; may hold credentials.
    std::string uri = "mongodb://127.0.0.1:27017";
    // Never part of a text that is parsed or shown. Empty: those of the URI, if any. They are
    // looked up in the database "admin" unless the URI says authSource.
    std::string user = {};
    std::string password = {};
    std::string database = {};  // empty: the URI's, else "yardstick"
    // Each unless the URI says otherwise.
    std::chrono::milliseconds connect_timeout{2'000};
    std::chrono::milliseconds selection_timeout{2'000};  // of a server that can be used
    std::chrono::milliseconds socket_timeout{5'000};     // for one answer
    // Errors and warnings of libmongoc. Any thread; may be empty.
    std::function<void(const std::string&)> log = {};
};

// From MONGO_URI, else MONGO_HOST (default this machine; may begin with "mongodb+srv://") with
// MONGO_USER_ID and MONGO_SECRET_KEY; MONGO_DB_NAME. `variable`: a variable's value, empty when it
// isn't set.
MongoOptions mongo_options(const std::function<std::string(const char* name)>& variable);

// For messages: hosts and database, no credentials. Throws es::Unusable when the options make no
// sense.
std::string description_of(const MongoOptions& options);

}  // namespace views
