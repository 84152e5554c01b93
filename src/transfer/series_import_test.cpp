// How an import behaves towards servers that are overloaded, cut connections, or refuse.
#include "transfer/series_import.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <utility>

#include "base/json.hpp"
#include "base/line_splitter.hpp"
#include "es/errors.hpp"
#include "http/problem.hpp"
#include "http/server.hpp"
#include "transfer/row_sender.hpp"
#include "transfer/temp_input_fixture.hpp"

namespace {

using namespace transfer;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

using Clock = std::chrono::steady_clock;

http::Response created() {
    return http::Response::json(201, R"({"id":"m","version":1})");
}

// What a server does with a line: it records it, unless the test says otherwise.
struct Does {
    int status = 201;
    std::string type = {};
    std::string detail = {};
    bool replayed = false;
    bool cuts =
        false;  // breaks the connection off, before the line or, if it is recorded, after it
    bool ends = false;  // the request ends with this line, which was not carried out
};
Does problem(int status, const std::string& type, const std::string& detail) {
    return {.status = status, .type = type, .detail = detail};
}
const Does cut_before{.status = 0, .cuts = true};
const Does cut_after{.cuts = true};

// Both APIs: creates the metric, and takes lines as they do: in their order, none after one that it
// didn't decide, each key once. The test is told how often the key came before.
class FakeApi {
public:
    using Decide = std::function<Does(int repeats, double value)>;

    explicit FakeApi(Decide decide = [](int, double) { return Does{}; })
        : decide_(std::move(decide)) {
        server_.start();
    }
    // Answers POST /values as a whole.
    void refuse_lines(http::Response response) { refusal_ = std::move(response); }
    // Answers nothing before the request is complete, as behind some proxies.
    void answer_at_end() { answers_at_end_ = true; }

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
    [[nodiscard]] std::vector<std::size_t> requests_bytes() const {
        const std::lock_guard lock(mutex_);
        return requests_bytes_;
    }

private:
    // One request; on the io thread alone.
    struct Lines : std::enable_shared_from_this<Lines> {
        Lines(FakeApi& fake, http::IncomingBody incoming) : api(fake), body(std::move(incoming)) {}

        void next(http::BodyStream::Sink sink) {
            if (ended) return sink.done(std::nullopt);
            body.next([self = shared_from_this(),
                       sink = std::move(sink)](const http::IncomingBody::Piece& piece) mutable {
                self->take(piece);
                if (self->cut) return sink.fail();
                if (self->api.answers_at_end_ && !self->ended) return self->next(std::move(sink));
                if (self->answers.empty() && !self->ended) return self->next(std::move(sink));
                if (self->answers.empty()) return sink.done(std::nullopt);
                sink.done(std::exchange(self->answers, {}));
            });
        }
        void take(const http::IncomingBody::Piece& piece) {
            bytes += piece.data.size();
            lines.append(piece.data);
            if (piece.last) lines.finish();
            while (!cut && !ended) {
                const auto line = lines.next();
                if (!line) break;
                api.take(*this, *line);
            }
            if (!piece.last && !piece.failure) return;
            ended = true;
            const std::lock_guard lock(api.mutex_);
            api.requests_bytes_.push_back(bytes);
        }
        void answer(std::int64_t number, const Does& does) {
            json::Writer out;
            out.begin_object().member("line", number).member("status", std::int64_t{does.status});
            if (does.status == 201) {
                out.member("id", "m").member("version", std::int64_t{2});
                if (does.replayed) out.member("replayed", true);
            } else {
                out.member("type", "/problems/" + does.type).member("detail", does.detail);
            }
            answers += out.end_object().take() + "\n";
        }

        FakeApi& api;
        const http::IncomingBody body;
        base::LineSplitter lines{1'000};
        std::string answers;
        std::size_t bytes = 0;
        bool undecided = false;  // a line was
        bool cut = false;
        bool ended = false;
    };

    static http::ServerOptions options() {
        http::ServerOptions options;
        options.streams_body = [](const http::Request& request) {
            return request.path == "/values";
        };
        return options;
    }
    void handle(http::Request request, const http::Responder& respond) {
        if (request.target == "/metrics/CreateMetricCommand") return respond(created());
        if (!request.incoming_body) return respond(http::Response::text(200, "healthy"));
        if (refusal_) return respond(*refusal_);
        const auto lines = std::make_shared<Lines>(*this, *std::move(request.incoming_body));
        http::Response response{200, {{"Content-Type", "application/x-ndjson"}}, {}, {}};
        response.stream = http::BodyStream{
            [lines](http::BodyStream::Sink sink) { lines->next(std::move(sink)); }};
        respond(std::move(response));
    }
    void take(Lines& request, const base::LineSplitter::Line& line) {
        const auto parsed = json::parse(line.text);
        const double value = parsed.value.find("value")->number()->value;
        const std::string key = *parsed.value.find("key")->string();
        const std::lock_guard lock(mutex_);
        if (request.undecided) {
            return request.answer(line.number, problem(503, "held-back", "Held back."));
        }
        Does does = decide_(keys_[key]++, value);
        if (does.status == 201 && !does.replayed) {
            does.replayed = !recorded_.insert(key).second;
            if (!does.replayed) values_.push_back(value);
        }
        request.cut = does.cuts;
        request.undecided = does.status >= 500;
        request.ended = does.ends;
        if (!does.cuts) request.answer(line.number, does);
    }

    Decide decide_;
    std::optional<http::Response> refusal_;
    bool answers_at_end_ = false;
    std::set<std::string> recorded_;
    mutable std::mutex mutex_;
    std::map<std::string, int> keys_;
    std::vector<double> values_;
    std::vector<std::size_t> requests_bytes_;
    http::Server server_{options(), [this](http::Request request, const http::Responder& respond) {
                             handle(std::move(request), respond);
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
    const FakeApi api([](int repeats, double value) -> Does {
        if (static_cast<int>(value) % 50 != 30) return {};
        switch (repeats) {
            case 0:
                return problem(503, "outcome-unknown", "It may have been recorded.");
            case 1:
                return cut_before;
            case 2:
                return problem(503, "overloaded", "Too many requests.");
            default:
                return {};
        }
    });
    constexpr int rows = 200;
    const Imported imported = import_rows(api, rows);
    EXPECT_EQ(imported.error, "");
    EXPECT_EQ(imported.summary.recorded, 200U);
    EXPECT_EQ(api.keys().size(), 200U);
    EXPECT_EQ(api.values(), first_numbers(rows));
}

// Refused for a while, cut off before anything was recorded, or after it, ended by the server: each
// of them makes the import send rows again, of which some were recorded.
TEST(SeriesImport, RecordsRowsInTheirOrderWhateverBecomesOfAnswers) {
    const FakeApi api([](int repeats, double value) -> Does {
        if (repeats > 0) return {};
        switch (static_cast<int>(value) % 700) {
            case 60:
                return problem(503, "overloaded", "Too many requests.");
            case 250:
                return cut_before;
            case 400:
                return cut_after;
            case 650:
                return {.status = 408, .type = "timeout", .detail = "Too slow.", .ends = true};
            default:
                return {};
        }
    });
    constexpr int rows = 5'000;
    const Imported imported = import_rows(api, rows);
    EXPECT_EQ(imported.error, "");
    EXPECT_EQ(imported.summary.recorded + imported.summary.there, 5'000U);
    EXPECT_GE(imported.summary.there, 7U);  // whose answers were lost
    EXPECT_EQ(imported.summary.bad, 0U);
    EXPECT_EQ(api.values(), first_numbers(rows));
}

TEST(SeriesImport, KeepsEachRequestSmallEnoughForAProxy) {
    const FakeApi api;
    constexpr int rows = 20'000;
    const Imported imported = import_rows(api, rows);
    EXPECT_EQ(imported.summary.recorded, 20'000U) << imported.error;
    EXPECT_EQ(api.values(), first_numbers(rows));
    ASSERT_GE(api.requests_bytes().size(), 2U);
    for (const std::size_t bytes : api.requests_bytes()) EXPECT_LE(bytes, request_bytes_max);
}

TEST(SeriesImport, EndsItsRequestsIfNothingIsAnsweredBefore) {
    FakeApi api;
    api.answer_at_end();
    constexpr int rows = 10'000;
    const auto begun = Clock::now();
    const Imported imported = import_rows(api, rows);
    EXPECT_EQ(imported.summary.recorded, 10'000U) << imported.error;
    EXPECT_EQ(api.values(), first_numbers(rows));
    EXPECT_GE(api.requests_bytes().size(), 3U);
    EXPECT_LT(Clock::now() - begun, 20s);
}

TEST(SeriesImport, SaysThatTheServerIsTooOld) {
    for (const int status : {404, 405}) {
        FakeApi api;
        api.refuse_lines(http::Problem(status, "not-found", "Nothing.").response("request"));
        try {
            import_rows(api, 10);
            FAIL() << "it was imported";
        } catch (const es::Unusable& error) {
            EXPECT_THAT(error.what(), HasSubstr("is of an earlier release than this program"));
        }
    }
}

TEST(SeriesImport, SaysWhatTheRequestWasRefusedWith) {
    FakeApi api;
    api.refuse_lines(http::Problem(415, "unsupported-media-type", "Not that.").response("request"));
    EXPECT_THAT(import_rows(api, 10).error, HasSubstr("answered 415: Not that"));
    api.refuse_lines(http::Problem(503, "overloaded", "Too many.").response("request"));
    EXPECT_THAT(import_rows(api, 10, 300ms).error, HasSubstr("answered 503: Too many"));
    api.refuse_lines(http::Response::text(200, "Welcome!\n"));
    EXPECT_THAT(import_rows(api, 10).error, HasSubstr("something else than a line for each row"));
}

TEST(SeriesImport, CountsWhatTheServerKnewAsThere) {
    const FakeApi api([](int, double value) -> Does {
        if (value == 5) return problem(422, "key-reused", "The key was used before.");
        return {.replayed = value <= 2};
    });
    const auto summary = import_rows(api, 10).summary;
    EXPECT_EQ(summary.recorded, 6U);
    EXPECT_EQ(summary.there, 4U);
}

TEST(SeriesImport, GoesOnBehindARowThatIsRefused) {
    const FakeApi api([](int, double value) -> Does {
        if (value != 4 && value != 150) return {};
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
    const FakeApi api([](int, double value) -> Does {
        if (value < 300) return {};
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
