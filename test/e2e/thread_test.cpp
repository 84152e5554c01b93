// The thin thread through the whole house: create, report, read; and it is still there after the
// process was killed.
#include <gtest/gtest.h>

#include "fold.hpp"

namespace {

using namespace e2e;

TEST(Thread, AValueIsReadAtTheVersionThatTheCommandWasAnswered) {
    const Folder folder;
    Server server(folder);
    Api api(server);
    ASSERT_EQ(api.create("visits").version(), 1);
    const Answer answer = api.set_value("visits", 12.5);
    ASSERT_EQ(answer.status, 201) << answer.body;
    const Answer document =
        api.get("/metrics/visits?minVersion=" + std::to_string(answer.version()));
    ASSERT_EQ(document.status, 200) << document.body;
    EXPECT_EQ(document.number("value"), 12.5);
    EXPECT_EQ(document.version(), 2);
    expect_view_equals_fold(api, "visits");
}

TEST(Thread, WhatWasAcknowledgedIsThereAfterAKill) {
    const Folder folder;
    {
        Server server(folder);
        Api api(server);
        ASSERT_EQ(api.create("visits").status, 201);
        ASSERT_EQ(api.set_value("visits", 12).status, 201);
        server.kill();
    }
    Server again(folder);
    Api api(again);
    const Answer document = api.get("/metrics/visits?minVersion=2");
    ASSERT_EQ(document.status, 200) << document.body;
    EXPECT_EQ(document.number("value"), 12);
    EXPECT_EQ(api.set_value("visits", 13, {.version = 2}).version(), 3);
    expect_view_equals_fold(api, "visits");
}

TEST(Thread, DeletedViewsAreBuiltAgainFromTheEvents) {
    const Folder folder;
    {
        Server server(folder);
        Api api(server);
        ASSERT_EQ(api.create("visits").status, 201);
        for (int i = 0; i < 150; ++i) ASSERT_EQ(api.set_value("visits", i).status, 201);
        ASSERT_EQ(server.terminate(), 0);
    }
    for (const auto& entry : std::filesystem::directory_iterator(folder.data())) {
        if (entry.path().filename().string().starts_with("views")) {
            std::filesystem::remove(entry.path());
        }
    }
    Server again(folder);
    Api api(again);
    expect_view_equals_fold(api, "visits");
}

}  // namespace
