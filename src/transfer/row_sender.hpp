// Sends the values of one metric over several connections so that they are recorded in their order.
// The server carries out what comes over several connections in the order of arrival, which is
// nearly always that of sending. Each command names the version that the one before it leaves
// behind, so that one that overtook is refused (409) and sent again, with all that follow it.
//
// Another writer's event takes such a version, too: the row that expected it is then recorded after
// the rows that were on their way. When that is noticed, rows go one by one for a while.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>

#include "http/parallel_client.hpp"
#include "transfer/metric_client.hpp"
#include "transfer/patient_client.hpp"
#include "transfer/series_reader.hpp"

namespace transfer {

// With another writer about, so many rows go one by one.
inline constexpr std::size_t calm_rows = 1'000;

class RowSender {
public:
    using OnSettled = std::function<void(const SeriesRow& row, const Reported& reported)>;

    // `version` is one that the metric has or had. `on_settled` is called in the order of the rows.
    RowSender(ApiAddress write, std::string id, es::Version version, std::size_t connections,
              std::chrono::milliseconds patience, OnSettled on_settled);

    // Both throw es::Unavailable when the server is away for too long or answers something
    // unexpected, es::Unusable when it can't be trusted. `occurrence`: see value_command().
    void send(const SeriesRow& row, std::size_t occurrence);  // returns when it is on its way
    void finish();                                            // waits for all answers

private:
    struct Item {
        SeriesRow row;
        std::size_t occurrence = 1;
        std::optional<Reported> settled = {};
    };

    [[nodiscard]] bool all_sent() const { return next_ == first_ + items_.size(); }
    void fill();
    void begin(std::uint64_t number);
    void await();
    void take(const http::ParallelClient::Ended& ended);
    void again(std::string why);
    void settle(Item& item, const Reported& reported);
    void widen();
    void restart();
    void pause();
    [[nodiscard]] bool was_overtaken() const;

    const ApiAddress write_;
    const std::string id_;
    const std::size_t connections_;
    const std::chrono::milliseconds patience_max_;
    const OnSettled on_settled_;
    http::ParallelClient client_;

    std::deque<Item> items_;   // from the first one that is not settled
    std::uint64_t first_ = 0;  // the number of items_.front()
    std::uint64_t next_ = 0;   // the number of the one that is sent next
    std::size_t in_flight_ = 0;
    std::size_t window_ = 1;       // so many may be in flight; one alone names no version
    std::size_t since_wider_ = 0;  // rows that were recorded since it grew
    std::size_t calm_ = 0;         // rows for which it stays 1
    es::Version version_;          // the metric's, as far as is known
    es::Version expected_;         // of the next one

    // After the first that has to be sent again nothing is sent until all answers are there.
    bool draining_ = false;
    bool stale_ = false;
    std::string trouble_;               // why there was no answer, or none for good
    std::optional<Patience> patience_;  // since the last one that was settled
};

}  // namespace transfer
