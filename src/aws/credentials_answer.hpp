// What the services that hand out credentials have in common. Private to this room.
#pragma once

#include <string>

#include "aws/credentials.hpp"
#include "base/curl/transfer.hpp"

namespace aws {

// From an answer {"AccessKeyId", "SecretAccessKey", "Token", "Expiration"}. `who` gave it, for
// messages. Throws NoCredentials.
Credentials credentials_in(const std::string& answer, const std::string& who);

// Why a reply isn't the good one, without its text.
std::string failure_of(const curl::End& reply);

// The token in a file, which its owner replaces: to be read each time. `variable` names the file,
// for messages. Throws NoCredentials.
std::string token_in(const std::string& file, const char* variable);

}  // namespace aws
