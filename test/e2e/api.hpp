// The two APIs as a test speaks to them: commands, questions, and answers whose JSON is easy to
// look into.
//
//     e2e::Api api(server);
//     api.create("visits");
//     api.set_value("visits", 12);
//     EXPECT_EQ(api.get("/metrics/visits?minVersion=2").number("value"), 12);
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "http/client.hpp"
#include "program.hpp"

namespace e2e {

// The value at a path such as "items/0/version". Throws std::runtime_error when there is none.
const json::Value& at(const json::Value& value, std::string_view path);

struct Answer {
    int status = 0;
    http::Headers headers;
    std::string body;
    json::Value json;  // null when the body isn't JSON

    [[nodiscard]] std::string header(const std::string& name) const;  // empty when absent
    [[nodiscard]] double number(std::string_view path) const;
    [[nodiscard]] std::string text(std::string_view path) const;
    [[nodiscard]] bool flag(std::string_view path) const;
    [[nodiscard]] std::size_t size(std::string_view path) const;  // of an array
    [[nodiscard]] std::int64_t version() const {
        return static_cast<std::int64_t>(number("version"));
    }
    // The last part of the problem type, e.g. "stale-version"; empty when it is no problem.
    [[nodiscard]] std::string problem() const;
};

Answer answer_of(http::Response response);

struct CommandOptions {
    std::optional<std::int64_t> version = {};  // aggregateVersion
    std::string key = {};                      // Idempotency-Key
};

inline constexpr const char* create_path = "/metrics/CreateMetricCommand";
inline constexpr const char* value_path = "/metrics/UpdateMetricValueCommand";

// Bodies of commands. A metric is a gauge with target 1000 and a deadline far away unless said
// otherwise; without an id the server makes one.
std::string create_body(const std::string& id, double target = 1000,
                        const std::string& kind = "gauge");
std::string value_body(const std::string& id, double value,
                       std::optional<std::int64_t> version = {});

// Not to be used by two threads at once. Every call throws http::ClientError when no answer comes.
class Api {
public:
    explicit Api(const Urls& urls) : write_(urls.write), read_(urls.read) {}

    Answer create(const std::string& id, const CommandOptions& options = {});
    Answer set_value(const std::string& id, double value, const CommandOptions& options = {});
    // Any command: `path` on the write API.
    Answer post(const std::string& path, const std::string& body, const std::string& key = {});
    // A question to the read API.
    Answer get(const std::string& target) { return answer_of(read_.get(target)); }

    http::Client& write() { return write_; }
    http::Client& read() { return read_; }

private:
    http::Client write_;
    http::Client read_;
};

}  // namespace e2e
