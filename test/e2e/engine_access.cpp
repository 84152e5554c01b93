#include "engine_access.hpp"

#include <mongoc/mongoc.h>

#include <memory>
#include <stdexcept>
#include <utility>

#include "set_up.hpp"

namespace e2e {
namespace {

using Client = std::unique_ptr<mongoc_client_t, decltype(&mongoc_client_destroy)>;
using Text = std::unique_ptr<char, decltype(&bson_free)>;

std::runtime_error refused(const std::string& what, const std::string& why) {
    return std::runtime_error(what + " is refused: " + why);
}

}  // namespace

Environment engine_environment(const Folder& folder, const Environment& environment) {
    return on_engines({.arguments = {"--data", folder.data().string()}, .environment = environment})
        .environment;
}

EngineAccess::EngineAccess(const Environment& told)
    : table_(told.at("DYNAMODB_DB_NAME")),
      dynamodb_(told.at("AWS_ENDPOINT_URL"), std::chrono::seconds(30)),
      mongo_uri_(told.at("MONGO_URI")),
      database_(told.at("MONGO_DB_NAME")) {
    mongoc_init();  // once more does no harm; without it libmongoc 1.30 crashes
}

std::string EngineAccess::dynamodb(const std::string& operation, const std::string& body) {
    return call("DynamoDB_20120810." + operation, body);
}

std::string EngineAccess::streams(const std::string& operation, const std::string& body) {
    return call("DynamoDBStreams_20120810." + operation, body);
}

std::string EngineAccess::call(const std::string& target, const std::string& body) {
    // The engine checks no signature, but wants to see one.
    const http::Headers headers{
        {"X-Amz-Target", target},
        {"Content-Type", "application/x-amz-json-1.0"},
        {"X-Amz-Date", "20260101T000000Z"},
        {"Authorization",
         "AWS4-HMAC-SHA256 Credential=test/20260101/eu-central-1/dynamodb/aws4_request, "
         "SignedHeaders=host;x-amz-date, Signature=none"}};
    http::Response answer = dynamodb_.send("POST", "/", headers, body);
    if (answer.status != 200) throw refused(target, answer.body);
    return std::move(answer.body);
}

json::Value EngineAccess::mongodb(const std::string& command) const {
    bson_error_t error;
    const auto error_text = [&] { return std::string(static_cast<const char*>(error.message)); };
    const Client client(mongoc_client_new(mongo_uri_.c_str()), &mongoc_client_destroy);
    if (!client) throw std::runtime_error("no URI: " + mongo_uri_);
    bson_t document;
    if (!bson_init_from_json(&document, command.data(), static_cast<ssize_t>(command.size()),
                             &error)) {
        throw refused(command, error_text());
    }
    bson_t reply;
    const bool done = mongoc_client_command_simple(client.get(), database_.c_str(), &document,
                                                   nullptr, &reply, &error);
    const Text answer(bson_as_relaxed_extended_json(&reply, nullptr), &bson_free);
    const bool wrote = !bson_has_field(&reply, "writeErrors");
    bson_destroy(&reply);
    bson_destroy(&document);
    if (!done) throw refused(command, error_text());
    if (!wrote) throw refused(command, answer.get());
    return std::move(json::parse(answer.get()).value);
}

}  // namespace e2e
