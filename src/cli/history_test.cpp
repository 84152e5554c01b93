#include "cli/history.hpp"

#include <gtest/gtest.h>

namespace {

std::string text(const std::string& type, const std::string& payload,
                 const std::string& metadata = "{}") {
    const auto event =
        json::parse(R"({"version":13,"occurredOn":"2026-07-01T10:42:00.000Z","type":")" + type +
                    R"(","payload":)" + payload + R"(,"metadata":)" + metadata + "}");
    EXPECT_TRUE(event.ok()) << event.error;
    return cli::event_text(event.value);
}

TEST(History, TellsAnEventInASentence) {
    EXPECT_EQ(text("MetricValueUpdated", R"({"value":11,"added":1,"comment":"two by ferry"})",
                   R"({"extra":{"by":"sales"}})"),
              "value 11 (+1), \"two by ferry\", says sales");
    EXPECT_EQ(text("MetricValueUpdated", R"({"value":11,"observedAt":"2026-05-31T00:00:00.000Z"})"),
              "value 11 of 31 May 2026");
    EXPECT_EQ(text("MetricTargetUpdated", R"({"target":30,"reason":"New shelf"})"),
              "target 30, \"New shelf\"");
    EXPECT_EQ(text("MetricValueCorrected", R"({"of":13,"value":12,"reason":"typed 11"})"),
              "version 13 corrected to 12, \"typed 11\"");
    EXPECT_EQ(text("MetricValueRetracted", R"({"of":13,"reason":"not mine"})"),
              "version 13 retracted, \"not mine\"");
    EXPECT_EQ(text("MetricNoted",
                   R"({"text":"moved","at":"2026-05-31T00:00:00.000Z","newProcess":true})"),
              "note of 31 May 2026 (a new process from then on): moved");
    EXPECT_EQ(text("MetricSettingsUpdated", R"({"owner":"sales","tags":["a"]})"),
              "settings  owner: sales  tags: [\"a\"]");
}

TEST(History, AnEventThatIsNotKnownHereHasItsTypeAndPayload) {
    EXPECT_EQ(text("MetricPinned", R"({"place":1,"comment":"c"})"),
              "MetricPinned  place: 1  comment: c");
}

TEST(History, NothingInAnEventSteersTheTerminal) {
    EXPECT_EQ(text("Metric\\u001b[2J", R"({"\u001b[2J\u009b31m":"\u202eevil"})"),
              "Metric\uFFFD[2J  \uFFFD[2J\uFFFD31m: \uFFFDevil");
    EXPECT_EQ(text("MetricNoted", R"({"text":"a\u001b[2J\nb"})"), "note: a\uFFFD[2J b");
}

}  // namespace
