#include "transfer/row_sender.hpp"

#include <algorithm>
#include <utility>

#include "base/json_members.hpp"
#include "es/errors.hpp"

namespace transfer {
namespace {

using std::chrono::milliseconds;

// Of the body, before it is sent: bigger pieces cost less than one for each line.
constexpr std::size_t piece_bytes = 16UL * 1024;
constexpr std::size_t unsent_bytes_max = 4 * piece_bytes;
constexpr std::size_t answer_line_bytes_max = 64UL * 1024;
constexpr std::size_t refusal_bytes_max = 64UL * 1024;
constexpr milliseconds look_every{200};

}  // namespace

RowSender::RowSender(ApiAddress write, std::string id, milliseconds patience, OnSettled on_settled)
    : write_(std::move(write)),
      id_(std::move(id)),
      patience_max_(patience),
      on_settled_(std::move(on_settled)),
      client_(write_.base(), http::client_timeout, write_.ca_file) {}

void RowSender::send(const SeriesRow& row, std::size_t occurrence) {
    items_.push_back({row, occurrence});
    fill();
    while (!all_given()) {
        move(look_every);
        fill();
    }
    if (client_.unsent_bytes() >= piece_bytes) move(milliseconds(0));
}

void RowSender::finish() {
    while (open_ || !items_.empty()) {
        fill();
        if (all_given()) end_body();
        move(look_every);
    }
}

bool RowSender::may_give() const {
    return !body_ended_ && given_ < lines_unanswered_max &&
           client_.unsent_bytes() < unsent_bytes_max;
}

// Gives the client what there is room for.
void RowSender::fill() {
    while (!all_given() && may_give()) {
        const auto& [row, occurrence] = items_[given_];
        const std::string line = value_line(id_, {row.time, row.value}, occurrence);
        if (bytes_ + line.size() > request_bytes_max) return end_body();
        if (!open_) {
            client_.begin(values_path, {{"Content-Type", "application/x-ndjson"}});
            open_ = true;
            lines_.emplace(answer_line_bytes_max);
            last_sign_ = last_look_ = Clock::now();
        }
        client_.send(line);
        bytes_ += line.size();
        ++given_;
    }
    if (answers_at_end_ && given_ == lines_unanswered_max) end_body();
}

void RowSender::end_body() {
    if (open_ && !body_ended_) client_.finish();
    body_ended_ = open_;
}

void RowSender::move(milliseconds longest) {
    last_sign_ += Clock::now() - last_look_;
    std::string lost;
    try {
        client_.wait(longest);
    } catch (const http::Untrusted& error) {
        throw es::Unusable(write_.what + " is not asked: " + error.what());
    } catch (const http::ClientError& error) {
        lost = std::string("does not answer: ") + error.what();
    }
    last_look_ = Clock::now();
    take(client_.take());  // also what came before it was lost
    if (!open_) return;
    if (!lost.empty()) {
        again(lost);
    } else if (client_.ended()) {
        end_request();
    } else {
        watch_silence();
    }
}

void RowSender::watch_silence() {
    const auto silence = last_look_ - last_sign_;
    if (silence >= answer_wait_max) {
        again("does not answer: nothing came for " + std::to_string(answer_wait_max.count()) +
              " s");
    } else if (!body_ended_ && silence >= answer_wait_short) {
        answers_at_end_ = answered_ == 0;
        end_body();
    }
}

void RowSender::take(const std::string& data) {
    if (data.empty()) return;
    last_sign_ = last_look_;
    if (client_.status() != 200) {
        if (refusal_.size() < refusal_bytes_max) refusal_ += data;
        return;
    }
    lines_->append(data);
    while (open_) {
        const auto line = lines_->next();
        if (!line) return;
        take_line(*line);
    }
}

void RowSender::take_line(const base::LineSplitter::Line& line) {
    const auto parsed = json::parse(line.text);
    const auto* number = json::member<json::Number>(parsed.value, "line");
    if (!parsed.ok() || number == nullptr || given_ == 0 ||
        number->value != static_cast<double>(answered_ + 1)) {
        throw es::Unavailable(write_.name() + " answered something else than a line for each row");
    }
    const auto reported = read_reported(parsed.value);
    if (!reported) {
        const auto* status = json::member<json::Number>(parsed.value, "status");
        throw es::Unavailable(
            write_.name() + " " +
            answered(status != nullptr ? static_cast<int>(status->value) : 0, parsed.value));
    }
    if (reported->outcome == Report::undecided) return again(reported->why);
    ++answered_;
    patience_.reset();
    on_settled_(items_.front().row, *reported);
    items_.pop_front();
    --given_;
}

// Its answer is complete.
void RowSender::end_request() {
    http::Response answer = client_.answer();
    answer.body = refusal_;
    if (answer.status == 404 || answer.status == 405) {
        throw es::Unusable(write_.name() + " has no POST " + values_path +
                           ": it is of an earlier release than this program. Update it, or import "
                           "with its own release");
    }
    if (is_passing(answer.status)) return again(answered(answer));
    if (answer.status != 200) throw es::Unavailable(write_.name() + " " + answered(answer));
    if (given_ > 0) return again("ended its answer before all rows were answered");
    open_ = body_ended_ = false;
    bytes_ = 0;
    answered_ = 0;
}

// Breaks the request off, and begins a new one with the first row that has no final answer.
void RowSender::again(const std::string& why) {
    client_.cancel();
    open_ = body_ended_ = false;
    given_ = 0;
    bytes_ = 0;
    answered_ = 0;
    refusal_.clear();
    if (items_.empty()) return;
    if (!patience_) patience_.emplace(patience_max_);
    if (!patience_->wait()) throw es::Unavailable(write_.name() + " " + why);
}

}  // namespace transfer
