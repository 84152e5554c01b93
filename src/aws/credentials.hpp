// Where requests to AWS get their credentials: environment, profile files, container endpoint.
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
    // The service said that these are not good any more: the next get() fetches others where there
    // can be others.
    virtual void reject(const Credentials& rejected) = 0;
};

}  // namespace aws
