#include "transfer/text_decoder.hpp"

#include <iconv.h>

#include <cerrno>
#include <cstddef>

#include "es/errors.hpp"

namespace transfer {
namespace {

constexpr std::size_t piece_bytes = 16 * 1024;  // of UTF-8 at once

}  // namespace

std::optional<std::string_view> encoding_by_mark(std::string_view begin) {
    if (begin.starts_with("\xFF\xFE")) return "utf-16le";
    if (begin.starts_with("\xFE\xFF")) return "utf-16be";
    return std::nullopt;
}

TextDecoder::TextDecoder(std::string_view encoding)
    : encoding_(encoding), iconv_(::iconv_open("UTF-8", encoding_.c_str())) {
    // (iconv_t)-1, which is how iconv_open says no.  NOLINTNEXTLINE(*-cast,*-int-to-ptr)
    if (iconv_ == reinterpret_cast<iconv_t>(-1)) {
        throw es::Unusable("the system's iconv can't read " + encoding_);
    }
}

TextDecoder::~TextDecoder() {
    ::iconv_close(iconv_);
}

bool TextDecoder::take(std::string_view bytes, std::string& text) {
    open_ += bytes;
    char* in = open_.data();
    std::size_t left = open_.size();
    bool right = true;
    while (left > 0 && right) {
        std::array<char, piece_bytes> piece;
        char* out = piece.data();
        std::size_t room = piece.size();
        const std::size_t result = ::iconv(iconv_, &in, &left, &out, &room);
        text.append(piece.data(), piece.size() - room);
        if (result != static_cast<std::size_t>(-1)) continue;
        if (errno == EINVAL) break;  // it is cut off
        right = errno == E2BIG;
    }
    open_.erase(0, open_.size() - left);
    return right;
}

}  // namespace transfer
