// What all calls to the table and its stream have in common: their names, and how replies are read.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "aws/json_client.hpp"
#include "base/json.hpp"

namespace es::dynamodb {

// The prefix of an operation's name.
inline constexpr std::string_view table_api = "DynamoDB_20120810.";
inline constexpr std::string_view streams_api = "DynamoDBStreams_20120810.";

using Deadline = std::chrono::steady_clock::time_point;

aws::Call call_of(std::string_view api, std::string_view operation, std::string body,
                  Deadline deadline);

// Whether the service refused the call with this error.
bool refused_with(const aws::Reply& reply, std::string_view error);

// Why a call on this table failed: a sentence without its full stop, for the log. If there is no
// such table, with a hint.
std::string reason_of(const aws::Reply& reply, const std::string& table);

// The message that there is no such table, with a hint.
std::string no_table(const std::string& table);

// The body of an answer. Throws es::Unavailable when it is no JSON object.
json::Value read_body(const std::string& body);

// A member that the service always sends. Throws es::Unavailable when it is missing.
const json::Value& member_of(const json::Value& object, std::string_view name);
const std::string& text_of(const json::Value& object, std::string_view name);
const json::Array& array_of(const json::Value& object, std::string_view name);

}  // namespace es::dynamodb
