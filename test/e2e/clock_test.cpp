// A metric of which a clock that ran ahead has stamped events, once the clock is right again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "engine_access.hpp"
#include "fold.hpp"
#include "set_up.hpp"
#include "transfer.hpp"

namespace {

using namespace e2e;
using ::testing::AllOf;
using ::testing::Ge;
using ::testing::Le;

constexpr std::chrono::hours year{24 * 365};

std::string in(std::chrono::milliseconds time) {
    return base::format_time(base::system_now() + time);
}

struct Stamped {
    std::string occurred_on;
    std::string type;
    std::string payload;  // flat
};

// As lines for `import`.
std::string lines_for(const std::string& id, const std::vector<Stamped>& events) {
    std::string lines;
    for (std::size_t i = 0; i < events.size(); ++i) {
        json::Writer line;
        line.begin_object()
            .member("stream", id)
            .member("version", static_cast<std::int64_t>(i) + 1)
            .member("occurredOn", events[i].occurred_on)
            .member("type", events[i].type)
            .member("schema", std::int64_t{1})
            .name("payload")
            .raw(events[i].payload)
            .name("metadata")
            .begin_object()
            .end_object()
            .end_object();
        lines += line.take() + "\n";
    }
    return lines;
}

void write_attributes(const std::string& payload, json::Writer& out) {
    const auto parsed = json::parse(payload);
    for (const auto& [name, value] : *parsed.value.object()) {
        out.name(name).begin_object();
        if (const auto* text = value.string()) out.member("S", *text);
        if (const auto* number = value.number())
            out.member("N", json::format_number(number->value));
        out.end_object();
    }
}

// As an item of the table.
std::string item_for(const std::string& table, const std::string& id, std::size_t version,
                     const Stamped& event) {
    json::Writer out;
    const auto text = [&](const char* name, const std::string& value) {
        out.name(name).begin_object().member("S", value).end_object();
    };
    out.begin_object().member("TableName", table).name("Item").begin_object();
    text("aggregateId", id);
    out.name("order").begin_object().member("N", std::to_string(version)).end_object();
    text("name", event.type);
    text("occurredOn", event.occurred_on);
    out.name("payload").begin_object().name("M").begin_object();
    write_attributes(event.payload, out);
    out.end_object().end_object().end_object().end_object();
    return out.take();
}

// Into the store, before a program looks at it.
void put_events(const Folder& folder, const std::string& id, const std::vector<Stamped>& events) {
    if (is_distributed()) {
        EngineAccess engines(engine_environment(folder));
        for (std::size_t i = 0; i < events.size(); ++i) {
            engines.dynamodb("PutItem", item_for(engines.table(), id, i + 1, events[i]));
        }
        return;
    }
    const auto file = write_file(folder, id + ".ndjson", lines_for(id, events));
    const Finished done =
        run({.arguments = {"import", file.string(), "--data", folder.data().string()}});
    ASSERT_EQ(done.exit_code, 0) << done.errors;
}

Stamped created(const std::string& kind = "gauge") {
    return {in(-year), "MetricCreated",
            R"({"name":"m","description":"d","target":10,"unit":"u","deadline":")" + in(4 * year) +
                R"(","kind":")" + kind + R"("})"};
}

class Clock : public ::testing::Test {
protected:
    Answer change(const char* command, const std::string& props) {
        return api().post(std::string("/metrics/Update") + command + "Command",
                          R"({"id":"m","props":{)" + props + "}}");
    }
    // When the view has come to the version.
    Answer document(std::int64_t version) {
        return api().get("/metrics/m?wait=10000&minVersion=" + std::to_string(version));
    }
    Api& api() {
        if (!server_) server_.emplace(folder);
        if (!api_) api_.emplace(*server_);
        return *api_;
    }
    void restart() {
        api_.reset();
        server_.reset();
    }

    const Folder folder;

private:
    std::optional<Server> server_;
    std::optional<Api> api_;
};

TEST_F(Clock, AnEventThatWasStampedAheadClosesNoMetric) {
    put_events(
        folder, "m",
        {created(),
         {in(9 * year), "MetricDetailsUpdated", R"({"name":"M","description":"d","unit":"u"})"}});
    const std::string before = in(std::chrono::milliseconds(0));
    EXPECT_EQ(api().set_value("m", 12).version(), 3);
    const std::string after = in(std::chrono::milliseconds(0));
    EXPECT_EQ(change("MetricTarget", R"("target":20)").status, 201);
    const std::string deadline = in(5 * year);
    EXPECT_EQ(change("MetricDeadline", R"("deadline":")" + deadline + "\"").status, 201);
    EXPECT_EQ(change("MetricDeadline", R"("deadline":")" + in(-year) + "\"").problem(),
              "deadline-in-past");
    EXPECT_EQ(change("MetricValue", R"("value":1,"observedAt":")" + in(8 * year) + "\"").problem(),
              "observed-in-future");
    for (int round = 0; round < 2; ++round) {
        const Answer metric = document(5);
        EXPECT_EQ(metric.number("value"), 12);
        EXPECT_EQ(metric.number("target"), 20);
        EXPECT_EQ(metric.text("deadline"), deadline);
        EXPECT_FALSE(metric.flag("isExpired"));
        EXPECT_THAT(metric.text("values/0/date"), AllOf(Ge(before), Le(after)));
        expect_view_equals_fold(api(), "m");
        restart();
    }
}

TEST_F(Clock, WhatIsObservedNowBecomesCurrentAtOnceThoughAnEarlierValueIsDatedAhead) {
    put_events(folder, "m",
               {created("counter"), {in(9 * year), "MetricValueUpdated", R"({"value":5})"}});
    EXPECT_EQ(api().set_value("m", 4).problem(), "value-below-current");
    const auto observed = [&](int value, std::chrono::milliseconds when) {
        return change("MetricValue", R"("value":)" + std::to_string(value) + R"(,"observedAt":")" +
                                         in(when) + "\"");
    };
    EXPECT_EQ(observed(6, std::chrono::seconds(0)).version(), 3);
    EXPECT_EQ(document(3).number("value"), 6);
    EXPECT_EQ(api().set_value("m", 7).version(), 4);
    EXPECT_EQ(document(4).number("value"), 7);
    EXPECT_EQ(observed(3, -std::chrono::hours(1)).version(), 5);
    EXPECT_EQ(document(5).number("value"), 7) << "back-dated";
    EXPECT_EQ(api().set_value("m", 6).problem(), "value-below-current");
    restart();  // what the rules go by is read again
    EXPECT_EQ(api().set_value("m", 6).problem(), "value-below-current");
    EXPECT_EQ(api().set_value("m", 8).version(), 6);
    EXPECT_EQ(document(6).number("value"), 8);
    expect_view_equals_fold(api(), "m");
}

}  // namespace
