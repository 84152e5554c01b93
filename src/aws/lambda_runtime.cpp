#include "aws/lambda_runtime.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "aws/credentials_answer.hpp"
#include "aws/http_session.hpp"
#include "aws/url.hpp"
#include "base/json.hpp"
#include "base/time.hpp"

namespace aws {
namespace {

// The service's own limit is 6 MB for an event.
constexpr std::size_t event_bytes_max = 8UL * 1024 * 1024;
constexpr std::chrono::milliseconds call_time{5'000};

std::string error_body(const FunctionError& error) {
    json::Writer out;
    out.begin_object().member("errorType", error.type).member("errorMessage", error.message);
    out.name("stackTrace").begin_array().end_array().end_object();
    return out.take();
}

// From the milliseconds since 1970 that the header tells. One that can't be read sets none, nor
// does one that has passed: nobody would hand out such an invocation.
std::chrono::steady_clock::time_point deadline_of(const std::string& header) {
    constexpr std::chrono::milliseconds longest = std::chrono::hours(24);  // Lambda: 15 minutes
    std::int64_t at_ms = 0;
    std::from_chars(header.data(), header.data() + header.size(), at_ms);
    const auto left = base::TimePoint(std::chrono::milliseconds(at_ms)) - base::system_now();
    const bool is_one = left > std::chrono::milliseconds(0) && left < longest;
    return std::chrono::steady_clock::now() + (is_one ? left : longest);
}

// It stands in messages, and calls go to where it says. Some write it with its scheme.
std::string checked(std::string address) {
    constexpr std::string_view scheme = "http://";
    constexpr std::string_view plain =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/:[]";
    if (address.starts_with(scheme)) address.erase(0, scheme.size());
    const bool good = address.find_first_not_of(plain) == std::string::npos &&
                      address.find("//") == std::string::npos;
    address.insert(0, scheme);
    if (good && parse_url(address)) return address;
    throw RuntimeGone("AWS_LAMBDA_RUNTIME_API is not of the form host:port");
}

}  // namespace

LambdaRuntime::LambdaRuntime(const std::string& address, std::function<bool()> stop)
    : base_(checked(address) + "/2018-06-01/runtime/"),
      stop_(std::move(stop)),
      session_(std::make_unique<HttpSession>()) {}
LambdaRuntime::~LambdaRuntime() = default;

std::optional<Invocation> LambdaRuntime::next() {
    const curl::End reply = session_->ask({.url = base_ + "invocation/next",
                                           .timeout = std::chrono::milliseconds(0),
                                           .answer_bytes_max = event_bytes_max},
                                          stop_);
    if (reply.code == CURLE_ABORTED_BY_CALLBACK) return std::nullopt;
    const curl::Answer& answer = reply.answer;
    if (answer.status != 200) gone("no invocation", reply);
    Invocation invocation{answer.header("lambda-runtime-aws-request-id"), answer.body,
                          deadline_of(answer.header("lambda-runtime-deadline-ms"))};
    if (invocation.id.empty()) throw RuntimeGone("an invocation of the Runtime API has no id");
    return invocation;
}

bool LambdaRuntime::answer(const Invocation& invocation, const std::string& body) {
    return tell(invocation, "response", body, {});
}

bool LambdaRuntime::fail(const Invocation& invocation, const FunctionError& error) {
    return tell(invocation, "error", error_body(error), error.type);
}

void LambdaRuntime::fail_to_begin(const FunctionError& error) {
    post("init/error", error_body(error), error.type);
}

bool LambdaRuntime::tell(const Invocation& invocation, const char* what, const std::string& body,
                         const std::string& error_type) {
    return post("invocation/" + invocation.id + "/" + what, body, error_type);
}

bool LambdaRuntime::post(const std::string& path, const std::string& body,
                         const std::string& error_type) {
    curl::Request request{
        .method = "POST", .url = base_ + path, .body = body, .timeout = call_time};
    request.headers.emplace_back("Content-Type", "application/json");
    if (!error_type.empty()) {
        request.headers.emplace_back("Lambda-Runtime-Function-Error-Type", error_type);
    }
    const curl::End reply = session_->ask(std::move(request));
    const int status = reply.answer.status;
    if (status >= 400 && status < 500) return false;
    if (status < 200 || status >= 300) gone("what came of it isn't taken", reply);
    return true;
}

void LambdaRuntime::gone(const std::string& what, const curl::End& reply) const {
    throw RuntimeGone("the Runtime API at " + base_ + ": " + what + " (" + failure_of(reply) + ")");
}

}  // namespace aws
