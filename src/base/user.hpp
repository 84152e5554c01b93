// The names of the machine's users.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

namespace base {

// nullopt: the user database has no such user, as in a container.
std::optional<std::string> name_of_user(uid_t user);

}  // namespace base
