// Finds texts that contain another one, ASCII letters in either case, as
// base::contains_ignoring_case() does: all of them stand in one block of memory, which is searched
// from end to end. Private to this room.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace views::sqlite {

class NameSearch {
public:
    // In place of what was put there.
    void put(std::size_t slot, std::string_view text);
    void remove(std::size_t slot);
    // A bit for each slot, set where the text contains `part`, which is not empty.
    [[nodiscard]] std::vector<std::uint64_t> find(std::string_view part) const;

private:
    struct Entry {
        std::size_t begin;  // in texts_
        std::size_t slot;
    };
    static constexpr std::size_t none = static_cast<std::size_t>(-1);
    // Texts that were replaced stay until there are as many of them, and at least so many.
    static constexpr std::size_t replaced_max = 1'000;

    void append(std::size_t slot, std::string_view text);
    void drop_replaced();

    std::string texts_;                  // each ends with a byte that is in no UTF-8
    std::vector<Entry> entries_;         // in their order; some were replaced
    std::vector<std::size_t> entry_of_;  // by slot
    std::size_t replaced_ = 0;
};

}  // namespace views::sqlite
