// A large import whose processes are killed in the middle: run again, each row is there once.
#include <gtest/gtest.h>

#include "transfer.hpp"

namespace {

using namespace e2e;

constexpr std::int64_t rows = 200'000;

std::string series() {
    std::string text = "when,what\n";
    for (std::int64_t i = 0; i < rows; ++i) {
        text += std::to_string(1'600'000'000 + i * 60) + "," + std::to_string(i % 977) + ".25\n";
    }
    return text;
}

// Waits until the metric has that version, with the import still at work.
void wait_for_version(Api& api, std::int64_t version) {
    ASSERT_TRUE(
        eventually([&] { return version_of(api, "big") >= version; }, std::chrono::seconds(60)));
}

TEST(ImportBig, EachOf200000RowsIsThereOnceHoweverOftenItIsKilled) {
    const Folder folder;
    const auto file = write_file(folder, "big.csv", series());
    {
        Server server(folder, {.arguments = {"--no-access-log"}});
        Api api(server);
        ASSERT_EQ(api.create("big").status, 201);
        for (const std::int64_t version : {10'000, 30'000}) {
            Process import(series_import(server, file, "big"));
            wait_for_version(api, version);
            import.signal(SIGKILL);
            ASSERT_EQ(import.wait(), -SIGKILL);
        }
        Process import(series_import(server, file, "big", {"--retry-for", "1"}));
        wait_for_version(api, 60'000);
        server.kill();
        ASSERT_EQ(import.wait(std::chrono::seconds(30)), 1);
        EXPECT_NE(import.log().find("run the import again"), std::string::npos) << import.log();
        EXPECT_EQ(lines_of(import.log()).size(), 1U) << import.log();
    }
    Server server(folder, {.arguments = {"--no-access-log"}});
    Api api(server);
    const std::int64_t before = version_of(api, "big") - 1;
    ASSERT_GE(before, 60'000 - 1);
    Process import(series_import(server, file, "big"));
    ASSERT_EQ(import.wait(std::chrono::seconds(100)), 0) << import.log();
    EXPECT_EQ(import.output(), summary(static_cast<std::uint64_t>(rows - before),
                                       static_cast<std::uint64_t>(before)));
    EXPECT_EQ(version_of(api, "big"), rows + 1);
    const Values values = values_of(api, "big");
    EXPECT_EQ(values.size(), static_cast<std::size_t>(rows));
    for (const auto& [date, at_date] : values) ASSERT_EQ(at_date.size(), 1U) << date;
}

}  // namespace
