// Events that are described once, and the codec that follows from it.
#include "es/described.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <variant>

#include "es/described_codec.hpp"
#include "es/errors.hpp"
#include "es/event.hpp"

namespace {

enum class Size { small, large };

struct Ordered {
    std::string what;
    std::int64_t count = 0;
    std::uint8_t priority = 0;
    double price = 0;
    bool gift = false;
    Size size = Size::small;
    std::optional<std::string> note;
    bool operator==(const Ordered&) const = default;
};
constexpr auto describe(es::Type<Ordered>) {
    using E = Ordered;
    return es::event("Ordered", es::member("what", &E::what), es::member("count", &E::count),
                     es::member("priority", &E::priority), es::member("price", &E::price),
                     es::member("gift", &E::gift, es::otherwise(true)),
                     es::member("size", &E::size, es::one_of<Size>("small", "large")),
                     es::member("note", &E::note, es::since(2)));
}

struct Cancelled {
    bool operator==(const Cancelled&) const = default;
};
constexpr auto describe(es::Type<Cancelled>) {
    return es::event("Cancelled");
}

// Schema 1 had days, 2 has hours, and 3 may say who.
struct Delayed {
    int hours = 0;
    std::optional<std::string> by;
    bool operator==(const Delayed&) const = default;
};
std::string in_hours(std::string payload) {
    const es::JsonPayload::Reader old(payload);
    es::JsonPayload::Writer out;
    out.integer("hours", 24 * old.integer("days"));
    return out.take();
}
constexpr auto describe(es::Type<Delayed>) {
    return es::event("Delayed", es::upcast(1, in_hours), es::member("hours", &Delayed::hours),
                     es::member("by", &Delayed::by, es::since(3)));
}

using Event = std::variant<Ordered, Cancelled, Delayed>;

const auto& codec() {
    return es::described_codec<Event>();
}

Event decode(const std::string& type, int schema, const std::string& payload) {
    es::RecordedEvent event;
    event.type = type;
    event.schema = schema;
    event.payload = payload;
    return codec().decode(event);
}

// The text of Corrupt; "" if there is none.
std::string fault(const std::string& payload) {
    try {
        decode("Ordered", 1, payload);
    } catch (const es::Corrupt& corrupt) {
        return corrupt.what();
    }
    return "";
}

TEST(Described, AnEventIsWrittenInTheOrderOfItsMembers) {
    const auto encoded = codec().encode(Ordered{"b\"\n\\ü", -5, 7, 0.1, true, Size::large, {}});
    EXPECT_EQ(encoded.type, "Ordered");
    EXPECT_EQ(
        encoded.payload,
        R"({"what":"b\"\n\\ü","count":-5,"priority":7,"price":0.1,"gift":true,"size":"large"})");
    EXPECT_EQ(codec().encode(Cancelled{}).payload, "{}");
}

TEST(Described, WhatIsWrittenIsReadBack) {
    for (const Event& event :
         std::initializer_list<Event>{Ordered{"", std::numeric_limits<std::int64_t>::min(), 255,
                                              -1e300, false, Size::small, "n"},
                                      Ordered{"ü", std::numeric_limits<std::int64_t>::max(), 0,
                                              5e-324, true, Size::large, ""},
                                      Cancelled{}, Delayed{-3, {}}, Delayed{3, "me"}}) {
        const auto encoded = codec().encode(event);
        EXPECT_EQ(decode(encoded.type, encoded.schema, encoded.payload), event) << encoded.payload;
    }
}

// So that programs that know schema 1 alone read it as far as they can.
TEST(Described, TheLowestSchemaIsWrittenThatSaysAll) {
    Ordered event;
    EXPECT_EQ(codec().encode(event).schema, 1);
    event.note = "";
    EXPECT_EQ(codec().encode(event).schema, 2);
    EXPECT_EQ(codec().encode(Delayed{1, {}}).schema, 2);
    EXPECT_EQ(codec().encode(Delayed{1, "me"}).schema, 3);
}

TEST(Described, OlderSchemasAreRaised) {
    EXPECT_EQ(decode("Delayed", 1, R"({"days":2})"), Event(Delayed{48, {}}));
    EXPECT_EQ(decode("Delayed", 2, R"({"hours":2})"), Event(Delayed{2, {}}));
    EXPECT_THROW(decode("Delayed", 4, R"({"hours":2})"), es::Corrupt);
    EXPECT_THROW(decode("Delayed", 0, R"({"hours":2})"), es::Corrupt);
}

TEST(Described, AMemberThatIsAbsentIsNothingOrItsDefault) {
    const Event expected = Ordered{"x", 1, 1, 1, true, Size::small, {}};
    EXPECT_EQ(
        decode("Ordered", 1, R"({"what":"x","count":1,"priority":1,"price":1,"size":"small"})"),
        expected);
}

TEST(Described, SaysWhatIsWrongWithAPayload) {
    const std::string good =
        R"("what":"x","count":1,"priority":1,"price":1,"gift":false,"size":"small")";
    EXPECT_EQ(fault("{" + good + "}"), "");
    EXPECT_EQ(fault("{" + good + R"(,"later":[{"a":[1,2]}],"more":null})"), "");
    // Of two of a name the first counts.
    EXPECT_EQ(fault("{" + good + R"(,"count":"two"})"), "");
    EXPECT_EQ(fault("{}"), "payload has no 'what'");
    const std::string nul(1, '\0');
    EXPECT_EQ(fault("{" + good + "}" + nul + "{"), "payload is not JSON: error at byte 74");
    EXPECT_EQ(fault("\xEF\xBB\xBF{" + good + "}"), "payload is not JSON: error at byte 1");
    EXPECT_EQ(fault(R"({"what":1})"), "payload's 'what' is not a text");
    EXPECT_EQ(fault(R"({"what":"","count":1.5})"), "payload's 'count' is not a whole number");
    EXPECT_EQ(fault(R"({"what":"","count":1,"priority":256})"),
              "payload's 'priority' is out of range");
    EXPECT_EQ(fault(R"({"what":"","count":1,"priority":1,"price":"1"})"),
              "payload's 'price' is not a number");
    EXPECT_EQ(fault(R"({"what":"","count":1,"priority":1,"price":1,"gift":0})"),
              "payload's 'gift' is not true or false");
    EXPECT_EQ(fault(R"({"what":"","count":1,"priority":1,"price":1,"size":"huge"})"),
              R"(payload's 'size' is not "small" or "large")");
}

TEST(Described, TakesNothingThatIsNoJsonObject) {
    for (const char* payload :
         {"", "{", "[]", "1", "null", "\"x\"", "{} {}", "{'a':1}", R"({"a":01})", R"({"a":NaN})",
          R"({"a":1e999})", "{\"a\":\"\xff\"}", "{\"a\":\"\x01\"}", R"({"a":"\ud800"})"}) {
        EXPECT_NE(fault(payload), "") << payload;
        EXPECT_EQ(fault(payload).find("payload is not "), 0U) << fault(payload);
    }
}

TEST(Described, BoundsWhatAPayloadMayCost) {
    const std::string deep(es::payload_depth_max, '[');
    EXPECT_EQ(fault(R"({"x":)" + deep), "payload is nested too deeply");
    std::string many = "{";
    for (std::size_t i = 0; i <= es::payload_members_max; ++i) {
        many += "\"m" + std::to_string(i) + "\":0,";
    }
    EXPECT_EQ(fault(many + "\"last\":0}"), "payload has too many members");
}

struct Priced {
    double price = 0;
    std::uint64_t amount = 0;
    std::int64_t count = 0;
    std::string unit;
    bool operator==(const Priced&) const = default;
};
constexpr auto describe(es::Type<Priced>) {
    return es::event("Priced", es::member("price", &Priced::price),
                     es::member("amount", &Priced::amount, es::otherwise(0)),
                     es::member("count", &Priced::count, es::otherwise(5)),
                     es::member("unit", &Priced::unit, es::otherwise("none")));
}
using Pricing = std::variant<Priced>;

// It would be stored, and never be read again.
TEST(Described, WhatCouldNotBeReadBackIsNotWritten) {
    const auto& codec = es::described_codec<Pricing>();
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    const Priced fine{1, static_cast<std::uint64_t>(most), most, "m"};
    es::RecordedEvent event;
    event.type = "Priced";
    event.payload = codec.encode(fine).payload;
    EXPECT_EQ(std::get<Priced>(codec.decode(event)), fine);
    for (const double price :
         {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
        EXPECT_THROW(std::ignore = codec.encode(Priced{price, 0, 0, "m"}), std::invalid_argument);
    }
    EXPECT_THROW(
        std::ignore = codec.encode(Priced{1, std::numeric_limits<std::uint64_t>::max(), 0, "m"}),
        std::invalid_argument);
}

TEST(Described, ADefaultNeedNotBeOfTheMembersType) {
    es::RecordedEvent event;
    event.type = "Priced";
    event.payload = R"({"price":2})";
    EXPECT_EQ(std::get<Priced>(es::described_codec<Pricing>().decode(event)),
              (Priced{2, 0, 5, "none"}));
}

}  // namespace
