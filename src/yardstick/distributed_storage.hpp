// Events in a DynamoDB table, its stream as the feed, and views in MongoDB.
#pragma once

#include <memory>

#include "yardstick/storage.hpp"

namespace yardstick {

// Reads who and where these are from the environment. Throws es::Unusable: it says too little, or
// what can't be used.
std::unique_ptr<Storage> distributed_storage(const Engines& engines);

}  // namespace yardstick
