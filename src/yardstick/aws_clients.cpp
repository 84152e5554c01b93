#include "yardstick/aws_clients.hpp"

#include <utility>

#include "base/log.hpp"
#include "es/errors.hpp"
#include "yardstick/engines.hpp"

namespace yardstick {
namespace {

void log_notice(std::string_view line) {
    base::log::warning(line);
}

std::unique_ptr<aws::JsonClient> client(const std::string& endpoint, const std::string& region,
                                        std::shared_ptr<aws::CredentialsProvider> credentials) {
    aws::JsonClientOptions options;
    options.endpoint = endpoint;
    options.region = region;
    options.credentials = std::move(credentials);
    options.log = log_notice;
    return std::make_unique<aws::JsonClient>(std::move(options));
}

}  // namespace

AwsClients::AwsClients() {
    try {
        services_ = aws::find_services(environment_variable);
        const auto credentials =
            aws::find_credentials({.variables = environment_variable, .log = log_notice});
        tables_ = client(services_.dynamodb, services_.region, credentials);
        streams_ = client(services_.streams, services_.region, credentials);
    } catch (const aws::Misconfigured& error) {
        throw es::Unusable(error.what());
    } catch (const aws::NoCredentials& error) {
        throw es::Unusable(error.what());
    }
}

}  // namespace yardstick
