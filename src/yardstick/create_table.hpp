// `yardstick create-table`: makes the table of the events in DynamoDB, with its stream.
#pragma once

#include <string>

namespace yardstick {

// Says what it did, and returns the exit code. Throws es::Unusable, es::Unavailable.
int create_table(const std::string& table);

}  // namespace yardstick
