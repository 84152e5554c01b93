#include "aws/credentials.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "aws/container_credentials.hpp"
#include "aws/instance_credentials.hpp"
#include "aws/profile.hpp"
#include "aws/refreshing_credentials.hpp"
#include "aws/web_identity.hpp"

namespace aws {
namespace {

class FixedCredentials : public CredentialsProvider {
public:
    explicit FixedCredentials(Credentials credentials) : credentials_(std::move(credentials)) {}
    Credentials get() override { return credentials_; }
    std::optional<Credentials> at_hand() override { return credentials_; }
    void reject(const Credentials& /*rejected*/) override {}

private:
    const Credentials credentials_;
};

// The profile says nothing about credentials.
class NoKeys : public NoCredentials {
    using NoCredentials::NoCredentials;
};

// They become headers: nothing but visible ASCII, as AWS makes them.
Credentials checked(Credentials credentials) {
    for (const std::string* text :
         {&credentials.access_key_id, &credentials.secret_access_key, &credentials.session_token}) {
        if (!std::ranges::all_of(*text, [](char c) { return c > ' ' && c < 0x7f; })) {
            throw NoCredentials(
                "the AWS credentials hold a blank or another character that none have");
        }
    }
    return credentials;
}

// Throws NoCredentials when there is but a part of them.
std::optional<Credentials> in_environment(const Variables& variables) {
    Credentials credentials{variables("AWS_ACCESS_KEY_ID"), variables("AWS_SECRET_ACCESS_KEY"),
                            variables("AWS_SESSION_TOKEN"), std::nullopt};
    const bool has_id = !credentials.access_key_id.empty();
    if (has_id != !credentials.secret_access_key.empty()) {
        throw NoCredentials(has_id ? "AWS_ACCESS_KEY_ID is set, AWS_SECRET_ACCESS_KEY is not"
                                   : "AWS_SECRET_ACCESS_KEY is set, AWS_ACCESS_KEY_ID is not");
    }
    if (!has_id) return std::nullopt;
    return checked(std::move(credentials));
}

// Throws NoCredentials where the profile has none. A role or a single sign-on goes before keys that
// stand beside it, as with AWS's own tools; a process comes after them.
Credentials in_profile(const Variables& variables) {
    const Profile profile = read_profile(variables);
    const auto setting = [&](const char* name) {
        const auto found = profile.settings.find(name);
        return found == profile.settings.end() ? std::string() : found->second;
    };
    const auto refuse = [&](const char* name) {
        if (setting(name).empty()) return;
        throw NoCredentials("the AWS profile '" + profile.name + "' needs " + name +
                            ", which is not supported here; put access keys into the environment");
    };
    for (const char* name : {"role_arn", "web_identity_token_file", "sso_session", "sso_start_url"})
        refuse(name);
    Credentials credentials{setting("aws_access_key_id"), setting("aws_secret_access_key"),
                            setting("aws_session_token"), std::nullopt};
    if (!credentials.access_key_id.empty() && !credentials.secret_access_key.empty()) {
        return credentials;
    }
    refuse("credential_process");
    throw NoKeys("the AWS profile '" + profile.name + "' has no access keys");
}

bool profile_is_meant(const Variables& variables) {
    return !variables("AWS_PROFILE").empty() || !read_profile(variables).settings.empty();
}

std::shared_ptr<CredentialsProvider> refreshing(const CredentialsOptions& options,
                                                Credentials (*fetch)(const Variables&)) {
    return std::make_shared<RefreshingCredentials>(
        [fetch, variables = options.variables] { return checked(fetch(variables)); }, options.clock,
        options.log);
}

}  // namespace

std::shared_ptr<CredentialsProvider> fixed_credentials(Credentials credentials) {
    return std::make_shared<FixedCredentials>(std::move(credentials));
}

std::shared_ptr<CredentialsProvider> find_credentials(const CredentialsOptions& options) {
    const Variables& variables = options.variables;
    if (auto found = in_environment(variables)) return fixed_credentials(std::move(*found));
    if (has_web_identity(variables)) return refreshing(options, fetch_web_identity);
    const bool container = has_container_endpoint(variables);
    if (profile_is_meant(variables)) {
        try {
            checked(in_profile(variables));
            return refreshing(options, in_profile);
        } catch (const NoKeys&) {
            // One that holds no more than a region leaves the places behind it their chance.
            if (!container && !variables("AWS_PROFILE").empty()) throw;
        } catch (const NoCredentials&) {
            if (!container) throw;
        }
    }
    if (container) return refreshing(options, fetch_container_credentials);
    std::string no_instance = "instance metadata is switched off";
    if (!instance_metadata_is_disabled(variables)) {
        try {
            checked(fetch_instance_credentials(variables));
            return refreshing(options, fetch_instance_credentials);
        } catch (const NoCredentials& error) {
            no_instance = error.what();
        }
    }
    throw NoCredentials(
        "there are no AWS credentials: neither AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, nor a "
        "profile in ~/.aws, nor a container's credentials endpoint, nor the role of an instance (" +
        no_instance + ")");
}

}  // namespace aws
