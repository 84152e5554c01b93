// AWS Signature Version 4: proves with a secret, without sending it, who sends a request and that
// nobody changed it. (AWS, "Create a signed AWS API request".)
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "aws/credentials.hpp"
#include "base/time.hpp"

namespace aws {

using Header = std::pair<std::string, std::string>;

struct UnsignedRequest {
    std::string method;
    std::string host;        // as in the Host header, with a port that isn't the usual one
    std::string path = "/";  // already percent-encoded
    std::string query = {};  // percent-encoded, sorted by name
    std::vector<Header> headers = {};  // all of these are signed
    std::string body = {};
};

struct SigningScope {
    std::string region;
    std::string service;
    base::TimePoint time;
};

// Keeps the key of the latest scope, which is good for a day. For one thread.
class Signer {
public:
    // The headers that the request must carry beside its own: X-Amz-Date, Authorization, and
    // X-Amz-Security-Token where there is a session.
    std::vector<Header> sign(const UnsignedRequest& request, const Credentials& credentials,
                             const SigningScope& scope);

private:
    std::string key_of_;  // secret and scope
    std::string key_;
};

// "20150830T123600Z", the form of X-Amz-Date.
std::string basic_time(base::TimePoint time);

}  // namespace aws
