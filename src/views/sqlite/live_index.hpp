// The index of a file of views (metric_index.hpp), shared by all who read that file in a process.
// Whoever asks first brings it up to what it sees: by the numbers of the metrics that were saved
// since, which the writer notes in the table metric_saves. Private to this room.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "views/sqlite/connection.hpp"
#include "views/sqlite/metric_index.hpp"
#include "views/sqlite/sqlite_metric_views.hpp"

namespace views::sqlite {

// Callable from any thread.
class LiveIndex {
public:
    explicit LiveIndex(ListIndexLimits limits) : limits_(limits) {}

private:
    friend class IndexReader;

    const ListIndexLimits limits_;
    std::mutex mutex_;
    MetricIndex index_;
    std::int64_t last_save_ = 0;    // that it has seen
    MetricNumber last_loaded_ = 0;  // higher numbers are still to be loaded
    bool is_begun_ = false;
    bool is_complete_ = false;
    bool is_too_large_ = false;  // it is given up
};

// One connection's way to it; one thread at a time. All throw Error.
class IndexReader {
public:
    // `table` has all columns of documents.
    IndexReader(Connection& connection, std::shared_ptr<LiveIndex> live, const std::string& table);

    // The index, locked for this thread.
    class Access {
    public:
        Access(MetricIndex& index, std::unique_lock<std::mutex> lock)
            : index_(&index), lock_(std::move(lock)) {}
        MetricIndex* operator->() { return index_; }

    private:
        MetricIndex* index_;
        std::unique_lock<std::mutex> lock_;
    };
    // As the connection's transaction, which has read nothing yet, sees the views. nullopt: not
    // everything is loaded yet, or it is too much.
    std::optional<Access> access();

private:
    void apply_saves();
    void begin_afresh();
    void load_more();
    void put(const Rows& row);

    std::shared_ptr<LiveIndex> live_;
    Statement saves_;
    Statement first_save_;
    Statement last_save_;
    Statement metric_;
    Statement metrics_;
};

}  // namespace views::sqlite
