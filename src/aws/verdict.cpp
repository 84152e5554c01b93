#include "aws/verdict.hpp"

#include <curl/curl.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>

#include "base/json_members.hpp"
#include "base/text.hpp"

namespace aws {
namespace {

using Kind = Verdict::Kind;

constexpr std::array temporary_errors{
    "ProvisionedThroughputExceededException",
    "ThrottlingException",
    "Throttling",
    "RequestLimitExceeded",
    "LimitExceededException",
    "TransactionInProgressException",
    "TransactionConflictException",
    "ReplicatedWriteConflictException",
};
// Whatever their status.
constexpr std::array server_errors{"InternalServerError", "InternalFailure", "ServiceUnavailable"};
constexpr std::array acceptance_errors{
    "ExpiredTokenException", "ExpiredToken",         "UnrecognizedClientException",
    "RequestExpired",        "RequestTimeTooSkewed", "InvalidSignatureException",
    "SignatureDoesNotMatch", "InvalidClientTokenId",
};

// An error may carry the item that it is about: attributes nested 32 deep are twice as deep in
// their JSON.
constexpr json::Limits error_limits{.depth = 80, .members = 20'000, .name_bytes = 400 * 1024};

template <class Names>
bool is_one_of(const std::string& name, const Names& names) {
    return std::ranges::find(names, name) != names.end();
}

// "com.amazonaws.dynamodb.v20120810#ValidationException:http://..." -> "ValidationException"
std::string bare(std::string_view code) {
    const auto hash = code.find('#');
    if (hash != std::string_view::npos) code.remove_prefix(hash + 1);
    return std::string(code.substr(0, code.find(':')));
}

bool is_whole(const curl::Answer& answer) {
    const std::string crc32 = answer.header("x-amz-crc32");
    if (crc32.empty()) return true;
    const auto* bytes = reinterpret_cast<const Bytef*>(answer.body.data());
    return crc32 == std::to_string(::crc32_z(::crc32_z(0, nullptr, 0), bytes, answer.body.size()));
}

bool looks_like_an_object(std::string_view body) {
    body = base::trim(body);
    return body.size() >= 2 && body.front() == '{' && body.back() == '}';
}

void read_error(const curl::Answer& answer, Verdict& verdict) {
    verdict.error = bare(answer.header("x-amzn-errortype"));
    const json::Parsed parsed = json::parse(answer.body, error_limits);
    const auto text = [&](const char* name) { return json::text_or_empty(parsed.value, name); };
    if (parsed.ok()) {
        if (const std::string code = bare(text("__type")); !code.empty()) verdict.error = code;
        verdict.message = text("message").empty() ? text("Message") : text("message");
    }
    if (verdict.error.empty()) verdict.error = "HTTP " + std::to_string(answer.status);
    if (verdict.message.empty()) verdict.message = base::excerpt(answer.body);
}

}  // namespace

Verdict judge(const curl::Answer& answer) {
    if (!is_whole(answer)) {
        return {Kind::broken, "WrongChecksum", "the answer's x-amz-crc32 does not fit its body"};
    }
    if (answer.status == 200) {
        if (looks_like_an_object(answer.body)) return {Kind::good, "", ""};
        return {Kind::broken, "NotJson",
                "the answer is no JSON object: " + base::excerpt(answer.body)};
    }
    Verdict verdict;
    read_error(answer, verdict);
    if (is_one_of(verdict.error, temporary_errors) || answer.status == 429) {
        verdict.kind = Kind::temporary;
    } else if (answer.status >= 500 || is_one_of(verdict.error, server_errors)) {
        verdict.kind = Kind::broken;
    } else if (is_one_of(verdict.error, acceptance_errors)) {
        verdict.kind = Kind::not_accepted;
    } else {
        verdict.kind = Kind::refused;
    }
    return verdict;
}

std::optional<base::TimePoint> parse_http_date(const std::string& text) {
    const auto seconds = ::curl_getdate(text.c_str(), nullptr);
    if (text.empty() || seconds < 0) return std::nullopt;
    return base::TimePoint(std::chrono::seconds(seconds));
}

}  // namespace aws
