// What a projection keeps of streams whose fold asked for their history, so that the next event
// that asks again doesn't have it read from the stream's first event on.
#pragma once

#include <cstddef>
#include <list>
#include <optional>
#include <unordered_map>
#include <utility>

#include "es/event.hpp"
#include "es/rows.hpp"

namespace es {

// As many histories are kept as have this many rows together, and no more than this many: each has
// a document, too. The least recently used go first.
inline constexpr std::size_t kept_history_rows_max = 1'000'000;
inline constexpr std::size_t kept_histories_max = 1'000;

template <class View>
class KeptHistories {
public:
    // All rows of a stream, and its document, which may hold more than what is stored of it.
    struct History {
        typename View::Document document;
        Rows<typename View::Row> rows;
    };

    explicit KeptHistories(std::size_t rows_max = kept_history_rows_max) : rows_max_(rows_max) {}

    // In the place of an earlier one.
    void keep(const StreamId& id, History history) {
        take(id);
        rows_ += history.rows.all().size();
        by_use_.push_back({id, std::move(history)});
        places_[id] = std::prev(by_use_.end());
        while (rows_ > rows_max_ || by_use_.size() > kept_histories_max) drop_first();
    }
    // All of them, in their order.
    void keep(KeptHistories others) {
        for (auto& [id, history] : others.by_use_) keep(id, std::move(history));
    }
    // nullopt: it isn't kept.
    std::optional<History> take(const StreamId& id) {
        const auto found = places_.find(id);
        if (found == places_.end()) return std::nullopt;
        History history = std::move(found->second->history);
        rows_ -= history.rows.all().size();
        by_use_.erase(found->second);
        places_.erase(found);
        return history;
    }
    void clear() {
        by_use_.clear();
        places_.clear();
        rows_ = 0;
    }

private:
    void drop_first() {
        rows_ -= by_use_.front().history.rows.all().size();
        places_.erase(by_use_.front().id);
        by_use_.pop_front();
    }

    struct Kept {
        StreamId id;
        History history;
    };

    std::size_t rows_max_;
    std::list<Kept> by_use_;  // least recently used first
    std::unordered_map<StreamId, typename std::list<Kept>::iterator> places_;
    std::size_t rows_ = 0;  // of all of them
};

}  // namespace es
