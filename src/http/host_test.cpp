#include "http/host.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace http {
namespace {

using testing::Optional;

Host named(std::string name, std::optional<std::uint16_t> port = std::nullopt) {
    return {std::move(name), port};
}

TEST(Host, HasANameInLowerCaseAndPerhapsAPort) {
    EXPECT_THAT(parse_host("Example.ORG"), Optional(named("example.org")));
    EXPECT_THAT(parse_host("localhost:3000"), Optional(named("localhost", 3000)));
    EXPECT_THAT(parse_host("read_api-1:0080"), Optional(named("read_api-1", 80)));
    EXPECT_THAT(parse_host("127.0.0.1:65535"), Optional(named("127.0.0.1", 65535)));
    EXPECT_THAT(parse_host("localhost:"), Optional(named("localhost")));
    EXPECT_THAT(parse_host("a%C3%A9~b!"), Optional(named("a%c3%a9~b!")));
}

TEST(Host, MayBeAnIpv6AddressInBrackets) {
    EXPECT_THAT(parse_host("[::1]"), Optional(named("::1")));
    EXPECT_THAT(parse_host("[0:0:0:0:0:0:0:1]:80"), Optional(named("::1", 80)));
    EXPECT_THAT(parse_host("[2001:DB8::7]:"), Optional(named("2001:db8::7")));
    EXPECT_THAT(parse_host("[::ffff:127.0.0.1]"), Optional(named("::ffff:127.0.0.1")));
}

TEST(Host, MayBeEmpty) {
    EXPECT_THAT(parse_host(""), Optional(named("")));
}

TEST(Host, IsNothingElse) {
    for (const std::string_view value : {"a b",
                                         " a",
                                         "a ",
                                         "a\tb",
                                         "a/b",
                                         "a?b",
                                         "a#b",
                                         "user@a",
                                         "http://a",
                                         "a\\b",
                                         "a\"b",
                                         "<a>",
                                         "a%",
                                         "a%4",
                                         "a%4g",
                                         "\xC3\xA9",
                                         ":",
                                         ":80",
                                         "a:b",
                                         "a:80b",
                                         "a:-1",
                                         "a:+1",
                                         "a: 80",
                                         "a:80:80",
                                         "a:65536",
                                         "a:99999999999999999999",
                                         "::1",
                                         "[]",
                                         "[",
                                         "]",
                                         "[::1",
                                         "::1]",
                                         "[::1]x",
                                         "[::1]80",
                                         "x[::1]",
                                         "[::1]:x",
                                         "[::g]",
                                         "[1.2.3.4]",
                                         "[fe80::1%25lo]",
                                         "[fe80::1%lo]",
                                         "[v1.a]",
                                         "[[::1]]",
                                         "a[",
                                         "[:80]"}) {
        EXPECT_EQ(parse_host(value), std::nullopt) << value;
    }
    using namespace std::string_view_literals;
    EXPECT_EQ(parse_host("a\0"sv), std::nullopt);
    EXPECT_EQ(parse_host("[::1\0]"sv), std::nullopt);
}

}  // namespace
}  // namespace http
