// Where AWS's services are: region and endpoints, by the variables that AWS's own tools use.
#pragma once

#include <stdexcept>
#include <string>

#include "aws/credentials.hpp"

namespace aws {

// A setting that is missing or can't be used. what() is a sentence for who started the program.
class Misconfigured : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct Services {
    std::string region;
    std::string dynamodb;  // "https://dynamodb.eu-central-1.amazonaws.com"
    std::string streams;   // "https://streams.dynamodb.eu-central-1.amazonaws.com"
    std::string sts;       // "https://sts.eu-central-1.amazonaws.com"
};

// Region: AWS_REGION, AWS_DEFAULT_REGION, the profile's. Endpoints: AWS_ENDPOINT_URL_DYNAMODB and
// AWS_ENDPOINT_URL_DYNAMODB_STREAMS and AWS_ENDPOINT_URL_STS, AWS_ENDPOINT_URL for all, else AWS's
// own in the region.
// Throws Misconfigured.
Services find_services(const Variables& variables);

}  // namespace aws
