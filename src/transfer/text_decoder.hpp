// Text of another encoding, converted to UTF-8 as it comes, by iconv.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace transfer {

// Those that an import may be told besides UTF-8, as iconv knows them too.
inline constexpr std::array<std::string_view, 5> encodings{"utf-16le", "utf-16be", "windows-1252",
                                                           "iso-8859-1", "iso-8859-15"};

// UTF-16 with a byte order mark at the text's begin; nullopt for every other text.
std::optional<std::string_view> encoding_by_mark(std::string_view begin);

class TextDecoder {
public:
    // One of `encodings`. Throws es::Unusable when iconv doesn't know it.
    explicit TextDecoder(std::string_view encoding);
    ~TextDecoder();
    TextDecoder(const TextDecoder&) = delete;
    TextDecoder& operator=(const TextDecoder&) = delete;

    // Appends what the next bytes say to `text`. A character that they cut off is completed by
    // those that follow. False: at what follows the appended text they are not of the encoding.
    bool take(std::string_view bytes, std::string& text);
    // Whether the text ended with a whole character.
    [[nodiscard]] bool complete() const { return open_.empty(); }

    [[nodiscard]] std::string_view encoding() const { return encoding_; }

private:
    const std::string encoding_;
    void* const iconv_;
    std::string open_;  // the begin of a character
};

}  // namespace transfer
