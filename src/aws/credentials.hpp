// Where requests to AWS get their credentials: environment, web identity, profile files, container
// endpoint, instance metadata.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace aws {

// Never to be logged.
struct Credentials {
    std::string access_key_id;
    std::string secret_access_key;
    std::string session_token;               // empty: none
    std::optional<base::TimePoint> expires;  // nullopt: never
};

// There are none, or they can't be had now. what() is a sentence for an operator, without secrets.
class NoCredentials : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

// Any thread.
class CredentialsProvider {
public:
    virtual ~CredentialsProvider() = default;

    // Credentials that are good for now; may block while they are fetched. Throws NoCredentials.
    virtual Credentials get() = 0;
    // What get() would return, where it wouldn't block; nullopt when it might.
    virtual std::optional<Credentials> at_hand() { return std::nullopt; }
    // The service said that these are not good any more: the next get() fetches others where there
    // can be others.
    virtual void reject(const Credentials& rejected) = 0;
};

// Always the same.
std::shared_ptr<CredentialsProvider> fixed_credentials(Credentials credentials);

// The value of an environment variable; empty when it isn't set.
using Variables = std::function<std::string(const char* name)>;

struct CredentialsOptions {
    Variables variables;
    base::Clock clock = base::system_now;
    // Failed refreshes, without secrets. Any thread; may be empty.
    std::function<void(std::string_view)> log = {};
};

// From the first place that has some: the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,
// AWS_SESSION_TOKEN), the role of a web identity (AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN), the
// profile AWS_PROFILE of the shared files (AWS_SHARED_CREDENTIALS_FILE, AWS_CONFIG_FILE), the
// container endpoint (AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI), the metadata of an EC2
// instance (unless AWS_EC2_METADATA_DISABLED is "true"), which is asked at once: only so it is
// known whether there is one. Those that expire are fetched again 15 minutes ahead, on a thread of
// their own. Throws NoCredentials when no place has any, or when a profile asks for what is not
// supported here.
std::shared_ptr<CredentialsProvider> find_credentials(const CredentialsOptions& options);

}  // namespace aws
