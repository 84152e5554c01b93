// Many reports in one request: lines in, lines out. The body is handed over by the test.
#include "write_api/bulk.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/problems.hpp"
#include "base/time.hpp"
#include "es/memory_event_store.hpp"
#include "write_api/write_api.hpp"

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using OnPiece = http::IncomingBody::OnPiece;
using Piece = http::IncomingBody::Piece;

// A body whose pieces the test gives; what a session does on its io thread, the test's thread does.
class Exchange {
public:
    http::Request request() {
        http::Request request;
        request.method = "POST";
        request.target = request.path = write_api::bulk_pattern;
        request.id = "request-1";
        request.received = std::chrono::steady_clock::now();
        request.headers.add("Content-Type", "application/x-ndjson");
        request.incoming_body =
            http::IncomingBody{[this](OnPiece on_piece) { wanted_ = std::move(on_piece); },
                               [this] { return stopping; }};
        return request;
    }
    http::Responder responder() {
        return http::Responder(
            [this](http::Response response) { response_ = std::move(response); });
    }

    [[nodiscard]] bool wants() const { return wanted_ != nullptr; }
    void give(Piece piece) { std::exchange(wanted_, nullptr)(std::move(piece)); }
    void give(std::string data) { give(Piece{std::move(data)}); }
    void end(std::string data = {}) { give(Piece{std::move(data), true}); }
    void cut(int status) {
        give(Piece{{}, false, http::IncomingBody::Failure{status, "timeout", "Cut."}});
    }

    [[nodiscard]] const std::optional<http::Response>& response() const { return response_; }
    // The next piece of the answer, when it comes; nullopt at the end.
    std::optional<std::string> next() { return ask().get(); }
    std::future<std::optional<std::string>> ask() {
        auto promise = std::make_shared<std::promise<std::optional<std::string>>>();
        auto piece = promise->get_future();
        response_->stream->next(
            {[promise](std::optional<std::string> data) { promise->set_value(std::move(data)); },
             [] {}});
        return piece;
    }
    std::string rest() {
        std::string all;
        while (auto piece = next()) all += *piece;
        return all;
    }

    bool stopping = false;

private:
    std::optional<http::Response> response_;
    OnPiece wanted_;  // the last: what goes with it may still respond
};

std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const auto feed = text.find('\n');
        EXPECT_NE(feed, std::string_view::npos);
        lines.emplace_back(text.substr(0, feed));
        text.remove_prefix(feed + 1);
    }
    return lines;
}

void create(es::CommandProcessor<kpi::MetricAggregate>& processor, const std::string& id) {
    kpi::MetricCreated created;
    created.name = created.description = created.unit = "x";
    created.target = 1e9;
    created.kind = kpi::MetricKind::gauge;
    created.deadline = base::system_now() + std::chrono::hours(24);
    ASSERT_EQ(processor.ask(id, kpi::MetricCommand(created)).status, es::CommandStatus::recorded);
}

class Bulk : public ::testing::Test {
protected:
    Bulk() {
        api::register_problem_types();
        write_api::add_routes(router_, processor_, &parked_);
        for (const char* id : {"a", "b"}) create(processor_, id);
    }

    void begin(Exchange& exchange, http::Headers headers = {}) {
        auto request = exchange.request();
        for (const auto& [name, value] : headers) request.headers.set(name, value);
        router_.route(std::move(request), exchange.responder());
    }
    // The answer's lines to a body in one piece.
    std::vector<std::string> lines(const std::string& body, http::Headers headers = {}) {
        Exchange exchange;
        begin(exchange, std::move(headers));
        exchange.end(body);
        return split(exchange.rest());
    }
    std::string status(const http::Headers& headers) {
        Exchange exchange;
        begin(exchange, headers);
        return exchange.response() ? std::to_string(exchange.response()->status) : "wants";
    }
    // A report by the other way.
    int report(const std::string& id, const std::string& body, const std::string& key) {
        http::Request request;
        request.method = "POST";
        request.target = request.path = "/metrics/" + id + "/values";
        request.body = body;
        request.received = std::chrono::steady_clock::now();
        request.headers = {{"Content-Type", "application/json"}, {"Idempotency-Key", key}};
        auto promise = std::make_shared<std::promise<int>>();
        auto answered = promise->get_future();
        router_.route(
            std::move(request), http::Responder([promise](const http::Response& response) {
                promise->set_value(response.headers.find("Idempotent-Replayed") ? -1
                                                                                : response.status);
            }));
        return answered.get();
    }

    es::MemoryEventStore store_;
    es::CommandProcessor<kpi::MetricAggregate> processor_{store_};
    write_api::ParkedMetrics parked_;
    http::Router router_;
};

TEST_F(Bulk, AnswersEachLineInItsPlace) {
    EXPECT_THAT(lines(R"({"id":"a","value":1}
{"id":"b","value":2,"comment":"two"}
{"id":"a","value":3,"observedAt":"2020-01-01"}
{"id":"b","add":4})"),
                ElementsAre(R"({"line":1,"status":201,"id":"a","version":2})",
                            R"({"line":2,"status":201,"id":"b","version":2})",
                            R"({"line":3,"status":201,"id":"a","version":3})",
                            R"({"line":4,"status":201,"id":"b","version":3})"));
}

TEST_F(Bulk, FailsABadLineAlone) {
    const auto answers = lines(
        "{\"id\":\"a\",\"value\":1}\n"
        "{\"id\":\"nowhere\",\"value\":1}\n"
        "{\"id\":\"a\",\"value\":\"x\"}\n"
        "not JSON\n"
        "{\"id\":\"a\",\"value\":1,\"value\":2}\n"
        "{\"id\":\"a\",\"value\":1,\"more\":2}\n"
        "{\"value\":1}\n"
        "[1]\n"
        "{\"id\":\"a\",\"value\":1,\"key\":\"\"}\n"
        "{\"id\":\"\xff\",\"value\":1}\n"
        "{\"id\":\"a\"}\n" +
        std::string(write_api::line_bytes_max + 1, ' ') +
        "\n"
        "{\"id\":\"a\",\"value\":2}\n");
    ASSERT_THAT(answers, SizeIs(13));
    EXPECT_THAT(answers[0], HasSubstr(R"("version":2)"));
    EXPECT_EQ(
        answers[1],
        R"({"line":2,"status":404,"type":"/problems/not-found","title":"There is nothing here",)"
        R"("detail":"There is no metric 'nowhere'."})");
    EXPECT_THAT(answers[2], HasSubstr(R"("status":400,"type":"/problems/invalid")"));
    EXPECT_THAT(answers[2], HasSubstr(R"("errors":[{"pointer":"#/value","detail":")"));
    EXPECT_THAT(answers[3], HasSubstr(R"("line":4,"status":400,"type":"/problems/malformed")"));
    EXPECT_THAT(answers[4], HasSubstr("is given more than once"));
    EXPECT_THAT(answers[5], HasSubstr(R"("#/more")"));
    EXPECT_THAT(answers[6], HasSubstr(R"("#/id")"));
    EXPECT_THAT(answers[7], HasSubstr("must be an object"));
    EXPECT_THAT(answers[8], HasSubstr(R"("#/key")"));
    EXPECT_THAT(answers[9], HasSubstr("malformed"));
    EXPECT_THAT(answers[10], HasSubstr(R"("status":4)"));
    EXPECT_THAT(answers[11], HasSubstr(R"("line":12,"status":413,"type":"/problems/too-large")"));
    EXPECT_EQ(answers[12], R"({"line":13,"status":201,"id":"a","version":3})");
}

TEST_F(Bulk, CountsBlankLinesAndAnswersNone) {
    EXPECT_THAT(lines("\n{\"id\":\"a\",\"value\":1}\r\n \t\n\r\n{\"id\":\"a\",\"value\":2}\n\n"),
                ElementsAre(R"({"line":2,"status":201,"id":"a","version":2})",
                            R"({"line":5,"status":201,"id":"a","version":3})"));
    EXPECT_THAT(lines(""), IsEmpty());
}

TEST_F(Bulk, RecordsALineWithAKeyOnce) {
    const std::string line = R"({"id":"a","value":1,"key":"k"})";
    EXPECT_THAT(lines(line + "\n" + line),
                ElementsAre(R"({"line":1,"status":201,"id":"a","version":2})",
                            R"({"line":2,"status":201,"id":"a","version":2,"replayed":true})"));
    EXPECT_THAT(lines(R"({"id":"a","value":2,"key":"k"})").front(),
                HasSubstr(R"("status":422,"type":"/problems/key-reused")"));
    // The same key and content by the other way is the same command.
    EXPECT_EQ(report("a", R"({"value":1})", "k"), -1);
    EXPECT_EQ(report("b", R"({"value":1})", "k"), 201);
    EXPECT_THAT(lines(R"({"key":"k","value":1.0,"id":"b"})").front(), HasSubstr("replayed"));
}

TEST_F(Bulk, SaysWhoReportedWithEachLine) {
    EXPECT_THAT(
        lines("{\"id\":\"a\",\"value\":1}\n{\"id\":\"b\",\"value\":1}", {{"X-By", "S%C3%A9"}}),
        SizeIs(2));
    for (const char* id : {"a", "b"}) {
        std::promise<es::ReadResult> read;
        store_.read({{id, 1}},
                    [&](std::size_t, es::ReadResult result) { read.set_value(std::move(result)); });
        EXPECT_EQ(read.get_future().get().events.at(0).metadata.extra.at("by"), "Sé");
    }
}

TEST_F(Bulk, RefusesARequestAsAWholeBeforeItWantsTheBody) {
    EXPECT_EQ(status({}), "wants");
    EXPECT_EQ(status({{"Content-Type", "application/x-ndjson; charset=utf-8"}}), "wants");
    EXPECT_EQ(status({{"Content-Type", "application/json"}}), "415");
    EXPECT_EQ(status({{"Content-Encoding", "gzip"}}), "415");
    EXPECT_EQ(status({{"Idempotency-Key", "k"}}), "400");
    EXPECT_EQ(status({{"If-Match", "\"1\""}}), "400");
    EXPECT_EQ(status({{"X-By", "%ff"}}), "400");
}

TEST_F(Bulk, AnswersALineBeforeTheNextOneComes) {
    Exchange exchange;
    begin(exchange);
    EXPECT_FALSE(exchange.response());
    exchange.give("{\"id\":\"a\",\"val");
    ASSERT_TRUE(exchange.response());
    auto answer = exchange.ask();
    exchange.give("ue\":1}\n");
    EXPECT_THAT(*answer.get(), HasSubstr(R"("line":1,"status":201)"));
    EXPECT_TRUE(exchange.wants());
}

TEST_F(Bulk, WantsNoMoreOfTheBodyWhileItsAnswersAreNotTaken) {
    Exchange exchange;
    begin(exchange);
    std::string many;
    for (std::size_t i = 0; i < 2 * write_api::lines_ahead_max; ++i) many += "no\n";
    exchange.give(many);
    EXPECT_FALSE(exchange.wants());
    for (int half = 0; half < 2; ++half) {
        EXPECT_THAT(split(*exchange.next()), SizeIs(write_api::lines_ahead_max));
        EXPECT_FALSE(exchange.wants());
    }
    auto last = exchange.ask();
    ASSERT_TRUE(exchange.wants());
    exchange.end();
    EXPECT_FALSE(last.get());
}

TEST_F(Bulk, NamesTheLineThatWasCutAndDoesNotRecordIt) {
    Exchange exchange;
    begin(exchange);
    exchange.give("{\"id\":\"a\",\"value\":1}\n{\"id\":\"a\",\"value\":2}");
    std::string answers = *exchange.next();
    exchange.cut(408);
    answers += exchange.rest();
    EXPECT_THAT(
        split(answers),
        ElementsAre(
            R"({"line":1,"status":201,"id":"a","version":2})",
            R"({"line":2,"status":408,"type":"/problems/timeout","title":"The request took too long to arrive","detail":"Cut. This line and what follows were not carried out."})"));
    EXPECT_THAT(lines(R"({"id":"a","value":3})").front(), HasSubstr(R"("version":3)"));
}

TEST_F(Bulk, BeginsNoFurtherLineWhenTheServerStops) {
    Exchange exchange;
    begin(exchange);
    exchange.give("{\"id\":\"a\",\"value\":1}\n");
    std::string answers = *exchange.next();
    auto last = exchange.ask();
    exchange.stopping = true;
    exchange.end("{\"id\":\"a\",\"value\":2}\n");
    EXPECT_THAT(*last.get(), HasSubstr(R"({"line":2,"status":503,"type":"/problems/overloaded")"));
    EXPECT_EQ(exchange.rest(), "");
}

TEST_F(Bulk, AnswersWithTheStatusOfABodyThatFailsBeforeItBegins) {
    Exchange exchange;
    begin(exchange);
    exchange.cut(408);
    ASSERT_TRUE(exchange.response());
    EXPECT_EQ(exchange.response()->status, 408);
}

// Holds back appends until the test says what becomes of them.
class HeldStore : public es::EventStore {
public:
    void append(std::vector<es::Append> batch, OnOutcome on_outcome) override {
        std::unique_lock lock(mutex_);
        if (!holds_) {
            lock.unlock();
            return inner_.append(std::move(batch), std::move(on_outcome));
        }
        held_.push_back({std::move(batch), std::move(on_outcome)});
        came_.notify_all();
    }
    void read(std::vector<es::ReadRequest> batch, OnStream on_stream) override {
        inner_.read(std::move(batch), std::move(on_stream));
    }
    [[nodiscard]] bool sole_writer() const override { return true; }

    void hold() {
        const std::lock_guard lock(mutex_);
        holds_ = true;
    }
    void wait_for_append() {
        std::unique_lock lock(mutex_);
        ASSERT_TRUE(came_.wait_for(lock, std::chrono::seconds(20), [&] { return !held_.empty(); }));
    }
    // Those that were held fail; from now on all are carried out.
    void fail_held() {
        const std::lock_guard lock(mutex_);
        holds_ = false;
        for (auto& [batch, on_outcome] : held_) {
            for (std::size_t i = 0; i < batch.size(); ++i) {
                on_outcome(i, {es::AppendStatus::not_stored, 0, "throttled"});
            }
        }
    }

private:
    struct Held {
        std::vector<es::Append> batch;
        OnOutcome on_outcome;
    };
    es::MemoryEventStore inner_;
    std::mutex mutex_;
    std::condition_variable came_;
    bool holds_ = false;
    std::vector<Held> held_;
};

class BulkOverAFailingStore : public ::testing::Test {
protected:
    BulkOverAFailingStore() {
        api::register_problem_types();
        for (const char* id : {"a", "b"}) create(processor_, id);
        write_api::add_routes(router_, processor_);
    }
    static std::string line(const std::string& id, int number) {
        return R"({"id":")" + id + R"(","value":)" + std::to_string(number) + R"(,"key":"k)" +
               std::to_string(number) + "\"}\n";
    }
    void begin(Exchange& exchange) { router_.route(exchange.request(), exchange.responder()); }

    HeldStore store_;
    es::CommandProcessor<kpi::MetricAggregate> processor_{store_};
    http::Router router_;
};

// The first one is on its way to the store, the second waits, the last has not come yet.
TEST_F(BulkOverAFailingStore, HoldsBackLaterLinesOfTheMetricAlone) {
    Exchange exchange;
    begin(exchange);
    store_.hold();
    exchange.give(line("a", 1));
    auto answers = exchange.ask();
    store_.wait_for_append();
    exchange.give(line("a", 2));
    store_.fail_held();
    exchange.give("no\n" + line("b", 4));
    std::string all = *answers.get();
    while (all.find(R"("line":4)") == std::string::npos) all += *exchange.next();
    exchange.end(line("a", 5) + line("b", 6));
    all += exchange.rest();
    const auto lines = split(all);
    ASSERT_THAT(lines, SizeIs(6));
    EXPECT_THAT(lines[0],
                HasSubstr(R"("line":1,"status":503,"type":"/problems/store-unavailable)"));
    EXPECT_THAT(lines[1], HasSubstr(R"("line":2,"status":503,"type":"/problems/held-back")"));
    EXPECT_THAT(lines[2], HasSubstr(R"("line":3,"status":400)"));
    EXPECT_EQ(lines[3], R"({"line":4,"status":201,"id":"b","version":2})");
    EXPECT_EQ(
        lines[4],
        R"({"line":5,"status":503,"type":"/problems/held-back",)"
        R"("title":"A line before it was not decided","detail":"Line 1 of this metric was not )"
        R"(decided. Send it again, then this one; nothing was recorded."})");
    EXPECT_EQ(lines[5], R"({"line":6,"status":201,"id":"b","version":3})");

    Exchange again;
    begin(again);
    again.end(line("a", 1) + line("a", 2) + line("a", 5));
    EXPECT_EQ(again.rest(), R"({"line":1,"status":201,"id":"a","version":2})"
                            "\n"
                            R"({"line":2,"status":201,"id":"a","version":3})"
                            "\n"
                            R"({"line":3,"status":201,"id":"a","version":4})"
                            "\n");
}

// A processor with room for few commands, and a store that waits until it may.
TEST(BulkBehindAFullProcessor, WaitsInsteadOfFailingLinesAndKeepsTheirOrder) {
    api::register_problem_types();
    es::MemoryEventStore store;
    es::ProcessorOptions options;
    options.queue_max = 3;
    es::CommandProcessor<kpi::MetricAggregate> processor(store, options);
    create(processor, "a");
    http::Router router;
    write_api::add_routes(router, processor);
    Exchange exchange;
    router.route(exchange.request(), exchange.responder());
    std::string many;
    for (int i = 0; i < 2'000; ++i) many += R"({"id":"a","value":)" + std::to_string(i) + "}\n";
    exchange.end(many);
    std::string expected;
    for (int i = 0; i < 2'000; ++i) {
        expected += R"({"line":)" + std::to_string(i + 1) + R"(,"status":201,"id":"a","version":)" +
                    std::to_string(i + 2) + "}\n";
    }
    EXPECT_EQ(exchange.rest(), expected);
}

TEST(BulkBehindAFullProcessor, FailsLinesOnceItIsStopped) {
    api::register_problem_types();
    es::MemoryEventStore store;
    es::CommandProcessor<kpi::MetricAggregate> processor(store);
    http::Router router;
    write_api::add_routes(router, processor);
    processor.stop();
    Exchange exchange;
    router.route(exchange.request(), exchange.responder());
    exchange.end(
        "{\"id\":\"a\",\"value\":1}\n{\"id\":\"a\",\"value\":2}\n{\"id\":\"b\",\"value\":2}\n");
    const auto answers = split(exchange.rest());
    ASSERT_THAT(answers, SizeIs(3));
    EXPECT_THAT(answers[0], HasSubstr(R"("line":1,"status":503,"type":"/problems/overloaded")"));
    EXPECT_THAT(answers[1], HasSubstr(R"("line":2,"status":503,"type":"/problems/held-back")"));
    EXPECT_THAT(answers[2], HasSubstr(R"("line":3,"status":503,"type":"/problems/overloaded")"));
}

}  // namespace
