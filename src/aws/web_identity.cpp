#include "aws/web_identity.hpp"

#include <optional>
#include <string_view>

#include "aws/credentials_answer.hpp"
#include "aws/http_session.hpp"
#include "aws/services.hpp"
#include "aws/url.hpp"
#include "base/text.hpp"

namespace aws {
namespace {

constexpr const char* token_variable = "AWS_WEB_IDENTITY_TOKEN_FILE";
constexpr const char* service = "the Security Token Service";
constexpr std::chrono::milliseconds connect_time_max{2'000};
constexpr std::chrono::milliseconds time_max{5'000};

// The text of an element of the answer, which is XML. Those that are asked for here are ASCII
// without anything that would be escaped.
std::string element(std::string_view xml, const std::string& name) {
    const auto begin = xml.find("<" + name + ">");
    if (begin == std::string_view::npos) return {};
    const auto from = begin + name.size() + 2;
    const auto end = xml.find("</" + name + ">", from);
    if (end == std::string_view::npos) return {};
    return std::string(base::trim(xml.substr(from, end - from)));
}

}  // namespace

bool has_web_identity(const Variables& variables) {
    return !variables(token_variable).empty();
}

Credentials fetch_web_identity(const Variables& variables) {
    const std::string role = variables("AWS_ROLE_ARN");
    if (role.empty()) {
        throw NoCredentials(std::string(token_variable) + " is set, AWS_ROLE_ARN is not");
    }
    std::string session_name = variables("AWS_ROLE_SESSION_NAME");
    if (session_name.empty()) session_name = "yardstick";
    curl::Request request{.method = "POST",
                          .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
                          .connect_timeout = connect_time_max,
                          .timeout = time_max,
                          .by_proxy = true};
    try {
        request.url = find_services(variables).sts + "/";
    } catch (const Misconfigured& error) {
        throw NoCredentials(error.what());
    }
    request.body =
        "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=" + percent_encoded(role) +
        "&RoleSessionName=" + percent_encoded(session_name) +
        "&WebIdentityToken=" + percent_encoded(token_in(variables(token_variable), token_variable));
    HttpSession session;
    const curl::End reply = session.ask(request);
    if (reply.answer.status != 200) {
        const std::string code = element(reply.answer.body, "Code");
        throw NoCredentials(std::string(service) + ": " + failure_of(reply) +
                            (code.empty() ? "" : " " + base::excerpt(code)));
    }
    const std::string& xml = reply.answer.body;
    Credentials credentials{
        element(xml, "AccessKeyId"), element(xml, "SecretAccessKey"), element(xml, "SessionToken"),
        base::parse_time(element(xml, "Expiration"), base::DateAlone::start_of_day)};
    if (credentials.access_key_id.empty() || credentials.secret_access_key.empty() ||
        credentials.session_token.empty() || !credentials.expires) {
        throw NoCredentials(std::string(service) + " answered without credentials");
    }
    return credentials;
}

}  // namespace aws
