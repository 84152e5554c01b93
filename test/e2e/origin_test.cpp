// A web page of somebody else can neither read nor write, through no listener of any part. What a
// real browser makes of it is shown in test/browser.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <charconv>

#include "api.hpp"
#include "fold.hpp"
#include "parts.hpp"
#include "raw_socket.hpp"
#include "set_up.hpp"

namespace {

using namespace e2e;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int wrong_usage = 64;
constexpr const char* evil = "http://evil.example";
constexpr const char* intranet = "https://intranet.example";

std::uint16_t port_of(const std::string& url) {
    std::uint16_t port = 0;
    std::from_chars(url.data() + url.rfind(':') + 1, url.data() + url.size(), port);
    return port;
}

RawSocket::Answer ask(const std::string& url, const std::string& line,
                      const std::vector<std::string>& fields, const std::string& body = {}) {
    std::string bytes = line + " HTTP/1.1\r\n";
    for (const std::string& field : fields) bytes += field + "\r\n";
    bytes += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    RawSocket socket(port_of(url));
    EXPECT_TRUE(socket.send(bytes));
    return socket.read_answer();
}

void expect_problem(const RawSocket::Answer& answer, int status, const std::string& type) {
    EXPECT_EQ(answer.status, status) << answer.head << answer.body;
    EXPECT_THAT(answer.body, HasSubstr("\"/problems/" + type + "\""));
    EXPECT_THAT(answer.head, HasSubstr("\r\nCache-Control: no-store\r\n"));
    EXPECT_THAT(answer.head, HasSubstr("\r\nX-Content-Type-Options: nosniff\r\n"));
    EXPECT_THAT(answer.head, Not(HasSubstr("Access-Control-Allow-Origin")));
}

// For each address, whether there is such a one or not.
constexpr const char* some_paths[] = {"/",        "/-/healthy",     "/-/ready", "/-/prometheus",
                                      "/metrics", "/metrics/known", "/nowhere", "/openapi.json"};

void expect_guarded(const std::string& url) {
    SCOPED_TRACE(url);
    const std::string own = "Host: localhost:" + std::to_string(port_of(url));
    for (const char* path : some_paths) {
        SCOPED_TRACE(path);
        const std::string get = std::string("GET ") + path;
        expect_problem(ask(url, get, {"Host: rebind.example"}), 421, "unknown-host");
        expect_problem(ask(url, get,
                           {own, "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors",
                            "Sec-Fetch-Dest: object"}),
                       403, "foreign-origin");
        expect_problem(ask(url, std::string("POST ") + path, {own, "Origin: null"}), 403,
                       "foreign-origin");
    }
    EXPECT_EQ(ask(url, "GET /-/healthy", {own}).status, 200);
    EXPECT_EQ(ask(url, "GET /-/healthy", {"Host: 127.0.0.1"}).status, 200);
    EXPECT_EQ(ask(url, "GET /nowhere", {own}).status, 404);
    expect_problem(ask(url, "GET /nowhere", {own, "Origin: " + std::string(evil)}), 403,
                   "foreign-origin");
    // What can't be read is said first.
    EXPECT_EQ(ask(url, "GET nowhere", {"Host: rebind.example"}).status, 400);
}

void expect_no_command(const std::string& url) {
    const std::string command = std::string("POST ") + create_path;
    const std::string own = "Host: localhost:" + std::to_string(port_of(url));
    const std::vector<std::vector<std::string>> foreign{
        {own, "Origin: http://evil.example", "Content-Type: text/plain"},
        {own, "Origin: http://evil.example", "Content-Type: application/json"},
        {own, "Origin: http://localhost:1", "Content-Type: application/json"},
        {own, "Sec-Fetch-Site: same-site", "Content-Type: application/json"},
    };
    for (const auto& fields : foreign) {
        expect_problem(ask(url, command, fields, create_body("foreign")), 403, "foreign-origin");
    }
    expect_problem(ask(url, command,
                       {"Host: rebind.example", "Origin: http://rebind.example",
                        "Content-Type: application/json"},
                       create_body("foreign")),
                   421, "unknown-host");
}

TEST(Origin, GuardsBothApisOfServe) {
    const Folder folder;
    Server server(folder);
    Api api(server);
    ASSERT_EQ(api.create("known").status, 201);
    expect_guarded(server.write_url());
    expect_guarded(server.read_url());
    expect_no_command(server.write_url());
    EXPECT_TRUE(read_events(api, "foreign").empty());
}

TEST(Origin, GuardsEveryPart) {
    const Folder folder;
    Parts parts(folder);
    Api api(parts.urls());
    ASSERT_EQ(api.create("known").status, 201);
    expect_guarded(parts.urls().write);
    expect_guarded(parts.urls().read);
    if (!is_lambda()) expect_guarded(parts.projector_url());
    expect_no_command(parts.urls().write);
    EXPECT_TRUE(read_events(api, "foreign").empty());
}

TEST(Origin, EveryPartTakesTheHostsAndOriginsOfItsSettings) {
    const Folder folder;
    Parts parts(folder, {{"YARDSTICK_ALLOWED_HOST", "kpi.example,other.example"},
                         {"YARDSTICK_CORS_ORIGIN", std::string("http://a.example,") + intranet}});
    std::vector<std::string> urls{parts.urls().write, parts.urls().read};
    if (!is_lambda()) urls.push_back(parts.projector_url());
    const std::string origin = std::string("Origin: ") + intranet;
    const std::string site = "Sec-Fetch-Site: cross-site";
    for (const std::string& url : urls) {
        SCOPED_TRACE(url);
        for (const char* host : {"Host: kpi.example", "Host: OTHER.example.:80"}) {
            const auto answer = ask(url, "GET /-/healthy", {host, origin, site});
            EXPECT_EQ(answer.status, 200);
            EXPECT_THAT(
                answer.head,
                HasSubstr("\r\nAccess-Control-Allow-Origin: " + std::string(intranet) + "\r\n"));
        }
        EXPECT_EQ(ask(url, "GET /-/healthy", {"Host: rebind.example"}).status, 421);
        // A listed origin is no key to other hosts.
        EXPECT_EQ(ask(url, "GET /-/healthy", {"Host: rebind.example", origin}).status, 421);
    }
    const auto made = ask(parts.urls().write, std::string("POST ") + create_path,
                          {"Host: kpi.example", origin, site, "Content-Type: application/json"},
                          create_body("listed"));
    EXPECT_EQ(made.status, 201) << made.body;
    EXPECT_THAT(made.head, HasSubstr("Access-Control-Expose-Headers: ETag, Location"));
}

TEST(Origin, ChecksHostsOfOtherListenersIfToldThem) {
    const Folder folder;
    const auto serve = [&](const std::vector<std::string>& further) {
        std::vector<std::string> arguments{
            "serve",          "--data",    folder.data().string(), "--listen-anywhere",
            "--write-listen", "0.0.0.0:0", "--read-listen",        "0.0.0.0:0",
            "--log-format",   "json"};
        arguments.insert(arguments.end(), further.begin(), further.end());
        return std::make_unique<Server>(Launch{.arguments = arguments});
    };
    auto server = serve({});
    EXPECT_EQ(ask(server->read_url(), "GET /", {"Host: any.example"}).status, 200);
    EXPECT_THAT(server->log(), HasSubstr("--allowed-host"));  // a warning
    EXPECT_EQ(ask(server->write_url(), "POST /", {"Host: any.example", "Origin: null"}).status,
              403);
    server.reset();
    server = serve({"--allowed-host", "kpi.example"});
    EXPECT_EQ(ask(server->read_url(), "GET /", {"Host: any.example"}).status, 421);
    EXPECT_EQ(ask(server->read_url(), "GET /", {"Host: kpi.example"}).status, 200);
    EXPECT_EQ(ask(server->read_url(), "GET /", {"Host: 10.0.0.7:3001"}).status, 200);
    EXPECT_THAT(server->log(), Not(HasSubstr("answers for any host")));
}

// Its page measures when the address opens: with a wait that would say whether there is a metric.
TEST(Origin, ALinkOfAnotherSiteDoesNotWaitForAVersion) {
    const Folder folder;
    Server server(folder);
    for (const char* path : {"GET /metrics/missing", "GET /metrics/missing/values"}) {
        const auto begun = std::chrono::steady_clock::now();
        const auto answer = ask(server.read_url(), std::string(path) + "?minVersion=1&wait=10000",
                                {"Host: localhost", "Sec-Fetch-Site: cross-site",
                                 "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"});
        EXPECT_EQ(answer.status, 503) << answer.body;
        EXPECT_THAT(answer.body, HasSubstr("not-yet-visible"));
        EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(5));
    }
}

TEST(Origin, AWrongHostOrOriginIsWrongUsage) {
    const Folder folder;
    for (const std::string host : {"http://kpi.example", "kpi.example:80", "kpi.example/", "*",
                                   "a b", "k\xc3\xb6nig.example", "*.example", ".", "[::1]"}) {
        const Finished done =
            run({.arguments = {"serve", "--allowed-host", host}, .working_folder = folder.path()});
        EXPECT_EQ(done.exit_code, wrong_usage) << host;
        EXPECT_THAT(done.errors, HasSubstr("--allowed-host")) << host;
    }
    for (const std::string origin :
         {"intranet.example", "https://intranet.example/", "https://Intranet.example",
          "https://intranet.example:443", "null", "https://*.example", "https://",
          "ftp://a.example", "https://u@a.example"}) {
        const Finished done = run({.arguments = {"read-api"},
                                   .working_folder = folder.path(),
                                   .environment = {{"YARDSTICK_CORS_ORIGIN", origin}}});
        EXPECT_EQ(done.exit_code, wrong_usage) << origin;
        EXPECT_THAT(done.errors, HasSubstr("--cors-origin")) << origin;
    }
}

TEST(Origin, AHealthCheckByNameOrAddressIsAnswered) {
    const Folder folder;
    Server server(folder);
    const std::string port = std::to_string(port_of(server.read_url()));
    for (const char* host : {"localhost", "127.0.0.1"}) {
        const Finished done =
            run({.arguments = {"healthy", "--url", std::string("http://") + host + ":" + port}});
        EXPECT_EQ(done.exit_code, 0) << done.errors;
    }
}

}  // namespace
