// Reads an event store that another process may be writing: it never writes, and makes no file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "es/event_store.hpp"

namespace es {

class SqliteEventReader : public es::EventStore {
public:
    // The store may still be missing: reads are `unavailable` until it is there. Throws
    // es::Unusable when it is of a newer format or another program's.
    explicit SqliteEventReader(const std::filesystem::path& folder);
    ~SqliteEventReader() override;

    // Answers not_stored.
    void append(std::vector<es::Append> batch, OnOutcome on_outcome) override;
    void read(std::vector<es::ReadRequest> batch, OnStream on_stream) override;
    [[nodiscard]] bool sole_writer() const override { return false; }

    // As SqliteEventStore's. Any thread. Throw es::Unavailable.
    std::string identity();
    std::optional<std::string> command_at(std::int64_t position);
    bool healthy();

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace es
