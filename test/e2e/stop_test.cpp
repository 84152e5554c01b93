// SIGTERM: what is in flight is answered, what was acknowledged stays, and the program ends with
// exit code 0 within five seconds.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <vector>

#include "held_file.hpp"
#include "load.hpp"
#include "raw_socket.hpp"

namespace {

using namespace e2e;
using ::testing::HasSubstr;

// A command on a connection of its own, whose answer is not waited for.
RawSocket send_value(const Server& server, double value) {
    const std::string body = value_body("visits", value);
    RawSocket socket(server.write_port());
    socket.send(
        "POST /metrics/UpdateMetricValueCommand HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
        "application/json\r\nContent-Length: " +
        std::to_string(body.size()) + "\r\n\r\n" + body);
    return socket;
}

bool waits_for_store(Api& api, int commands) {
    return eventually([&] {
        const auto page = api.write().get("/-/prometheus").body;
        return page.find("\nyardstick_commands_waiting " + std::to_string(commands) + "\n") !=
               std::string::npos;
    });
}

bool says_stopping(const std::string& log) {
    return log.find(R"("message":"stopping")") != std::string::npos;
}

// The log says it before the server does it: no answer is a last one until nobody can connect.
bool stops_accepting(const Server& server) {
    return eventually([&] {
        try {
            const RawSocket socket(server.write_port());
            return false;
        } catch (const std::runtime_error&) {
            return true;
        }
    });
}

TEST(Stop, UnderLoadKeepsEveryAcknowledgedCommand) {
    const Folder folder;
    Load load(8, 7);
    {
        Server server(folder, {.arguments = {"--no-access-log"}});
        load.prepare(server);
        load.start(server);
        ASSERT_TRUE(eventually([&] { return load.acknowledged() > 1000; }));
        EXPECT_EQ(server.terminate(), 0) << server.log();
        EXPECT_THAT(server.log(), HasSubstr(R"("message":"stopped")"));
        load.finish();
    }
    Server again(folder);
    load.repeat_unanswered(again);
    load.verify(again);
}

TEST(Stop, AnswersTheCommandsInFlight) {
    const Folder folder;
    {
        Server server(folder);
        Api api(server);
        ASSERT_EQ(api.create("visits").status, 201);
        HeldFile held(folder.data() / "events.db");
        std::vector<RawSocket> sockets;
        for (int i = 0; i < 3; ++i) sockets.push_back(send_value(server, i));
        ASSERT_TRUE(waits_for_store(api, 3));
        server.process().signal(SIGTERM);
        ASSERT_TRUE(server.process().wait_for_log(says_stopping));
        ASSERT_TRUE(stops_accepting(server));
        held.release();
        for (RawSocket& socket : sockets) {
            const auto answer = socket.read_answer();
            EXPECT_EQ(answer.status, 201) << answer.body;
            EXPECT_THAT(answer.head, HasSubstr("Connection: close"));
            EXPECT_TRUE(socket.ends());
        }
        sockets.clear();
        EXPECT_EQ(server.process().wait(std::chrono::seconds(5)), 0) << server.log();
    }
    Server again(folder);
    Api api(again);
    EXPECT_EQ(api.get("/metrics/visits?minVersion=4").number("valuesTotal"), 3);
}

TEST(Stop, AnswersThoseWhoWaitForAVersion) {
    const Folder folder;
    Server server(folder);
    RawSocket waiting(server.read_port());
    ASSERT_TRUE(
        waiting.send("GET /metrics/a?minVersion=1&wait=10000 HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    // A later request of another connection was answered, so this one has been read.
    Api api(server);
    ASSERT_EQ(api.get("/-/ready").status, 200);
    const auto begun = std::chrono::steady_clock::now();
    EXPECT_EQ(server.terminate(), 0);
    EXPECT_EQ(waiting.read_answer().status, 503);
    EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(3));
}

TEST(Stop, EndsInTimeBesideIdleAndHalfSentRequests) {
    const Folder folder;
    Server server(folder);
    RawSocket idle(server.write_port());
    RawSocket half_sent(server.read_port());
    ASSERT_TRUE(half_sent.send("GET /metr"));
    Api api(server);
    ASSERT_EQ(api.create("visits").status, 201);
    EXPECT_EQ(server.terminate(), 0);
    EXPECT_TRUE(idle.ends());
    EXPECT_TRUE(half_sent.ends());
}

TEST(Stop, EndsInTimeWhenTheStoreTakesNothing) {
    const Folder folder;
    Server server(folder);
    Api api(server);
    ASSERT_EQ(api.create("visits").status, 201);
    ASSERT_EQ(api.create("orders").status, 201);
    const HeldFile held(folder.data() / "events.db");
    const HeldFile held_views(views_in(folder.data()));
    const RawSocket first = send_value(server, 1);
    ASSERT_TRUE(waits_for_store(api, 1));
    const RawSocket second = send_value(server, 2);
    ASSERT_TRUE(waits_for_store(api, 2));
    EXPECT_EQ(server.terminate(), 0) << server.log();
}

TEST(Stop, EndsInTimeAlthoughNobodyReadsItsLog) {
    const Folder folder;
    Process process({.arguments = serve_arguments(folder.data()),
                     .working_folder = folder.path(),
                     .log_unread = true});
    ASSERT_TRUE(eventually([&] { return std::filesystem::exists(views_in(folder.data())); }));
    process.signal(SIGTERM);
    EXPECT_EQ(process.wait(std::chrono::seconds(5)), 0);
}

TEST(Stop, EndsInTimeAlthoughNobodyReadsWhyItCannotStart) {
    const Folder folder;
    std::ofstream(folder.data()) << "a file";
    Process process({.arguments = serve_arguments(folder.data()),
                     .working_folder = folder.path(),
                     .log_unread = true});
    EXPECT_EQ(process.wait(std::chrono::seconds(5)), 1);
}

TEST(Stop, ASecondSignalEndsItAtOnce) {
    const Folder folder;
    Server server(folder);
    Api api(server);
    ASSERT_EQ(api.create("visits").status, 201);
    HeldFile held(folder.data() / "events.db");
    const RawSocket socket = send_value(server, 1);
    ASSERT_TRUE(waits_for_store(api, 1));
    server.process().signal(SIGTERM);
    ASSERT_TRUE(server.process().wait_for_log(says_stopping));
    server.process().signal(SIGTERM);
    EXPECT_EQ(server.process().wait(std::chrono::seconds(2)), -SIGTERM);
}

}  // namespace
