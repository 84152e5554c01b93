#include "aws/credentials.hpp"

#include <array>
#include <utility>

#include "aws/container_credentials.hpp"
#include "aws/profile.hpp"
#include "aws/refreshing_credentials.hpp"

namespace aws {
namespace {

class FixedCredentials : public CredentialsProvider {
public:
    explicit FixedCredentials(Credentials credentials) : credentials_(std::move(credentials)) {}
    Credentials get() override { return credentials_; }
    void reject(const Credentials& /*rejected*/) override {}

private:
    const Credentials credentials_;
};

// Throws NoCredentials where the profile has none.
Credentials in_profile(const Variables& variables) {
    const Profile profile = read_profile(variables);
    const auto setting = [&](const char* name) {
        const auto found = profile.settings.find(name);
        return found == profile.settings.end() ? std::string() : found->second;
    };
    Credentials credentials{setting("aws_access_key_id"), setting("aws_secret_access_key"),
                            setting("aws_session_token"), std::nullopt};
    if (!credentials.access_key_id.empty() && !credentials.secret_access_key.empty()) {
        return credentials;
    }
    for (const char* unsupported : {"sso_session", "sso_start_url", "role_arn", "source_profile",
                                    "credential_process", "web_identity_token_file"}) {
        if (setting(unsupported).empty()) continue;
        throw NoCredentials("the AWS profile '" + profile.name + "' needs " + unsupported +
                            ", which is not supported here; put access keys into the environment");
    }
    throw NoCredentials("the AWS profile '" + profile.name + "' has no access keys");
}

bool profile_is_meant(const Variables& variables) {
    return !variables("AWS_PROFILE").empty() || !read_profile(variables).settings.empty();
}

std::shared_ptr<CredentialsProvider> refreshing(const CredentialsOptions& options,
                                                Credentials (*fetch)(const Variables&)) {
    return std::make_shared<RefreshingCredentials>(
        [fetch, variables = options.variables] { return fetch(variables); }, options.clock,
        options.log);
}

}  // namespace

std::shared_ptr<CredentialsProvider> fixed_credentials(Credentials credentials) {
    return std::make_shared<FixedCredentials>(std::move(credentials));
}

std::shared_ptr<CredentialsProvider> find_credentials(const CredentialsOptions& options) {
    const Variables& variables = options.variables;
    Credentials in_environment{variables("AWS_ACCESS_KEY_ID"), variables("AWS_SECRET_ACCESS_KEY"),
                               variables("AWS_SESSION_TOKEN"), std::nullopt};
    if (!in_environment.access_key_id.empty() && !in_environment.secret_access_key.empty()) {
        return fixed_credentials(std::move(in_environment));
    }
    // A profile that holds no more than a region leaves the container its chance.
    const bool container = has_container_endpoint(variables);
    if (profile_is_meant(variables)) {
        try {
            in_profile(variables);
            return refreshing(options, in_profile);
        } catch (const NoCredentials&) {
            if (!container) throw;
        }
    }
    if (container) return refreshing(options, fetch_container_credentials);
    throw NoCredentials(
        "there are no AWS credentials: neither AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, nor a "
        "profile in ~/.aws, nor a container's credentials endpoint");
}

}  // namespace aws
