// What commands are answered, and what becomes of them, when calls to DynamoDB go wrong in every
// way that a network and the service know. Only where the tests run on engines (set_up.hpp).
#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <thread>

#include "faulty_parts.hpp"
#include "load.hpp"
#include "transfer.hpp"

namespace {

using namespace e2e;

const std::vector<std::string> writes{"PutItem", "TransactWriteItems"};
// Nor can anybody look whether a write took effect.
const std::vector<std::string> writes_and_looks{"PutItem", "TransactWriteItems", "GetItem"};
const http::Response throttled =
    refusal("ProvisionedThroughputExceededException", "too many requests for this table");

struct Passing {
    const char* name;
    Fault fault;
};
const std::vector<Passing> passing_faults{
    {"throttled", before(throttled)},
    {"error-before", before(server_error())},
    {"error-after", after(server_error())},
    {"cut-before", before(cut())},
    {"cut-after", after(cut())},
    {"checksum", wrong_checksum()},
    {"html-before", before(html())},
    {"html-after", after(html())},
};

// Five commands at once, which the metric has one after the other or in one transaction.
void set_five_values(const FaultyParts& all, const std::string& id) {
    std::vector<std::jthread> clients;
    for (int value = 2; value <= 6; ++value) {
        clients.emplace_back([&all, &id, value] {
            const Answer answer = all.set_value(id, value);
            EXPECT_EQ(answer.status, 201) << answer.body;
        });
    }
}

TEST(DistributedFaults, AFaultThatPassesCostsNoCommandItsSuccess) {
    FaultyParts all;
    for (const Passing& passing : passing_faults) {
        SCOPED_TRACE(passing.name);
        const std::string id = passing.name;
        ASSERT_EQ(all.create(id).status, 201);
        all.proxy.play(
            {{{"PutItem"}, passing.fault, 2}, {{"TransactWriteItems"}, passing.fault, 2}});
        const Answer answer = all.set_value(id, 1);
        EXPECT_EQ(answer.status, 201) << answer.body;
        set_five_values(all, id);
        all.proxy.play({});
        for (int value = 1; value <= 6; ++value) EXPECT_EQ(all.stored(id, value), 1U) << value;
        expect_view_equals_fold(all.api, id);
    }
    EXPECT_GT(all.proxy.spoiled(), 2 * passing_faults.size()) << "no transaction was spoiled";
}

struct Lasting {
    const char* name;
    std::vector<std::string> operations;
    Fault fault;
    const char* problem;  // empty: success
    bool recorded;
    const char* log;  // what its line says; empty: there need not be one
};
const std::vector<Lasting> lasting_faults{
    {"throttled", writes, before(throttled), "store-unavailable", false,
     "ProvisionedThroughputExceededException: too many requests for this table"},
    {"error-before", writes, before(server_error()), "outcome-unknown", false,
     "InternalServerError"},
    {"error-after", writes, after(server_error()), "", true, ""},
    {"error-after-blind", writes_and_looks, after(server_error()), "outcome-unknown", true,
     "InternalServerError"},
    {"cut-before", writes, before(cut()), "outcome-unknown", false, "NoAnswer"},
    {"cut-after", writes, after(cut()), "", true, ""},
    {"cut-after-blind", writes_and_looks, after(cut()), "outcome-unknown", true, "NoAnswer"},
    {"silent-before", writes, silent_before(), "outcome-unknown", false, "Timeout was reached"},
    {"silent-after", writes, silent_after(), "", true, ""},
    {"silent-after-blind", writes_and_looks, silent_after(), "outcome-unknown", true,
     "Timeout was reached"},
    {"checksum-blind", writes_and_looks, wrong_checksum(), "outcome-unknown", true,
     "WrongChecksum"},
    {"html-before", writes, before(html()), "outcome-unknown", false, "Please log in"},
};

// The command's answer is true, and its repeat with the key settles what it left open.
TEST(DistributedFaults, AFaultThatLastsIsAnsweredTruthfullyAndARepeatSettlesIt) {
    FaultyParts all;
    for (const Lasting& lasting : lasting_faults) {
        SCOPED_TRACE(lasting.name);
        const std::string id = lasting.name;
        ASSERT_EQ(all.create(id).status, 201);
        all.proxy.play({{lasting.operations, lasting.fault}});
        const Answer first = all.set_value(id, 7, "the-key");
        all.proxy.play({});
        EXPECT_EQ(first.status, *lasting.problem == '\0' ? 201 : 503) << first.body;
        EXPECT_EQ(first.problem(), lasting.problem);
        EXPECT_EQ(first.header("Idempotent-Replayed"), "");
        EXPECT_EQ(all.stored(id, 7), lasting.recorded ? 1U : 0U);
        EXPECT_TRUE(*lasting.log == '\0' || all.logs(Part::write_api, "'" + id + "'", lasting.log))
            << all.parts.process(Part::write_api).log();

        const Answer again = all.set_value(id, 7, "the-key");
        EXPECT_EQ(again.status, 201) << again.body;
        EXPECT_EQ(again.version(), 2);
        EXPECT_EQ(again.header("Idempotent-Replayed"), lasting.recorded ? "true" : "");
        EXPECT_EQ(all.stored(id, 7), 1U);
        expect_view_equals_fold(all.api, id);
    }
}

// Rows behind one whose append failed are on their way to the same metric.
TEST(DistributedFaults, AnImportKeepsTheOrderOfItsRowsThoughAppendsFail) {
    FaultyParts all;
    constexpr int rows = 2'000;
    std::string text = "when,what\n";
    for (int i = 0; i < rows; ++i) {
        text += std::to_string(1'700'000'000 + i) + "," + std::to_string(i) + "\n";
    }
    const auto file = write_file(all.folder, "rows.csv", text);
    std::vector<std::string> arguments{"import", file.string(), "--id",    "rows",
                                       "--time", "when",        "--value", "what"};
    for (const auto& option : creating()) arguments.push_back(option);
    Process import({.arguments = arguments,
                    .environment = {{"YARDSTICK_WRITE_URL", all.parts.urls().write},
                                    {"YARDSTICK_READ_URL", all.parts.urls().read}}});
    ASSERT_TRUE(eventually([&] { return all.proxy.handed_on("TransactWriteItems") >= 3; }));
    all.proxy.play({{writes, before(throttled)}});
    EXPECT_TRUE(all.logs(Part::write_api, "append to 'rows' failed"));
    all.proxy.play({});
    ASSERT_EQ(import.wait(std::chrono::seconds(60)), 0) << import.log();
    EXPECT_EQ(import.output(), summary(rows, 0));
    int next = 0;
    for (const auto& event : read_events(all.api, "rows")) {
        const json::Value* value = event.payload.find("value");
        if (value == nullptr) continue;
        ASSERT_EQ(value->number()->value, next++);
    }
    EXPECT_EQ(next, rows);
}

TEST(DistributedFaults, AMetricThatCantBeReadIsSaidSoAndNothingIsRecorded) {
    FaultyParts all;
    const std::vector<std::pair<std::string, Fault>> faults{{"Provisioned", before(throttled)},
                                                            {"WrongChecksum", wrong_checksum()},
                                                            {"NoAnswer", silent_before()}};
    for (const auto& [word, fault] : faults) {
        SCOPED_TRACE(word);
        all.proxy.play({{{"Query"}, fault}});
        const Answer answer = all.create(word);  // is it there already?
        all.proxy.play({});
        EXPECT_EQ(answer.problem(), "store-unavailable") << answer.body;
        EXPECT_TRUE(all.logs(Part::write_api, "'" + word + "' can't be read", word));
        EXPECT_TRUE(read_events(all.api, word).empty());

        all.proxy.play({{{"Query"}, fault, 1}});  // but once: it is tried again
        EXPECT_EQ(all.create(word).status, 201);
        expect_view_equals_fold(all.api, word);
    }
}

TEST(DistributedFaults, CommandsBehindASlowOneAreAnsweredInTheirTime) {
    FaultyParts all;
    ASSERT_EQ(all.create("visits").status, 201);
    all.proxy.play({{writes_and_looks, silent_before()}});
    std::vector<std::jthread> clients;
    for (int value = 1; value <= 4; ++value) {
        clients.emplace_back([&all, value] {
            const Answer answer = all.set_value("visits", value);
            EXPECT_EQ(answer.status, 503) << answer.body;
        });
    }
    clients.clear();
    all.proxy.play({});
    // A write that was still tried again when its commands were answered may get through.
    const Answer next = all.set_value("visits", 5);
    EXPECT_EQ(next.status, 201) << next.body;
    EXPECT_EQ(read_events(all.api, "visits").size(), static_cast<std::size_t>(next.version()));
    expect_view_equals_fold(all.api, "visits");
}

TEST(DistributedFaults, ASlowReadBeforeASlowWriteLeavesTheCommandItsTime) {
    FaultyParts all;
    all.proxy.play({{{"Query"}, silent_before(), 1}, {writes_and_looks, silent_before()}});
    EXPECT_EQ(all.create("visits").problem(), "outcome-unknown");
    all.proxy.play({});
    const Answer again = all.create("visits");
    EXPECT_TRUE(again.status == 201 || again.problem() == "already-exists") << again.body;
    EXPECT_EQ(read_events(all.api, "visits").size(), 1U);
    expect_view_equals_fold(all.api, "visits");
}

// The write of 7 is still on its way when its command is answered.
void leave_write_behind(FaultyParts& all, const std::string& id) {
    ASSERT_EQ(all.create(id).status, 201);
    all.proxy.play({{writes, silent_before()}});
    ASSERT_EQ(all.set_value(id, 7, "the-key").problem(), "outcome-unknown");
    all.proxy.play({});
}

TEST(DistributedFaults, AWriteThatArrivesAfterItsAnswerIsFoundByTheRepeat) {
    FaultyParts all;
    leave_write_behind(all, "visits");
    ASSERT_GE(all.proxy.hand_on_held(), 1U);  // each attempt
    const Answer again = all.set_value("visits", 7, "the-key");
    EXPECT_EQ(again.version(), 2) << again.body;
    EXPECT_EQ(again.header("Idempotent-Replayed"), "true");
    EXPECT_EQ(all.stored("visits", 7), 1U);
    expect_view_equals_fold(all.api, "visits");
}

TEST(DistributedFaults, AWriteThatArrivesAfterOthersChangesNothing) {
    FaultyParts all;
    leave_write_behind(all, "repeated");
    EXPECT_EQ(all.set_value("repeated", 7, "the-key").header("Idempotent-Replayed"), "");
    leave_write_behind(all, "given-up");
    EXPECT_EQ(all.set_value("given-up", 8).version(), 2);
    ASSERT_GE(all.proxy.hand_on_held(), 2U);
    EXPECT_EQ(all.stored("repeated", 7), 1U);
    EXPECT_EQ(all.stored("given-up", 7), 0U);
    EXPECT_EQ(all.stored("given-up", 8), 1U);
    for (const char* id : {"repeated", "given-up"}) expect_view_equals_fold(all.api, id);
}

void write_profile(const std::filesystem::path& file, const std::string& id) {
    const auto fresh = file.string() + ".fresh";
    std::ofstream(fresh) << "[default]\naws_access_key_id = " << id
                         << "\naws_secret_access_key = of-" << id << "\naws_session_token = token-"
                         << id << "\n";
    std::filesystem::rename(fresh, file);
}

// As the service does, which quotes what it refuses.
std::optional<http::Response> refuse_old(const ScriptedCall& call, es::dynamodb::Behind& engine) {
    const auto& headers = call.request.headers;
    if (headers.find("Authorization")->find("=OLD/") == std::string::npos) {
        return engine.answer(call);
    }
    return refusal("ExpiredTokenException", "The security token " +
                                                *headers.find("X-Amz-Security-Token") +
                                                " included in the request is expired");
}

TEST(DistributedFaults, CredentialsThatExpiredAreReadAnew) {
    const Folder home;
    const auto profile = home.path() / "credentials";
    write_profile(profile, "OLD");
    FaultyParts all({{"AWS_ACCESS_KEY_ID", ""},
                     {"AWS_SECRET_ACCESS_KEY", ""},
                     {"AWS_SESSION_TOKEN", ""},
                     {"AWS_SHARED_CREDENTIALS_FILE", profile.string()}});
    ASSERT_EQ(all.create("visits").status, 201);

    all.proxy.play({{{"PutItem", "TransactWriteItems", "GetItem", "Query", "GetRecords",
                      "GetShardIterator", "DescribeStream", "DescribeTable"},
                     refuse_old}});
    const Answer refused = all.set_value("visits", 7);
    EXPECT_EQ(refused.problem(), "store-unavailable") << refused.body;
    for (const Part part : {Part::write_api, Part::projector}) {
        EXPECT_TRUE(all.logs(part, "credentials are not accepted (ExpiredTokenException)"))
            << all.parts.process(part).log();
        EXPECT_EQ(all.parts.process(part).log().find("token-OLD"), std::string::npos);
    }

    write_profile(profile, "NEW");
    EXPECT_TRUE(eventually([&] { return all.set_value("visits", 8).status == 201; }));
    EXPECT_EQ(all.stored("visits", 7), 0U);
    expect_view_equals_fold(all.api, "visits");
}

TEST(DistributedFaults, AClockThatIsAnHourOffIsCorrected) {
    FaultyParts all({}, [] { return base::system_now() + std::chrono::hours(1); });
    EXPECT_EQ(all.create("visits").status, 201);
    EXPECT_EQ(all.set_value("visits", 7).version(), 2);
    expect_view_equals_fold(all.api, "visits");
    for (const Part part : all_parts) {
        EXPECT_TRUE(all.logs(part, "the clock is off by -3", "s against 127.0.0.1"))
            << all.parts.process(part).log();
    }
}

// One call in four goes wrong somehow, also those that read the stream.
TEST(DistributedFaults, NothingIsLostOrDoubledUnderLoadWhenCallsGoWrongAtRandom) {
    const std::uint64_t seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);  // the proxy copies what it plays, and must not copy this
    FaultyParts all;
    Load load(6, seed);
    load.prepare(all.parts.urls());
    const auto spoil = [&random](const ScriptedCall& call, auto& engine) {
        if (std::uniform_int_distribution<>(1, 4)(random) > 1) {
            return std::optional(engine.answer(call));
        }
        const std::size_t last = passing_faults.size() - 1;
        const auto at = std::uniform_int_distribution<std::size_t>(0, last)(random);
        return passing_faults[at].fault(call, engine);
    };
    all.proxy.play({{{"PutItem", "TransactWriteItems", "GetItem", "Query", "GetRecords",
                      "GetShardIterator", "DescribeStream", "DescribeTable"},
                     spoil}});
    load.start(all.parts.urls());
    EXPECT_TRUE(eventually([&] { return load.acknowledged() > 1'500; }))
        << load.acknowledged() << all.parts.process(Part::write_api).log();
    load.finish();
    all.proxy.play({});
    load.repeat_unanswered(all.parts.urls());
    load.verify(all.parts.urls());
}

}  // namespace
