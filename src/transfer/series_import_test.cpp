// How an import behaves towards servers that are overloaded, cut connections, or refuse.
#include "transfer/series_import.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

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

http::Response recorded(int version) {
    return http::Response::json(201, R"({"id":"m","version":)" + std::to_string(version) + "}");
}

http::Response problem(int status, const std::string& type, const std::string& detail) {
    return http::Problem(status, type, detail).response("request");
}

http::Response stale(int version) {
    http::Problem problem(409, "stale-version", "It has another version.");
    problem.current_version = version;
    return problem.response("request");
}

// Both APIs: creates the metric, and keeps its versions and keys as they do. The test may answer a
// value in its own way (nullopt: it doesn't): it is told how often the key came before.
class FakeApi {
public:
    using Answer = std::function<std::optional<http::Response>(int repeats, double value)>;
    // Whether the answer to what was recorded is lost.
    using Loses = std::function<bool(double value)>;

    explicit FakeApi(
        Answer answer, Loses loses = [](double) { return false; })
        : answer_(std::move(answer)), loses_(std::move(loses)) {
        server_.start();
    }

    [[nodiscard]] std::string url() const {
        return "http://127.0.0.1:" + std::to_string(server_.port());
    }
    // How often each key came.
    [[nodiscard]] std::map<std::string, int> keys() const {
        const std::lock_guard lock(mutex_);
        return keys_;
    }
    // In the order of recording.
    [[nodiscard]] std::vector<double> values() const {
        const std::lock_guard lock(mutex_);
        return values_;
    }
    // Another writer does so.
    void record_another() {
        const std::lock_guard lock(mutex_);
        ++version_;
    }

private:
    void handle(const http::Request& request, const http::Responder& respond) {
        if (request.target == "/metrics/CreateMetricCommand") return respond(recorded(1));
        const std::string* key = request.headers.find("Idempotency-Key");
        if (key == nullptr) return respond(http::Response::text(200, "healthy"));
        const auto body = json::parse(request.body);
        const double value = body.value.find("props")->find("value")->number()->value;
        const std::unique_lock lock(mutex_);
        const auto own = answer_(keys_[*key]++, value);
        if (own) return respond(*own);
        const json::Value* given = body.value.find("aggregateVersion");
        const int expected = given != nullptr ? static_cast<int>(given->number()->value) : 0;
        if (const auto known = recorded_.find(*key); known != recorded_.end()) {
            return respond(again(known->second, expected));
        }
        if (given != nullptr && expected != version_) return respond(stale(version_));
        values_.push_back(value);
        recorded_[*key] = {expected, ++version_};
        respond(loses_(value) ? cut_off() : recorded(version_));
    }
    struct Recorded {
        int expected = 0;
        int version = 0;
    };
    static http::Response again(const Recorded& known, int expected) {
        if (known.expected != expected) return problem(422, "key-reused", "It was used before.");
        http::Response response = recorded(known.version);
        response.headers.add("Idempotent-Replayed", "true");
        return response;
    }

    Answer answer_;
    Loses loses_;
    std::map<std::string, Recorded> recorded_;
    mutable std::mutex mutex_;
    std::map<std::string, int> keys_;
    std::vector<double> values_;
    int version_ = 1;
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

std::vector<double> first_numbers(int count) {
    std::vector<double> numbers;
    for (int i = 0; i < count; ++i) numbers.push_back(i);
    return numbers;
}

TEST(SeriesImport, SendsARowAgainWithItsKeyUntilItIsTaken) {
    const FakeApi api([](int repeats, double value) -> std::optional<http::Response> {
        if (static_cast<int>(value) % 50 != 30) return std::nullopt;
        switch (repeats) {
            case 0:
                return problem(503, "outcome-unknown", "It may have been recorded.");
            case 1:
                return cut_off();
            case 2:
                return problem(503, "overloaded", "Too many requests.");
            default:
                return std::nullopt;
        }
    });
    constexpr int rows = 200;
    const Imported imported = import_rows(api, rows);
    EXPECT_EQ(imported.error, "");
    EXPECT_EQ(imported.summary.recorded, 200U);
    EXPECT_EQ(api.keys().size(), 200U);
    EXPECT_EQ(api.values(), first_numbers(rows));
}

// With many requests on their way, some are lost: those after them must not be recorded first.
TEST(SeriesImport, RecordsRowsInTheOrderOfTheFile) {
    const FakeApi api([](int repeats, double value) -> std::optional<http::Response> {
        if (repeats == 0 && static_cast<int>(value) % 700 == 650) {
            return problem(503, "overloaded", "Too many requests.");
        }
        return std::nullopt;
    });
    constexpr int rows = 5'000;
    const Imported imported = import_rows(api, rows);
    EXPECT_EQ(imported.summary.recorded, 5'000U) << imported.error;
    EXPECT_EQ(api.values(), first_numbers(rows));
}

// Refused at first, cut off before anything was recorded, or after it: each of them makes the
// import send rows again while others are on their way.
TEST(SeriesImport, RecordsRowsInTheirOrderWhateverBecomesOfAnswers) {
    const FakeApi api(
        [](int repeats, double value) -> std::optional<http::Response> {
            if (repeats > 0) return std::nullopt;
            switch (static_cast<int>(value) % 211) {
                case 60:
                    return problem(503, "overloaded", "Too many requests.");
                case 120:
                    return cut_off();
                default:
                    return std::nullopt;
            }
        },
        [](double value) { return static_cast<int>(value) % 97 == 50; });
    constexpr int rows = 4'000;
    const Imported imported = import_rows(api, rows);
    EXPECT_EQ(imported.error, "");
    EXPECT_EQ(imported.summary.recorded + imported.summary.there, 4'000U);
    EXPECT_GT(imported.summary.there, 30U);  // whose answers were lost
    EXPECT_EQ(imported.summary.bad, 0U);
    EXPECT_EQ(api.values(), first_numbers(rows));
}

// Each of its events takes a version that a row was to have.
TEST(SeriesImport, RecordsEachRowOnceWhileAnotherWriterIsAbout) {
    FakeApi api([](int, double) { return std::optional<http::Response>(); });
    std::atomic<bool> stop = false;
    std::thread writer([&] {
        while (!stop) {
            api.record_another();
            std::this_thread::sleep_for(1ms);  // so often
        }
    });
    constexpr int rows = 3'000;
    const Imported imported = import_rows(api, rows);
    stop = true;
    writer.join();
    EXPECT_EQ(imported.summary.recorded, 3'000U) << imported.error;
    auto values = api.values();
    std::ranges::sort(values);
    EXPECT_EQ(values, first_numbers(rows));
}

TEST(SeriesImport, CountsWhatTheServerKnewAsThere) {
    const FakeApi api([](int, double value) -> std::optional<http::Response> {
        if (value == 5) return problem(422, "key-reused", "The key was used before.");
        if (value > 2) return std::nullopt;
        http::Response response = recorded(1);
        response.headers.add("Idempotent-Replayed", "true");
        return response;
    });
    const auto summary = import_rows(api, 10).summary;
    EXPECT_EQ(summary.recorded, 6U);
    EXPECT_EQ(summary.there, 4U);
}

TEST(SeriesImport, GoesOnBehindARowThatIsRefused) {
    const FakeApi api([](int, double value) -> std::optional<http::Response> {
        if (value != 4 && value != 150) return std::nullopt;
        return problem(422, "observed-in-future", "It lies ahead.");
    });
    const Imported imported = import_rows(api, 200);
    EXPECT_EQ(imported.summary.recorded, 198U);
    EXPECT_EQ(imported.summary.bad, 2U);
    EXPECT_THAT(imported.bad, ::testing::ElementsAre("6: the server refused it: It lies ahead",
                                                     "152: the server refused it: It lies ahead"));
}

TEST(SeriesImport, GivesUpWhenItsPatienceEnds) {
    const FakeApi api([](int, double) { return problem(503, "overloaded", "Too many."); });
    const auto begun = Clock::now();
    const Imported imported = import_rows(api, 5'000, 500ms);
    EXPECT_LT(Clock::now() - begun, 10s);
    EXPECT_THAT(imported.error, HasSubstr("the write API at http://127.0.0.1:"));
    EXPECT_THAT(imported.error, HasSubstr("answered 503: Too many"));
    for (const auto& [key, times] : api.keys()) EXPECT_LT(times, 10);  // it paused
}

TEST(SeriesImport, EndsWithAnAnswerThatNobodyExpects) {
    const FakeApi api([](int, double value) -> std::optional<http::Response> {
        if (value < 300) return std::nullopt;
        return value == 300 ? problem(500, "internal", "Broken.")
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
