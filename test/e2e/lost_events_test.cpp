// A store that lost events, or was cut: no part of the program serves it as if all was well, in
// whatever order the parts start, and the views that prove the loss stay.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "api.hpp"
#include "parts.hpp"

namespace {

using namespace e2e;
using std::filesystem::path;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr int failed = 1;
constexpr int differences = 3;

// So many events in the file, and so many in the log alone when the server is killed. The views
// have all of them.
void serve_and_kill(const Folder& folder, int in_file, int in_log) {
    int created = 0;
    for (const int count : {in_file, in_log}) {
        if (count == 0) continue;
        Server server(folder);
        Api api(server);
        std::string last;
        for (int i = 0; i < count; ++i) {
            last = "m" + std::to_string(++created);
            ASSERT_EQ(api.create(last).status, 201);
        }
        ASSERT_EQ(api.get("/metrics/" + last + "?minVersion=1&wait=10000").status, 200);
        if (created < in_file + in_log) {
            ASSERT_EQ(server.terminate(), 0);
        } else {
            server.kill();
        }
    }
}

void lose_log(const Folder& folder) {
    std::filesystem::remove(folder.data() / "events.db-wal");
    std::filesystem::remove(folder.data() / "events.db-shm");
}

Finished yardstick(std::vector<std::string> arguments, const Folder& folder) {
    arguments.insert(arguments.end(), {"--data", folder.data().string()});
    return run({.arguments = std::move(arguments)});
}

std::string views_of(const Folder& folder) {
    std::ifstream in(folder.data() / "views-1.db", std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

void expect_every_start_refused(const Folder& folder, const std::string& why) {
    const path lines = folder.path() / "events.ndjson";
    std::ofstream(lines) << "\n";
    const std::string views = views_of(folder);
    const std::vector<std::vector<std::string>> starts{
        {"projector", "--listen", any_port},
        {"write-api", "--listen", any_port},
        {"serve", "--write-listen", any_port, "--read-listen", any_port},
        {"rebuild"},
        {"import", lines.string()}};
    for (const auto& start : starts) {
        const Finished refused = yardstick(start, folder);
        EXPECT_EQ(refused.exit_code, failed) << start[0];
        EXPECT_THAT(refused.errors, AllOf(HasSubstr("yardstick: " + folder.data().string()),
                                          HasSubstr(why), HasSubstr("yardstick restore"),
                                          HasSubstr("yardstick accept-lost-events")))
            << start[0];
    }
    EXPECT_TRUE(views_of(folder) == views) << "the proof was changed";
}

TEST(LostEvents, WithTheLogAreMissedByEveryPartInAnyOrder) {
    for (const auto& [in_file, in_log] : {std::pair(0, 1), std::pair(50, 30)}) {
        SCOPED_TRACE(in_file);
        const Folder folder;
        serve_and_kill(folder, in_file, in_log);
        lose_log(folder);
        const std::string why = in_file == 0
                                    ? "holds no event store, but views of its events are there"
                                    : "ends with event 50, but views-1.db shows that there were 80";
        expect_every_start_refused(folder, why);
        std::filesystem::remove(folder.data() / "events.mark");
        expect_every_start_refused(folder, why);
    }
}

TEST(LostEvents, AreReportedByVerifyAndStatus) {
    const Folder folder;
    serve_and_kill(folder, 5, 3);
    lose_log(folder);
    const Finished verified = yardstick({"verify"}, folder);
    EXPECT_EQ(verified.exit_code, differences);
    EXPECT_THAT(verified.errors, HasSubstr("ends with event 5, but views-1.db shows that there"));
    EXPECT_THAT(yardstick({"status"}, folder).output, HasSubstr("shows that there were 8"));
}

TEST(LostEvents, AreGivenUpByACommandAndOnlyOnce) {
    const Folder folder;
    serve_and_kill(folder, 5, 3);
    lose_log(folder);
    const std::string views = views_of(folder);
    const Finished accepted = yardstick({"accept-lost-events"}, folder);
    EXPECT_EQ(accepted.exit_code, 0) << accepted.errors;
    EXPECT_THAT(accepted.output,
                AllOf(StartsWith("events.db lacks events: it ends with event 5, but views-1.db "
                                 "shows that there were 8.\nWhat is left: 5 events."),
                      HasSubstr("kept in " + (folder.data() / "lost-events").string())));
    std::ifstream kept(folder.data() / "lost-events" / "views-1.db", std::ios::binary);
    EXPECT_TRUE(std::string(std::istreambuf_iterator<char>(kept), {}) == views);
    EXPECT_EQ(yardstick({"accept-lost-events"}, folder).exit_code, failed);
    {
        Server server(folder);
        Api api(server);
        EXPECT_EQ(api.get("/metrics/m5?minVersion=1&wait=10000").status, 200);
        EXPECT_EQ(api.get("/metrics/m6").status, 404);
        EXPECT_EQ(api.create("m6").status, 201);
        server.kill();
    }
    lose_log(folder);
    EXPECT_EQ(yardstick({"serve", "--write-listen", any_port, "--read-listen", any_port}, folder)
                  .exit_code,
              failed)
        << "the next loss was accepted in advance";
}

TEST(LostEvents, MakeAReadApiSaySo) {
    const Folder folder;
    serve_and_kill(folder, 5, 3);
    lose_log(folder);
    const auto part = start_part(Part::read_api, folder.data());
    http::Client client(part.url);
    const auto ready = client.get("/-/ready");
    EXPECT_EQ(ready.status, 503);
    EXPECT_THAT(ready.body, HasSubstr("ends with event 5, but event 8 was there"));
    EXPECT_EQ(client.get("/metrics/m8").status, 200) << "it was acknowledged";
    EXPECT_EQ(client.get("/metrics/m8/events").status, 503) << "not 404";
}

TEST(LostEvents, AFileThatWasCutOffIsNotServed) {
    const Folder folder;
    serve_and_kill(folder, 200, 3);
    const path file = folder.data() / "events.db";
    std::filesystem::resize_file(file, std::filesystem::file_size(file) / 2);
    for (const auto& start : std::vector<std::vector<std::string>>{
             {"write-api", "--listen", any_port},
             {"serve", "--write-listen", any_port, "--read-listen", any_port}}) {
        const Finished refused = yardstick(start, folder);
        EXPECT_EQ(refused.exit_code, failed);
        EXPECT_THAT(refused.errors, HasSubstr(file.string() + " is damaged: "));
    }
}

TEST(LostEvents, OfAFileThatIsReplacedUnderARunningServerAreNeitherServedNorForgotten) {
    const Folder folder;
    const path file = folder.data() / "events.db";
    serve_and_kill(folder, 5, 0);
    {
        Server server(folder);
        ASSERT_EQ(server.terminate(), 0);
    }
    std::filesystem::copy(file, folder.path() / "copy.db");
    Server server(folder);
    Api api(server);
    ASSERT_EQ(api.create("m6").status, 201);
    ASSERT_EQ(api.get("/metrics/m6?minVersion=1&wait=10000").status, 200);
    std::filesystem::rename(folder.path() / "copy.db", file);
    lose_log(folder);
    EXPECT_EQ(api.create("m7").status, 503) << "not 201";
    EXPECT_EQ(api.set_value("m6", 1).status, 503) << "not 404";
    EXPECT_TRUE(eventually([&] { return server.log().find("lacks events") != std::string::npos; }))
        << "the projector says why it stopped";
    EXPECT_EQ(api.get("/-/ready").status, 503);
    EXPECT_EQ(api.get("/metrics/m6").status, 200) << "it was acknowledged";
    EXPECT_TRUE(std::filesystem::exists(folder.data() / "views.current"));
    server.kill();
    const Finished refused =
        yardstick({"serve", "--write-listen", any_port, "--read-listen", any_port}, folder);
    EXPECT_EQ(refused.exit_code, failed);
}

TEST(LostEvents, AStartSaysWhatWasChecked) {
    const Folder folder;
    serve_and_kill(folder, 3, 0);
    const Server server(folder);
    EXPECT_THAT(server.log(), HasSubstr("every page, the streams and the last 3 of 3 events"));
}

}  // namespace
