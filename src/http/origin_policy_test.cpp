#include "http/origin_policy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/test_connection.hpp"

namespace http {
namespace {

using test::Connection;
using testing::HasSubstr;
using testing::Not;

constexpr const char* listed = "https://intranet.example";

OriginPolicyOptions guarded() {
    return {.checks_host = true, .hosts = {"kpi.example"}, .origins = {*parse_origin(listed)}};
}

OriginPolicyOptions read_by_anybody() {
    return {.checks_host = true, .any_origin_may_read = true};
}

Request request(const std::string& method, Headers headers, const std::string& target = "/a") {
    Request made;
    made.method = method;
    made.target = target;
    made.path = target;
    // As the reader does, which refuses what is no host.
    if (const auto* host = headers.find("Host")) made.host = parse_host(*host).value();
    made.headers = std::move(headers);
    return made;
}

// The status that the policy itself answers with; 0: the handler answers.
int status(const OriginPolicyOptions& options, const Request& request) {
    const auto verdict = OriginPolicy(options).judge(request);
    return verdict.answer ? verdict.answer->status : 0;
}

int status_of_host(const std::string& host) {
    return status(guarded(), request("GET", {{"Host", host}}));
}

int status_of_origin(const std::string& origin, const std::string& host = "localhost:3000") {
    return status(guarded(), request("POST", {{"Host", host}, {"Origin", origin}}));
}

std::string fields(const OriginPolicyOptions& options, const Request& request) {
    return OriginPolicy(options).judge(request).fields;
}

// --- Host ---

TEST(OriginPolicy, AnswersForHostsThatNobodyElseCanPointHere) {
    for (const char* host :
         {"localhost", "localhost:3000", "LOCALHOST:1", "localhost.", "kpi.localhost:3000",
          "a.b.localhost.", "127.0.0.1", "127.0.0.1:3000", "10.1.2.3", "[::1]", "[::1]:3000",
          "[0:0:0:0:0:0:0:1]", "localhost:"}) {
        EXPECT_EQ(status_of_host(host), 0) << host;
    }
}

TEST(OriginPolicy, AnswersForTheHostsItWasTold) {
    for (const char* host : {"kpi.example", "KPI.Example:8443", "kpi.example."}) {
        EXPECT_EQ(status_of_host(host), 0) << host;
    }
}

TEST(OriginPolicy, AnswersForNoOtherHost) {
    for (const char* host :
         {"rebind.example", "rebind.example:3000", "www.kpi.example", "kpi.example.evil.example",
          "evilkpi.example", "kpi.example..", "localhost.evil.example", "notlocalhost",
          ".localhost", "localhost..", "127.1", "0x7f.1", "2130706433", "127.0.0.1.", "0177.0.0.1",
          "127.0.0.1.nip.io",

          "%6cocalhost", "", "localhost,a"}) {
        EXPECT_EQ(status_of_host(host), 421) << host;
    }
}

// They lead to this machine, but a browser then doesn't say which site asks.
TEST(OriginPolicy, DoesNotAnswerForAddressesThatABrowserDoesNotTakeForThisMachine) {
    for (const char* host : {"0.0.0.0:3000", "[::]", "[0:0::0]:3000", "[::ffff:127.0.0.1]:3000",
                             "[::FFFF:7f00:1]", "[::ffff:0.0.0.0]", "[::ffff:10.1.2.3]"}) {
        EXPECT_EQ(status_of_host(host), 421) << host;
    }
}

TEST(OriginPolicy, NamesTheOptionForAHostThatIsUnknown) {
    const auto verdict =
        OriginPolicy(guarded()).judge(request("GET", {{"Host", "rebind.example:3000"}}));
    ASSERT_TRUE(verdict.answer);
    EXPECT_THAT(verdict.answer->body, HasSubstr("/problems/unknown-host"));
    EXPECT_THAT(verdict.answer->body, HasSubstr("'rebind.example'"));
    EXPECT_THAT(verdict.answer->body, HasSubstr("--allowed-host"));
    EXPECT_EQ(verdict.fields, "");
}

TEST(OriginPolicy, TakesAProgramThatNamesNoHost) {
    EXPECT_EQ(status(guarded(), request("GET", {})), 0);
    EXPECT_EQ(status(guarded(), request("POST", {})), 0);
    EXPECT_EQ(status(guarded(), request("POST", {{"Origin", "http://localhost"}})), 403);
}

TEST(OriginPolicy, ChecksHostsOnlyIfTold) {
    EXPECT_EQ(status({}, request("GET", {{"Host", "any.example"}})), 0);
    EXPECT_EQ(
        status({}, request("POST", {{"Host", "any.example"}, {"Origin", "http://any.example"}})),
        0);
    EXPECT_EQ(
        status({}, request("POST", {{"Host", "any.example"}, {"Origin", "http://evil.example"}})),
        403);
}

// --- Commands ---

TEST(OriginPolicy, TakesCommandsOfProgramsAndOfItsOwnPages) {
    EXPECT_EQ(status(guarded(), request("POST", {{"Host", "localhost:3000"}})), 0);
    EXPECT_EQ(status_of_origin("http://localhost:3000"), 0);
    EXPECT_EQ(status_of_origin("HTTP://LOCALHOST:3000"), 0);
    EXPECT_EQ(status_of_origin("http://kpi.example", "kpi.example:80"), 0);
    EXPECT_EQ(status_of_origin("http://[::1]:3000", "[0::1]:3000"), 0);
}

TEST(OriginPolicy, TakesNoCommandsOfOtherPages) {
    for (const char* origin :
         {"null", "", "http://localhost", "http://localhost:3001", "https://localhost:3000",
          "http://localhost:3000/", "http://localhost.:3000", "http://127.0.0.1:3000",
          "http://evil.example", "http://localhost:3000.evil.example", "file://",
          "http://user@localhost:3000", "http://intranet.example", "https://intranet.example:444",
          "https://sub.intranet.example", "https://intranet.example.", "localhost:3000", "*",
          "http://localhost:3000 http://evil.example"}) {
        EXPECT_EQ(status_of_origin(origin), 403) << origin;
    }
    for (const char* method : {"PUT", "PATCH", "DELETE", "post", "get", "TRACE", "QUERY"}) {
        const auto sent =
            request(method, {{"Host", "localhost"}, {"Origin", "http://evil.example"}});
        EXPECT_EQ(status(guarded(), sent), 403) << method;
    }
    EXPECT_EQ(status(guarded(), request("POST", {{"Host", "localhost:3000"},
                                                 {"Origin", "http://localhost:3000"},
                                                 {"Origin", "http://evil.example"}})),
              403);
}

TEST(OriginPolicy, TakesNoCommandsThatABrowserCallsForeign) {
    const auto from = [](const char* site) {
        return status(guarded(),
                      request("POST", {{"Host", "localhost"}, {"Sec-Fetch-Site", site}}));
    };
    EXPECT_EQ(from("same-origin"), 0);
    EXPECT_EQ(from("none"), 0);
    for (const char* site : {"cross-site", "same-site", "Cross-Site", "", "unheard-of"}) {
        EXPECT_EQ(from(site), 403) << site;
    }
}

TEST(OriginPolicy, KnowsItsSchemeFromTheProxy) {
    const auto with = [](const char* origin, const char* proto) {
        return status(guarded(), request("POST", {{"Host", "kpi.example"},
                                                  {"Origin", origin},
                                                  {"X-Forwarded-Proto", proto}}));
    };
    EXPECT_EQ(with("https://kpi.example", "https"), 0);
    EXPECT_EQ(with("https://kpi.example", "HTTPS, http"), 0);
    EXPECT_EQ(with("http://kpi.example", "http"), 0);
    EXPECT_EQ(with("http://kpi.example", "https"), 403);
    EXPECT_EQ(with("https://kpi.example", "http"), 403);
    EXPECT_EQ(with("https://kpi.example", "http, https"), 403);
    const auto verdict = OriginPolicy(guarded()).judge(
        request("POST", {{"Host", "kpi.example"}, {"Origin", "https://kpi.example"}}));
    ASSERT_TRUE(verdict.answer);
    EXPECT_THAT(verdict.answer->body, HasSubstr("X-Forwarded-Proto"));
}

// --- Reads ---

Request read_by(Headers fetch) {
    fetch.add("Host", "localhost");
    return request("GET", std::move(fetch));
}

TEST(OriginPolicy, LetsForeignPagesLinkButNotEmbed) {
    const auto embedded = [](const char* mode, const char* dest) {
        return status(guarded(), read_by({{"Sec-Fetch-Site", "cross-site"},
                                          {"Sec-Fetch-Mode", mode},
                                          {"Sec-Fetch-Dest", dest}}));
    };
    EXPECT_EQ(embedded("navigate", "document"), 0);
    EXPECT_EQ(embedded("navigate", "iframe"), 403);
    EXPECT_EQ(embedded("navigate", "object"), 403);
    EXPECT_EQ(embedded("navigate", "embed"), 403);
    EXPECT_EQ(embedded("no-cors", "image"), 403);
    EXPECT_EQ(embedded("no-cors", "script"), 403);
    EXPECT_EQ(embedded("no-cors", "empty"), 403);
    EXPECT_EQ(embedded("cors", "empty"), 403);
    EXPECT_EQ(embedded("websocket", "websocket"), 403);
    EXPECT_EQ(status(guarded(), read_by({{"Sec-Fetch-Site", "same-site"},
                                         {"Sec-Fetch-Mode", "no-cors"},
                                         {"Sec-Fetch-Dest", "image"}})),
              403);
    EXPECT_EQ(status(guarded(), read_by({{"Sec-Fetch-Site", "cross-site"},
                                         {"Sec-Fetch-Mode", "navigate"},
                                         {"Sec-Fetch-Dest", "document"},
                                         {"Sec-Purpose", "prefetch;prerender"}})),
              403);
}

TEST(OriginPolicy, LetsEverybodyElseRead) {
    EXPECT_EQ(status(guarded(), read_by({})), 0);
    EXPECT_EQ(status(guarded(), read_by({{"Sec-Fetch-Site", "none"}})), 0);
    EXPECT_EQ(status(guarded(), read_by({{"Sec-Fetch-Site", "same-origin"}})), 0);
    EXPECT_EQ(status(guarded(), read_by({{"Sec-Fetch-Mode", "cors"}})), 0);  // Node.js
    EXPECT_EQ(status(guarded(), read_by({{"Origin", "http://localhost"}})), 0);
}

// Chromium's says no more than this.
TEST(OriginPolicy, LetsNoForeignPageOpenAWebSocket) {
    const Headers socket{{"Connection", "Upgrade"}, {"Upgrade", "websocket"}};
    const auto opened = [&](const char* origin) {
        Headers headers = socket;
        headers.add("Origin", origin);
        return status(guarded(), read_by(headers));
    };
    EXPECT_EQ(opened("http://evil.example"), 403);
    EXPECT_EQ(opened("null"), 403);
    EXPECT_EQ(opened("http://localhost:8080"), 403);
    EXPECT_EQ(opened("http://localhost"), 0);
    EXPECT_EQ(opened(listed), 0);
}

// The speculation rules of a page of another site; and what a browser does of itself.
TEST(OriginPolicy, LetsNobodyButItsOwnPagesFetchInAdvance) {
    const auto fetched = [](const char* site, const char* purpose) {
        return status(guarded(), read_by({{"Sec-Fetch-Site", site},
                                          {"Sec-Fetch-Mode", "navigate"},
                                          {"Sec-Fetch-Dest", "document"},
                                          {"Sec-Purpose", purpose}}));
    };
    EXPECT_EQ(fetched("none", "prefetch"), 403);
    EXPECT_EQ(fetched("none", "prefetch;prerender"), 403);
    EXPECT_EQ(fetched("same-origin", "prefetch"), 0);
}

Request preflight(const char* origin, const char* method) {
    return request("OPTIONS", {{"Host", "localhost"},
                               {"Origin", origin},
                               {"Sec-Fetch-Site", "cross-site"},
                               {"Sec-Fetch-Mode", "cors"},
                               {"Access-Control-Request-Method", method}});
}

Request fetched(const char* origin, const char* method) {
    return request(method, {{"Host", "localhost"},
                            {"Origin", origin},
                            {"Sec-Fetch-Site", "cross-site"},
                            {"Sec-Fetch-Mode", "cors"}});
}

TEST(OriginPolicy, MarksWhatALinkOfAnotherSiteAsksFor) {
    const Headers link{{"Sec-Fetch-Mode", "navigate"}, {"Sec-Fetch-Dest", "document"}};
    const auto marked = [&](const char* site) {
        Headers headers = link;
        headers.add("Sec-Fetch-Site", site);
        return OriginPolicy(guarded()).judge(read_by(headers)).from_other_site;
    };
    const auto fetched_by_anybody = fetched("http://evil.example", "GET");
    EXPECT_FALSE(OriginPolicy(read_by_anybody()).judge(fetched_by_anybody).from_other_site);
    EXPECT_FALSE(OriginPolicy(guarded()).judge(fetched(listed, "GET")).from_other_site);
    EXPECT_TRUE(marked("cross-site"));
    EXPECT_TRUE(marked("same-site"));
    EXPECT_FALSE(marked("none"));
    EXPECT_FALSE(marked("same-origin"));
}

// --- CORS ---

TEST(OriginPolicy, AnswersThePreflightOfAListedOrigin) {
    const auto verdict = OriginPolicy(guarded()).judge(preflight(listed, "POST"));
    ASSERT_TRUE(verdict.answer);
    EXPECT_EQ(verdict.answer->status, 204);
    EXPECT_EQ(*verdict.answer->headers.find("Access-Control-Allow-Methods"),
              "GET, HEAD, POST, PATCH");
    EXPECT_EQ(*verdict.answer->headers.find("Access-Control-Allow-Headers"),
              "Content-Type, Idempotency-Key, If-Match, X-By");
    EXPECT_EQ(*verdict.answer->headers.find("Access-Control-Max-Age"), "600");
    EXPECT_THAT(verdict.fields, HasSubstr("Vary: Origin\r\n"));
    EXPECT_THAT(verdict.fields,
                HasSubstr("Access-Control-Allow-Origin: https://intranet.example\r\n"));
}

TEST(OriginPolicy, RefusesThePreflightOfAnyOther) {
    for (const char* origin : {"http://evil.example", "null", "http://localhost:8080"}) {
        EXPECT_EQ(status(guarded(), preflight(origin, "POST")), 403) << origin;
        EXPECT_EQ(status(guarded(), preflight(origin, "GET")), 403) << origin;
        EXPECT_THAT(fields(guarded(), preflight(origin, "POST")), Not(HasSubstr("Allow-Origin")));
    }
}

TEST(OriginPolicy, LetsAListedOriginReadAndWrite) {
    for (const char* method : {"GET", "POST"}) {
        EXPECT_EQ(status(guarded(), fetched(listed, method)), 0);
        const std::string sent = fields(guarded(), fetched(listed, method));
        EXPECT_THAT(sent, HasSubstr("Access-Control-Allow-Origin: https://intranet.example\r\n"));
        EXPECT_THAT(sent, HasSubstr("Access-Control-Expose-Headers: ETag, Location, "
                                    "Idempotent-Replayed, Link, Retry-After, X-Request-Id\r\n"));
    }
    // What a page embeds carries no Origin, listed or not.
    EXPECT_EQ(status(guarded(),
                     read_by({{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Mode", "no-cors"}})),
              403);
}

TEST(OriginPolicy, LetsEveryPageReadIfToldSoAndNoneWrite) {
    EXPECT_EQ(status(read_by_anybody(), fetched("http://evil.example", "GET")), 0);
    EXPECT_THAT(fields(read_by_anybody(), fetched("http://evil.example", "GET")),
                HasSubstr("Access-Control-Allow-Origin: *\r\n"));
    EXPECT_EQ(status(read_by_anybody(), preflight("http://evil.example", "GET")), 204);
    EXPECT_EQ(status(read_by_anybody(), preflight("http://evil.example", "POST")), 403);
    for (const char* method : {"POST", "DELETE"}) {
        EXPECT_EQ(status(read_by_anybody(), fetched("http://evil.example", method)), 403);
        EXPECT_THAT(fields(read_by_anybody(), fetched("http://evil.example", method)),
                    Not(HasSubstr("Allow-Origin")));
    }
    EXPECT_EQ(status(read_by_anybody(), request("GET", {{"Host", "rebind.example"}})), 421);
}

TEST(OriginPolicy, SaysNothingOfCorsIfNoOriginIsListed) {
    EXPECT_EQ(fields({}, fetched("http://localhost", "GET")), "");
}

// --- As the server does it ---

struct Running : Server {
    explicit Running(OriginPolicyOptions origins)
        : Server({.origins = std::move(origins)}, test::echo) {
        start();
    }
};

TEST(OriginPolicy, HoldsBeforeTheHandler) {
    const Running server(guarded());
    Connection connection(server);
    auto answer = connection.ask("GET /a HTTP/1.1\r\nHost: rebind.example\r\n\r\n");
    EXPECT_EQ(answer.status, 421);
    EXPECT_TRUE(answer.says("HTTP/1.1 421 Misdirected Request\r\n"));
    EXPECT_TRUE(answer.says("application/problem+json"));
    answer = connection.ask(
        "POST /a HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\n"
        "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}");
    EXPECT_EQ(answer.status, 403);
    EXPECT_THAT(answer.body, HasSubstr("/problems/foreign-origin"));
    // The connection, and the body of what was refused, are in order.
    EXPECT_EQ(connection.ask("GET /b HTTP/1.1\r\nHost: localhost\r\n\r\n").body, "GET /b ");
    EXPECT_EQ(connection.ask("GET /c HTTP/1.0\r\n\r\n").body, "GET /c ");
}

TEST(OriginPolicy, TakesTheHostOfAnAbsoluteTarget) {
    const Running server(guarded());
    const auto status_of = [&](const std::string& target, const std::string& host) {
        return Connection(server)
            .ask("GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n")
            .status;
    };
    EXPECT_EQ(status_of("http://rebind.example/a", "localhost"), 421);
    EXPECT_EQ(status_of("http://kpi.example:80?a=/", "rebind.example"), 200);
    EXPECT_EQ(status_of("/http://kpi.example/", "rebind.example"), 421);
    EXPECT_EQ(status_of("http://user@localhost/a", "localhost"), 400);
    const auto answer = Connection(server).ask(
        "POST http://kpi.example/a HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n"
        "Content-Length: 0\r\n\r\n");
    EXPECT_EQ(answer.status, 403);
}

TEST(OriginPolicy, HoldsForWhatIsMalformedLast) {
    const Running server(guarded());
    const auto answer = Connection(server).ask(
        "GET a HTTP/1.1\r\nHost: rebind.example\r\nOrigin: http://evil.example\r\n\r\n");
    EXPECT_EQ(answer.status, 400);
    EXPECT_FALSE(answer.says("Access-Control"));
}

TEST(OriginPolicy, LetsAnAllowedPageReadARefusal) {
    const Running server(guarded());
    const auto answer = Connection(server).ask(
        "POST /a HTTP/1.1\r\nHost: localhost\r\nOrigin: https://intranet.example\r\n"
        "Content-Length: 100000\r\n\r\n");
    EXPECT_EQ(answer.status, 413);
    EXPECT_TRUE(answer.says("\r\nAccess-Control-Allow-Origin: https://intranet.example\r\n"));
}

TEST(OriginPolicy, ProtectsEveryAnswer) {
    const Running server(guarded());
    const std::string preflight_of_a_listed_origin =
        "OPTIONS /a HTTP/1.1\r\nHost: localhost\r\nOrigin: https://intranet.example\r\n"
        "Access-Control-Request-Method: POST\r\n\r\n";
    for (const std::string& sent :
         {std::string("GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n"),
          std::string("GET /a HTTP/1.1\r\nHost: evil\r\n\r\n"),
          std::string("POST /a HTTP/1.1\r\nHost: localhost\r\nOrigin: null\r\n\r\n"),
          std::string("nonsense\r\n\r\n"), preflight_of_a_listed_origin}) {
        SCOPED_TRACE(sent);
        const auto answer = Connection(server).ask(sent);
        EXPECT_TRUE(answer.says("\r\nX-Content-Type-Options: nosniff\r\n"));
        EXPECT_TRUE(answer.says("\r\nCross-Origin-Resource-Policy: same-origin\r\n"));
        EXPECT_TRUE(answer.says(
            "\r\nContent-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"));
        const bool is_error = answer.status >= 400;
        EXPECT_TRUE(answer.says(is_error ? "\r\nCache-Control: no-store\r\n"
                                         : "\r\nCache-Control: no-cache\r\n"));
    }
}

TEST(OriginPolicy, LeavesTheHandlersOwnFieldsAlone) {
    Server server({}, [](const Request&, const Responder& respond) {
        Response response = Response::text(200, "a");
        response.headers.add("Cache-Control", "max-age=60");
        response.headers.add("Content-Security-Policy", "default-src 'self'");
        respond(std::move(response));
    });
    server.start();
    const auto answer = Connection(server).ask(test::get("/"));
    EXPECT_TRUE(answer.says("\r\nCache-Control: max-age=60\r\n"));
    EXPECT_FALSE(answer.says("no-cache"));
    EXPECT_TRUE(answer.says("\r\nContent-Security-Policy: default-src 'self'\r\n"));
    EXPECT_FALSE(answer.says("frame-ancestors"));
}

}  // namespace
}  // namespace http
