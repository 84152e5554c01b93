#include "http/message.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "http/percent.hpp"
#include "http/wire.hpp"

namespace http {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(Headers, CompareNamesWithoutRegardToCase) {
    Headers headers{{"Accept", "a"}, {"X", "y"}, {"ACCEPT", "b"}};
    EXPECT_EQ(*headers.find("accept"), "a");
    EXPECT_THAT(headers.all("accepT"), ElementsAre("a", "b"));
    EXPECT_EQ(headers.find("accep"), nullptr);
}

TEST(Headers, SetReplacesEveryFieldOfThatName) {
    Headers headers{{"Accept", "a"}, {"ACCEPT", "b"}};
    headers.set("accept", "c");
    EXPECT_THAT(headers.all("Accept"), ElementsAre("c"));
}

TEST(Request, ThrowsForAParameterThatTheRouteDoesNotName) {
    Request request;
    request.path_parameters = {{"id", "1"}};
    EXPECT_EQ(request.parameter("id"), "1");
    EXPECT_THROW(static_cast<void>(request.parameter("name")), std::logic_error);
}

TEST(Responder, SendsOnlyTheFirstAnswer) {
    std::vector<int> statuses;
    const Responder respond([&](const Response& response) { statuses.push_back(response.status); });
    const Responder copy = respond;
    respond(Response::text(200, ""));
    copy(Response::text(201, ""));
    EXPECT_THAT(statuses, ElementsAre(200));
}

TEST(Responder, AnswersInternalWhenTheLastCopyGoesUnused) {
    std::vector<Response> answers;
    auto first = std::make_unique<Responder>([&](Response r) { answers.push_back(r); }, "id-1");
    auto second = std::make_unique<Responder>(*first);
    first.reset();
    EXPECT_TRUE(answers.empty());
    second.reset();
    ASSERT_EQ(answers.size(), 1U);
    EXPECT_EQ(answers[0].status, 500);
    EXPECT_THAT(answers[0].body, HasSubstr("urn:request:id-1"));
}

TEST(Percent, DecodesWhatItEncodes) {
    std::string all;
    for (char c = 0; c < 0x7F; ++c) all += c;
    all += "\u00e9\u20ac\U0001F600";
    EXPECT_EQ(percent_decode(percent_encode(all)), all);
    EXPECT_EQ(percent_decode(percent_encode(all), Plus::is_space), all);
    EXPECT_EQ(percent_encode("a-b_c.d~e/f g"), "a-b_c.d~e%2Ff%20g");
}

TEST(Wire, LetsNoValueBeginAFieldOfItsOwn) {
    std::string out;
    const Response response{200, {{"Location", "/a\r\nSet-Cookie: x"}}, {}, {}};
    append_head(out, response, {.request_id = "i"});
    EXPECT_THAT(out, HasSubstr("Location: /a  Set-Cookie: x\r\n"));
}

TEST(Wire, LeavesTheFramingToTheServer) {
    std::string out;
    const Response response{200, {{"content-length", "99"}, {"CONNECTION", "x"}}, {}, {}};
    append_head(out, response, {.content_length = 3, .request_id = "i"});
    EXPECT_THAT(out, HasSubstr("Content-Length: 3\r\n"));
    EXPECT_THAT(out, Not(HasSubstr("99")));
    EXPECT_THAT(out, Not(HasSubstr("CONNECTION")));
}

}  // namespace
}  // namespace http
