#include "api/request_metrics.hpp"

#include <gtest/gtest.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace api {
namespace {

TEST(RequestMetrics, CountsByPatternAndStatusClass) {
    prometheus::Registry registry;
    const RequestMetrics metrics(registry, "read", {"/", "/metrics/all", "/metrics/{id}"});
    auto record = [&](const char* target, int status) {
        http::Access access{};
        access.target = target;
        access.status = status;
        access.time = std::chrono::microseconds(300);
        metrics.record(access);
    };
    record("/metrics/one?x=/", 200);
    record("/metrics/two", 200);
    record("/metrics/all", 200);
    record("/metrics/one/more", 404);
    record("/metrics/", 404);
    record("*", 400);
    record("/", 503);
    const auto text = prometheus::TextSerializer().Serialize(registry.Collect());
    auto count = [&](const std::string& route, const std::string& status) {
        const std::string line = "yardstick_http_requests_total{api=\"read\",route=\"" + route +
                                 "\",status=\"" + status + "\"} ";
        const auto at = text.find(line);
        return at == std::string::npos ? -1 : std::stoi(text.substr(at + line.size()));
    };
    EXPECT_EQ(count("/metrics/{id}", "2xx"), 2);
    EXPECT_EQ(count("/metrics/{id}", "4xx"), 1);  // "/metrics/": an empty segment
    EXPECT_EQ(count("/metrics/all", "2xx"), 1);
    EXPECT_EQ(count("/", "5xx"), 1);
    EXPECT_EQ(count("other", "4xx"), 2);
    EXPECT_NE(text.find("yardstick_http_request_seconds_count{api=\"read\",route=\"/\"} 1"),
              std::string::npos);
}

}  // namespace
}  // namespace api
