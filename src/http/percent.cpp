#include "http/percent.hpp"

#include <cstdint>

namespace http {
namespace {

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// How many bytes follow a lead byte, and the smallest code point that may be written so long; an
// overlong form is refused because it would let the same text pass in two spellings.
struct Sequence {
    std::size_t following;
    std::uint32_t smallest;
    std::uint32_t bits;
};

std::optional<Sequence> sequence(unsigned char lead) {
    if (lead < 0x80) return Sequence{0, 0, lead};
    if ((lead & 0xE0U) == 0xC0) return Sequence{1, 0x80, lead & 0x1FU};
    if ((lead & 0xF0U) == 0xE0) return Sequence{2, 0x800, lead & 0x0FU};
    if ((lead & 0xF8U) == 0xF0) return Sequence{3, 0x10000, lead & 0x07U};
    return std::nullopt;
}

bool is_utf8(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const auto start = sequence(static_cast<unsigned char>(text[i]));
        if (!start || text.size() - i <= start->following) return false;
        std::uint32_t point = start->bits;
        for (std::size_t k = 1; k <= start->following; ++k) {
            const auto byte = static_cast<unsigned char>(text[i + k]);
            if ((byte & 0xC0U) != 0x80) return false;
            point = (point << 6U) | (byte & 0x3FU);
        }
        const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
        if (point < start->smallest || point > 0x10FFFF || surrogate) return false;
        i += 1 + start->following;
    }
    return true;
}

bool is_unreserved(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

}  // namespace

std::string percent_encode(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string encoded;
    encoded.reserve(text.size());
    for (const char c : text) {
        if (is_unreserved(c)) {
            encoded += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        encoded += '%';
        encoded += digits[byte >> 4U];
        encoded += digits[byte & 0x0FU];
    }
    return encoded;
}

std::optional<std::string> percent_decode(std::string_view text, Plus plus) {
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+' && plus == Plus::is_space) {
            decoded += ' ';
        } else if (text[i] != '%') {
            decoded += text[i];
        } else {
            if (text.size() - i < 3) return std::nullopt;
            const int high = hex_digit(text[i + 1]);
            const int low = hex_digit(text[i + 2]);
            if (high < 0 || low < 0) return std::nullopt;
            decoded += static_cast<char>(high * 16 + low);
            i += 2;
        }
    }
    if (!is_utf8(decoded)) return std::nullopt;
    return decoded;
}

std::optional<std::vector<Field>> parse_query(std::string_view query) {
    std::vector<Field> fields;
    while (!query.empty()) {
        const std::string_view part = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(query.size(), part.size() + 1));
        if (part.empty()) continue;
        const std::size_t equals = std::min(part.find('='), part.size());
        auto name = percent_decode(part.substr(0, equals), Plus::is_space);
        auto value = percent_decode(part.substr(std::min(part.size(), equals + 1)), Plus::is_space);
        if (!name || !value) return std::nullopt;
        fields.emplace_back(std::move(*name), std::move(*value));
    }
    return fields;
}

}  // namespace http
