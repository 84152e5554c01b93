#include "es/sqlite/high_water.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <string_view>

namespace es::sqlite {
namespace {

constexpr std::size_t line_bytes_max = 400;
constexpr std::size_t position_digits = 19;  // every line has the same length: one replaces another
constexpr std::size_t checksum_digits = 16;

// The beginning of its SHA-256, in hexadecimal.
std::string checksum_of(const std::string& text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    // By what was looked up once: OpenSSL 3 would look the algorithm up in each call.
    static const EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    if (sha256 == nullptr ||
        EVP_Digest(text.data(), text.size(), digest.data(), nullptr, sha256, nullptr) != 1) {
        return {};  // a mark without a checksum proves nothing
    }
    std::string digits(checksum_digits + 1, '\0');
    for (std::size_t i = 0; i < checksum_digits / 2; ++i) {
        std::snprintf(&digits[2 * i], 3, "%02x", static_cast<unsigned>(digest[i]));
    }
    digits.pop_back();
    return digits;
}

std::string with_checksum(const std::string& text) {
    return text + " " + checksum_of(text) + "\n";
}

std::string line_of(const HighWater& mark) {
    std::string position = std::to_string(mark.position);
    position.insert(0, position_digits - std::min(position_digits, position.size()), '0');
    return with_checksum(mark.identity + " " + position);
}

std::optional<HighWater> parse(std::string_view line) {
    constexpr std::size_t behind_identity = 1 + position_digits + 1 + checksum_digits + 1;
    if (line.size() <= behind_identity) return std::nullopt;
    const std::string text(line.substr(0, line.size() - 1 - checksum_digits - 1));
    if (with_checksum(text) != line) return std::nullopt;
    HighWater mark{text.substr(0, line.size() - behind_identity), 0};
    const char* begin = text.data() + mark.identity.size() + 1;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(begin, end, mark.position);
    if (error != std::errc() || stop != end || mark.position < 0) return std::nullopt;
    return mark;
}

}  // namespace

std::optional<HighWater> read_high_water(const std::filesystem::path& folder) {
    const int file =
        ::open(mark_file_in(folder).c_str(), O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
    if (file < 0) return std::nullopt;
    std::string line(line_bytes_max, '\0');
    const ssize_t size = ::pread(file, line.data(), line.size(), 0);
    ::close(file);
    line.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    return parse(line);
}

HighWaterMark::HighWaterMark(const std::filesystem::path& folder)
    : file_(::open(mark_file_in(folder).c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600)),
      written_(read_high_water(folder).value_or(HighWater())) {}

HighWaterMark::~HighWaterMark() {
    if (file_ < 0) return;
    ::fdatasync(file_);
    ::close(file_);
}

void HighWaterMark::reach(const HighWater& reached) {
    if (file_ < 0) return;
    if (reached.position == written_.position && reached.identity == written_.identity) return;
    const std::string line = line_of(reached);
    if (line.size() > line_bytes_max) return;
    if (::pwrite(file_, line.data(), line.size(), 0) != static_cast<ssize_t>(line.size())) return;
    if (reached.identity.size() != written_.identity.size() &&
        ::ftruncate(file_, static_cast<off_t>(line.size())) != 0) {
        return;
    }
    written_ = reached;
}

}  // namespace es::sqlite
