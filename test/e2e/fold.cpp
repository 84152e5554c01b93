#include "fold.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <tuple>
#include <utility>

#include "base/time.hpp"

namespace e2e {
namespace {

struct Value {
    double value = 0;
    std::string date;  // of fixed length, so that order of text is order of time
    std::int64_t version = 0;

    auto place() const { return std::tie(date, version); }
};

struct Folded {
    std::string name, description, unit, deadline, kind, created_at, updated_at;
    double target = 0;
    std::vector<Value> values;  // in recording order
    std::optional<Value> current;
};

double number(const json::Value& value, const char* name) {
    return at(value, name).number()->value;
}
std::string text(const json::Value& value, const char* name) {
    return *at(value, name).string();
}

void take_details(Folded& metric, const json::Value& payload) {
    metric.name = text(payload, "name");
    metric.description = text(payload, "description");
    metric.unit = text(payload, "unit");
}

base::TimePoint instant(const std::string& text) {
    return base::parse_time(text, base::DateAlone::start_of_day).value();
}

std::string text_or(const json::Value& value, const char* name, std::string otherwise) {
    return value.find(name) != nullptr ? text(value, name) : std::move(otherwise);
}

void take_value(Folded& metric, const StoredEvent& event) {
    const json::Value& payload = event.payload;
    // There where the event's own time is of a clock that ran ahead.
    const std::string recorded = text_or(payload, "recordedAt", event.occurred_on);
    const Value value{number(payload, "value"), text_or(payload, "observedAt", recorded),
                      event.version};
    metric.values.push_back(value);
    std::string current = metric.current ? metric.current->date : "";
    if (payload.find("recordedAt") != nullptr && current > recorded) {
        const bool far = instant(current) > instant(recorded) + std::chrono::minutes(5);
        if (!far) current = recorded;
        if (far) current = metric.created_at <= recorded ? metric.created_at : "";
    }
    if (value.date >= current) metric.current = value;
}

Folded fold(const std::vector<StoredEvent>& events) {
    Folded metric;
    for (const StoredEvent& event : events) {
        const json::Value& payload = event.payload;
        metric.updated_at = event.occurred_on;
        if (event.type == "MetricCreated") {
            take_details(metric, payload);
            metric.target = number(payload, "target");
            metric.deadline = text(payload, "deadline");
            // The original system knew no other.
            metric.kind = payload.find("kind") != nullptr ? text(payload, "kind") : "counter";
            metric.created_at = event.occurred_on;
        } else if (event.type == "MetricDetailsUpdated") {
            take_details(metric, payload);
        } else if (event.type == "MetricTargetUpdated") {
            metric.target = number(payload, "target");
        } else if (event.type == "MetricDeadlineUpdated") {
            metric.deadline = text(payload, "deadline");
        } else if (event.type == "MetricValueUpdated") {
            take_value(metric, event);
        } else {
            ADD_FAILURE() << "an event of type " << event.type;
        }
    }
    return metric;
}

void expect_document(const Answer& document, const Folded& metric, std::int64_t version) {
    EXPECT_EQ(document.version(), version);
    EXPECT_EQ(document.text("name"), metric.name);
    EXPECT_EQ(document.text("description"), metric.description);
    EXPECT_EQ(document.text("unit"), metric.unit);
    EXPECT_EQ(document.text("deadline"), metric.deadline);
    EXPECT_EQ(document.text("kind"), metric.kind);
    EXPECT_EQ(document.text("createdAt"), metric.created_at);
    EXPECT_EQ(document.text("updatedAt"), metric.updated_at);
    EXPECT_EQ(document.number("target"), metric.target);
    EXPECT_EQ(document.number("valuesTotal"), static_cast<double>(metric.values.size()));

    const double value = metric.current ? metric.current->value : 0;
    EXPECT_EQ(document.number("value"), value);
    const bool successful = metric.current && value >= metric.target;
    EXPECT_EQ(document.flag("isSuccessful"), successful);
    const double share = metric.target > 0 ? std::max(0.0, value / metric.target) : 0;
    EXPECT_EQ(document.number("progress"), successful ? 1 : share);

    const std::size_t shown = std::min<std::size_t>(metric.values.size(), 100);
    ASSERT_EQ(document.size("values"), shown);
    for (std::size_t i = 0; i < shown; ++i) {
        const Value& expected = metric.values[metric.values.size() - shown + i];
        const std::string place = "values/" + std::to_string(i);
        ASSERT_EQ(document.number(place + "/value"), expected.value) << place;
        ASSERT_EQ(document.text(place + "/date"), expected.date) << place;
    }
}

void expect_values(Api& api, const std::string& id, std::vector<Value> values) {
    std::sort(values.begin(), values.end(),
              [](const Value& a, const Value& b) { return a.place() < b.place(); });
    std::size_t seen = 0;
    const std::string path = "/metrics/" + id + "/values?limit=1000";
    for (std::string target = path; !target.empty();) {
        const Answer page = api.get(target);
        ASSERT_EQ(page.status, 200) << page.body;
        for (const json::Value& item : *at(page.json, "items").array()) {
            ASSERT_LT(seen, values.size());
            ASSERT_EQ(number(item, "version"), static_cast<double>(values[seen].version));
            ASSERT_EQ(number(item, "value"), values[seen].value);
            ASSERT_EQ(text(item, "date"), values[seen].date);
            ++seen;
        }
        const auto* next = at(page.json, "next").string();
        target = next != nullptr ? path + "&cursor=" + *next : "";
    }
    EXPECT_EQ(seen, values.size());
}

}  // namespace

std::vector<StoredEvent> read_events(Api& api, const std::string& id) {
    std::vector<StoredEvent> events;
    for (std::int64_t after = 0;;) {
        const Answer page =
            api.get("/metrics/" + id + "/events?limit=1000&after=" + std::to_string(after));
        if (page.status == 404) return events;
        if (page.status != 200) throw std::runtime_error(id + ": " + page.body);
        for (const json::Value& item : *at(page.json, "items").array()) {
            events.push_back({static_cast<std::int64_t>(number(item, "version")),
                              text(item, "type"), text(item, "occurredOn"), at(item, "payload")});
        }
        if (at(page.json, "next").is_null()) return events;
        after = static_cast<std::int64_t>(page.number("next"));
    }
}

void expect_view_equals_fold(Api& api, const std::string& id,
                             const std::vector<StoredEvent>& events) {
    SCOPED_TRACE(id);
    ASSERT_FALSE(events.empty());
    for (std::size_t i = 0; i < events.size(); ++i) {
        ASSERT_EQ(events[i].version, static_cast<std::int64_t>(i) + 1);
        if (i > 0) {
            ASSERT_GE(events[i].occurred_on, events[i - 1].occurred_on);
        }
    }
    // Where new views had to be begun, readers are shown none before those have caught up.
    ASSERT_TRUE(eventually([&] { return api.get("/-/ready").status == 200; }));
    const Answer document =
        api.get("/metrics/" + id + "?wait=10000&minVersion=" + std::to_string(events.size()));
    ASSERT_EQ(document.status, 200) << document.body;
    const Folded metric = fold(events);
    expect_document(document, metric, static_cast<std::int64_t>(events.size()));
    expect_values(api, id, metric.values);
}

void expect_view_equals_fold(Api& api, const std::string& id) {
    expect_view_equals_fold(api, id, read_events(api, id));
}

}  // namespace e2e
