#include "cli/width.hpp"

#include <clocale>
#include <cstdint>
#include <cwchar>

#include "base/text.hpp"
#include "base/utf8.hpp"

namespace cli {
namespace {

// libc's tables of Unicode, whatever the locale of the process is.
std::size_t columns_of(std::uint32_t code) {
    if (code < 0x7f) return 1;
    static const locale_t utf8 = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    if (utf8 == nullptr) return 1;
    const locale_t before = ::uselocale(utf8);
    const int columns = ::wcwidth(static_cast<wchar_t>(code));
    ::uselocale(before);
    return columns < 0 ? 1 : static_cast<std::size_t>(columns);
}

}  // namespace

std::size_t width_of(std::string_view text) {
    std::size_t width = 0;
    while (!text.empty()) {
        const base::Character character = base::first_character(text);
        width += columns_of(character.code);
        text.remove_prefix(character.bytes);
    }
    return width;
}

std::string clean(std::string_view text) {
    const std::string safe = base::printable(text);
    std::string kept;
    int marks = 0;
    for (std::string_view rest = safe; !rest.empty();) {
        const base::Character character = base::first_character(rest);
        marks = columns_of(character.code) == 0 ? marks + 1 : 0;
        if (marks <= marks_max) kept += rest.substr(0, character.bytes);
        rest.remove_prefix(character.bytes);
    }
    return kept;
}

std::string fitted(std::string_view text, std::size_t width, std::string_view ellipsis) {
    if (width_of(text) <= width) return std::string(text);
    const std::size_t end_width = width_of(ellipsis);
    if (end_width > width) return {};
    std::string kept;
    std::size_t used = end_width;
    for (std::string_view rest = text; !rest.empty();) {
        const base::Character character = base::first_character(rest);
        used += columns_of(character.code);
        if (used > width) break;
        kept += rest.substr(0, character.bytes);
        rest.remove_prefix(character.bytes);
    }
    return kept + std::string(ellipsis);
}

}  // namespace cli
