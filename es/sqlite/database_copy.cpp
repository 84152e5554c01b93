#include "es/sqlite/database_copy.hpp"

#include "es/sqlite/log_mode.hpp"

namespace es::sqlite {
namespace {

// 1 MB: often enough for a progress bar.
constexpr int pages_a_step = 256;

}  // namespace

void copy_database(Connection& from, const DraftFile& to,
                   const std::function<void(std::uint64_t pages, std::uint64_t of)>& on_progress) {
    Connection copy(to.path(), Access::write);
    // A copy that isn't finished is thrown away, and DraftFile brings a finished one to the disk.
    copy.execute(
        "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF");
    {
        PageCopy pages(from, copy);
        while (pages.step(pages_a_step)) {
            if (!on_progress) continue;
            on_progress(static_cast<std::uint64_t>(pages.copied()),
                        static_cast<std::uint64_t>(pages.total()));
        }
    }
    leave_log_mode(copy);  // the first page says that the original is in it
}

}  // namespace es::sqlite
