#include <limits>

#include "es/sqlite.hpp"
#include "es/sqlite/event_file.hpp"

namespace es {

class SqliteEventOrder::Impl : public sqlite::EventFile {
    using EventFile::EventFile;
};

SqliteEventOrder::SqliteEventOrder(const std::filesystem::path& folder)
    : impl_(std::make_unique<Impl>(sqlite::event_file_in(folder))) {}

SqliteEventOrder::~SqliteEventOrder() = default;

PlacedEvents SqliteEventOrder::after(std::int64_t position, std::size_t limit) {
    return impl_->use(
        [&](sqlite::EventQueries& queries) { return queries.placed_after(position, limit); });
}

PlacedEvents SqliteEventOrder::before(std::optional<std::int64_t> position, std::size_t limit) {
    constexpr auto behind_all = std::numeric_limits<std::int64_t>::max();
    return impl_->use([&](sqlite::EventQueries& queries) {
        return queries.placed_before(position.value_or(behind_all), limit);
    });
}

std::int64_t SqliteEventOrder::last_position() {
    return impl_->use([](sqlite::EventQueries& queries) { return queries.last_position(); });
}

}  // namespace es
