// `tail`: the events of another process's store, as they are recorded.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

#include "transfer.hpp"

namespace {

using namespace e2e;
using ::testing::HasSubstr;

Launch tailing(const Folder& folder, const std::vector<std::string>& further = {}) {
    Launch launch{.arguments = {"tail", "--data", folder.data().string()}};
    launch.arguments.insert(launch.arguments.end(), further.begin(), further.end());
    return launch;
}

bool has_lines(const Process& tail, std::size_t count) {
    return eventually([&] { return lines_of(tail.output()).size() >= count; });
}

// Sends values until one of them shows: tail has begun.
double first_seen(Process& tail, Api& api) {
    double value = 0;
    EXPECT_TRUE(eventually([&] {
        EXPECT_EQ(api.set_value("visits", ++value).status, 201);
        return !tail.output().empty();
    }));
    return value;
}

TEST(Tail, FollowsFromNowOn) {
    const Folder folder;
    Server server(folder);
    Api api(server);
    ASSERT_EQ(api.create("visits").status, 201);
    Process tail(tailing(folder));
    const double last = first_seen(tail, api);
    ASSERT_EQ(api.set_value("visits", 123'456).status, 201);
    ASSERT_TRUE(eventually(
        [&] { return tail.output().find(R"("payload":{"value":123456})") != std::string::npos; }));
    const std::string output = tail.output();
    EXPECT_THAT(output, Not(HasSubstr("MetricCreated")));
    EXPECT_LE(lines_of(output).size(), static_cast<std::size_t>(last) + 1);
    EXPECT_THAT(exported_events(folder.data()), HasSubstr(output));

    tail.signal(SIGTERM);
    EXPECT_EQ(tail.wait(), 0);
    EXPECT_EQ(tail.log(), "");
}

TEST(Tail, EndsWhenItIsAskedToAlthoughNobodyReads) {
    const Folder folder;
    {
        Server server(folder);
        Api api(server);
        ASSERT_EQ(api.create("visits").status, 201);
        for (int i = 0; i < 400; ++i) ASSERT_EQ(api.set_value("visits", i).status, 201);
        EXPECT_EQ(server.terminate(), 0);
    }
    // Open for reading, and never read. 400 events are more than a pipe holds.
    const auto pipe = folder.path() / "pipe";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    const int reader = ::open(pipe.c_str(), O_RDWR | O_CLOEXEC);
    ASSERT_GE(reader, 0);
    const auto waiting = [reader] {
        int bytes = 0;
        return ::ioctl(reader, FIONREAD, &bytes) == 0 ? bytes : 0;
    };
    Launch launch = tailing(folder, {"--all"});
    launch.output = pipe;
    Process tail(launch);
    ASSERT_TRUE(eventually([&] { return waiting() > 60'000; }));
    tail.signal(SIGTERM);
    EXPECT_EQ(tail.wait(std::chrono::seconds(5)), 0);
    ::close(reader);
}

TEST(Tail, BeginsWhereItIsTold) {
    const Folder folder;
    Server server(folder);
    Api api(server);
    for (const char* id : {"visits", "orders", "sales"}) ASSERT_EQ(api.create(id).status, 201);
    const std::string all = exported_events(folder.data());
    const auto lines = lines_of(all);
    Process from_first(tailing(folder, {"--all"}));
    Process from_second(tailing(folder, {"--from", "2"}));
    Process of_one(tailing(folder, {"--all", "--metric", "sales"}));
    ASSERT_TRUE(has_lines(from_first, 3));
    ASSERT_TRUE(has_lines(from_second, 2));
    ASSERT_TRUE(has_lines(of_one, 1));
    EXPECT_EQ(from_first.output(), all);
    EXPECT_EQ(from_second.output(), lines[1] + "\n" + lines[2] + "\n");
    EXPECT_EQ(of_one.output(), lines[2] + "\n");
    for (Process* tail : {&from_first, &from_second, &of_one}) {
        tail->signal(SIGINT);
        EXPECT_EQ(tail->wait(), 0);
    }
    EXPECT_EQ(run(tailing(folder, {"--from", "0"})).exit_code, 64);
    EXPECT_EQ(run(tailing(folder, {"--from", "1", "--all"})).exit_code, 64);
}

TEST(Tail, WaitsForAStoreThatIsNotThereYetAndOutlivesItsWriter) {
    const Folder folder;
    Process tail(tailing(folder));
    ASSERT_FALSE(tail.wait(std::chrono::milliseconds(300)).has_value()) << tail.log();
    for (int start = 1; start <= 2; ++start) {
        Server server(folder);
        Api api(server);
        ASSERT_EQ(api.create("metric" + std::to_string(start)).status, 201);
        ASSERT_TRUE(has_lines(tail, static_cast<std::size_t>(start)));
        server.kill();
    }
    EXPECT_EQ(tail.output(), exported_events(folder.data()));
    tail.signal(SIGTERM);
    EXPECT_EQ(tail.wait(), 0);
}

// `tail | head -1` must not wait for the next event to notice that nobody reads any more.
TEST(Tail, EndsWhenTheReaderHasSeenEnough) {
    const Folder folder;
    Server server(folder);
    Api api(server);
    ASSERT_EQ(api.create("visits").status, 201);
    const Finished finished = run_into_head(tailing(folder, {"--all"}), folder);
    EXPECT_EQ(finished.exit_code, 0);
    EXPECT_EQ(finished.errors, "");
    EXPECT_EQ(finished.output, exported_events(folder.data()));
}

}  // namespace
