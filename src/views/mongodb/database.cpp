#include "views/mongodb/database.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>

#include "es/errors.hpp"

namespace views::mongodb {
namespace {

constexpr const char* default_database = "yardstick";
constexpr int pool_connections_max = 32;
// How long a caller waits for a connection while all are in use.
constexpr std::chrono::milliseconds connection_patience{5'000};
// Between checks of a server by the driver's own thread: it notices a server that hangs before a
// second call has waited for it.
constexpr std::chrono::milliseconds heartbeat{2'000};
// Between attempts to reach a server when the last one failed.
constexpr std::chrono::milliseconds attempt_pause{500};
// Below the server's own limit (100,000): each answer comes within the socket's timeout.
constexpr std::size_t bulk_writes_max = 1'000;
// MongoDB 5.0: the first version whose versioned API has everything that is used here.
constexpr std::int64_t versioned_api_wire_version = 13;
constexpr std::int64_t duplicate_key = 11000;

// While a URI is parsed: the driver's messages may quote a secret.
bool& parsing_uri() {
    thread_local bool parsing = false;
    return parsing;
}

std::function<void(const std::string&)>& driver_log() {
    static std::function<void(const std::string&)> log;
    return log;
}

// Runs before libmongoc's own constructor, which would create a file of shared memory for counters,
// named after the process id. A killed process leaves the file, and the next process with that id
// prints a warning. (Priorities order constructors of one program only: so libmongoc is linked
// statically.)
[[gnu::constructor(101)]] void keep_counters_private() {
    // There are no threads yet.  NOLINTNEXTLINE(concurrency-mt-unsafe)
    ::setenv("MONGOC_DISABLE_SHM", "1", 0);
}

void start_driver(const std::function<void(const std::string&)>& log) {
    static std::once_flag once;
    std::call_once(once, [&] {
        mongoc_init();
        driver_log() = log;
        mongoc_log_set_handler(
            [](mongoc_log_level_t level, const char* domain, const char* message, void*) {
                if (level > MONGOC_LOG_LEVEL_WARNING || !driver_log() || parsing_uri()) return;
                driver_log()(std::string(domain) + ": " + message);
            },
            nullptr);
    });
}

es::Unavailable unavailable(const char* doing, const bson_error_t& error) {
    return es::Unavailable(std::string("MongoDB: ") + doing + ": " +
                           static_cast<const char*>(error.message));
}

void set_default(mongoc_uri_t* uri, const char* option, std::chrono::milliseconds time) {
    if (mongoc_uri_has_option(uri, option)) return;
    mongoc_uri_set_option_as_int32(uri, option, static_cast<std::int32_t>(time.count()));
}

// Whether a password has a bare '@', '/' or '?': the driver would take the rest of it for a host or
// a database, and those are shown.
bool has_bare_credentials(const std::string& uri) {
    const auto scheme = uri.find("://");
    const std::string places = uri.substr(scheme == std::string::npos ? 0 : scheme + 3);
    const auto slash = places.find('/');
    const auto options = places.find('?');  // options only after a '/'
    const bool has_options = slash < options && options != std::string::npos;
    const std::string shown = has_options ? places.substr(0, options) : places;
    const auto last = shown.rfind('@');
    // "someone:pass/word?more@host": the part before the '?' may be host and database.
    if (last == std::string::npos) {
        return has_options && options > slash + 1 && places.find('@', options) != std::string::npos;
    }
    return shown.find_first_of("@/?") != last;
}

bool names_auth_source(const mongoc_uri_t* uri) {
    return bson_has_field(mongoc_uri_get_credentials(uri), MONGOC_URI_AUTHSOURCE);
}

void set_credentials(mongoc_uri_t* uri, const MongoOptions& options) {
    if (!options.user.empty() && (!mongoc_uri_set_username(uri, options.user.c_str()) ||
                                  !mongoc_uri_set_password(uri, options.password.c_str()))) {
        throw es::Unusable("MONGO_USER_ID or MONGO_SECRET_KEY is not UTF-8.");
    }
    const char* mechanism = mongoc_uri_get_auth_mechanism(uri);
    const bool by_password = mechanism == nullptr || std::strncmp(mechanism, "SCRAM", 5) == 0;
    if (mongoc_uri_get_username(uri) != nullptr && by_password && !names_auth_source(uri)) {
        mongoc_uri_set_auth_source(uri, "admin");  // where users usually are
    }
}

std::string hosts_of(const mongoc_uri_t* uri) {
    if (const char* service = mongoc_uri_get_srv_hostname(uri)) return service;
    std::string hosts;
    for (const auto* host = mongoc_uri_get_hosts(uri); host != nullptr; host = host->next) {
        hosts +=
            (hosts.empty() ? "" : ",") + std::string(static_cast<const char*>(host->host_and_port));
    }
    return hosts;
}

std::string name_of(const MongoOptions& options, const mongoc_uri_t* uri) {
    if (!options.database.empty()) return options.database;
    const char* named = mongoc_uri_get_database(uri);
    return named == nullptr ? default_database : named;
}

bool knows_versioned_api(mongoc_client_t* client) {
    bson_error_t error;
    bson_t answer;
    const Bson command = Bson().integer("isMaster", 1);
    const bool answered =
        mongoc_client_command_simple(client, "admin", command.get(), nullptr, &answer, &error);
    const auto version = BsonView(&answer).integer("maxWireVersion");
    bson_destroy(&answer);
    if (!answered) throw unavailable("connecting", error);
    return version.value_or(0) >= versioned_api_wire_version;
}

// Whether it serves our reads: a secondary may return old documents.
bool serves_reads(const mongoc_server_description_t* server) {
    const std::string_view type = mongoc_server_description_type(server);
    return type == "Standalone" || type == "RSPrimary" || type == "Mongos" ||
           type == "LoadBalancer";
}

// Whether the driver knows such a server.
bool knows_server(const mongoc_client_t* client) {
    std::size_t count = 0;
    mongoc_server_description_t** servers = mongoc_client_get_server_descriptions(client, &count);
    const bool known = std::any_of(servers, servers + count, serves_reads);
    mongoc_server_descriptions_destroy_all(servers, count);
    return known;
}

}  // namespace

Owned<mongoc_uri_t, mongoc_uri_destroy> uri_of(const MongoOptions& options) {
    start_driver(options.log);
    if (has_bare_credentials(options.uri)) {
        throw es::Unusable(
            "A user or password in MONGO_URI holds '@', '/' or '?': write %40, %2F or %3F, or give "
            "them as MONGO_USER_ID and MONGO_SECRET_KEY.");
    }
    bson_error_t error;
    parsing_uri() = true;
    Owned<mongoc_uri_t, mongoc_uri_destroy> uri(
        mongoc_uri_new_with_error(options.uri.c_str(), &error));
    parsing_uri() = false;
    if (!uri) {
        throw es::Unusable(
            "MONGO_URI (or MONGO_HOST) is not of the form mongodb://host:port or "
            "mongodb+srv://host.");
    }
    set_credentials(uri.get(), options);
    set_default(uri.get(), MONGOC_URI_CONNECTTIMEOUTMS, options.connect_timeout);
    set_default(uri.get(), MONGOC_URI_SERVERSELECTIONTIMEOUTMS, options.selection_timeout);
    set_default(uri.get(), MONGOC_URI_SOCKETTIMEOUTMS, options.socket_timeout);
    set_default(uri.get(), MONGOC_URI_HEARTBEATFREQUENCYMS, heartbeat);
    set_default(uri.get(), MONGOC_URI_WAITQUEUETIMEOUTMS, connection_patience);
    if (!mongoc_uri_has_option(uri.get(), MONGOC_URI_MAXPOOLSIZE)) {
        mongoc_uri_set_option_as_int32(uri.get(), MONGOC_URI_MAXPOOLSIZE, pool_connections_max);
    }
    if (!mongoc_uri_has_option(uri.get(), MONGOC_URI_RETRYWRITES)) {
        mongoc_uri_set_option_as_bool(uri.get(), MONGOC_URI_RETRYWRITES, true);
    }
    if (mongoc_uri_get_appname(uri.get()) == nullptr) {
        mongoc_uri_set_appname(uri.get(), "yardstick");
    }
    // A write that only one member of a replica set has can be rolled back.
    const Owned<mongoc_write_concern_t, mongoc_write_concern_destroy> majority(
        mongoc_write_concern_new());
    mongoc_write_concern_set_w(majority.get(), MONGOC_WRITE_CONCERN_W_MAJORITY);
    mongoc_uri_set_write_concern(uri.get(), majority.get());
    // A secondary may return old views, leases and checkpoints.
    const Owned<mongoc_read_prefs_t, mongoc_read_prefs_destroy> primary(
        mongoc_read_prefs_new(MONGOC_READ_PRIMARY));
    mongoc_uri_set_read_prefs_t(uri.get(), primary.get());
    return uri;
}

Database::Database(MongoOptions options)
    : options_(std::move(options)),
      uri_(uri_of(options_)),
      name_(name_of(options_, uri_.get())),
      description_(hosts_of(uri_.get()) + "/" + name_) {}

Database::~Database() = default;

mongoc_client_pool_t* Database::pool() {
    if (!connected_) {
        reach([this] {
            if (!connected_) connect();
        });
    }
    return pool_.get();
}

void Database::await_server(mongoc_client_t* client) {
    if (knows_server(client)) {
        away_ = false;
        return;
    }
    reach([client] {
        bson_error_t error;
        const Owned<mongoc_server_description_t, mongoc_server_description_destroy> server(
            mongoc_client_select_server(client, false, nullptr, &error));
        if (!server) throw unavailable("connecting", error);
        // If the address names a single host, libmongoc takes a server of any kind.
        if (serves_reads(server.get())) return;
        throw es::Unavailable(
            std::string("MongoDB: the server is no primary (") +
            mongoc_server_description_type(server.get()) +
            "); name all members of the replica set, or ?replicaSet=NAME, in MONGO_URI");
    });
}

// One caller at a time attempts it; the others share its failure. After a failure they don't even
// wait: many callers on few threads would wait one after the other.
void Database::reach(const std::function<void()>& attempt) {
    const auto asked = std::chrono::steady_clock::now();
    std::unique_lock reaching(reaching_, std::defer_lock);
    if (!away_) {
        reaching.lock();
    } else if (asked < away_at_.load() + attempt_pause || !reaching.try_lock()) {
        throw es::Unavailable(why_away(), "MongoDB does not answer");
    }
    if (asked < away_at_.load()) throw es::Unavailable(why_away(), "MongoDB does not answer");
    try {
        attempt();
        away_ = false;
    } catch (const es::Unavailable& error) {
        note_away(error.what());
        throw;
    }
}

void Database::note_away(const std::string& why) {
    const std::lock_guard lock(mutex_);
    why_away_ = why;
    away_at_ = std::chrono::steady_clock::now();
    away_ = true;
}

std::string Database::why_away() {
    const std::lock_guard lock(mutex_);
    return why_away_;
}

void Database::connect() {
    bson_error_t error;
    bool versioned = false;
    {
        const Owned<mongoc_client_t, mongoc_client_destroy> client(
            mongoc_client_new_from_uri_with_error(uri_.get(), &error));
        if (!client) throw unavailable("connecting", error);
        versioned = knows_versioned_api(client.get());
    }
    Owned<mongoc_client_pool_t, mongoc_client_pool_destroy> pool(
        mongoc_client_pool_new_with_error(uri_.get(), &error));
    if (!pool) throw unavailable("connecting", error);
    mongoc_client_pool_set_error_api(pool.get(), MONGOC_ERROR_API_VERSION_2);
    if (versioned) {
        const Owned<mongoc_server_api_t, mongoc_server_api_destroy> api(
            mongoc_server_api_new(MONGOC_SERVER_API_V1));
        if (!mongoc_client_pool_set_server_api(pool.get(), api.get(), &error)) {
            throw unavailable("connecting", error);
        }
    }
    pool_ = std::move(pool);
    connected_ = true;
}

class Database::Lease {
public:
    explicit Lease(Database& database)
        : pool_(database.pool()),
          client_(mongoc_client_pool_pop(pool_), GiveBack{pool_}),
          database_(database) {
        if (!client_) throw es::Unavailable("MongoDB: all connections are in use");
        database.await_server(client_.get());
    }

    using Collection = Owned<mongoc_collection_t, mongoc_collection_destroy>;
    [[nodiscard]] Collection collection(const char* name) const {
        return Collection(
            mongoc_client_get_collection(client_.get(), database_.name_.c_str(), name));
    }

    // The exception to throw. When no server answers any more, the next caller fails at once.
    [[nodiscard]] es::Unavailable failed(const char* doing, const bson_error_t& error) const {
        es::Unavailable failure = unavailable(doing, error);
        if (!knows_server(client_.get())) database_.note_away(failure.what());
        return failure;
    }

private:
    struct GiveBack {
        mongoc_client_pool_t* pool;
        void operator()(mongoc_client_t* client) const { mongoc_client_pool_push(pool, client); }
    };
    mongoc_client_pool_t* pool_;
    std::unique_ptr<mongoc_client_t, GiveBack> client_;
    Database& database_;
};

void Database::find(const char* collection, const Bson& filter, const Bson& options,
                    const std::function<void(const BsonView&)>& on_document) {
    const Lease connection(*this);
    const auto place = connection.collection(collection);
    const Owned<mongoc_cursor_t, mongoc_cursor_destroy> cursor(
        mongoc_collection_find_with_opts(place.get(), filter.get(), options.get(), nullptr));
    const bson_t* document = nullptr;
    while (mongoc_cursor_next(cursor.get(), &document)) on_document(BsonView(document));
    bson_error_t error;
    if (mongoc_cursor_error(cursor.get(), &error)) throw connection.failed("reading", error);
}

std::optional<Bson> Database::find_one(const char* collection, const Bson& filter,
                                       const Bson& options) {
    std::optional<Bson> found;
    Bson one = options;
    one.integer("limit", 1);
    find(collection, filter, one, [&](const BsonView& document) { found = document.copy(); });
    return found;
}

bool Database::update_one(const char* collection, const Bson& filter, const Bson& update) {
    return write(collection, {{Write::Kind::update, filter, update}}).matched > 0;
}

bool Database::insert_one(const char* collection, const Bson& document) {
    const Lease connection(*this);
    const auto place = connection.collection(collection);
    bson_error_t error;
    if (mongoc_collection_insert_one(place.get(), document.get(), nullptr, nullptr, &error)) {
        return true;
    }
    if (error.code == static_cast<std::uint32_t>(duplicate_key)) return false;
    throw connection.failed("writing", error);
}

std::int64_t Database::remove(const char* collection, const Bson& filter) {
    const Lease connection(*this);
    const auto place = connection.collection(collection);
    bson_error_t error;
    bson_t reply;
    const bool removed =
        mongoc_collection_delete_many(place.get(), filter.get(), nullptr, &reply, &error);
    const auto count = BsonView(&reply).integer("deletedCount").value_or(0);
    bson_destroy(&reply);
    if (!removed) throw connection.failed("removing", error);
    return count;
}

namespace {

void add_to(mongoc_bulk_operation_t* bulk, const Write& write) {
    bson_error_t error;
    const Bson upsert = Bson().boolean("upsert", true);
    bool added = false;
    switch (write.kind) {
        case Write::Kind::update:
            added = mongoc_bulk_operation_update_one_with_opts(
                bulk, write.filter.get(), write.document.get(), nullptr, &error);
            break;
        case Write::Kind::replace:
            added = mongoc_bulk_operation_replace_one_with_opts(
                bulk, write.filter.get(), write.document.get(), nullptr, &error);
            break;
        case Write::Kind::put:
            added = mongoc_bulk_operation_replace_one_with_opts(
                bulk, write.filter.get(), write.document.get(), upsert.get(), &error);
            break;
        case Write::Kind::add:
            added = mongoc_bulk_operation_update_one_with_opts(
                bulk, write.filter.get(), Bson().document("$setOnInsert", write.document).get(),
                upsert.get(), &error);
            break;
        case Write::Kind::remove:
            added = mongoc_bulk_operation_remove_one_with_opts(bulk, write.filter.get(), nullptr,
                                                               &error);
            break;
    }
    if (!added) throw unavailable("writing", error);
}

// How many writes failed as duplicates; 0 if any failed for another reason.
std::int64_t only_duplicates(const BsonView& reply) {
    const auto errors = reply.documents("writeErrors");
    const auto concern = reply.documents("writeConcernErrors");
    if (!errors || (concern && !concern->empty())) return 0;
    const bool all = std::ranges::all_of(*errors, [](const Bson& error) {
        return BsonView(error.get()).integer("code") == duplicate_key;
    });
    return all ? static_cast<std::int64_t>(errors->size()) : 0;
}

}  // namespace

Written Database::write(const char* collection, const std::vector<Write>& writes) {
    Written all;
    for (std::span<const Write> rest = writes; !rest.empty();) {
        const auto count = std::min(bulk_writes_max, rest.size());
        const Written some = write_some(collection, rest.first(count));
        rest = rest.subspan(count);
        all.matched += some.matched;
        all.made += some.made;
        all.removed += some.removed;
        all.duplicates += some.duplicates;
    }
    return all;
}

Written Database::write_some(const char* collection, std::span<const Write> writes) {
    const Lease connection(*this);
    const auto place = connection.collection(collection);
    const Bson unordered = Bson().boolean("ordered", false);
    const Owned<mongoc_bulk_operation_t, mongoc_bulk_operation_destroy> bulk(
        mongoc_collection_create_bulk_operation_with_opts(place.get(), unordered.get()));
    for (const Write& write : writes) add_to(bulk.get(), write);
    bson_error_t error;
    bson_t answer;
    const bool done = mongoc_bulk_operation_execute(bulk.get(), &answer, &error) != 0;
    const Bson reply(&answer);
    bson_destroy(&answer);
    const BsonView view(reply.get());
    Written written;
    if (!done) written.duplicates = only_duplicates(view);
    if (!done && written.duplicates == 0) throw connection.failed("writing", error);
    written.matched = view.integer("nMatched").value_or(0);
    written.made = view.integer("nUpserted").value_or(0);
    written.removed = view.integer("nRemoved").value_or(0);
    return written;
}

void Database::make_indexes(const char* collection, const std::vector<Bson>& indexes) {
    std::vector<Bson> described;
    for (const Bson& keys : indexes) {
        const Owned<char, bson_free> name(mongoc_collection_keys_to_index_string(keys.get()));
        described.push_back(Bson().document("key", keys).text("name", name.get()));
    }
    const Bson command = Bson().text("createIndexes", collection).array("indexes", described);
    const Lease connection(*this);
    const auto place = connection.collection(collection);
    bson_error_t error;
    if (!mongoc_collection_write_command_with_opts(place.get(), command.get(), nullptr, nullptr,
                                                   &error)) {
        throw connection.failed("making indexes", error);
    }
}

}  // namespace views::mongodb

namespace views {

MongoOptions mongo_options(const std::function<std::string(const char* name)>& variable) {
    MongoOptions options;
    const std::string uri = variable("MONGO_URI");
    const std::string host = variable("MONGO_HOST");
    if (!uri.empty()) {
        options.uri = uri;
    } else if (!host.empty()) {
        options.uri = host.find("://") == std::string::npos ? "mongodb://" + host : host;
    }
    options.user = variable("MONGO_USER_ID");
    options.password = variable("MONGO_SECRET_KEY");
    options.database = variable("MONGO_DB_NAME");
    return options;
}

std::string description_of(const MongoOptions& options) {
    return mongodb::Database(options).description();
}

}  // namespace views
