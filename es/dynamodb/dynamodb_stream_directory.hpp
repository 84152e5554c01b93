// The names of all streams of a table: a parallel scan for the items of version 1.
#pragma once

#include <chrono>
#include <string>

#include "aws/json_client.hpp"
#include "es/stream_directory.hpp"

namespace es {

class DynamoDbStreamDirectory : public es::StreamDirectory {
public:
    // `client` must outlive it. `page_time`: for one page, at most.
    DynamoDbStreamDirectory(aws::JsonClient& client, std::string table,
                            std::chrono::milliseconds page_time = std::chrono::seconds(30));

    // A page holds the streams among 1 MB of items, often none. Blocks.
    es::StreamPage page(std::size_t part, std::size_t parts, const std::string& from) override;

private:
    aws::JsonClient& client_;
    const std::string table_;
    const std::chrono::milliseconds page_time_;
};

}  // namespace es
