#include "es/dynamodb/calls.hpp"

#include <utility>

#include "base/json_members.hpp"
#include "es/dynamodb/item.hpp"
#include "es/errors.hpp"

namespace es::dynamodb {
namespace {

auto members_of(const json::Value& object) {
    return json::MemberReader(object, [](std::string_view name, std::string_view) {
        throw es::Unavailable("DynamoDB's answer has no " + std::string(name));
    });
}

}  // namespace

aws::Call call_of(std::string_view api, std::string_view operation, std::string body,
                  Deadline deadline) {
    return {.target = std::string(api) + std::string(operation),
            .body = std::move(body),
            .deadline = deadline};
}

bool refused_with(const aws::Reply& reply, std::string_view error) {
    return reply.kind == aws::Reply::Kind::refused && reply.error == error;
}

std::string reason_of(const aws::Reply& reply, const std::string& table) {
    if (refused_with(reply, "ResourceNotFoundException")) {
        return no_table(table);
    }
    if (reply.error == "NoCredentials") return reply.message;
    std::string reason =
        reply.kind == aws::Reply::Kind::refused ? "DynamoDB refused" : "DynamoDB did not answer";
    if (!reply.error.empty()) reason += ": " + reply.error;
    if (!reply.message.empty()) reason += ": " + reply.message;
    if (reply.attempts > 1) reason += " (" + std::to_string(reply.attempts) + " attempts)";
    return reason;
}

std::string no_table(const std::string& table) {
    return "there is no table '" + table + "' (yardstick create-table makes it)";
}

json::Value read_body(const std::string& body) {
    json::Parsed parsed = json::parse(body, reply_limits);
    if (!parsed.ok()) throw es::Unavailable("DynamoDB's answer is no JSON: " + parsed.error);
    if (parsed.value.object() == nullptr) throw es::Unavailable("DynamoDB's answer is no object");
    return std::move(parsed.value);
}

const json::Value& member_of(const json::Value& object, std::string_view name) {
    return *members_of(object).require<json::Value>(name);
}

const std::string& text_of(const json::Value& object, std::string_view name) {
    return *members_of(object).require<std::string>(name);
}

const json::Array& array_of(const json::Value& object, std::string_view name) {
    return *members_of(object).require<json::Array>(name);
}

}  // namespace es::dynamodb
