// A disk that takes nothing more: commands are answered 503, nothing is acknowledged that isn't
// stored, and when there is room again the program continues without a restart.
#include <gtest/gtest.h>

#include <fstream>
#include <functional>

#include "load.hpp"

namespace {

using namespace e2e;

// The folder as the process sees it.
std::filesystem::path data_seen_by(const Process& process, const Folder& folder) {
    return "/proc/" + std::to_string(process.pid()) + "/root" + folder.data().string();
}

// Under load: `fill` the disk, see that nothing is taken any more while questions are answered,
// make `room` again, and hold what was answered against what is stored.
void expect_full_disk_survived(Server& server, const std::function<void()>& fill,
                               const std::function<void()>& room) {
    Load load(4, 1);
    load.prepare(server);
    load.start(server);
    ASSERT_TRUE(eventually([&] { return load.acknowledged() > 200; }));
    fill();
    const std::size_t refusals = load.unavailable() + 100;
    ASSERT_TRUE(eventually([&] { return load.unavailable() > refusals; })) << server.log();
    Api api(server);
    EXPECT_EQ(api.write().get("/-/ready").status, 503);
    EXPECT_EQ(api.get("/metrics/own-0").status, 200);
    const Answer refused = api.set_value("own-0", -1);
    EXPECT_EQ(refused.status, 503) << refused.body;
    EXPECT_FALSE(refused.header("Retry-After").empty());

    room();
    const std::size_t enough = load.acknowledged() + 200;
    ASSERT_TRUE(eventually([&] { return load.acknowledged() > enough; })) << server.log();
    load.finish();
    EXPECT_EQ(api.write().get("/-/ready").status, 200);
    load.repeat_unanswered(server);
    load.verify(server);
}

TEST(Disk, GoesOnAfterFilesCouldNotGrow) {
    const Folder folder;
    Server server(folder, {.arguments = {"--no-access-log"}});
    const Process& process = server.process();
    expect_full_disk_survived(
        server,
        [&] { process.limit_files(std::filesystem::file_size(folder.data() / "events.db-wal")); },
        [&] { process.limit_files(std::nullopt); });
    EXPECT_EQ(server.terminate(), 0);
}

TEST(Disk, GoesOnAfterItWasFull) {
    if (!can_mount_small_disk()) GTEST_SKIP() << "this machine or chroot lets nobody mount a disk";
    const Folder folder;
    std::filesystem::create_directory(folder.data());
    Server server(folder, {.arguments = {"--no-access-log"},
                           .small_disk = folder.data(),
                           .small_disk_bytes = 16'000'000});
    const auto filler = data_seen_by(server.process(), folder) / "filler";
    const auto fill = [&] {
        const std::string block(4096, 'x');
        std::ofstream file(filler, std::ios::binary);
        while (file.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
        }
    };
    expect_full_disk_survived(server, fill, [&] { std::filesystem::remove(filler); });
    EXPECT_EQ(server.terminate(), 0);
}

}  // namespace
