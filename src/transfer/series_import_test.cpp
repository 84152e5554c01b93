// How an import behaves towards servers that are overloaded, cut connections, or refuse.
#include "transfer/series_import.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <mutex>

#include "base/json.hpp"
#include "es/errors.hpp"
#include "http/problem.hpp"
#include "http/server.hpp"
#include "transfer/temp_input_fixture.hpp"

namespace {

using namespace transfer;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

using Clock = std::chrono::steady_clock;

// Breaks the connection off in the middle of an answer.
http::Response cut_off() {
    http::Response response = http::Response::json(201, "");
    response.stream = http::BodyStream{[](const http::BodyStream::Sink& sink) { sink.fail(); }};
    return response;
}

http::Response recorded() {
    return http::Response::json(201, R"({"id":"m","version":2})");
}

http::Response problem(int status, const std::string& type, const std::string& detail) {
    return http::Problem(status, type, detail).response("request");
}

// Both APIs: creates metrics, and answers each value as the test says, which is told how often the
// key came before.
class FakeApi {
public:
    using Answer = std::function<http::Response(int repeats, double value)>;

    explicit FakeApi(Answer answer) : answer_(std::move(answer)) { server_.start(); }

    [[nodiscard]] std::string url() const {
        return "http://127.0.0.1:" + std::to_string(server_.port());
    }
    // Bodies by their key, in the order received.
    [[nodiscard]] std::map<std::string, std::vector<std::string>> values() const {
        const std::lock_guard lock(mutex_);
        return values_;
    }

private:
    void handle(const http::Request& request, const http::Responder& respond) {
        if (request.target == "/metrics/CreateMetricCommand") return respond(recorded());
        const std::string* key = request.headers.find("Idempotency-Key");
        if (key == nullptr) return respond(http::Response::text(200, "healthy"));
        const std::lock_guard lock(mutex_);
        auto& bodies = values_[*key];
        bodies.push_back(request.body);
        const auto body = json::parse(request.body);
        const double value = body.value.find("props")->find("value")->number()->value;
        respond(answer_(static_cast<int>(bodies.size()) - 1, value));
    }

    Answer answer_;
    mutable std::mutex mutex_;
    std::map<std::string, std::vector<std::string>> values_;
    http::Server server_{{}, [this](const http::Request& request, const http::Responder& respond) {
                             handle(request, respond);
                         }};
};

struct Imported {
    SeriesImportSummary summary;
    std::vector<std::string> bad;
    std::string error;  // of an es::Unavailable
};

Imported import_rows(const FakeApi& api, int rows, std::chrono::milliseconds patience = 60s) {
    std::string text = "when,what\n";
    for (int i = 0; i < rows; ++i) {
        text += std::to_string(1'700'000'000 + i) + "," + std::to_string(i) + "\n";
    }
    const std::string name = "test.csv";
    const File file = file_of(text);
    LineReader lines(file, name, csv_line_bytes_max, LineEnds::any);
    CsvReader csv(lines, ',');
    SeriesReader series(csv, name, {"when", "what", {}});
    Imported imported;
    SeriesImportOptions options;
    options.write_url = options.read_url = api.url() + "/";
    options.id = "m";
    options.create = MetricProps{"n", "d", 1, "u", "2099-12-31", kpi::MetricKind::gauge};
    options.patience = patience;
    options.on_row = [] {};
    options.on_bad_row = [&](std::size_t line, const std::string& why) {
        imported.bad.push_back(std::to_string(line) + ": " + why);
    };
    try {
        imported.summary = import_series(series, options).value_or(SeriesImportSummary{});
    } catch (const es::Unavailable& error) {
        imported.error = error.what();
    }
    return imported;
}

TEST(SeriesImport, SendsARowAgainWithItsKeyUntilItIsTaken) {
    const FakeApi api([](int repeats, double) {
        switch (repeats) {
            case 0:
                return problem(503, "outcome-unknown", "It may have been recorded.");
            case 1:
                return cut_off();
            case 2:
                return problem(503, "overloaded", "Too many requests.");
            default:
                return recorded();
        }
    });
    constexpr int rows = 100;
    const Imported imported = import_rows(api, rows);
    EXPECT_EQ(imported.error, "");
    EXPECT_EQ(imported.summary.recorded, 100U);
    const auto values = api.values();
    ASSERT_EQ(values.size(), 100U);
    for (const auto& [key, bodies] : values) {
        EXPECT_EQ(bodies, std::vector<std::string>(4, bodies.front()));
    }
}

TEST(SeriesImport, CountsWhatTheServerKnewAsThere) {
    const FakeApi api([](int, double value) {
        http::Response response = recorded();
        if (value < 3) response.headers.add("Idempotent-Replayed", "true");
        return response;
    });
    const auto summary = import_rows(api, 10).summary;
    EXPECT_EQ(summary.recorded, 7U);
    EXPECT_EQ(summary.there, 3U);
}

TEST(SeriesImport, GoesOnBehindARowThatIsRefused) {
    const FakeApi api([](int, double value) {
        return value == 4 ? problem(422, "observed-in-future", "It lies ahead.") : recorded();
    });
    const Imported imported = import_rows(api, 10);
    EXPECT_EQ(imported.summary.recorded, 9U);
    EXPECT_EQ(imported.summary.bad, 1U);
    EXPECT_THAT(imported.bad, ::testing::ElementsAre("6: the server refused it: It lies ahead"));
}

TEST(SeriesImport, GivesUpWhenItsPatienceEnds) {
    const FakeApi api([](int, double) { return problem(503, "overloaded", "Too many."); });
    const auto begun = Clock::now();
    const Imported imported = import_rows(api, 5'000, 500ms);
    EXPECT_LT(Clock::now() - begun, 10s);
    EXPECT_THAT(imported.error, HasSubstr("the write API at http://127.0.0.1:"));
    EXPECT_THAT(imported.error, HasSubstr("answered 503: Too many"));
    const auto values = api.values();
    for (const auto& [key, bodies] : values) EXPECT_LT(bodies.size(), 10U);  // it paused
}

// The others wait for a server that is overloaded; none waits on.
TEST(SeriesImport, AFailureEndsAllThatWait) {
    const FakeApi api([](int, double value) {
        return value == 0 ? problem(500, "internal", "Broken.")
                          : problem(503, "overloaded", "Too many.");
    });
    const auto begun = Clock::now();
    const Imported imported = import_rows(api, 5'000);
    EXPECT_LT(Clock::now() - begun, 10s);
    EXPECT_THAT(imported.error, HasSubstr("answered 500: Broken"));
}

TEST(SeriesImport, DoesNotWaitForAMetricThatIsParked) {
    const FakeApi api([](int, double) { return problem(503, "parked", "Its events are broken."); });
    const auto begun = Clock::now();
    EXPECT_THAT(import_rows(api, 10).error, HasSubstr("Its events are broken"));
    EXPECT_LT(Clock::now() - begun, 10s);
}

}  // namespace
