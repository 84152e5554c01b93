// UTF-8 character by character.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace base {

struct Character {
    std::size_t bytes = 1;
    std::uint32_t code = 0;
    bool valid = false;
};

// The first one of a text that isn't empty. A byte that begins none is one of its own.
Character first_character(std::string_view text);

}  // namespace base
