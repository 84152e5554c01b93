// The address of a MongoDB as it is used, and what of it is shown.
#include "views/mongodb/database.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "es/errors.hpp"

namespace views::mongodb {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

MongoOptions at(const std::string& uri) {
    MongoOptions options;
    options.uri = uri;
    return options;
}

std::string auth_source(const mongoc_uri_t* uri) {
    return mongoc_uri_get_auth_source(uri);
}

int number(const mongoc_uri_t* uri, const char* option) {
    return mongoc_uri_get_option_as_int32(uri, option, -1);
}

MongoOptions from(const std::map<std::string, std::string>& variables) {
    return mongo_options([&](const char* name) {
        const auto place = variables.find(name);
        return place == variables.end() ? std::string() : place->second;
    });
}

// The message about an address that can't be used.
std::string refusal(const MongoOptions& options) {
    try {
        const Database database(options);
    } catch (const es::Unusable& error) {
        return error.what();
    }
    return "none";
}

TEST(MongoAddress, CredentialsNeedNoEscapesAndAreLookedUpInAdmin) {
    MongoOptions options = at("mongodb://db.example.com:27018/views");
    options.user = "us:er@x";
    options.password = "p@ss/w:o%rd?ü";
    const auto uri = uri_of(options);
    EXPECT_STREQ(mongoc_uri_get_username(uri.get()), "us:er@x");
    EXPECT_STREQ(mongoc_uri_get_password(uri.get()), "p@ss/w:o%rd?ü");
    EXPECT_EQ(auth_source(uri.get()), "admin");
}

TEST(MongoAddress, CredentialsOfTheAddressAreLookedUpInAdminToo) {
    EXPECT_EQ(auth_source(uri_of(at("mongodb://u:p@h/views")).get()), "admin");
    EXPECT_EQ(auth_source(uri_of(at("mongodb://u:p@h/?authMechanism=SCRAM-SHA-256")).get()),
              "admin");
}

TEST(MongoAddress, WhereCredentialsAreLookedUpCanBeSaid) {
    EXPECT_EQ(auth_source(uri_of(at("mongodb://u:p@h/views?authSource=users")).get()), "users");
    EXPECT_EQ(auth_source(uri_of(at("mongodb://u@h/views?authMechanism=MONGODB-X509")).get()),
              "$external");
}

TEST(MongoAddress, VariablesReplaceTheAddresssCredentials) {
    MongoOptions options = at("mongodb://old:secret@h");
    options.user = "new";
    options.password = "another";
    const auto uri = uri_of(options);
    EXPECT_STREQ(mongoc_uri_get_username(uri.get()), "new");
    EXPECT_STREQ(mongoc_uri_get_password(uri.get()), "another");
}

TEST(MongoAddress, TlsAndReplicaSetsAreKept) {
    const auto uri = uri_of(at(
        "mongodb://a:1,b:2/?replicaSet=rs0&tls=true&tlsCAFile=/ca.pem&readPreference=secondary"));
    EXPECT_TRUE(mongoc_uri_get_tls(uri.get()));
    EXPECT_STREQ(mongoc_uri_get_option_as_utf8(uri.get(), MONGOC_URI_TLSCAFILE, ""), "/ca.pem");
    EXPECT_STREQ(mongoc_uri_get_replica_set(uri.get()), "rs0");
    EXPECT_EQ(Database(at("mongodb://a:1,b:2/x")).description(), "a:1,b:2/x");
}

TEST(MongoAddress, ReadsGoToThePrimaryWhateverTheAddressSays) {
    const auto uri = uri_of(at("mongodb://h/?readPreference=secondary"));
    EXPECT_EQ(mongoc_read_prefs_get_mode(mongoc_uri_get_read_prefs_t(uri.get())),
              MONGOC_READ_PRIMARY);
}

TEST(MongoAddress, AServiceNameIsKeptAndMeansTls) {
    MongoOptions options = at("mongodb+srv://cluster.example.mongodb.net");
    options.user = "u";
    options.password = "p";
    const auto uri = uri_of(options);
    EXPECT_STREQ(mongoc_uri_get_srv_hostname(uri.get()), "cluster.example.mongodb.net");
    EXPECT_TRUE(mongoc_uri_get_tls(uri.get()));
    EXPECT_EQ(auth_source(uri.get()), "admin");
}

TEST(MongoAddress, WaitsAreShortUnlessTheAddressSaysOtherwise) {
    const auto uri = uri_of(at("mongodb://h"));
    EXPECT_EQ(number(uri.get(), MONGOC_URI_CONNECTTIMEOUTMS), 2'000);
    EXPECT_EQ(number(uri.get(), MONGOC_URI_SERVERSELECTIONTIMEOUTMS), 2'000);
    EXPECT_EQ(number(uri.get(), MONGOC_URI_SOCKETTIMEOUTMS), 5'000);
    EXPECT_EQ(number(uri.get(), MONGOC_URI_HEARTBEATFREQUENCYMS), 2'000);
    EXPECT_GT(number(uri.get(), MONGOC_URI_WAITQUEUETIMEOUTMS), 0) << "would wait for ever";
    const auto other = uri_of(at("mongodb://h/?connectTimeoutMS=77&socketTimeoutMS=88"));
    EXPECT_EQ(number(other.get(), MONGOC_URI_CONNECTTIMEOUTMS), 77);
    EXPECT_EQ(number(other.get(), MONGOC_URI_SOCKETTIMEOUTMS), 88);
}

TEST(MongoAddress, WritesAreOfTheMajorityWhateverTheAddressSays) {
    for (const char* text : {"mongodb://h", "mongodb://h/?w=1", "mongodb://h/?w=0"}) {
        const auto uri = uri_of(at(text));
        EXPECT_TRUE(mongoc_write_concern_get_wmajority(mongoc_uri_get_write_concern(uri.get())))
            << text;
    }
}

TEST(MongoAddress, WritesAreRetriedUnlessTheAddressSaysOtherwise) {
    const auto retried = [](const char* text) {
        return mongoc_uri_get_option_as_bool(uri_of(at(text)).get(), MONGOC_URI_RETRYWRITES, false);
    };
    EXPECT_TRUE(retried("mongodb://h"));
    EXPECT_FALSE(retried("mongodb://h/?retryWrites=false"));
}

TEST(MongoAddress, WhatIsShownHoldsNoCredentials) {
    MongoOptions options = at("mongodb://someone:hidden@h:1/views?authSource=x");
    EXPECT_EQ(Database(options).description(), "h:1/views");
    options.user = "another";
    options.password = "secret";
    options.database = "given";
    EXPECT_EQ(Database(options).description(), "h:1/given");
    EXPECT_EQ(Database(at("mongodb://someone:hid%40den@h:1/x?appName=a@b")).description(), "h:1/x");
    EXPECT_EQ(Database(at("mongodb://h:1/?appName=a@b")).description(), "h:1/yardstick");
    EXPECT_EQ(Database(at("mongodb+srv://someone:hidden@c.example.net")).description(),
              "c.example.net/yardstick");
}

TEST(MongoAddress, OneThatCantBeUsedIsRefusedWithoutShowingIt) {
    for (const char* text : {"mongodb://someone:hidden@h:port", "someone:hidden@h",
                             "mongodb://someone:hidden", "mongodb+srv://someone:hidden@a,b", ""}) {
        EXPECT_THAT(refusal(at(text)), HasSubstr("is not of the form mongodb://")) << text;
        EXPECT_THAT(refusal(at(text)), Not(HasSubstr("hidden"))) << text;
    }
    MongoOptions options;
    options.user = "u";
    options.password = "hidden\xFF";
    EXPECT_THAT(refusal(options), HasSubstr("is not UTF-8"));
    EXPECT_THAT(refusal(options), Not(HasSubstr("hidden")));
}

TEST(MongoAddress, APasswordThatWouldBeTakenForAHostOrDatabaseIsRefused) {
    for (const char* text : {"mongodb://someone:hid@den@h", "mongodb://someone:1/hidden@h",
                             "mongodb+srv://someone:hid@den@h", "mongodb://someone:hi?d@den@h/x",
                             "mongodb://someone:p@hid?den@h", "mongodb://someone:hi?den@h/x",
                             "mongodb://someone:1/hid?x=den@h/"}) {
        EXPECT_THAT(refusal(at(text)), HasSubstr("write %40, %2F or %3F")) << text;
        EXPECT_THAT(refusal(at(text)), Not(HasSubstr("den"))) << text;
    }
}

TEST(MongoAddress, ComesFromTheOriginalsVariables) {
    const MongoOptions options = from({{"MONGO_HOST", "db.example.com"},
                                       {"MONGO_USER_ID", "u"},
                                       {"MONGO_SECRET_KEY", "p"},
                                       {"MONGO_DB_NAME", "metrics"}});
    EXPECT_EQ(options.uri, "mongodb://db.example.com");
    EXPECT_EQ(options.user, "u");
    EXPECT_EQ(options.password, "p");
    EXPECT_EQ(options.database, "metrics");
    EXPECT_EQ(from({{"MONGO_HOST", "mongodb+srv://c.example.net"}}).uri,
              "mongodb+srv://c.example.net");
}

TEST(MongoAddress, TheUriComesBeforeTheHost) {
    EXPECT_EQ(from({{"MONGO_HOST", "h"}, {"MONGO_URI", "mongodb://other/x"}}).uri,
              "mongodb://other/x");
    EXPECT_EQ(from({}).uri, "mongodb://127.0.0.1:27017");
}

}  // namespace
}  // namespace views::mongodb
