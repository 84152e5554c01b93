#include "base/user.hpp"

#include <pwd.h>

#include <array>

namespace base {
namespace {

// Of the user database's entry for one user.
constexpr std::size_t entry_bytes_max = 4096;

}  // namespace

std::optional<std::string> name_of_user(uid_t user) {
    passwd entry{};
    passwd* found = nullptr;
    std::array<char, entry_bytes_max> strings{};
    ::getpwuid_r(user, &entry, strings.data(), strings.size(), &found);
    if (found == nullptr) return std::nullopt;
    return found->pw_name;
}

}  // namespace base
