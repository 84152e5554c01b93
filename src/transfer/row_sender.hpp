// Sends the values of one metric as lines of POST /values, so that they are recorded in their
// order: the server records lines of one metric in the order in which they come, and none after one
// that it did not decide. Lines without a final answer are sent again, with their keys, in a new
// request.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>

#include "base/line_splitter.hpp"
#include "http/duplex_client.hpp"
#include "transfer/metric_client.hpp"
#include "transfer/patient_client.hpp"
#include "transfer/series_reader.hpp"

namespace transfer {

// Lines on their way. A server remembers the keys of a metric's last 10,000 events.
inline constexpr std::size_t lines_unanswered_max = 4'000;
// Of one request; further lines go into the next one. The server takes 64 MiB, but a proxy may take
// only 1 MiB unless it is told otherwise (nginx).
inline constexpr std::size_t request_bytes_max = 1'000'000;
// After so long without an answer a request ends, so that a proxy which passes on only whole
// requests does so.
inline constexpr std::chrono::milliseconds answer_wait_short{1'000};
// After so long the connection counts as lost. A server decides each line within 20 s.
inline constexpr std::chrono::seconds answer_wait_max{30};

class RowSender {
public:
    using OnSettled = std::function<void(const SeriesRow& row, const Reported& reported)>;

    // `on_settled` is called in the order of the rows, with what is final.
    RowSender(ApiAddress write, std::string id, std::chrono::milliseconds patience,
              OnSettled on_settled);

    // Both throw es::Unavailable when the server is away for too long or answers something
    // unexpected, es::Unusable when it can't be trusted or is too old. `occurrence`: see
    // value_key().
    // Returns when there is room for it. Rows leave in pieces of 16 KiB, the last ones with
    // finish().
    void send(const SeriesRow& row, std::size_t occurrence);
    void finish();  // waits for all answers

private:
    using Clock = std::chrono::steady_clock;

    struct Item {
        SeriesRow row;
        std::size_t occurrence = 1;
    };

    [[nodiscard]] bool all_given() const { return given_ == items_.size(); }
    [[nodiscard]] bool may_give() const;
    void fill();
    void end_body();
    void move(std::chrono::milliseconds longest);
    void watch_silence();
    void take(const std::string& data);
    void take_line(const base::LineSplitter::Line& line);
    void end_request();
    void again(const std::string& why);

    const ApiAddress write_;
    const std::string id_;
    const std::chrono::milliseconds patience_max_;
    const OnSettled on_settled_;
    http::DuplexClient client_;

    std::deque<Item> items_;  // from the first one without a final answer
    std::size_t given_ = 0;   // so many of them are in the present request

    // Of the present request.
    bool open_ = false;
    bool body_ended_ = false;
    std::size_t bytes_ = 0;
    std::int64_t answered_ = 0;  // lines
    std::optional<base::LineSplitter> lines_;
    std::string refusal_;  // the body of an answer that is not 200
    // Of the server: when the last piece of its answer came, or the request began. Time outside of
    // move() is left out, as nobody looked.
    Clock::time_point last_sign_;
    Clock::time_point last_look_;

    bool answers_at_end_ = false;       // a proxy keeps requests until they are whole
    std::optional<Patience> patience_;  // since the last row that was settled
};

}  // namespace transfer
