#include "es/dynamodb/dynamodb_stream_directory.hpp"

#include <utility>

#include "es/dynamodb/calls.hpp"
#include "es/dynamodb/item.hpp"
#include "es/errors.hpp"

namespace es {

using namespace dynamodb;

DynamoDbStreamDirectory::DynamoDbStreamDirectory(aws::JsonClient& client, std::string table,
                                                 std::chrono::milliseconds page_time)
    : client_(client), table_(std::move(table)), page_time_(page_time) {}

es::StreamPage DynamoDbStreamDirectory::page(std::size_t part, std::size_t parts,
                                             const std::string& from) {
    json::Writer out;
    out.begin_object().member("TableName", table_);
    out.member("Segment", static_cast<std::int64_t>(part));
    out.member("TotalSegments", static_cast<std::int64_t>(parts));
    out.member("FilterExpression", "#order = :first").member("ProjectionExpression", "#id");
    out.name("ExpressionAttributeNames").begin_object();
    out.member("#id", "aggregateId").member("#order", "order").end_object();
    out.name("ExpressionAttributeValues").begin_object().name(":first").begin_object();
    out.member("N", "1").end_object().end_object();
    out.member("ConsistentRead", true);
    if (!from.empty()) out.name("ExclusiveStartKey").raw(from);
    out.end_object();

    const auto until = std::chrono::steady_clock::now() + page_time_;
    const aws::Reply reply = client_.call(call_of(table_api, "Scan", out.take(), until));
    if (reply.kind != aws::Reply::Kind::answered) throw es::Unavailable(reason_of(reply, table_));
    const json::Value body = read_body(reply.body);
    es::StreamPage page;
    for (const json::Value& item : array_of(body, "Items")) {
        const std::string* id = text_attribute(item, "aggregateId");
        if (id == nullptr) throw es::Unavailable("an item of the scan has no aggregateId");
        page.ids.push_back(*id);
    }
    page.next = json::raw_member(reply.body, "LastEvaluatedKey").value_or("");
    return page;
}

}  // namespace es
