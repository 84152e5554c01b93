// Lists of a view as they are stored: what is read back is what was written.
#include "views/mongodb/bson.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>
#include <vector>

#include "kpi/json_lists.hpp"

namespace views::mongodb {
namespace {

template <class Item>
std::vector<Item> read_back(const std::vector<Item>& items) {
    const Bson bson = Bson().json_array("list", kpi::to_json(items));
    std::vector<Item> read;
    kpi::from_json(BsonView(bson.get()).json_array("list").value(), read);
    return read;
}

TEST(Bson, NumbersInListsMayBeBeyond64Bits) {
    std::vector<kpi::Checkpoint> checkpoints;
    for (const double target :
         {0.0, 8.0, 0.1, -3e9, 9007199254740993.0, 9.3e18, 1e20, -1e20, 1e21, -1.5e100, 1e-100}) {
        checkpoints.push_back({es::TimePoint(std::chrono::hours(checkpoints.size())), target});
    }
    EXPECT_EQ(read_back(checkpoints), checkpoints);
}

TEST(Bson, TextsInListsStayAsTheyAre) {
    const std::vector<std::string> tags{"a", "b-2", "größe \"x\" \\ $date"};
    EXPECT_EQ(read_back(tags), tags);
    const std::vector<kpi::Link> links{{"$oid", "https://example.org/?a=\"b\""}};
    EXPECT_EQ(read_back(links), links);
    EXPECT_EQ(read_back(std::vector<kpi::Link>()), std::vector<kpi::Link>());
}

TEST(Bson, WhatIsNoListIsRefused) {
    EXPECT_THROW(Bson().json_array("list", R"({"a":1})"), std::invalid_argument);
    EXPECT_THROW(Bson().json_array("list", "[1"), std::invalid_argument);
}

}  // namespace
}  // namespace views::mongodb
