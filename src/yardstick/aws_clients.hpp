// Clients of the two services that a table and its stream have, as the environment says who and
// where.
#pragma once

#include <memory>

#include "aws/json_client.hpp"
#include "aws/services.hpp"

namespace yardstick {

class AwsClients {
public:
    // Throws es::Unusable: there is no region, or there are no credentials.
    AwsClients();

    [[nodiscard]] const aws::Services& services() const { return services_; }
    aws::JsonClient& tables() { return *tables_; }
    aws::JsonClient& streams() { return *streams_; }

private:
    aws::Services services_;
    std::unique_ptr<aws::JsonClient> tables_;
    std::unique_ptr<aws::JsonClient> streams_;
};

}  // namespace yardstick
