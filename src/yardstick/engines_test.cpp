#include "yardstick/engines.hpp"

#include <gtest/gtest.h>

#include <map>

#include "es/errors.hpp"

namespace {

using namespace yardstick;
using Environment = std::map<std::string, std::string>;

const Environment the_six{{"AWS_ACCESS_KEY_ID", "id"}, {"AWS_SECRET_ACCESS_KEY", "secret"},
                          {"AWS_REGION", "eu-west-1"}, {"MONGO_DB_NAME", "kpis"},
                          {"MONGO_SECRET_KEY", "key"}, {"MONGO_USER_ID", "ada"}};

Engines choose(Role role, const Environment& environment, const EngineOptions& options = {}) {
    return choose_engines(options, role, [&](const char* name) {
        const auto found = environment.find(name);
        return found == environment.end() ? std::string() : found->second;
    });
}

TEST(Engines, AreEmbeddedWhenNothingIsSaid) {
    for (const Role role : {Role::everything, Role::writes, Role::reads, Role::projects}) {
        const Engines engines = choose(role, {});
        EXPECT_EQ(engines.events, EventEngine::sqlite);
        EXPECT_EQ(engines.views, ViewEngine::sqlite);
    }
}

TEST(Engines, ThatAwsVariablesAloneDoNotChoose) {
    Environment aws = the_six;
    for (const char* name : {"MONGO_DB_NAME", "MONGO_SECRET_KEY", "MONGO_USER_ID"}) aws.erase(name);
    for (const Role role : {Role::everything, Role::writes, Role::reads, Role::projects}) {
        EXPECT_EQ(choose(role, aws).events, EventEngine::sqlite);
    }
}

TEST(Engines, OfTheOriginalsSixVariables) {
    EXPECT_EQ(choose(Role::writes, the_six).events, EventEngine::dynamodb);
    EXPECT_EQ(choose(Role::writes, the_six).table, "yardstick-events");
    EXPECT_EQ(choose(Role::reads, the_six).views, ViewEngine::mongodb);
    EXPECT_EQ(choose(Role::reads, the_six).events, EventEngine::dynamodb);
    EXPECT_EQ(choose(Role::projects, the_six).events, EventEngine::dynamodb);
    EXPECT_EQ(choose(Role::projects, the_six).views, ViewEngine::mongodb);
    EXPECT_EQ(choose(Role::everything, the_six).events, EventEngine::sqlite);
    EXPECT_EQ(choose(Role::everything, the_six).views, ViewEngine::sqlite);
}

TEST(Engines, OfFiveOfTheSixAreEmbeddedForWriters) {
    for (const auto& [name, value] : the_six) {
        Environment five = the_six;
        five.erase(name);
        EXPECT_EQ(choose(Role::writes, five).events, EventEngine::sqlite) << name;
    }
}

TEST(Engines, ATableOrADatabaseAloneIsEnoughWhereItIsNeeded) {
    const Engines writer = choose(Role::writes, {{"DYNAMODB_DB_NAME", "goals-of-ours"}});
    EXPECT_EQ(writer.events, EventEngine::dynamodb);
    EXPECT_EQ(writer.table, "goals-of-ours");
    const Engines reader = choose(Role::reads, {{"MONGO_URI", "mongodb://127.0.0.1"}});
    EXPECT_EQ(reader.views, ViewEngine::mongodb);
    EXPECT_EQ(reader.events, EventEngine::sqlite) << "there is no table to read /events from";
}

TEST(Engines, AFlagBeatsTheVariables) {
    EXPECT_EQ(choose(Role::writes, the_six, {"sqlite", "", ""}).events, EventEngine::sqlite);
    EXPECT_EQ(choose(Role::reads, the_six, {"", "sqlite", ""}).views, ViewEngine::sqlite);
    EXPECT_EQ(choose(Role::reads, the_six, {"", "sqlite", ""}).events, EventEngine::sqlite);
    const Engines all = choose(Role::everything, {}, {"dynamodb", "mongodb", "kpi-events-2"});
    EXPECT_EQ(all.events, EventEngine::dynamodb);
    EXPECT_EQ(all.views, ViewEngine::mongodb);
    EXPECT_EQ(all.table, "kpi-events-2");
}

TEST(Engines, ThatDoNotGoTogetherAreRefused) {
    EXPECT_THROW(choose(Role::projects, {}, {"dynamodb", "", ""}), es::Unusable);
    EXPECT_THROW(choose(Role::projects, {}, {"", "mongodb", ""}), es::Unusable);
    EXPECT_THROW(choose(Role::everything, {}, {"dynamodb", "sqlite", ""}), es::Unusable);
    EXPECT_THROW(choose(Role::reads, {}, {"dynamodb", "sqlite", ""}), es::Unusable);
    EXPECT_THROW(choose(Role::writes, {}, {"mysql", "", ""}), es::Unusable);
    EXPECT_THROW(choose(Role::reads, {}, {"", "mysql", ""}), es::Unusable);
}

}  // namespace
