// `export`, and `import` of what it wrote: nothing is lost or changed on the way.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <map>

#include "base/time.hpp"
#include "es/event_store.hpp"
#include "es/sqlite.hpp"
#include "fold.hpp"
#include "load.hpp"
#include "transfer.hpp"

namespace {

using namespace e2e;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr int failed = 1;
constexpr int partly = 2;
constexpr int not_found = 4;
constexpr int in_use = 5;

Launch exporting(const std::string& what, const std::filesystem::path& data,
                 const std::vector<std::string>& further = {}) {
    Launch launch{.arguments = {"export", what, "--data", data.string()}};
    launch.arguments.insert(launch.arguments.end(), further.begin(), further.end());
    return launch;
}

Launch importing(const std::filesystem::path& file, const std::filesystem::path& data) {
    return {.arguments = {"import", file.string(), "--data", data.string()}};
}

std::string event_summary(std::uint64_t recorded, std::uint64_t there) {
    return std::to_string(recorded) + " events recorded, " + std::to_string(there) +
           " were there, 0 left out with 0 metrics, 0 bad lines\n";
}

es::RecordedEvent foreign_event(const es::StreamId& stream, es::Version version,
                                const std::string& type, const std::string& payload) {
    es::RecordedEvent event;
    event.stream = stream;
    event.version = version;
    event.occurred_on = es::TimePoint(std::chrono::milliseconds(1'600'000'000'000 + version));
    event.type = type;
    event.payload = payload;
    return event;
}

// A store with events of every type, with keys, and with what other systems wrote.
void fill(const Folder& folder) {
    {
        Server server(folder);
        Api api(server);
        ASSERT_EQ(api.create("visits", {.key = "create \"visits\""}).status, 201);
        ASSERT_EQ(api.create("A.b_c-1").status, 201);
        for (int i = 1; i <= 80; ++i) {
            const auto key = "v" + std::to_string(i);
            // Each at a time of its own, by which a series is read in again.
            const auto before = base::system_now();
            ASSERT_TRUE(eventually([&] { return base::system_now() > before; }));
            ASSERT_EQ(api.set_value("visits", i * 0.1, {.key = key}).status, 201);
            ASSERT_EQ(api.set_value("A.b_c-1", -i).status, 201);
        }
        ASSERT_EQ(api.post("/metrics/UpdateMetricDetailsCommand",
                           R"({"id":"visits","props":{"name":"Größe 🚀","description":)"
                           R"("Line\n\"two\"","unit":"=cmd"}})")
                      .status,
                  201);
        ASSERT_EQ(api.post("/metrics/UpdateMetricTargetCommand",
                           R"({"id":"visits","props":{"target":1e100}})")
                      .status,
                  201);
        ASSERT_EQ(api.post("/metrics/UpdateMetricDeadlineCommand",
                           R"({"id":"visits","props":{"deadline":"2098-01-01T00:00:00+02:00"}})")
                      .status,
                  201);
        ASSERT_EQ(server.terminate(), 0);
    }
    es::SqliteEventStore store(folder.data());
    for (const char* id : {"übung/1 ?", "=1+1", "-", "..", "a\\\"b"}) {
        const auto outcome = es::append_one(
            store,
            {id,
             0,
             {foreign_event(id, 1, "MetricCreated",
                            R"({"name":"N\u00e4","description":"d","target":15.0,"unit":"u",)"
                            R"("deadline":"2023-12-31T00:00:00.000Z"})"),
              foreign_event(id, 2, "MetricValueUpdated", R"({ "value" : 1.50e+01 })")}});
        ASSERT_EQ(outcome.status, es::AppendStatus::stored);
    }
}

TEST(Export, ImportedIntoAnEmptyFolderGivesTheSameExport) {
    const Folder folder;
    fill(folder);
    const Folder other;
    const std::string exported = exported_events(folder.data());
    ASSERT_EQ(lines_of(exported).size(), 2U + 160U + 3U + 10U);
    const auto file = write_file(folder, "events.ndjson", exported);
    const Finished imported = run(importing(file, other.data()));
    EXPECT_EQ(imported.exit_code, 0) << imported.errors;
    EXPECT_EQ(imported.output, event_summary(175, 0));
    EXPECT_EQ(exported_events(other.data()), exported);

    const Finished again = run(importing(file, other.data()));
    EXPECT_EQ(again.output, event_summary(0, 175));
    EXPECT_EQ(exported_events(other.data()), exported);

    // It serves the same metrics, and knows the keys.
    Server server(other);
    Api api(server);
    ASSERT_TRUE(eventually([&] { return api.get("/-/ready").status == 200; }));
    EXPECT_EQ(api.set_value("visits", 80 * 0.1, {.key = "v80"}).header("Idempotent-Replayed"),
              "true");
    expect_view_equals_fold(api, "visits");
    const Answer metric = api.get("/metrics/visits?minVersion=84");
    EXPECT_EQ(metric.text("name"), "Größe 🚀");
    EXPECT_EQ(api.get("/metrics/%C3%BCbung%2F1%20%3F?minVersion=2").number("value"), 15);
}

TEST(Export, WritesThePictureAndTheHistoryAsCsv) {
    const Folder folder;
    fill(folder);
    Server server(folder);
    Api api(server);
    ASSERT_EQ(api.get("/metrics/-?minVersion=2").status, 200);
    const Finished metrics = run(exporting("metrics", folder.data()));
    EXPECT_EQ(metrics.exit_code, 0) << metrics.errors;
    EXPECT_THAT(metrics.output,
                StartsWith("id,name,description,unit,kind,target,deadline,value,progress,"
                           "isExpired,isSuccessful,version,createdAt,updatedAt,valuesTotal,"
                           "valueDate,status,stale,direction,mode,start,baseline,tolerance,"
                           "checkpoints,updateEvery,lateDays,decimals,owner,tags,links,isArchived\n"
                           "'-,Nä,d,u,counter,15,2023-12-31T00:00:00.000Z,15,1,true,true,2,"
                           "2020-09-13T12:26:40.001Z,2020-09-13T12:26:40.002Z,1,"
                           "2020-09-13T12:26:40.002Z,achieved,false,at_least,reach,,,,[],,0,,,[],"
                           "[],false\n"));
    EXPECT_THAT(metrics.output,
                HasSubstr("\nvisits,Größe 🚀,\"Line\n\"\"two\"\"\",'=cmd,gauge,1e+100,"
                          "2097-12-31T22:00:00.000Z,8,8e-100,false,false,84,"));
    EXPECT_THAT(metrics.output, HasSubstr("\n'=1+1,"));

    const Finished one = run(exporting("metrics", folder.data(), {"--metric", ".."}));
    EXPECT_EQ(lines_of(one.output).size(), 2U);
    EXPECT_THAT(one.output, HasSubstr("\n..,Nä,"));

    const Finished values = run(exporting("values", folder.data()));
    const auto rows = lines_of(values.output);
    ASSERT_EQ(rows.size(), 1U + 80U + 80U + 5U);
    EXPECT_EQ(rows[0], "id,date,value,version");
    EXPECT_EQ(rows[1], "'-,2020-09-13T12:26:40.002Z,15,2");
    const Finished some = run(exporting("values", folder.data(), {"--metric", "visits"}));
    const auto some_rows = lines_of(some.output);
    ASSERT_EQ(some_rows.size(), 81U);
    EXPECT_THAT(some_rows[1], ::testing::AllOf(StartsWith("visits,"), HasSubstr("Z,0.1,2")));

    // The read API hands out the same.
    EXPECT_EQ(api.get("/metrics.csv").body, metrics.output);
    EXPECT_EQ(api.get("/metrics/visits/values.csv").body, some.output);

    // A history goes into another metric as any other series.
    const auto file = write_file(folder, "values.csv", some.output);
    auto options = creating();
    options.insert(options.end(), {"--time", "date", "--value", "value", "--where", "id=visits"});
    const Finished copied = run(series_import(server, file, "copy", options));
    EXPECT_EQ(copied.exit_code, 0) << copied.errors;
    EXPECT_EQ(values_of(api, "copy"), values_of(api, "visits"));
}

TEST(Export, OfOneMetricHasItsEventsAlone) {
    const Folder folder;
    fill(folder);
    const auto lines = lines_of(exported_events(folder.data(), {"--metric", "übung/1 ?"}));
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_THAT(lines[1], HasSubstr(R"("version":2)"));
    EXPECT_THAT(lines[1], HasSubstr(R"("payload":{ "value" : 1.50e+01 },)"));
    for (const char* what : {"metrics", "values", "events"}) {
        const auto file = folder.path() / "none";
        {
            Server server(folder);  // makes the views
            Api api(server);
            ASSERT_EQ(api.get("/metrics/visits?minVersion=1").status, 200);
        }
        const Finished unknown =
            run(exporting(what, folder.data(), {"--metric", "nobody", "--output", file.string()}));
        EXPECT_EQ(unknown.exit_code, not_found) << what;
        EXPECT_THAT(unknown.errors, HasSubstr("there is no metric 'nobody'"));
        EXPECT_FALSE(std::filesystem::exists(file));
    }
}

TEST(Export, ReplacesNothingInADataFolder) {
    const Folder folder;
    fill(folder);
    const Folder other;
    fill(other);
    const std::string events = exported_events(folder.data());
    for (const auto& target :
         {folder.data() / "events.db", folder.data() / "events.lock", other.data() / "events.db"}) {
        const Finished refused =
            run(exporting("events", folder.data(), {"--output", target.string()}));
        EXPECT_EQ(refused.exit_code, failed) << target;
        EXPECT_THAT(refused.errors, HasSubstr("is in a data folder"));
    }
    EXPECT_EQ(exported_events(folder.data()), events);
    EXPECT_EQ(lines_of(exported_events(other.data())).size(), lines_of(events).size());
}

TEST(Export, IsNotImportedWhereTheEventsWereLost) {
    const Folder folder;
    fill(folder);
    {
        Server server(folder);  // makes the views
        Api api(server);
        ASSERT_TRUE(eventually([&] { return api.get("/-/ready").status == 200; }));
        ASSERT_EQ(server.terminate(), 0);
    }
    const auto file = write_file(folder, "events.ndjson", exported_events(folder.data()));
    std::filesystem::remove(folder.data() / "events.db");
    const Finished refused = run(importing(file, folder.data()));
    EXPECT_EQ(refused.exit_code, failed);
    EXPECT_THAT(refused.errors,
                HasSubstr("events.db is missing, but views of its events are there"));
    EXPECT_FALSE(std::filesystem::exists(folder.data() / "events.db"));
}

TEST(Export, WritesAFileThatAppearsWhenItIsComplete) {
    const Folder folder;
    fill(folder);
    const auto file = write_file(folder, "out.ndjson", "what was there\n");
    const Finished finished = run(exporting("events", folder.data(), {"--output", file.string()}));
    EXPECT_EQ(finished.exit_code, 0) << finished.errors;
    EXPECT_THAT(finished.output, IsEmpty());
    EXPECT_EQ(read_file(file), exported_events(folder.data()));

    Launch full = exporting("events", folder.data(), {"--output", file.string()});
    full.file_bytes_max = 32'768;  // the index of the log has that size
    const std::string before = read_file(file);
    ASSERT_GT(before.size(), 32'768U);
    const Finished refused = run(full);
    EXPECT_EQ(refused.exit_code, failed);
    EXPECT_THAT(refused.errors, HasSubstr(file.string() + " can't be written"));
    EXPECT_EQ(read_file(file), before);
    for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
        EXPECT_NE(entry.path().extension(), ".part");
    }
    const Finished nowhere = run(exporting("events", folder.data(), {"--output", "/none/x"}));
    EXPECT_EQ(nowhere.exit_code, failed);
    EXPECT_THAT(nowhere.errors, HasSubstr("/none/x can't be written"));
}

TEST(Export, EndsQuietlyWhenTheReaderHasSeenEnough) {
    const Folder folder;
    {
        es::SqliteEventStore store(folder.data());
        std::vector<es::Append> batch;
        for (int i = 0; i < 3'000; ++i) {
            const std::string id = "m" + std::to_string(i);
            batch.push_back({id, 0, {foreign_event(id, 1, "MetricCreated", R"({"name":"n"})")}});
        }
        store.append(std::move(batch), [](std::size_t, const es::AppendOutcome&) {});
    }
    const Finished finished = run_into_head(exporting("events", folder.data()), folder);
    EXPECT_EQ(finished.exit_code, 0);
    EXPECT_EQ(finished.errors, "");
    ASSERT_EQ(lines_of(finished.output).size(), 1U);
    EXPECT_THAT(finished.output, StartsWith(R"({"stream":"m0")"));
}

TEST(Export, IsOfOneMomentWhileTheServerWrites) {
    const Folder folder;
    Server server(folder);
    Load load(4, 1);
    load.prepare(server);
    load.start(server);
    std::size_t exported = 0;
    for (int round = 0; round < 5; ++round) {
        const std::size_t before = load.acknowledged();
        ASSERT_TRUE(eventually([&] { return load.acknowledged() > before + 200; }));
        const std::size_t acknowledged = load.acknowledged();
        std::map<std::string, double> versions;
        const auto lines = lines_of(exported_events(folder.data()));
        for (const auto& line : lines) {
            const auto event = json::parse(line);
            ASSERT_TRUE(event.ok()) << line;
            const double version = at(event.value, "version").number()->value;
            ASSERT_EQ(version, ++versions[*at(event.value, "stream").string()]) << line;
        }
        EXPECT_GE(lines.size(), acknowledged);
        EXPECT_GT(lines.size(), exported);
        exported = lines.size();
    }
    load.finish();
}

TEST(Export, NamesAnEventThatNobodyCanReadAndLeavesItOut) {
    const Folder folder;
    {
        es::SqliteEventStore store(folder.data());
        for (const char* id : {"good", "bad"}) {
            es::append_one(store, {id, 0, {foreign_event(id, 1, "MetricCreated", "{}")}});
        }
    }
    sqlite3* connection = nullptr;
    ASSERT_EQ(sqlite3_open((folder.data() / "events.db").c_str(), &connection), SQLITE_OK);
    sqlite3_exec(connection, "UPDATE events SET payload = '{' WHERE position = 2", nullptr, nullptr,
                 nullptr);
    sqlite3_close(connection);
    const Finished finished = run(exporting("events", folder.data()));
    EXPECT_EQ(finished.exit_code, partly);
    EXPECT_EQ(lines_of(finished.output).size(), 1U);
    EXPECT_EQ(finished.errors,
              "yardstick: event 1 of metric 'bad' is left out: its payload is not JSON.\n");
}

TEST(Export, SaysWhenThereIsNothingToExportFrom) {
    const Folder folder;
    for (const char* what : {"metrics", "values", "events"}) {
        const Finished finished = run(exporting(what, folder.data()));
        EXPECT_EQ(finished.exit_code, failed);
        EXPECT_THAT(finished.errors, StartsWith("yardstick: "));
        EXPECT_EQ(lines_of(finished.errors).size(), 1U) << finished.errors;
    }
    EXPECT_FALSE(std::filesystem::exists(folder.data()));
}

// --- import FILE.ndjson ---

TEST(EventImport, IsRefusedWhileSomebodyElseWrites) {
    const Folder folder;
    Server server(folder);
    const auto file = write_file(folder, "events.ndjson", "");
    const Finished finished = run(importing(file, folder.data()));
    EXPECT_EQ(finished.exit_code, in_use);
    EXPECT_THAT(finished.errors, HasSubstr(folder.data().string() + " is in use"));
    Api api(server);
    EXPECT_EQ(api.create("visits").status, 201);
}

TEST(EventImport, NamesWhatItLeavesOutAndRecordsTheRest) {
    const Folder folder;
    fill(folder);
    auto lines = lines_of(exported_events(folder.data()));
    lines.insert(lines.begin() + 3, "not an event");
    lines[0].replace(lines[0].find("MetricCreated"), 13, "MetricHidden!");
    std::string text;
    for (const auto& line : lines) text += line + "\n";
    const Folder other;
    const auto file = write_file(folder, "events.jsonl", text);
    const Finished finished = run(importing(file, other.data()));
    EXPECT_EQ(finished.exit_code, partly);
    EXPECT_EQ(finished.output,
              "91 events recorded, 0 were there, 83 left out with 1 metrics, 2 bad "
              "lines\n");
    const auto said = lines_of(finished.errors);
    ASSERT_EQ(said.size(), 2U) << finished.errors;
    EXPECT_THAT(said[0], ::testing::AllOf(StartsWith("line 1: "), HasSubstr("MetricHidden!")));
    EXPECT_THAT(said[1], StartsWith("line 4: is not JSON"));
}

TEST(EventImport, GoesOnAfterAKill) {
    const Folder folder;
    const Folder other;
    std::string text;
    for (int i = 0; i < 60'000; ++i) {
        const std::string number = std::to_string(i);
        text += R"({"stream":"m)" + number +
                R"(","version":1,"occurredOn":"2026-01-01T00:00:00.000Z","type":"MetricCreated",)"
                R"("schema":1,"payload":{"name":"n","description":"d","target":1,"unit":"u",)"
                R"("deadline":"2099-01-01T00:00:00.000Z"},"metadata":{"commandId":"c)" +
                number + "\"}}\n";
    }
    const auto file = write_file(folder, "events.ndjson", text);
    {
        Process import(importing(file, other.data()));
        const auto log = other.data() / "events.db-wal";
        ASSERT_TRUE(eventually([&] {
            std::error_code ignored;
            const auto size = std::filesystem::file_size(log, ignored);
            return !ignored && size > 1'000'000;
        }));
        import.signal(SIGKILL);
        ASSERT_EQ(import.wait(), -SIGKILL);
    }
    const auto part = lines_of(exported_events(other.data())).size();
    EXPECT_GT(part, 0U);
    EXPECT_LT(part, 60'000U);
    const Finished rest = run(importing(file, other.data()));
    EXPECT_EQ(rest.output, event_summary(60'000 - part, part)) << rest.errors;
    EXPECT_EQ(exported_events(other.data()), text);
}

}  // namespace
