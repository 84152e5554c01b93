// Credentials from the endpoint that container services offer to what runs in them. Private to this
// room.
#pragma once

#include <string>

#include "aws/credentials.hpp"

namespace aws {

// Whether the environment names such an endpoint.
bool has_container_endpoint(const Variables& variables);

// Asks it, for at most some seconds. Throws NoCredentials: without an answer that has some, or when
// the address is one that the tools of AWS don't trust either (plain HTTP to other hosts than this
// one and the services' own).
Credentials fetch_container_credentials(const Variables& variables);

}  // namespace aws
