#include "es/sqlite.hpp"

#include "es/sqlite/event_file.hpp"

namespace es {

class SqliteEventReader::Impl : public sqlite::EventFile {
    using EventFile::EventFile;
};

SqliteEventReader::SqliteEventReader(const std::filesystem::path& folder)
    : impl_(std::make_unique<Impl>(sqlite::event_file_in(folder))) {
    try {
        const sqlite::EventQueries probe(impl_->path());
    } catch (const sqlite::NotReady&) {
    } catch (const sqlite::Error&) {
        // It may be there later; es::Unusable passes.
    }
}

SqliteEventReader::~SqliteEventReader() = default;

void SqliteEventReader::append(std::vector<es::Append> batch, OnOutcome on_outcome) {
    for (std::size_t i = 0; i < batch.size(); ++i) {
        on_outcome(i, {es::AppendStatus::not_stored, 0, "this process only reads the store"});
    }
}

void SqliteEventReader::read(std::vector<es::ReadRequest> batch, OnStream on_stream) {
    for (std::size_t i = 0; i < batch.size(); ++i) on_stream(i, impl_->read(batch[i]));
}

std::string SqliteEventReader::identity() {
    return impl_->use([](sqlite::EventQueries& queries) { return queries.identity(); });
}

std::optional<std::string> SqliteEventReader::command_at(std::int64_t position) {
    return impl_->use([&](sqlite::EventQueries& queries) { return queries.command_at(position); });
}

bool SqliteEventReader::healthy() {
    try {
        impl_->use([](sqlite::EventQueries& queries) { return queries.last_position(); });
        return true;
    } catch (const es::Unavailable&) {
        return false;
    }
}

}  // namespace es
