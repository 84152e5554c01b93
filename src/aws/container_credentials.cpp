#include "aws/container_credentials.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "aws/credentials_answer.hpp"
#include "aws/http_session.hpp"
#include "aws/url.hpp"

namespace aws {
namespace {

constexpr const char* relative_variable = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
constexpr const char* full_variable = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
constexpr const char* container_service = "http://169.254.170.2";

// What AWS's own tools trust with a token: this machine, and the addresses of its container
// services.
bool is_trusted(const std::string& address) {
    const std::optional<Url> url = parse_url(address);
    if (!url) return false;
    constexpr std::array services{"169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"};
    return url->scheme == "https" || is_loopback(*url) ||
           std::ranges::find(services, url->host) != services.end();
}

std::string address_in(const Variables& variables) {
    const std::string relative = variables(relative_variable);
    if (!relative.empty()) {
        if (relative.front() == '/') return container_service + relative;
        throw NoCredentials(std::string(relative_variable) + " does not begin with a slash");
    }
    std::string full = variables(full_variable);
    if (!is_trusted(full)) {
        throw NoCredentials(std::string(full_variable) +
                            " is neither https nor an address of this machine or of AWS's "
                            "container services");
    }
    return full;
}

// The file is read each time: its owner replaces it.
std::string authorization_in(const Variables& variables) {
    std::string token = variables("AWS_CONTAINER_AUTHORIZATION_TOKEN");
    if (const std::string file = variables("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
        !file.empty()) {
        token = token_in(file, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    }
    if (token.find_first_of("\r\n") != std::string::npos) {
        throw NoCredentials("the token for the container's credentials endpoint has several lines");
    }
    return token;
}

constexpr const char* endpoint = "the container's credentials endpoint";

std::string get(const std::string& address, const std::string& authorization) {
    curl::Request request{.url = address};
    if (!authorization.empty()) request.headers.emplace_back("Authorization", authorization);
    HttpSession session;
    const curl::End reply = session.ask(request);
    if (reply.answer.status != 200)
        throw NoCredentials(std::string(endpoint) + ": " + failure_of(reply));
    return reply.answer.body;
}

}  // namespace

bool has_container_endpoint(const Variables& variables) {
    return !variables(relative_variable).empty() || !variables(full_variable).empty();
}

Credentials fetch_container_credentials(const Variables& variables) {
    return credentials_in(get(address_in(variables), authorization_in(variables)), endpoint);
}

}  // namespace aws
