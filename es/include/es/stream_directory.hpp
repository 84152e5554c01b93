// The names of all streams of a store, for those who go through everything.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "es/event.hpp"

namespace es {

struct StreamPage {
    std::vector<StreamId> ids;
    std::string next;  // where the part goes on; empty at its end
};

// Callable from any thread.
class StreamDirectory {
public:
    virtual ~StreamDirectory() = default;

    // A page of one of `parts` parts (0, 1, ...), which can be read beside each other, and together
    // hold every stream that was there when the first page was asked for, and maybe later ones.
    // `from`: empty, or a page's `next`. A page may be empty and yet have a next. Throws
    // Unavailable.
    virtual StreamPage page(std::size_t part, std::size_t parts, const std::string& from) = 0;
};

}  // namespace es
