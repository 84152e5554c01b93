// Credentials of the role of an EC2 instance, from its metadata service, version 2. Private to this
// room. (Amazon EC2 User Guide, "Use the Instance Metadata Service", "Retrieve security credentials
// from instance metadata".)
#pragma once

#include "aws/credentials.hpp"

namespace aws {

// AWS_EC2_METADATA_DISABLED says no.
bool instance_metadata_is_disabled(const Variables& variables);

// Asks AWS_EC2_METADATA_SERVICE_ENDPOINT, else the address that instances have, for at most some
// seconds. Throws NoCredentials: this is no instance, or it has no role.
Credentials fetch_instance_credentials(const Variables& variables);

}  // namespace aws
