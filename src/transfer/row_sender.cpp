#include "transfer/row_sender.hpp"

#include <algorithm>
#include <utility>

#include "es/errors.hpp"

namespace transfer {

RowSender::RowSender(ApiAddress write, std::string id, es::Version version, std::size_t connections,
                     std::chrono::milliseconds patience, OnSettled on_settled)
    : write_(std::move(write)),
      id_(std::move(id)),
      connections_(connections),
      patience_max_(patience),
      on_settled_(std::move(on_settled)),
      client_(write_.base(), connections, http::client_timeout, write_.ca_file),
      version_(version),
      expected_(version) {}

void RowSender::send(const SeriesRow& row, std::size_t occurrence) {
    items_.push_back({row, occurrence});
    fill();
    while (!all_sent()) {
        await();
        fill();
    }
}

void RowSender::finish() {
    while (!items_.empty()) {
        await();
        fill();
    }
}

// Sends what there is room for.
void RowSender::fill() {
    if (draining_ && in_flight_ == 0) restart();
    while (!draining_ && !all_sent() && in_flight_ < window_) {
        if (!items_[next_ - first_].settled) begin(next_);
        ++next_;
    }
}

void RowSender::begin(std::uint64_t number) {
    const Item& item = items_[number - first_];
    if (in_flight_ == 0) expected_ = version_;
    auto [body, headers] = value_command(id_, {item.row.time, item.row.value}, item.occurrence,
                                         window_ > 1 ? std::optional(expected_) : std::nullopt);
    client_.post_json(number, value_command_path, std::move(body), std::move(headers));
    ++in_flight_;
    ++expected_;
}

void RowSender::await() {
    if (in_flight_ == 0) return;
    try {
        for (const auto& ended : client_.wait()) take(ended);
    } catch (const http::Untrusted& error) {
        throw es::Unusable(write_.what + " is not asked: " + error.what());
    }
    while (!items_.empty() && items_.front().settled) {
        on_settled_(items_.front().row, *items_.front().settled);
        items_.pop_front();
        ++first_;
    }
    next_ = std::max(next_, first_);
}

void RowSender::take(const http::ParallelClient::Ended& ended) {
    --in_flight_;
    if (!ended.failure.empty()) return again("does not answer: " + ended.failure);
    if (is_passing(ended.response)) {
        const std::string why = answered(ended.response);
        if (problem_type(ended.response) != "parked") return again(why);
        throw es::Unavailable(write_.name() + " " + why);
    }
    const auto reported = read_reported(ended.response);
    if (!reported) throw es::Unavailable(write_.name() + " " + answered(ended.response));
    version_ = std::max(version_, reported->version);
    if (reported->outcome == Report::stale) {
        stale_ = true;
        draining_ = true;
    } else {
        settle(items_[ended.tag - first_], *reported);
    }
}

void RowSender::again(std::string why) {
    draining_ = true;
    trouble_ = std::move(why);
}

void RowSender::settle(Item& item, const Reported& reported) {
    item.settled = reported;
    patience_.reset();
    if (reported.outcome == Report::recorded) widen();
}

void RowSender::widen() {
    if (calm_ > 0) {
        --calm_;
    } else if (window_ < connections_ && ++since_wider_ >= window_) {
        ++window_;
        since_wider_ = 0;
    }
}

// All answers are there; sends from the first row on that has none for good.
void RowSender::restart() {
    if (stale_ && was_overtaken()) {
        window_ = 1;
        calm_ = calm_rows;
    } else {
        window_ = std::max<std::size_t>(window_ / 2, 1);
    }
    since_wider_ = 0;
    if (!trouble_.empty()) pause();
    draining_ = false;
    stale_ = false;
    trouble_.clear();
    next_ = first_;
}

void RowSender::pause() {
    if (!patience_) patience_.emplace(patience_max_);
    if (!patience_->wait()) throw es::Unavailable(write_.name() + " " + trouble_);
}

// Whether a row was recorded although one before it was not: another writer's event had taken the
// place of that one.
bool RowSender::was_overtaken() const {
    const auto open =
        std::ranges::find_if(items_, [](const Item& item) { return !item.settled.has_value(); });
    return std::any_of(open, items_.end(), [](const Item& item) {
        return item.settled && item.settled->outcome == Report::recorded;
    });
}

}  // namespace transfer
