// Credentials of a role that a token stands for, as Kubernetes gives it to a pod: exchanged at the
// Security Token Service. Private to this room. (AWS STS API Reference,
// "AssumeRoleWithWebIdentity".)
#pragma once

#include "aws/credentials.hpp"

namespace aws {

// AWS_WEB_IDENTITY_TOKEN_FILE is set.
bool has_web_identity(const Variables& variables);

// With AWS_ROLE_ARN and AWS_ROLE_SESSION_NAME, at AWS_ENDPOINT_URL_STS (or AWS_ENDPOINT_URL), else
// the region's own. Blocks for at most some seconds. Throws NoCredentials.
Credentials fetch_web_identity(const Variables& variables);

}  // namespace aws
