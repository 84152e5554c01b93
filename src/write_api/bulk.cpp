#include "write_api/bulk.hpp"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <variant>

#include "base/fair_shares.hpp"
#include "base/json.hpp"
#include "base/line_splitter.hpp"
#include "http/problem.hpp"
#include "write_api/command_reader.hpp"
#include "write_api/line_order.hpp"
#include "write_api/outcome.hpp"
#include "write_api/write_api.hpp"

namespace write_api {
namespace {

using es::CommandResult;
using es::CommandStatus;
using Processor = es::CommandProcessor<kpi::MetricAggregate>;
using Line = base::LineSplitter::Line;

// The places of all requests' lines at the processor. Any thread.
class Places {
public:
    bool take(const std::string& caller) {
        const std::lock_guard lock(mutex_);
        return shares_.take(caller);
    }
    void give_back(const std::string& caller) {
        const std::lock_guard lock(mutex_);
        shares_.give_back(caller);
    }

private:
    std::mutex mutex_;
    base::FairShares shares_{lines_in_flight_max};
};

struct BulkContext {
    Processor& processor;
    ParkedMetrics* parked;
    std::shared_ptr<Places> places;
};

std::string text_of(std::int64_t line, const http::Problem& problem) {
    json::Writer out;
    out.begin_object()
        .member("line", line)
        .member("status", std::int64_t{problem.status})
        .member("type", "/problems/" + problem.type)
        .member("title", problem.title())
        .member("detail", problem.detail);
    problem.write_errors(out);
    return out.end_object().take() + "\n";
}

std::string text_held_back(std::int64_t line, std::int64_t by) {
    return text_of(line, http::Problem(503, "held-back",
                                       "Line " + std::to_string(by) +
                                           " of this metric was not decided. Send it again, then "
                                           "this one; nothing was recorded."));
}

std::string text_of(std::int64_t line, const std::string& id, const CommandResult& result) {
    if (!result.succeeded()) {
        return text_of(line, problem_of(Asked{{}, id, false, resource_members}, result));
    }
    const bool changed = result.status != CommandStatus::unchanged;
    json::Writer out;
    out.begin_object()
        .member("line", line)
        .member("status", std::int64_t{changed ? 201 : 200})
        .member("id", id)
        .member("version", result.version);
    if (result.status == CommandStatus::replayed) out.member("replayed", true);
    return out.end_object().take() + "\n";
}

// One request. All but settle() is the io thread's.
class Bulk : public std::enable_shared_from_this<Bulk> {
public:
    Bulk(BulkContext context, http::Request request, es::ExtraMetadata extra)
        : context_(std::move(context)),
          body_(*std::move(request.incoming_body)),
          caller_(std::move(request.caller)),
          request_id_(std::move(request.id)),
          extra_(std::move(extra)) {}

    // Answers when something of the body is there: what is wrong before has a status of its own.
    void begin(const http::Responder& respond) {
        wanting_ = true;
        body_.next([self = shared_from_this(), respond](const http::IncomingBody::Piece& piece) {
            if (piece.failure) {
                const auto& failure = *piece.failure;
                const http::Problem problem(failure.status, failure.type, failure.detail);
                return respond(problem.response(self->request_id_));
            }
            self->take_piece(piece);
            http::Response response{200, {{"Content-Type", "application/x-ndjson"}}, {}, {}};
            response.stream = http::BodyStream{
                [self](http::BodyStream::Sink sink) { self->next(std::move(sink)); }};
            respond(std::move(response));
        });
    }

private:
    // The answer to a line, in the place of its line.
    using Slot = std::optional<std::string>;

    // The server wants more of the answer.
    void next(http::BodyStream::Sink sink) {
        {
            const std::lock_guard lock(mutex_);
            if (failed_) return;
            sink_ = std::move(sink);
        }
        pump();
    }

    void take_piece(const http::IncomingBody::Piece& piece) {
        wanting_ = false;
        lines_.append(piece.data);
        if (piece.last) lines_.finish();
        ended_ = piece.last || piece.failure.has_value();
        failure_ = piece.failure;
    }

    // Takes lines while there is room, and wants more of the body when there are none.
    void pump() {
        bool more = true;
        while (more && has_room()) more = take_line();
        if (!more && !held_ && !wanting_ && !ended_ && !taken_) {
            wanting_ = true;
            body_.next([self = shared_from_this()](const http::IncomingBody::Piece& piece) {
                self->take_piece(piece);
                self->pump();
            });
        }
        hand_over();
    }

    bool has_room() {
        const std::lock_guard lock(mutex_);
        return slots_.size() < lines_ahead_max && ready_bytes_ < ready_bytes_max;
    }

    // False if there is none, or it has to wait.
    bool take_line() {
        if (taken_) return false;
        auto line = held_ ? std::exchange(held_, std::nullopt) : lines_.next();
        if (!line) {
            if (ended_) end_lines(lines_.next_number());
            return false;
        }
        if (auto why = why_none_is_begun()) {
            failure_ = std::move(why);
            end_lines(line->number);
            return false;
        }
        if (submit(*line)) return true;
        held_ = std::move(line);
        return false;
    }

    std::optional<http::IncomingBody::Failure> why_none_is_begun() {
        if (body_.is_stopping()) return {{503, "overloaded", "The server stops."}};
        if (!order_.has_too_many_undecided()) return std::nullopt;
        return {{503, "held-back",
                 "Lines of more than " + std::to_string(LineOrder::undecided_metrics_max) +
                     " metrics were not decided."}};
    }

    // Of a body that was cut, the answer names the first line that is missing.
    void end_lines(std::int64_t next_line) {
        if (failure_) {
            const std::string detail =
                failure_->detail + " This line and what follows were not carried out.";
            answer(text_of(next_line, http::Problem(failure_->status, failure_->type, detail)));
        }
        taken_ = true;
        const std::lock_guard lock(mutex_);
        complete_ = true;
    }

    // False if it has to wait for lines before it.
    bool submit(const Line& line) {
        if (line.too_long) {
            answer(text_of(line.number,
                           http::Problem(413, "too-large",
                                         "The line is larger than " +
                                             std::to_string(line_bytes_max) + " bytes.")));
            return true;
        }
        if (line.text.find_first_not_of(" \t") == std::string::npos) return true;
        auto read = read_line(line.text, extra_);
        if (const auto* problem = std::get_if<http::Problem>(&read)) {
            answer(text_of(line.number, *problem));
            return true;
        }
        return submit(line.number, std::get<MetricRequest>(std::move(read)));
    }

    bool submit(std::int64_t number, MetricRequest command) {
        const bool alone = in_flight() == 0;
        const bool placed = context_.places->take(caller_);
        if (!placed && !alone) return false;
        const std::string id = command.stream;
        auto begun = order_.begin(id);
        if (const auto* undecided = std::get_if<std::int64_t>(&begun)) {
            if (placed) context_.places->give_back(caller_);
            answer(text_held_back(number, *undecided));
            return true;
        }
        command.chain = std::get<LineOrder::Chain>(std::move(begun));
        command.deadline = std::chrono::steady_clock::now() + line_time_max;
        const std::uint64_t slot = add_slot();
        es::OnResult on_result = [self = shared_from_this(), slot, number, id,
                                  placed](const CommandResult& result) {
            if (placed) self->context_.places->give_back(self->caller_);
            self->settle(slot, number, id, result);
        };
        refused_ = false;
        context_.processor.submit(std::move(command), std::move(on_result));
        if (!refused_) return true;
        return alone ? give_up(slot, number, id) : take_back(id);
    }

    // Any thread.
    void settle(std::uint64_t slot, std::int64_t number, const std::string& id,
                const CommandResult& result) {
        // Its queue is full, so it says so before submit() returns; nothing after it is there yet.
        if (result.status == CommandStatus::overloaded &&
            std::this_thread::get_id() == io_thread_) {
            refused_ = true;
            refusal_ = result;
            return;
        }
        if (context_.parked != nullptr) context_.parked->note(id, result);
        try {
            const std::int64_t undecided = order_.settle(id, number, result);
            fill(slot,
                 undecided != 0 ? text_held_back(number, undecided) : text_of(number, id, result));
            hand_over();
        } catch (...) {  // no memory: an answer that lacks a line is none
            fail();
            throw;
        }
    }

    // Any thread. A sink that is dropped cuts the answer.
    void fail() {
        std::optional<http::BodyStream::Sink> dropped;
        const std::lock_guard lock(mutex_);
        failed_ = true;
        dropped.swap(sink_);
    }

    // The processor takes none although none of this request is there.
    bool give_up(std::uint64_t slot, std::int64_t number, const std::string& id) {
        order_.settle(id, number, refusal_);
        fill(slot, text_of(number, {}, refusal_));
        return true;
    }

    bool take_back(const std::string& id) {
        order_.take_back(id);
        const std::lock_guard lock(mutex_);
        slots_.pop_back();
        --in_flight_;
        return false;
    }

    std::uint64_t add_slot() {
        const std::lock_guard lock(mutex_);
        slots_.emplace_back();
        ++in_flight_;
        return first_slot_ + slots_.size() - 1;
    }

    void fill(std::uint64_t slot, std::string text) {
        const std::lock_guard lock(mutex_);
        ready_bytes_ += text.size();
        slots_[slot - first_slot_] = std::move(text);
        --in_flight_;
    }

    void answer(std::string text) {
        const std::lock_guard lock(mutex_);
        ready_bytes_ += text.size();
        slots_.emplace_back(std::move(text));
    }

    std::size_t in_flight() {
        const std::lock_guard lock(mutex_);
        return in_flight_;
    }

    // Gives the server what is ready, if it wants some. Not each answer by itself: while most are
    // on their way, more of them come in a moment.
    void hand_over() {
        std::optional<http::BodyStream::Sink> sink;
        std::optional<std::string> text;
        {
            const std::lock_guard lock(mutex_);
            if (!sink_ || in_flight_ > lines_ahead_max / 2) return;
            text = take_ready();
            const bool ends = complete_ && slots_.empty();
            if (text->empty() && !ends) return;
            if (text->empty()) text.reset();
            sink.swap(sink_);
        }
        sink->done(std::move(text));
    }

    std::string take_ready() {
        std::string text;
        while (!slots_.empty() && slots_.front()) {
            text += *slots_.front();
            slots_.pop_front();
            ++first_slot_;
        }
        ready_bytes_ -= text.size();
        return text;
    }

    const BulkContext context_;
    const http::IncomingBody body_;
    const std::string caller_;
    const std::string request_id_;
    const es::ExtraMetadata extra_;
    const std::thread::id io_thread_ = std::this_thread::get_id();

    LineOrder order_;
    base::LineSplitter lines_{line_bytes_max};
    std::optional<Line> held_;  // waits for those before it
    bool wanting_ = false;      // a piece of the body
    bool ended_ = false;        // the body
    bool taken_ = false;        // all lines
    std::optional<http::IncomingBody::Failure> failure_;
    bool refused_ = false;  // the line that is being submitted
    CommandResult refusal_;

    std::mutex mutex_;  // guards what follows
    std::deque<Slot> slots_;
    std::uint64_t first_slot_ = 0;  // the number of slots_.front()
    std::size_t in_flight_ = 0;     // slots that are empty
    std::size_t ready_bytes_ = 0;   // of those that are not
    bool complete_ = false;         // no further slots come
    bool failed_ = false;
    std::optional<http::BodyStream::Sink> sink_;
};

void answer_bulk(const BulkContext& context, http::Request request,
                 const http::Responder& respond) {
    if (!is_unencoded(request.headers)) {
        respond(unsupported_encoding(request.id));
        return;
    }
    auto head = read_bulk_head(request);
    if (const auto* problem = std::get_if<http::Problem>(&head)) {
        respond(problem->response(request.id));
        return;
    }
    auto& extra = std::get<es::ExtraMetadata>(head);
    std::make_shared<Bulk>(context, std::move(request), std::move(extra))->begin(respond);
}

}  // namespace

void add_bulk_route(http::Router& router, Processor& processor, ParkedMetrics* parked) {
    const BulkContext context{processor, parked, std::make_shared<Places>()};
    router.add(
        "POST", bulk_pattern,
        [context](http::Request request, const http::Responder& respond) {
            answer_bulk(context, std::move(request), respond);
        },
        http::Body::streamed);
}

}  // namespace write_api
