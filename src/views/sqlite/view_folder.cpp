#include "views/sqlite/view_folder.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <vector>

#include "es/errors.hpp"
#include "es/sqlite/data_folder.hpp"

namespace views::sqlite {
namespace {

constexpr std::string_view prefix = "views-";
constexpr std::string_view suffix = ".db";

// Of a small file no more is read.
constexpr std::size_t text_bytes_max = 16'000;

std::filesystem::path mark_of(const std::filesystem::path& file) {
    return file.string() + ".damaged";
}

// The n of "views-<n>.db" and of what belongs to it ("views-<n>.db-wal"); 0 for other names.
int number_of(std::string_view name) {
    if (!name.starts_with(prefix)) return 0;
    name.remove_prefix(prefix.size());
    int number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    const std::string_view rest(end, static_cast<std::size_t>(name.data() + name.size() - end));
    return error == std::errc() && rest.starts_with(suffix) ? number : 0;
}

bool write_durably(const std::filesystem::path& path, const std::string& text) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0) return false;
    const bool written =
        ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
        ::fsync(file) == 0;
    return ::close(file) == 0 && written;
}

}  // namespace

bool is_data_folder(const std::filesystem::path& folder) {
    return es::sqlite::is_data_folder(folder) || es::sqlite::is_there(folder / views_lock);
}

std::optional<std::filesystem::path> named_views(const std::filesystem::path& folder,
                                                 const char* pointer) {
    auto name = text_of(folder / pointer);
    if (!name) return std::nullopt;
    name->resize(std::min(name->find('\n'), name->size()));
    if (number_of(*name) == 0 || !name->ends_with(suffix)) return std::nullopt;
    return folder / *name;
}

std::optional<std::string> text_of(const std::filesystem::path& path) {
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(path, ignored)) return std::nullopt;
    std::ifstream file(path, std::ios::binary);
    if (!file) return std::nullopt;
    std::string text(text_bytes_max, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    return text;
}

void replace_text(const std::filesystem::path& path, const std::string& text) {
    const std::filesystem::path fresh = path.string() + ".new";
    if (!write_durably(fresh, text)) {
        throw es::Unusable("The file " + fresh.string() + " can't be written.");
    }
    rename_durably(fresh, path);
}

void rename_durably(const std::filesystem::path& from, const std::filesystem::path& to) {
    std::error_code error;
    std::filesystem::rename(from, to, error);
    if (error || !es::sqlite::sync_folder(to.parent_path())) {
        throw es::Unusable("The file " + from.string() + " can't be renamed to " +
                           to.filename().string() + ".");
    }
}

std::filesystem::path unused_views(const std::filesystem::path& folder) {
    int highest = 0;
    for (const auto& file : files_of_views(folder)) {
        highest = std::max(highest, number_of(file.filename().string()));
    }
    return folder / (std::string(prefix) + std::to_string(highest + 1) + std::string(suffix));
}

std::vector<std::filesystem::path> files_of_views(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> files;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
        if (number_of(entry.path().filename().string()) > 0) files.push_back(entry.path());
    }
    return files;
}

void remove_views_before(const std::filesystem::path& folder, const std::filesystem::path& file) {
    const int first = number_of(file.filename().string());
    std::error_code ignored;
    for (const auto& other : files_of_views(folder)) {
        if (number_of(other.filename().string()) < first) std::filesystem::remove(other, ignored);
    }
}

void mark_damaged(const std::filesystem::path& file) {
    write_durably(mark_of(file), "");
}

bool marked_damaged(const std::filesystem::path& file) {
    return std::filesystem::exists(mark_of(file));
}

std::shared_ptr<es::sqlite::Pool<ViewQueries>> ViewReaders::now() {
    struct stat status{};
    if (::stat(pointer_.c_str(), &status) != 0) {
        throw es::Unavailable("There are no views in " + folder_.string() + " yet.",
                              "there are no views in force yet; the projector makes them");
    }
    const Seen seen{status.st_ino, status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
    const std::lock_guard lock(mutex_);
    if (readers_ && seen == seen_) return readers_;
    const auto file = named_views(folder_, current_pointer);
    if (!file)
        throw es::Unavailable(pointer_.string() + " names no views.",
                              "there are no views in force yet; the projector makes them");
    readers_ = std::make_shared<es::sqlite::Pool<ViewQueries>>(
        [path = *file, generation = ++generation_,
         index = std::make_shared<LiveIndex>(list_index_)] {
            return std::make_unique<ViewQueries>(path, generation, index);
        });
    seen_ = seen;
    return readers_;
}

}  // namespace views::sqlite
