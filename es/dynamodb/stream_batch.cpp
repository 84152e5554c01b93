#include "es/dynamodb/stream_batch.hpp"

#include <utility>

#include "base/json.hpp"
#include "base/text.hpp"
#include "es/dynamodb/item.hpp"
#include "es/dynamodb/stream_records.hpp"
#include "es/errors.hpp"

namespace es {
namespace {

using dynamodb::StreamRecord;

// "arn:aws:dynamodb:eu-central-1:123456789012:table/NAME/stream/2026-01-01T00:00:00.000"
bool is_of_table(const std::string& stream, const std::string& table) {
    return stream.find(":table/" + table + "/stream/") != std::string::npos;
}

std::vector<StreamRecord> records_of(const json::Value& batch, const std::string& table) {
    try {
        auto records = dynamodb::records_in(batch);
        for (const StreamRecord& record : records) {
            if (is_of_table(record.stream, table)) continue;
            throw es::Corrupt("the records are of " + base::excerpt(record.stream) +
                              ", not of the stream of the table " + table);
        }
        return records;
    } catch (const es::Unavailable& error) {
        throw es::Corrupt(std::string("it is no batch of a stream's records: ") + error.what());
    }
}

}  // namespace

std::vector<DeliveredRecord> read_stream_batch(std::string_view event, const std::string& table) {
    const json::Parsed parsed = json::parse(event, dynamodb::reply_limits);
    if (!parsed.ok()) throw es::Corrupt("it is no JSON: " + parsed.error);
    std::vector<DeliveredRecord> delivered;
    for (StreamRecord& record : records_of(parsed.value, table)) {
        delivered.push_back({std::move(record.sequence), std::move(record.event)});
    }
    return delivered;
}

std::string batch_answer(const std::optional<std::string>& failed) {
    json::Writer out;
    out.begin_object().name("batchItemFailures").begin_array();
    if (failed) out.begin_object().member("itemIdentifier", *failed).end_object();
    out.end_array().end_object();
    return out.take();
}

}  // namespace es
