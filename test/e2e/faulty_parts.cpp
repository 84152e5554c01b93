#include "faulty_parts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <utility>

namespace e2e {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* secret = "S3cretKeyThatNoLogMayHold";
constexpr const char* token = "T0kenThatNoLogMayHold";

Environment told_of(const FaultProxy& proxy, Environment environment) {
    environment.insert({{"AWS_ENDPOINT_URL", proxy.url()},
                        {"AWS_SECRET_ACCESS_KEY", secret},
                        {"AWS_SESSION_TOKEN", token}});
    return environment;
}

Answer in_time(const std::function<Answer()>& command) {
    const auto began = std::chrono::steady_clock::now();
    Answer answer = command();
    const auto took = std::chrono::steady_clock::now() - began;
    EXPECT_LT(took, command_time) << answer.body;
    return answer;
}

}  // namespace

FaultyParts::FaultyParts(Environment environment, base::Clock service_clock)
    : proxy(std::move(service_clock)),
      parts(folder, told_of(proxy, std::move(environment))),
      api(parts.urls()) {
    EXPECT_TRUE(eventually([&] { return api.get("/-/ready").status == 200; }));
}

FaultyParts::~FaultyParts() {
    for (const Part part : all_parts) {
        EXPECT_THAT(parts.process(part).log(), Not(HasSubstr(secret))) << name_of(part);
        EXPECT_THAT(parts.process(part).log(), Not(HasSubstr(token))) << name_of(part);
    }
}

Answer FaultyParts::create(const std::string& id) const {
    return in_time([&] { return Api(parts.urls()).create(id); });
}

Answer FaultyParts::set_value(const std::string& id, double value, const std::string& key) const {
    return in_time([&] { return Api(parts.urls()).set_value(id, value, {.key = key}); });
}

std::size_t FaultyParts::stored(const std::string& id, double value) {
    std::size_t count = 0;
    for (const StoredEvent& event : read_events(api, id)) {
        const json::Value* set = event.payload.find("value");
        if (set != nullptr && set->number()->value == value) ++count;
    }
    return count;
}

bool FaultyParts::logs(Part part, const std::string& text, const std::string& more) {
    return parts.process(part).wait_for_log([&](const std::string& log) {
        std::istringstream lines(log);
        for (std::string line; std::getline(lines, line);) {
            if (line.find(text) != std::string::npos && line.find(more) != std::string::npos) {
                return true;
            }
        }
        return false;
    });
}

}  // namespace e2e
