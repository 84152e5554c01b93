// For tests of the read API: one over views and events in memory, asked without sockets.
#pragma once

#include <gmock/gmock.h>

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/problems.hpp"
#include "base/json.hpp"
#include "base/time.hpp"
#include "es/memory_event_store.hpp"
#include "http/percent.hpp"
#include "kpi/testing/documents.hpp"
#include "read_api/read_api.hpp"
#include "views/memory/memory_metric_views.hpp"

namespace read_api {

inline es::TimePoint moment(const char* time) {
    return base::parse_time(time, base::DateAlone::start_of_day).value();
}

class ReadApiTest : public testing::Test {
protected:
    void SetUp() override {
        api::register_problem_types();
        start({.views = views, .pool = pool, .events = &events});
    }

    // Another read API than the usual one.
    void start(ReadApiOptions options) {
        options.clock = [this] { return now; };
        options.on_error = [this](std::string_view text) { operator_told = text; };
        read_api = std::make_unique<ReadApi>(std::move(options));
        router = http::Router();
        read_api->add_routes(router);
    }

    std::future<http::Response> ask(const std::string& target, http::Headers headers = {},
                                    const std::string& method = "GET") {
        http::Request request;
        request.method = method;
        request.target = target;
        request.path = target.substr(0, target.find('?'));
        if (request.path.size() < target.size()) {
            request.query = http::parse_query(target.substr(request.path.size() + 1)).value();
        }
        request.headers = std::move(headers);
        request.id = "r1";
        request.caller = "127.0.0.1";
        auto promise = std::make_shared<std::promise<http::Response>>();
        router.route(std::move(request), http::Responder([promise](http::Response response) {
                         promise->set_value(std::move(response));
                     }));
        return promise->get_future();
    }

    http::Response get(const std::string& target, http::Headers headers = {}) {
        return ask(target, std::move(headers)).get();
    }

    // A metric of version 1, created at 10:00 on 1 June 2026, its deadline at the end of that year.
    static kpi::MetricDocument metric(std::string name = "Users") {
        kpi::MetricDocument document;
        document.version = 1;
        document.metric.name = std::move(name);
        document.metric.description = "Who \"came\"";
        document.metric.target = 15;
        document.metric.unit = "users";
        document.metric.deadline = moment("2026-12-31T23:59:59.999Z");
        document.metric.created_at = moment("2026-06-01T10:00:00Z");
        document.metric.last_occurred = moment("2026-06-01T10:00:00Z");
        return document;
    }

    void save(const kpi::MetricId& id, const kpi::MetricDocument& document,
              const std::vector<kpi::MetricValue>& rows = {}) {
        es::ViewSave<kpi::MetricView> save;
        save.changes.push_back({id, views.version(id), document, kpi::testing::rows_of(rows)});
        EXPECT_TRUE(views.save(save).empty());
    }

    // Stores the next event of a stream.
    void record(const es::StreamId& stream, es::Version version, const char* type, const char* on,
                const char* payload, int schema) {
        es::RecordedEvent event;
        event.stream = stream;
        event.version = version;
        event.occurred_on = moment(on);
        event.type = type;
        event.schema = schema;
        event.payload = payload;
        ASSERT_EQ(es::append_one(events, {stream, version - 1, {event}}).status,
                  es::AppendStatus::stored);
    }

    // A metric with `count` values: 1, 2, ... a minute apart.
    void save_with_values(const kpi::MetricId& id, int count) {
        kpi::MetricDocument document = metric();
        std::vector<kpi::MetricValue> rows;
        for (int i = 1; i <= count; ++i) {
            rows.push_back({static_cast<double>(i),
                            moment("2026-06-01T11:00:00Z") + std::chrono::minutes(i),
                            ++document.version});
        }
        if (!rows.empty()) kpi::testing::set_current(document, rows.back());
        document.values_total = count;
        save(id, document, rows);
    }

    es::TimePoint now = moment("2026-06-01T12:00:00Z");
    std::string operator_told;
    views::MemoryMetricViews views;
    es::MemoryEventStore events;
    http::Router router;
    std::unique_ptr<ReadApi> read_api;
    api::WorkerPool pool{{}};  // the last, so that its jobs end before what they use goes
};

// A text member of a JSON object; "" when it is not there.
inline std::string text_member(const std::string& body, std::string_view name) {
    const auto parsed = json::parse(body);
    const auto* member = parsed.value.find(name);
    const auto* text = member != nullptr ? member->string() : nullptr;
    return text != nullptr ? *text : "";
}

inline std::string problem_type(const http::Response& response) {
    EXPECT_EQ(*response.headers.find("Content-Type"), "application/problem+json");
    return text_member(response.body, "type");
}

// The entries of `errors`: "parameter sort", "header If-None-Match", ...
inline std::vector<std::string> error_places(const http::Response& response) {
    std::vector<std::string> places;
    const auto parsed = json::parse(response.body);
    const auto* errors = parsed.value.find("errors");
    if (errors == nullptr) return places;
    for (const auto& error : *errors->array()) {
        const auto& [kind, place] = error.object()->front();
        places.push_back(kind + " " + *place.string());
    }
    return places;
}

// Its body, also of a stream; one that is cut ends with "CUT".
inline std::string whole_body(const http::Response& response) {
    if (!response.stream) return response.body;
    std::string body;
    while (true) {
        auto promise = std::make_shared<std::promise<std::optional<std::string>>>();
        response.stream->next({[promise](auto piece) { promise->set_value(std::move(piece)); },
                               [promise] { promise->set_value("CUT"); }});
        const auto piece = promise->get_future().get();
        if (!piece) return body;
        body += *piece;
        if (*piece == "CUT") return body;
    }
}

// The ids of an array, or of the `items` of a page, of documents.
inline std::vector<std::string> ids_in(const std::string& body) {
    const auto parsed = json::parse(body);
    EXPECT_TRUE(parsed.ok()) << parsed.error;
    const auto* items = parsed.value.find("items");
    const auto* documents = items != nullptr ? items->array() : parsed.value.array();
    std::vector<std::string> ids;
    for (const auto& document : *documents) ids.push_back(*document.find("_id")->string());
    return ids;
}

}  // namespace read_api
