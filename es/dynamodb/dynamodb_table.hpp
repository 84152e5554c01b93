// The table of the events: made, and described.
#pragma once

#include <chrono>
#include <string>

#include "aws/json_client.hpp"

namespace es {

// Making a table takes DynamoDB some ten seconds, switching its stream on as well.
struct TableTimes {
    std::chrono::milliseconds call{10'000};    // for each call
    std::chrono::milliseconds ready{180'000};  // until the table can be used
    std::chrono::milliseconds look_every{500};
};

enum class TableWork {
    made,                // with its stream
    was_there,           // and was as it should be
    stream_switched_on,  // the table was there without one
};

// Makes the table unless it is there, paid by request, with its stream of new and old images, and
// waits until it can be used. Throws es::Unusable: a table of that name has other keys, or a
// stream without new images; es::Unavailable: DynamoDB can't be reached, or takes too long.
TableWork create_table(aws::JsonClient& client, const std::string& table,
                       const TableTimes& times = {});

struct TableDescription {
    // Another one when the table is made again under its name.
    std::string identity;
    std::string stream;      // its ARN; empty: the stream is not switched on
    bool new_images = true;  // the stream's records hold the items
    bool active = false;
    bool keys_fit = false;
};

// Throws es::Unavailable: it can't be reached, or there is no such table (what() says how to make
// it).
TableDescription describe_table(aws::JsonClient& client, const std::string& table,
                                const TableTimes& times = {});

}  // namespace es
