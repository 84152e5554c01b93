// The projector as a function on AWS Lambda: whatever is delivered to it, however often, in which
// order, and whatever breaks meanwhile, afterwards every view equals its fold, or the queue of
// failures says which may not and `rebuild --metric` mends it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>
#include <random>
#include <ranges>
#include <set>

#include "engine_access.hpp"
#include "fault_proxy.hpp"
#include "fold.hpp"
#include "lambda_function.hpp"
#include "load.hpp"

namespace {

using namespace e2e;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// Both APIs and the function, on a table and a database of their own.
class Deployment {
public:
    // `environment`: beside what they are told anyway. `for_function`: what it alone is told.
    explicit Deployment(LambdaOptions options = {}, const Environment& environment = {},
                        Environment for_function = {})
        : told_(engine_environment(folder_, environment)),
          write_(start_part(Part::write_api, folder_.data(), environment)),
          read_(start_part(Part::read_api, folder_.data(), environment)),
          function_(merged(std::move(for_function), told_), std::move(options)) {
        EXPECT_TRUE(eventually([&] { return api.get("/-/ready").status == 200; }));
    }

    [[nodiscard]] Urls urls() const { return {write_.url, read_.url}; }
    [[nodiscard]] const Environment& told() const { return told_; }
    LambdaFunction& function() { return function_; }

    bool logs(const std::string& text, const std::string& more = {}) {
        return function_.process().wait_for_log([&](const std::string& log) {
            const auto line = log.find(text);
            return line != std::string::npos && log.find(more, line) != std::string::npos;
        });
    }
    // In the end.
    void expect_views_are_folds() const {
        Finished verdict{};
        eventually(
            [&] {
                verdict = rebuild(told_, {"--check"});
                return verdict.exit_code == 0;
            },
            std::chrono::seconds(90));
        EXPECT_EQ(verdict.exit_code, 0) << verdict.output << verdict.errors;
    }

private:
    static Environment merged(Environment first, const Environment& rest) {
        first.insert(rest.begin(), rest.end());
        return first;
    }

    const Folder folder_;
    const Environment told_;
    RunningPart write_;
    RunningPart read_;
    LambdaFunction function_;

public:
    Api api{urls()};
};

constexpr std::size_t clients = 6;

// Commands for a while; all are answered.
void send_commands(const Deployment& deployment, Load& load, std::size_t count) {
    const std::size_t enough = load.acknowledged() + count;
    load.start(deployment.urls());
    EXPECT_TRUE(eventually([&] { return load.acknowledged() >= enough; }));
    load.finish();
}

TEST(DistributedLambda, RecordsThatComeTwiceOutOfOrderOrNotAtAllMakeTheSameViews) {
    std::mt19937_64 random(std::random_device{}());
    std::mutex mutex;
    std::vector<StreamRecordText> earlier;
    LambdaOptions options;
    options.mapping.spoil = [&](std::vector<StreamRecordText>& batch) {
        const std::lock_guard lock(mutex);
        auto again = batch;
        // Some are gone, the first of all; the last stays, for a gap shows by what comes behind it.
        std::set<std::string> last;
        for (auto& record : std::views::reverse(batch)) {
            const bool stays = last.insert(record.metric).second || random() % 3 != 0;
            if (!stays) record.sequence.clear();
        }
        std::erase_if(batch, [](const auto& record) { return record.sequence.empty(); });
        for (const auto& record : earlier) {
            if (random() % 2 == 0) batch.push_back(record);
        }
        if (random() % 2 == 0) std::shuffle(batch.begin(), batch.end(), random);
        earlier = std::move(again);
    };
    Deployment deployment(std::move(options));
    Load load(clients, random());
    load.prepare(deployment.urls());
    send_commands(deployment, load, 1'500);
    load.verify(deployment.urls());
    deployment.expect_views_are_folds();
    EXPECT_EQ(deployment.function().mapping().failed_invocations(), 0);
}

TEST(DistributedLambda, TwoInstancesOnTwoShardsMakeTheSameViews) {
    LambdaOptions options;
    options.instances = 2;
    options.mapping.shards = 2;
    options.mapping.batch_records_max = 20;
    Deployment deployment(std::move(options));
    Load load(clients, std::random_device{}());
    load.prepare(deployment.urls());
    send_commands(deployment, load, 1'500);
    load.verify(deployment.urls());
    deployment.expect_views_are_folds();
}

TEST(DistributedLambda, AnInstanceThatIsKilledInTheMiddleLosesNothing) {
    Deployment deployment;
    Load load(clients, std::random_device{}());
    load.prepare(deployment.urls());
    std::mt19937_64 random(std::random_device{}());
    for (int round = 0; round < 5; ++round) {
        load.start(deployment.urls());
        const int seen = deployment.function().mapping().invocations() + 2 + int(random() % 5);
        EXPECT_TRUE(
            eventually([&] { return deployment.function().mapping().invocations() >= seen; }));
        deployment.function().process().signal(SIGKILL);
        load.finish();
    }
    load.verify(deployment.urls());
    deployment.expect_views_are_folds();
    EXPECT_TRUE(deployment.function().mapping().failures().empty());
}

// An item that no build can read, in the table past everybody.
void put_poison(const Deployment& deployment, const std::string& id, const char* rest) {
    EngineAccess engines(deployment.told());
    engines.dynamodb("PutItem", R"({"TableName":")" + engines.table() +
                                    R"(","Item":{"aggregateId":{"S":")" + id +
                                    R"("},"order":{"N":"1"})" + rest + "}}");
}

constexpr const char* good_rest =
    R"(,"name":{"S":"MetricCreated"},"occurredOn":{"S":"2023-09-01T10:00:00.000Z"},)"
    R"("payload":{"M":{"name":{"S":"n"},"description":{"S":"d"},"target":{"N":"15"},)"
    R"("unit":{"S":"u"},"deadline":{"S":"2099-12-31T00:00:00.000Z"}}})";

TEST(DistributedLambda, APoisonRecordParksItsMetricAloneWhereverItStands) {
    Deployment deployment;
    const auto parked_ids = [&] {
        std::vector<std::string> ids;
        const Answer ready = deployment.api.get("/-/ready");
        for (const auto& entry : *at(ready.json, "parked").array()) {
            ids.push_back(*entry.find("id")->string());
        }
        return ids;
    };
    int metrics = 0;
    for (const std::size_t place : {0U, 3U, 5U}) {
        SCOPED_TRACE(place);
        // While the function stands still, what comes behind the first record becomes one batch.
        auto& function = deployment.function();
        function.process().signal(SIGSTOP);
        const int seen = function.mapping().invocations();
        ASSERT_EQ(deployment.api.create("first" + std::to_string(place)).status, 201);
        ASSERT_TRUE(eventually([&] { return function.mapping().invocations() > seen; }));
        const int before = metrics;
        for (std::size_t i = 0; i < 6; ++i) {
            if (i == place) {
                put_poison(deployment, "poison" + std::to_string(place), "");
                continue;
            }
            ASSERT_EQ(deployment.api.create("m" + std::to_string(metrics++)).status, 201);
        }
        function.process().signal(SIGCONT);
        for (int i = before; i < metrics; ++i) {
            const std::string id = "m" + std::to_string(i);
            ASSERT_EQ(deployment.api.get("/metrics/" + id + "?minVersion=1&wait=10000").status, 200)
                << function.process().log();
        }
    }
    EXPECT_TRUE(eventually([&] { return parked_ids().size() == 3; }));
    EXPECT_THAT(parked_ids(), ElementsAre("poison0", "poison3", "poison5"));
    EXPECT_TRUE(deployment.logs("metric parked", "poison5"));
    EXPECT_EQ(deployment.api.get("/metrics/poison3?minVersion=1").problem(), "parked");
    EXPECT_EQ(rebuild(deployment.told(), {"--metric", "poison3"}).exit_code, 1);
    put_poison(deployment, "poison3", good_rest);
    EXPECT_EQ(rebuild(deployment.told(), {"--metric", "poison3"}).exit_code, 0);
    EXPECT_EQ(deployment.api.get("/metrics/poison3?minVersion=1").status, 200);
    EXPECT_THAT(parked_ids(), ElementsAre("poison0", "poison5"));
    ASSERT_EQ(deployment.api.set_value("poison3", 3).status, 201);
    EXPECT_EQ(deployment.api.get("/metrics/poison3?minVersion=2&wait=10000").status, 200)
        << "its events are applied again as they come";
    EXPECT_TRUE(deployment.function().mapping().failures().empty());
}

// MongoDB of its own, which can stop and come back with its data.
class AwayMongo {
public:
    base::testing::Engine& engine() { return engine_; }
    [[nodiscard]] Environment environment() const {
        return {{"MONGO_URI", "mongodb://127.0.0.1:" + std::to_string(engine_.port())}};
    }

private:
    const Folder disk_;
    base::testing::Engine engine_ =
        base::testing::mongo_java_server((disk_.path() / "mongodb").string());
};

TEST(DistributedLambda, ATimeWithoutMongoDbCostsNothingButTime) {
    AwayMongo mongo;
    Deployment deployment({}, mongo.environment());
    Load load(clients, std::random_device{}());
    load.prepare(deployment.urls());
    load.start(deployment.urls());
    mongo.engine().stop();
    EXPECT_TRUE(deployment.logs("events can't be applied now, and are to come again", "MongoDB"));
    // Long enough that the same events came several times, while others were recorded.
    const auto& mapping = deployment.function().mapping();
    const int failed = mapping.failed_invocations();
    const std::size_t acknowledged = load.acknowledged();
    EXPECT_TRUE(eventually([&] {
        return mapping.failed_invocations() >= failed + 3 &&
               load.acknowledged() >= acknowledged + 200;
    }));
    mongo.engine().start();
    load.finish();
    EXPECT_EQ(load.unavailable(), 0U) << "commands did not go on";
    load.verify(deployment.urls());
    deployment.expect_views_are_folds();
    EXPECT_GT(deployment.function().mapping().failed_invocations(), 0);
    EXPECT_TRUE(deployment.function().mapping().failures().empty());
}

TEST(DistributedLambda, WhatIsGivenUpIsNamedByTheQueueOfFailuresAndMendedByARebuild) {
    AwayMongo mongo;
    LambdaOptions options;
    options.mapping.record_age_max = std::chrono::seconds(2);
    Deployment deployment(std::move(options), mongo.environment());
    ASSERT_EQ(deployment.api.create("old").status, 201);
    ASSERT_EQ(deployment.api.get("/metrics/old?minVersion=1&wait=10000").status, 200);
    mongo.engine().stop();
    ASSERT_EQ(deployment.api.create("lost").status, 201);
    ASSERT_EQ(deployment.api.set_value("lost", 1).status, 201);
    auto& mapping = deployment.function().mapping();
    ASSERT_TRUE(eventually([&] { return mapping.failures().size() == 2; }));
    mongo.engine().start();
    ASSERT_TRUE(eventually([&] { return deployment.api.get("/-/ready").status == 200; }));
    for (const auto& record : mapping.failures()) EXPECT_EQ(record.metric, "lost");
    const Finished check = rebuild(deployment.told(), {"--check"});
    EXPECT_EQ(check.exit_code, 3);
    EXPECT_THAT(check.output, HasSubstr("lost: it has events, but no view"));
    EXPECT_EQ(rebuild(deployment.told(), {"--metric", "lost"}).exit_code, 0);
    expect_view_equals_fold(deployment.api, "lost");
    deployment.expect_views_are_folds();
}

// A batch that takes longer than Lambda gives it.
TEST(DistributedLambda, AnInvocationThatTakesTooLongComesAgain) {
    AwayMongo mongo;
    LambdaOptions options;
    options.timeout = std::chrono::seconds(1);
    Deployment deployment(std::move(options), mongo.environment());
    ASSERT_EQ(deployment.api.create("a").status, 201);
    ASSERT_EQ(deployment.api.get("/metrics/a?minVersion=1&wait=10000").status, 200);
    mongo.engine().pause();
    ASSERT_EQ(deployment.api.set_value("a", 1).status, 201);
    auto& mapping = deployment.function().mapping();
    ASSERT_TRUE(eventually([&] { return mapping.failed_invocations() >= 2; }));
    mongo.engine().resume();
    ASSERT_EQ(deployment.api.set_value("a", 2).status, 201);
    ASSERT_TRUE(
        eventually([&] { return deployment.api.get("/metrics/a?minVersion=3").status == 200; }));
    // Told by the Runtime API that an invocation is none any more, an instance ends.
    EXPECT_GT(deployment.function().restarts(), 0) << "nothing took too long";
    deployment.expect_views_are_folds();
}

// --- DynamoDB on a bad day, as the function sees it: it reads the table where there is a gap ---

// Of the records of each batch the last of each metric alone comes.
LambdaOptions with_gaps() {
    LambdaOptions options;
    options.timeout = std::chrono::seconds(15);  // more than the reads of a gap may take
    options.mapping.spoil = [](std::vector<StreamRecordText>& batch) {
        std::set<std::string> seen;
        std::vector<StreamRecordText> last;
        for (const auto& record : std::views::reverse(batch)) {
            if (record.json.find("MetricCreated") != std::string::npos) continue;
            if (seen.insert(record.metric).second) last.insert(last.begin(), record);
        }
        batch = std::move(last);
    };
    return options;
}

constexpr const char* secret = "S3cretKeyThatNoLogMayHold";

Environment through(const FaultProxy& proxy) {
    return {{"AWS_ENDPOINT_URL", proxy.url()},
            {"AWS_SECRET_ACCESS_KEY", secret},
            {"AWS_SESSION_TOKEN", "a-token"}};
}

TEST(DistributedLambda, FaultsOfTheTableHoldUpAGapAndPass) {
    struct Case {
        const char* name;
        Fault fault;
        const char* log;
    };
    const std::vector<Case> cases{
        {"throttled",
         before(refusal("ProvisionedThroughputExceededException", "too many requests")),
         "ProvisionedThroughputExceededException"},
        {"expired", before(refusal("ExpiredTokenException", "The security token is expired")),
         "ExpiredTokenException"},
        {"broken", before(server_error()), "InternalServerError"},
        {"silent", silent_before(), "can't be applied now"},
    };
    FaultProxy proxy;
    Deployment deployment(with_gaps(), {}, through(proxy));
    for (const Case& fault : cases) {
        SCOPED_TRACE(fault.name);
        const std::string id = fault.name;
        proxy.play({{{"Query"}, fault.fault}});
        const auto spoiled = proxy.spoiled();
        ASSERT_EQ(deployment.api.create(id).status, 201);
        ASSERT_EQ(deployment.api.set_value(id, 1).status, 201);
        ASSERT_EQ(deployment.api.set_value(id, 2).status, 201);
        EXPECT_TRUE(deployment.logs("\"metric\":\"" + id + "\"", fault.log))
            << deployment.function().process().log();
        EXPECT_GT(proxy.spoiled(), spoiled);
        proxy.play({});
        ASSERT_TRUE(eventually(
            [&] { return deployment.api.get("/metrics/" + id + "?minVersion=3").status == 200; }));
        expect_view_equals_fold(deployment.api, id);
    }
    EXPECT_THAT(deployment.function().process().log(), Not(HasSubstr(secret)));
}

TEST(DistributedLambda, WhatIsBeforeAGapThatCantBeFilledNowIsAppliedAndDoesNotComeAgain) {
    FaultProxy proxy;
    LambdaOptions options = with_gaps();
    const auto only_last = options.mapping.spoil;
    options.mapping.spoil = [&](std::vector<StreamRecordText>& batch) {
        std::vector<StreamRecordText> good;
        std::vector<StreamRecordText> gap;
        for (const auto& record : batch) {
            (record.metric.starts_with("good") ? good : gap).push_back(record);
        }
        only_last(gap);
        good.insert(good.end() - (good.empty() ? 0 : 1), gap.begin(), gap.end());
        batch = std::move(good);
    };
    Deployment deployment(std::move(options), {}, through(proxy));
    ASSERT_EQ(deployment.api.create("good1").status, 201);
    ASSERT_EQ(deployment.api.get("/metrics/good1?minVersion=1&wait=10000").status, 200);
    auto& function = deployment.function();
    proxy.play({{{"Query"}, before(server_error())}});
    function.process().signal(SIGSTOP);
    const int seen = function.mapping().invocations();
    ASSERT_EQ(deployment.api.create("good2").status, 201);
    ASSERT_TRUE(eventually([&] { return function.mapping().invocations() > seen; }));
    for (const char* id : {"good3", "good4", "gap", "good5"}) {
        ASSERT_EQ(deployment.api.create(id).status, 201);
    }
    ASSERT_EQ(deployment.api.set_value("gap", 1).status, 201);
    function.process().signal(SIGCONT);
    EXPECT_TRUE(deployment.logs("are to come again", R"("metric":"gap")"))
        << function.process().log();
    for (const char* id : {"good3", "good4"}) {
        EXPECT_EQ(deployment.api.get(std::string("/metrics/") + id + "?minVersion=1").status, 200)
            << id;
    }
    EXPECT_EQ(deployment.api.get("/metrics/good5").status, 404) << "it is behind the gap";
    EXPECT_THAT(function.process().log(), Not(HasSubstr(R"("metric":"good)")));
    proxy.play({});
    ASSERT_TRUE(
        eventually([&] { return deployment.api.get("/metrics/gap?minVersion=2").status == 200; }));
    deployment.expect_views_are_folds();
}

TEST(DistributedLambda, AnHourOfClockSkewIsCorrected) {
    FaultProxy proxy([] { return base::system_now() + std::chrono::hours(1); });
    Deployment deployment(with_gaps(), {}, through(proxy));
    ASSERT_EQ(deployment.api.create("a").status, 201);
    ASSERT_EQ(deployment.api.set_value("a", 1).status, 201);
    ASSERT_EQ(deployment.api.get("/metrics/a?minVersion=2&wait=10000").status, 200)
        << deployment.function().process().log();
    EXPECT_TRUE(deployment.logs("clock"));
}

// --- The program itself ---

TEST(DistributedLambda, StopsCleanlyWhileItWaits) {
    Deployment deployment;
    ASSERT_EQ(deployment.api.create("a").status, 201);
    ASSERT_EQ(deployment.api.get("/metrics/a?minVersion=1&wait=10000").status, 200);
    Process& process = deployment.function().process();
    process.signal(SIGTERM);
    EXPECT_EQ(process.wait(std::chrono::seconds(2)), 0);
    EXPECT_THAT(process.log(), HasSubstr(R"("message":"stopped")"));
}

TEST(DistributedLambda, EventsOfOthersAreRefusedWithTheirErrorDocument) {
    Deployment deployment;
    http::Client client("http://127.0.0.1:" +
                        std::to_string(deployment.function().runtime_api().port()));
    for (const char* event :
         {R"({"key1":"value1"})", R"({"Records":[{"eventName":"INSERT","dynamodb":{)"
                                  R"("SequenceNumber":"1","Keys":{"aggregateId":{"S":"a"}}},)"
                                  R"("eventSourceARN":"arn:aws:dynamodb:::table/x/stream/1"}]})"}) {
        const auto answer =
            client.send("POST", "/2015-03-31/functions/projector/invocations", {}, event);
        EXPECT_EQ(answer.status, 500);
        EXPECT_THAT(answer.body, HasSubstr(R"("errorType":"Yardstick.NotABatch")"));
    }
    EXPECT_TRUE(deployment.logs("what the function was invoked with can't be used"));
    ASSERT_EQ(deployment.api.create("a").status, 201);
    EXPECT_EQ(deployment.api.get("/metrics/a?minVersion=1&wait=10000").status, 200);
}

// Each record would else park its metric, for none holds an event.
TEST(DistributedLambda, AStreamWithoutNewImagesIsRefusedWholeAndParksNothing) {
    const Folder folder;
    Environment told = engine_environment(
        folder, {{"DYNAMODB_DB_NAME", "keys-only-" + folder.path().filename().string()}});
    EngineAccess engines(told);
    engines.dynamodb("CreateTable", R"({"TableName":")" + engines.table() + R"(",
        "AttributeDefinitions":[{"AttributeName":"aggregateId","AttributeType":"S"},
                                {"AttributeName":"order","AttributeType":"N"}],
        "KeySchema":[{"AttributeName":"aggregateId","KeyType":"HASH"},
                     {"AttributeName":"order","KeyType":"RANGE"}],
        "StreamSpecification":{"StreamEnabled":true,"StreamViewType":"KEYS_ONLY"},
        "BillingMode":"PAY_PER_REQUEST"})");
    const auto api = base::testing::cargo_lambda(folder.path() / "f", std::chrono::seconds(10));
    const std::string address = "127.0.0.1:" + std::to_string(api.port());
    told["AWS_LAMBDA_RUNTIME_API"] = address + "/.rt/projector";
    const Process function({.arguments = {"lambda", "--log-format", "json"}, .environment = told});
    http::Client client("http://" + address, std::chrono::seconds(20));
    const auto answer = client.send(
        "POST", "/2015-03-31/functions/projector/invocations", {},
        R"({"Records":[{"eventName":"INSERT","eventSourceARN":"arn:aws:dynamodb:::table/)" +
            engines.table() +
            R"(/stream/1","dynamodb":{"SequenceNumber":"17",)"
            R"("Keys":{"aggregateId":{"S":"a"},"order":{"N":"1"}}}}]})");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, R"({"batchItemFailures":[{"itemIdentifier":"17"}]})");
    EXPECT_TRUE(function.wait_for_log([](const std::string& log) {
        return log.find("has no new images: `yardstick create-table` says more") !=
               std::string::npos;
    })) << function.log();
    EXPECT_THAT(function.log(), Not(HasSubstr("parked")));
}

TEST(DistributedLambda, WithoutItsSettingsSaysSoToTheRuntimeApiAndEnds) {
    const Finished nowhere = run({.arguments = {"lambda"}});
    EXPECT_EQ(nowhere.exit_code, 1);
    EXPECT_THAT(nowhere.errors, HasSubstr("AWS_LAMBDA_RUNTIME_API is not set"));

    const Folder folder;
    const auto api = base::testing::cargo_lambda(folder.path() / "f", std::chrono::seconds(2));
    const Finished bare = run(
        {.arguments = {"lambda"},
         .environment = {{"AWS_LAMBDA_RUNTIME_API", "127.0.0.1:" + std::to_string(api.port())}}});
    EXPECT_EQ(bare.exit_code, 1);
    EXPECT_THAT(bare.errors, HasSubstr("set DYNAMODB_DB_NAME, and MONGO_URI or MONGO_DB_NAME"));

    const Finished unheard =
        run({.arguments = {"lambda"}, .environment = {{"AWS_LAMBDA_RUNTIME_API", "127.0.0.1:1"}}});
    EXPECT_EQ(unheard.exit_code, 1);
    EXPECT_THAT(unheard.errors, HasSubstr("set DYNAMODB_DB_NAME, and MONGO_URI or MONGO_DB_NAME"))
        << "why it can't begin was hidden by whom it could not tell so";

    const Finished gone = run({.arguments = {"lambda"},
                               .environment = {{"AWS_LAMBDA_RUNTIME_API", "127.0.0.1:1"},
                                               {"DYNAMODB_DB_NAME", "t"},
                                               {"MONGO_DB_NAME", "d"},
                                               {"AWS_REGION", "eu-central-1"},
                                               {"AWS_ACCESS_KEY_ID", "a"},
                                               {"AWS_SECRET_ACCESS_KEY", "s"}}});
    EXPECT_EQ(gone.exit_code, 1);
    EXPECT_THAT(gone.errors, HasSubstr("the Runtime API at http://127.0.0.1:1/"));
}

}  // namespace
