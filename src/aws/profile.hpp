// A profile of the files that AWS's tools share (~/.aws/credentials and ~/.aws/config). Private to
// this room.
#pragma once

#include <map>
#include <string>

#include "aws/credentials.hpp"

namespace aws {

struct Profile {
    std::string name;                             // AWS_PROFILE, else "default"
    std::map<std::string, std::string> settings;  // of both files; the credentials file wins
};

// Files that are missing have nothing.
Profile read_profile(const Variables& variables);

}  // namespace aws
