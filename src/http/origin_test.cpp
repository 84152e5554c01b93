#include "http/origin.hpp"

#include <gtest/gtest.h>

namespace http {
namespace {

TEST(Origin, IsSchemeHostAndPort) {
    EXPECT_EQ(parse_origin("https://intranet.example"), (Origin{"https", "intranet.example", 443}));
    EXPECT_EQ(parse_origin("http://localhost:3001"), (Origin{"http", "localhost", 3001}));
    EXPECT_EQ(parse_origin("http://[::1]"), (Origin{"http", "::1", 80}));
    EXPECT_EQ(parse_origin("HTTP://LocalHost:80"), (Origin{"http", "localhost", 80}));
}

TEST(Origin, IsNothingElse) {
    for (const char* text : {"",
                             "null",
                             "*",
                             "intranet.example",
                             "//intranet.example",
                             "https:intranet.example",
                             "https://",
                             "https://:443",
                             "https://intranet.example/",
                             "https://intranet.example/a",
                             "https://intranet.example?a",
                             "https://intranet.example#a",
                             "https://u@intranet.example",
                             "https://intranet.example:65536",
                             "https://intranet.example:x",
                             "file://",
                             "ftp://a.example",
                             "chrome-extension://abc",
                             "https://a.example https://b.example",
                             " https://a.example",
                             "https://a.example ",
                             "https://[::1",
                             "https://a b"}) {
        EXPECT_FALSE(parse_origin(text)) << text;
    }
}

TEST(Origin, IsWrittenAsBrowsersDo) {
    for (const char* text : {"https://intranet.example", "http://localhost:3001",
                             "http://[::1]:8080", "https://a.example:80", "http://127.0.0.1"}) {
        EXPECT_EQ(to_string(*parse_origin(text)), text);
    }
    EXPECT_EQ(to_string(*parse_origin("https://A.example:443")), "https://a.example");
}

}  // namespace
}  // namespace http
