// `status` in both its forms.
#include "yardstick/status.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "base/json.hpp"

namespace yardstick {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Status busy() {
    Status status;
    status.folder = "./data";
    views::DataStatus& data = status.data;
    data.events_holder = {12, "write-api"};
    data.views_holder = {13, "projector"};
    data.rebuild_holder = {14, "rebuild"};
    data.events = {1'234'567, 89, es::TimePoint(std::chrono::milliseconds(1'000))};
    views::ViewsStatus views{"views-3.db", 1'234'000, {567, std::chrono::milliseconds(42)}, {}};
    for (int i = 0; i < 12; ++i) views.parked.push_back({"m" + std::to_string(i), 5, "no reason"});
    data.views = views;
    data.new_views = true;
    data.files = {{"events.db", 123'456'789}, {"events.db-wal", 4'096}};
    data.free_bytes = 80'000'000'000;
    status.recorded_per_second = 3210;
    status.applied_per_second = 3200;
    return status;
}

TEST(Status, TellsAPersonEverything) {
    std::ostringstream out;
    print_status(busy(), out);
    for (const char* text :
         {"1,234,567 in 89 streams, the last one of 1970-01-01T00:00:01.000Z, 3,210/s recorded",
          "written by write-api, process 12", "written by projector, process 13",
          "rebuilt by rebuild, process 14",
          "views-3.db, 567 events (42 ms) behind, 3,200/s applied", "new ones are catching up",
          "parked    12\n", "m9 at version 5: no reason", "...", "events.db, 123 MB",
          "events.db-wal, 4,096 bytes", "80 GB free"}) {
        EXPECT_THAT(out.str(), HasSubstr(text));
    }
    EXPECT_THAT(out.str(), Not(HasSubstr("m10")));
}

TEST(Status, TellsAPersonWhatIsMissing) {
    Status status;
    status.folder = "./data";
    status.data.trouble = {"events.db can't be read: of rust"};
    std::ostringstream out;
    print_status(status, out);
    for (const char* text : {"events    can't be read", "written by nobody", "none in force",
                             "trouble   events.db can't be read: of rust"}) {
        EXPECT_THAT(out.str(), HasSubstr(text));
    }
}

// Programs depend on it: members may be added, and never change.
TEST(Status, TellsAProgramTheSame) {
    Status status = busy();
    status.data.views->parked.resize(1);
    EXPECT_EQ(
        status_json(status),
        R"({"data":"./data","running":{"events":{"process":12,"role":"write-api"},)"
        R"("views":{"process":13,"role":"projector"},"rebuild":{"process":14,"role":"rebuild"}},)"
        R"("events":{"count":1234567,"streams":89,"last":"1970-01-01T00:00:01.000Z",)"
        R"("perSecond":3210},"views":{"file":"views-3.db","applied":1234000,"perSecond":3200,)"
        R"("lag":{"events":567,"ms":42},"parkedTotal":1,"parked":[{"id":"m0","version":5,)"
        R"("reason":"no reason"}]},"newViews":true,"files":[{"name":"events.db",)"
        R"("bytes":123456789},{"name":"events.db-wal","bytes":4096}],"freeBytes":80000000000,)"
        R"("trouble":[]})");
    const auto nothing = json::parse(status_json(Status()));
    ASSERT_TRUE(nothing.ok());
    EXPECT_TRUE(nothing.value.find("events")->is_null());
    EXPECT_TRUE(nothing.value.find("views")->is_null());
    EXPECT_TRUE(nothing.value.find("running")->find("events")->is_null());
}

}  // namespace
}  // namespace yardstick
