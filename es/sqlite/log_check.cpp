#include "es/sqlite/log_check.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <fstream>
#include <optional>
#include <unordered_map>
#include <vector>

#include "es/errors.hpp"
#include "es/sqlite/data_folder.hpp"
#include "es/sqlite/draft_file.hpp"

namespace es::sqlite {
namespace {

constexpr std::size_t log_header_bytes = 32;
constexpr std::size_t frame_header_bytes = 24;
constexpr std::uint32_t magic_little_endian = 0x377f0682;  // that of the checksums' words
constexpr std::uint32_t magic_big_endian = 0x377f0683;
constexpr std::uint32_t page_bytes_min = 512;
constexpr std::uint32_t page_bytes_max = 65536;

// A longer log is looked at up to here.
constexpr std::uint64_t log_bytes_read_max = 2'000'000'000;

std::uint32_t big_endian(const char* bytes) {
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
    return value;
}

struct Pair {
    std::uint32_t first = 0;
    std::uint32_t second = 0;
    bool operator==(const Pair&) const = default;
};

Pair pair_at(const char* bytes) {
    return {big_endian(bytes), big_endian(bytes + 4)};
}

// SQLite's checksum, continued over these bytes, whose number is divisible by 8.
Pair checksum(Pair sum, const char* bytes, std::size_t count, bool swapped) {
    for (std::size_t i = 0; i < count; i += 8) {
        Pair words;
        std::memcpy(&words.first, bytes + i, 4);
        std::memcpy(&words.second, bytes + i + 4, 4);
        if (swapped) {
            words.first = __builtin_bswap32(words.first);
            words.second = __builtin_bswap32(words.second);
        }
        sum.first += words.first + sum.second;
        sum.second += words.second + sum.first;
    }
    return sum;
}

struct Header {
    bool valid = false;
    bool swapped = false;  // the checksums' words are not in this machine's order
    std::uint32_t page_bytes = 0;
    Pair salts;
    Pair sum;
};

Header header_in(const std::array<char, log_header_bytes>& bytes) {
    Header header;
    const std::uint32_t magic = big_endian(bytes.data());
    const bool little = std::endian::native == std::endian::little;
    header.swapped = magic == (little ? magic_big_endian : magic_little_endian);
    header.page_bytes = big_endian(bytes.data() + 8);
    header.salts = pair_at(bytes.data() + 16);
    header.sum = pair_at(bytes.data() + 24);
    header.valid = (magic == magic_little_endian || magic == magic_big_endian) &&
                   std::has_single_bit(header.page_bytes) && header.page_bytes >= page_bytes_min &&
                   header.page_bytes <= page_bytes_max &&
                   checksum({}, bytes.data(), 24, header.swapped) == header.sum;
    return header;
}

struct Frame {
    std::uint32_t page = 0;
    std::uint32_t pages_total = 0;  // 0: it ends no commit
    Pair salts;
    Pair sum;  // as it is stored
    // The stored checksum continues that of the frame before, as it is stored there.
    bool follows = false;
};

// The frames of a log from its first to its last whole one.
class Frames {
public:
    Frames(std::ifstream& log, const Header& header)
        : log_(log),
          swapped_(header.swapped),
          sum_(header.sum),
          bytes_(frame_header_bytes + header.page_bytes) {}

    std::optional<Frame> next() {
        if (read_ + bytes_.size() > log_bytes_read_max) return std::nullopt;
        if (!log_.read(bytes_.data(), static_cast<std::streamsize>(bytes_.size()))) {
            return std::nullopt;
        }
        read_ += bytes_.size();
        Frame frame{big_endian(bytes_.data()), big_endian(bytes_.data() + 4),
                    pair_at(bytes_.data() + 8), pair_at(bytes_.data() + 16), false};
        Pair expected = checksum(sum_, bytes_.data(), 8, swapped_);
        expected = checksum(expected, page(), bytes_.size() - frame_header_bytes, swapped_);
        frame.follows = expected == frame.sum;
        sum_ = frame.sum;
        return frame;
    }

    // Of the frame that was read last.
    [[nodiscard]] const char* page() const { return bytes_.data() + frame_header_bytes; }

private:
    std::ifstream& log_;
    const bool swapped_;
    Pair sum_;
    std::vector<char> bytes_;
    std::uint64_t read_ = 0;
};

// As SQLite reads it; then what it leaves out. Each commit is synced before anything is written
// after it: EventWriter syncs also what an earlier process left. So a commit that another frame
// continues was on the disk, and if it can't be read, the log was damaged afterwards. A commit that
// a power loss cut off, or that failed, is continued by none; frames of an earlier round of the log
// have other salts.
void check_frames(std::ifstream& log, const Header& header, LogCheck& check) {
    Frames frames(log, header);
    std::vector<std::uint32_t> uncommitted;
    bool valid = true;
    bool ended_commit = false;
    for (auto frame = frames.next(); frame; frame = frames.next()) {
        const bool current = frame->salts == header.salts;
        if (!current || !frame->follows || frame->page == 0) valid = false;
        if (!valid && current && frame->follows && ended_commit) {
            check.damage = "it holds commits after a damaged part";
            return;
        }
        const bool ends_commit = current && frame->pages_total > 0;
        if (valid) {
            uncommitted.push_back(frame->page);
            if (ends_commit) {
                check.pages.insert(uncommitted.begin(), uncommitted.end());
                check.pages_total = frame->pages_total;
                uncommitted.clear();
            }
        }
        ended_commit = !valid && ends_commit;
    }
}

// Whether the database's file holds each of these pages as it is here, by a fingerprint.
bool file_holds(Connection& connection, std::uint32_t page_bytes,
                const std::unordered_map<std::uint32_t, Pair>& pages) {
    return std::ranges::all_of(pages, [&](const auto& entry) {
        const auto& [page, fingerprint] = entry;
        const auto bytes = connection.file_bytes(std::uint64_t{page - 1} * page_bytes, page_bytes);
        return bytes.size() == page_bytes &&
               checksum({}, bytes.data(), bytes.size(), false) == fingerprint;
    });
}

// SQLite ignores all of a log whose header is invalid. Nothing is lost by it if the commits in it
// had been moved to the file, as they are before a header is written again.
void check_without_header(std::ifstream& log, Header header, Connection& connection,
                          LogCheck& check) {
    header.page_bytes = static_cast<std::uint32_t>(connection.ask_integer("PRAGMA page_size"));
    Frames frames(log, header);
    std::unordered_map<std::uint32_t, Pair> committed;
    std::unordered_map<std::uint32_t, Pair> uncommitted;
    std::optional<Pair> salts;
    for (auto frame = frames.next(); frame; frame = frames.next()) {
        // What the first one continues was in the header.
        if (salts && (frame->salts != *salts || !frame->follows)) break;
        if (frame->page == 0) break;
        salts = frame->salts;
        uncommitted[frame->page] = checksum({}, frames.page(), header.page_bytes, false);
        if (frame->pages_total == 0) continue;
        for (const auto& [page, fingerprint] : uncommitted) committed[page] = fingerprint;
        uncommitted.clear();
    }
    if (!file_holds(connection, header.page_bytes, committed)) {
        check.damage = "its header is damaged, and it holds commits that the database lacks";
    }
}

}  // namespace

std::filesystem::path log_of(const std::filesystem::path& database) {
    return beside(resolved(database), log_suffix);
}

LogCheck check_log(const std::filesystem::path& database, Connection& connection) {
    const auto path = log_of(database);
    LogCheck check;
    std::error_code error;
    check.bytes =
        std::filesystem::exists(path, error) ? std::filesystem::file_size(path, error) : 0;
    if (error) throw es::Unusable(path.string() + " can't be read: " + error.message() + ".");
    if (check.bytes < log_header_bytes) return check;
    std::ifstream log(path, std::ios::binary);
    std::array<char, log_header_bytes> bytes{};
    if (!log.read(bytes.data(), bytes.size())) {
        throw es::Unusable(path.string() + " can't be read.");
    }
    const Header header = header_in(bytes);
    if (header.valid) {
        check_frames(log, header, check);
    } else {
        check_without_header(log, header, connection, check);
    }
    return check;
}

}  // namespace es::sqlite
