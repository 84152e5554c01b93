// Creates and describes the table of the events.
#pragma once

#include <chrono>
#include <string>

#include "aws/json_client.hpp"

namespace es {

// DynamoDB takes some ten seconds to create a table, or to switch its stream on.
struct TableTimes {
    std::chrono::milliseconds call{10'000};    // for each call
    std::chrono::milliseconds ready{180'000};  // until the table can be used
    std::chrono::milliseconds look_every{500};
};

enum class TableWork {
    made,                // with its stream
    was_there,           // and is usable as it is
    stream_switched_on,  // the table was there without one
};

// Creates the table unless it exists: paid by request, with a stream of new and old images. Waits
// until it can be used. Throws es::Unusable: a table of that name has other keys, or a stream
// without new images; es::Unavailable: DynamoDB can't be reached, or takes too long.
TableWork create_table(aws::JsonClient& client, const std::string& table,
                       const TableTimes& times = {});

struct TableDescription {
    // Differs when the table is deleted and created again under its name.
    std::string identity;
    std::string stream;      // its ARN; empty: the stream is not switched on
    bool new_images = true;  // the stream's records hold the items
    bool active = false;
    bool keys_fit = false;
};

// Throws es::Unavailable: it can't be reached, or there is no such table (what() says how to create
// it).
TableDescription describe_table(aws::JsonClient& client, const std::string& table,
                                const TableTimes& times = {});

}  // namespace es
