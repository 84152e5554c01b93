// A database of a MongoDB server, through libmongoc's pool of connections. Private to this room.
#pragma once

#include <mongoc/mongoc.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "views/mongodb/bson.hpp"
#include "views/mongodb/mongo_options.hpp"

namespace views::mongodb {

template <auto end>
struct FreedBy {
    void operator()(auto* made) const { end(made); }
};
// What libmongoc made, and `end` frees.
template <class Made, auto end>
using Owned = std::unique_ptr<Made, FreedBy<end>>;

// A write of a bulk, none of which may depend on another.
struct Write {
    enum class Kind {
        update,   // `document` holds update operators
        replace,  // `document` replaces the document that `filter` finds
        put,      // as replace, and inserts it if nothing is found
        add,      // inserts `document` if nothing is found, and else changes nothing
        remove,   // at most one
    };
    Kind kind = Kind::update;
    Bson filter;
    Bson document = {};
};

struct Written {
    std::int64_t matched = 0;  // by updates and replaces
    std::int64_t made = 0;
    std::int64_t removed = 0;
    // `put`s that met a document of the same _id which their filter excludes. Some servers do none
    // of the writes after the first of these.
    std::int64_t duplicates = 0;
};

// Connects at the first use. Callable from any thread. All throw es::Unavailable, and at once while
// it is known that no server answers.
class Database {
public:
    // Throws es::Unusable when the options make no sense.
    explicit Database(MongoOptions options);
    ~Database();

    // Calls back for each document, in the order of the query.
    void find(const char* collection, const Bson& filter, const Bson& options,
              const std::function<void(const BsonView&)>& on_document);
    // The first one; nullopt when there is none.
    std::optional<Bson> find_one(const char* collection, const Bson& filter,
                                 const Bson& options = {});
    // True when it found its document.
    bool update_one(const char* collection, const Bson& filter, const Bson& update);
    // False when a document with this _id exists already.
    bool insert_one(const char* collection, const Bson& document);
    std::int64_t remove(const char* collection, const Bson& filter);
    // In bulks; each is one request with one answer.
    Written write(const char* collection, const std::vector<Write>& writes);
    // Each index: its keys in order, ascending (1) or descending (-1).
    void make_indexes(const char* collection, const std::vector<Bson>& indexes);

    // For messages: hosts and database, no credentials.
    [[nodiscard]] const std::string& description() const { return description_; }

private:
    class Lease;  // of a connection
    mongoc_client_pool_t* pool();
    void connect();
    void await_server(mongoc_client_t* client);
    void reach(const std::function<void()>& attempt);
    void note_away(const std::string& why);
    std::string why_away();
    Written write_some(const char* collection, std::span<const Write> writes);

    const MongoOptions options_;
    Owned<mongoc_uri_t, mongoc_uri_destroy> uri_;
    std::string name_;
    std::string description_;
    Owned<mongoc_client_pool_t, mongoc_client_pool_destroy> pool_;
    std::atomic<bool> connected_ = false;  // there is a pool
    // The last attempt to reach a server failed; and when.
    std::atomic<bool> away_ = false;
    std::atomic<std::chrono::steady_clock::time_point> away_at_{};
    std::string why_away_;
    std::mutex mutex_;     // for `why_away_`
    std::mutex reaching_;  // held during an attempt
};

// The URI as it is used: credentials, timeouts, write concern. Throws es::Unusable.
Owned<mongoc_uri_t, mongoc_uri_destroy> uri_of(const MongoOptions& options);

}  // namespace views::mongodb
