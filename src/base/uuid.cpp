#include "base/uuid.hpp"

#include <openssl/evp.h>
#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>

namespace base {
namespace {

using Bytes = std::array<std::uint8_t, 16>;

std::string format(Bytes bytes, unsigned version) {
    bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0f) | (version << 4));
    bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3f) | 0x80);
    constexpr char digits[] = "0123456789abcdef";
    std::string text;
    text.reserve(36);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
        text += digits[bytes[i] >> 4];
        text += digits[bytes[i] & 15];
    }
    return text;
}

std::string bytes_of(std::string_view uuid) {
    std::string bytes;
    unsigned half = 0;
    bool second = false;
    for (const char c : uuid) {
        if (c == '-') continue;
        const auto digit = static_cast<unsigned>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
        if (second) bytes += static_cast<char>(half << 4 | digit);
        half = digit;
        second = !second;
    }
    return bytes;
}

// Random bytes come in blocks, so that only one identifier in 16 costs a system call.
class RandomBytes {
public:
    Bytes next() {
        if (used_ == block_.size()) refill();
        return block_[used_++];
    }

private:
    void refill() {
        if (getrandom(block_.data(), sizeof block_, 0) != static_cast<ssize_t>(sizeof block_)) {
            throw std::system_error(errno, std::generic_category(), "getrandom");
        }
        used_ = 0;
    }
    // 256 bytes at most are never cut short by a signal (getrandom(2)).
    std::array<Bytes, 16> block_{};
    std::size_t used_ = block_.size();
};

}  // namespace

std::string random_uuid() {
    // Nothing outside sees it.  NOLINTNEXTLINE(misc-use-internal-linkage)
    thread_local RandomBytes random;
    return format(random.next(), 4);
}

std::string name_uuid(std::string_view namespace_uuid, std::string_view name) {
    const std::string text = bytes_of(namespace_uuid) + std::string(name);
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
    EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha1(), nullptr);
    Bytes bytes{};
    std::copy_n(digest.begin(), bytes.size(), bytes.begin());
    return format(bytes, 5);
}

}  // namespace base
