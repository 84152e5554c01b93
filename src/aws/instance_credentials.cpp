#include "aws/instance_credentials.hpp"

#include <algorithm>
#include <optional>

#include "aws/credentials_answer.hpp"
#include "aws/http_session.hpp"
#include "aws/url.hpp"
#include "base/text.hpp"

namespace aws {
namespace {

constexpr const char* endpoint_variable = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
constexpr const char* roles_path = "/latest/meta-data/iam/security-credentials/";
constexpr const char* service = "the instance metadata service";
// Only what is asked within one fetch uses it.
constexpr const char* token_seconds = "60";
// Where there is no such service, the address leads nowhere, and silence is all there is.
constexpr std::chrono::milliseconds time_max{1'000};

std::string endpoint_in(const Variables& variables) {
    const std::string given = variables(endpoint_variable);
    if (given.empty()) {
        const bool v6 = base::lower(variables("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE")) == "ipv6";
        return v6 ? "http://[fd00:ec2::254]" : "http://169.254.169.254";
    }
    const std::optional<Url> url = parse_url(given);
    if (!url || !url->bare) {
        throw NoCredentials(std::string(endpoint_variable) + " is not of the form http://host");
    }
    return url->scheme + "://" + url->authority();
}

std::string ask(HttpSession& session, curl::Request request) {
    request.connect_timeout = time_max;
    request.timeout = time_max;
    curl::End reply = session.ask(request);
    if (reply.answer.status == 200) return std::move(reply.answer.body);
    // Of its parts, only the one about roles may be missing.
    const bool no_role = reply.answer.status == 404;
    throw NoCredentials(std::string(service) + ": " +
                        (no_role ? "this instance has no role" : failure_of(reply)));
}

// It becomes part of a path and stands in a message.
std::string checked_role(std::string_view role) {
    role = role.substr(0, role.find('\n'));
    const bool good = !role.empty() && std::ranges::all_of(role, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("+=,.@_-").find(c) != std::string_view::npos;
    });
    if (!good) throw NoCredentials(std::string(service) + " names no role");
    return std::string(role);
}

}  // namespace

bool instance_metadata_is_disabled(const Variables& variables) {
    return base::lower(variables("AWS_EC2_METADATA_DISABLED")) == "true";
}

Credentials fetch_instance_credentials(const Variables& variables) {
    const std::string endpoint = endpoint_in(variables);
    HttpSession session;
    const std::string token =
        ask(session, {.method = "PUT",
                      .url = endpoint + "/latest/api/token",
                      .headers = {{"X-aws-ec2-metadata-token-ttl-seconds", token_seconds}}});
    if (token.empty() || token.find_first_of("\r\n") != std::string::npos) {
        throw NoCredentials(std::string(service) + " gave no token");
    }
    const auto get = [&](const std::string& path) {
        return ask(session,
                   {.url = endpoint + path, .headers = {{"X-aws-ec2-metadata-token", token}}});
    };
    const std::string role = checked_role(base::trim(get(roles_path)));
    return credentials_in(get(roles_path + role), service);
}

}  // namespace aws
