// `yardstick status` beside running servers, and without any.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "load.hpp"

namespace {

using namespace e2e;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Finished status_of(const Folder& folder, std::vector<std::string> further = {}) {
    further.insert(further.begin(), {"status", "--data", folder.data().string()});
    return run({.arguments = std::move(further)});
}

json::Value json_of(const Finished& finished) {
    EXPECT_EQ(finished.exit_code, 0) << finished.errors;
    EXPECT_THAT(finished.errors, IsEmpty());
    return json::parse(finished.output).value;
}

double number(const json::Value& value, const char* path) {
    return at(value, path).number()->value;
}

TEST(Status, TellsWhatRunsAndHowFast) {
    const Folder folder;
    Server server(folder, {.arguments = {"--no-access-log"}});
    Load load(2, 1);
    load.prepare(server);
    load.start(server);
    const std::size_t acknowledged = load.acknowledged();
    const json::Value status = json_of(status_of(folder, {"--json"}));
    load.finish();
    for (const char* what : {"running/events", "running/views"}) {
        EXPECT_EQ(number(at(status, what), "process"), server.process().pid());
        EXPECT_EQ(*at(at(status, what), "role").string(), "serve");
    }
    EXPECT_TRUE(at(status, "running/rebuild").is_null());
    EXPECT_GE(number(status, "events/count"), static_cast<double>(acknowledged));
    EXPECT_GE(number(status, "events/streams"), 3);
    EXPECT_GT(number(status, "events/perSecond"), 0);
    EXPECT_GT(number(status, "views/perSecond"), 0);
    EXPECT_GT(number(status, "views/applied"), 0);
    EXPECT_EQ(number(status, "views/parkedTotal"), 0);
    load.verify(server);
    EXPECT_EQ(server.terminate(), 0);

    const json::Value quiet = json_of(status_of(folder, {"--json"}));
    EXPECT_TRUE(at(quiet, "running/events").is_null());
    EXPECT_EQ(number(quiet, "events/perSecond"), 0);
    EXPECT_EQ(number(quiet, "views/lag/events"), 0);
    EXPECT_THAT(status_of(folder).output, HasSubstr("written by nobody"));
}

TEST(Status, SaysThatThereIsNothing) {
    const Folder folder;
    const Finished finished = status_of(folder);
    EXPECT_EQ(finished.exit_code, 1);
    EXPECT_EQ(finished.errors,
              "yardstick: There is no event store in " + folder.data().string() + ".\n");
    EXPECT_FALSE(std::filesystem::exists(folder.data()));
}

}  // namespace
