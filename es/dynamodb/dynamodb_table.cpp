#include "es/dynamodb/dynamodb_table.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

#include "base/json_members.hpp"
#include "es/dynamodb/calls.hpp"
#include "es/errors.hpp"

namespace es {

using namespace dynamodb;

namespace {

using std::chrono::steady_clock;

void write_attribute(const char* name, const char* member, const char* type, json::Writer& out) {
    out.begin_object().member("AttributeName", name).member(member, type).end_object();
}

void write_stream(json::Writer& out) {
    out.name("StreamSpecification").begin_object().member("StreamEnabled", true);
    out.member("StreamViewType", "NEW_AND_OLD_IMAGES").end_object();
}

std::string creation_body(const std::string& table) {
    json::Writer out;
    out.begin_object().member("TableName", table).name("AttributeDefinitions").begin_array();
    write_attribute("aggregateId", "AttributeType", "S", out);
    write_attribute("order", "AttributeType", "N", out);
    out.end_array().name("KeySchema").begin_array();
    write_attribute("aggregateId", "KeyType", "HASH", out);
    write_attribute("order", "KeyType", "RANGE", out);
    out.end_array().member("BillingMode", "PAY_PER_REQUEST");
    write_stream(out);
    out.end_object();
    return out.take();
}

std::string named_body(const std::string& table) {
    json::Writer out;
    out.begin_object().member("TableName", table).end_object();
    return out.take();
}

// Whether `list` has an element with this attribute name and this member.
bool has(const json::Array& list, std::string_view attribute, std::string_view member,
         std::string_view value) {
    return std::ranges::any_of(list, [&](const json::Value& element) {
        return json::text_or_empty(element, "AttributeName") == attribute &&
               json::text_or_empty(element, member) == value;
    });
}

bool keys_fit(const json::Value& table) {
    const json::Array& keys = array_of(table, "KeySchema");
    const json::Array& types = array_of(table, "AttributeDefinitions");
    return keys.size() == 2 && has(keys, "aggregateId", "KeyType", "HASH") &&
           has(keys, "order", "KeyType", "RANGE") &&
           has(types, "aggregateId", "AttributeType", "S") &&
           has(types, "order", "AttributeType", "N");
}

// DynamoDB's own id of a table; its ARN and creation time if the service gives none.
std::string identity_of(const json::Value& table) {
    if (std::string id = json::text_or_empty(table, "TableId"); !id.empty()) return id;
    const auto* time = json::member<json::Number>(table, "CreationDateTime");
    return json::text_or_empty(table, "TableArn") + "@" +
           (time != nullptr ? json::format_number(time->value) : "");
}

TableDescription description_of(const json::Value& table) {
    TableDescription description;
    description.identity = identity_of(table);
    description.active = json::text_or_empty(table, "TableStatus") == "ACTIVE";
    description.keys_fit = keys_fit(table);
    const json::Value* stream = table.find("StreamSpecification");
    const bool* enabled =
        stream != nullptr ? json::member<bool>(*stream, "StreamEnabled") : nullptr;
    if (enabled != nullptr && *enabled) {
        description.stream = json::text_or_empty(table, "LatestStreamArn");
        description.new_images = json::text_or_empty(*stream, "StreamViewType").starts_with("NEW");
    }
    return description;
}

// Sends a call that changes the table. True when it did, false when the answer is the error
// `already`.
bool change(aws::JsonClient& client, std::string_view operation, std::string body,
            std::string_view already, const std::string& table, const TableTimes& times) {
    const auto until = steady_clock::now() + times.call;
    const auto reply = client.call(call_of(table_api, operation, std::move(body), until));
    if (refused_with(reply, already)) return false;
    if (reply.kind != aws::Reply::Kind::answered) throw es::Unavailable(reason_of(reply, table));
    return true;
}

// nullopt: there is no such table.
std::optional<TableDescription> find_table(aws::JsonClient& client, const std::string& table,
                                           const TableTimes& times) {
    const auto until = steady_clock::now() + times.call;
    const auto reply = client.call(call_of(table_api, "DescribeTable", named_body(table), until));
    if (refused_with(reply, "ResourceNotFoundException")) return std::nullopt;
    if (reply.kind != aws::Reply::Kind::answered) throw es::Unavailable(reason_of(reply, table));
    return description_of(member_of(read_body(reply.body), "Table"));
}

// A table that was just created may not be known everywhere yet.
TableDescription wait_until_active(aws::JsonClient& client, const std::string& table,
                                   const TableTimes& times) {
    const auto until = steady_clock::now() + times.ready;
    for (;;) {
        auto found = find_table(client, table, times);
        if (found && found->active) return *std::move(found);
        if (steady_clock::now() >= until) {
            throw es::Unavailable("the table '" + table + "' is not ready yet; try again later");
        }
        std::this_thread::sleep_for(times.look_every);
    }
}

void refuse_unless_ours(const TableDescription& found, const std::string& table) {
    if (!found.keys_fit) {
        throw es::Unusable("The table '" + table +
                           "' does not hold events: its keys are not aggregateId (S) and order "
                           "(N).");
    }
    if (!found.new_images) {
        throw es::Unusable("The stream of the table '" + table +
                           "' has no new images; switch it off, and this command creates one that "
                           "has them.");
    }
}

}  // namespace

TableWork create_table(aws::JsonClient& client, const std::string& table, const TableTimes& times) {
    const bool made =
        change(client, "CreateTable", creation_body(table), "ResourceInUseException", table, times);
    const TableDescription found = wait_until_active(client, table, times);
    refuse_unless_ours(found, table);
    if (made) return TableWork::made;
    if (!found.stream.empty()) return TableWork::was_there;
    json::Writer out;
    out.begin_object().member("TableName", table);
    write_stream(out);
    out.end_object();
    // Another process may do the same at this time.
    change(client, "UpdateTable", out.take(), "ResourceInUseException", table, times);
    if (wait_until_active(client, table, times).stream.empty()) {
        throw es::Unavailable("the stream of the table '" + table +
                              "' is not switched on yet; try again later");
    }
    return TableWork::stream_switched_on;
}

TableDescription describe_table(aws::JsonClient& client, const std::string& table,
                                const TableTimes& times) {
    auto found = find_table(client, table, times);
    if (!found) throw es::Unavailable(no_table(table));
    return *std::move(found);
}

}  // namespace es
