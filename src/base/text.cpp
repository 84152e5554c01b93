#include "base/text.hpp"

#include <cstdint>

#include "base/utf8.hpp"

namespace base {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

// Marks, embeddings, overrides and isolates of the writing direction, and the separators of lines
// and paragraphs.
bool steers(std::uint32_t code) {
    return code < 0x20 || (code >= 0x7f && code <= 0x9f) || code == 0x61c || code == 0x200e ||
           code == 0x200f || (code >= 0x2028 && code <= 0x202e) ||
           (code >= 0x2066 && code <= 0x2069);
}

std::string printable(std::string_view text, std::string_view kept) {
    std::string shown;
    shown.reserve(text.size());
    while (!text.empty()) {
        const auto [bytes, code, valid] = first_character(text);
        const char c = text.front();
        if (valid && (!steers(code) || kept.find(c) != std::string_view::npos)) {
            shown += text.substr(0, bytes);
        } else {
            shown += c == '\n' || c == '\r' || c == '\t' ? std::string_view(" ") : replacement;
        }
        text.remove_prefix(bytes);
    }
    return shown;
}

}  // namespace

Character first_character(std::string_view text) {
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    const unsigned char lead = byte(0);
    if (lead < 0x80) return {1, lead, true};
    const std::size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || text.size() < bytes) return {};
    std::uint32_t code = lead & (0xffU >> (bytes + 1));
    for (std::size_t i = 1; i < bytes; ++i) {
        if ((byte(i) & 0xc0) != 0x80) return {};
        code = code << 6 | (byte(i) & 0x3fU);
    }
    constexpr std::uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    const bool surrogate = code >= 0xd800 && code <= 0xdfff;
    if (code < smallest[bytes] || surrogate || code > 0x10ffff) return {};
    return {bytes, code, true};
}

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const Character character = first_character(text);
        if (!character.valid) return false;
        text.remove_prefix(character.bytes);
    }
    return true;
}

std::string printable(std::string_view text) {
    return printable(text, {});
}

std::string printable_lines(std::string_view text) {
    return printable(text, "\n\t");
}

std::string excerpt(std::string_view text) {
    constexpr std::size_t bytes_max = 60;
    if (text.size() <= bytes_max) return "'" + printable(text) + "'";
    // Not within a character: its later bytes are 10xxxxxx.
    std::size_t end = bytes_max;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
    return "'" + printable(text.substr(0, end)) + "…'";
}

}  // namespace base
