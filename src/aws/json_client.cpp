#include "aws/json_client.hpp"

#include <algorithm>
#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "aws/signing.hpp"
#include "aws/url.hpp"
#include "aws/verdict.hpp"
#include "base/curl/transfer.hpp"
#include "base/curl/transfers.hpp"

namespace aws {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// An attempt that would have less time than this is not made.
constexpr milliseconds attempt_time_min{5};
// A clock that is off by less is not what a service refuses; it allows five minutes.
constexpr std::chrono::minutes skew_min{2};
constexpr milliseconds idle_wait{1'000};
// An answer larger than this is an error; DynamoDB's are of some megabytes at most.
constexpr std::size_t answer_bytes_max = 64UL * 1024 * 1024;
// How often calls that wait behind others are looked through for those whose time is up.
constexpr milliseconds late_check_every{50};

// What the Host header will be, which is signed; a wrong address is libcurl's to refuse.
std::string host_of(const std::string& endpoint) {
    const std::optional<Url> url = parse_url(endpoint);
    return url ? url->authority() : std::string();
}

// Services quote what was signed when they refuse a signature.
std::string without_token(std::string text, const std::string& token) {
    if (token.empty()) return text;
    for (auto at = text.find(token); at != std::string::npos; at = text.find(token)) {
        text.replace(at, token.size(), "***");
    }
    return text;
}

milliseconds until(steady_clock::time_point time) {
    return std::chrono::ceil<milliseconds>(time - steady_clock::now());
}

}  // namespace

class JsonClient::Impl {
public:
    explicit Impl(JsonClientOptions options)
        : options_(std::move(options)),
          host_(host_of(options_.endpoint)),
          transfers_(options_.in_flight_max) {
        thread_ = std::thread([this] { run(); });
    }

    ~Impl() {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        transfers_.wake();
        thread_.join();
        if (asker_.joinable()) asker_.join();
    }

    void send(Call call, OnReply on_reply) {
        {
            const std::lock_guard lock(mutex_);
            if (!stopping_) {
                if (open_ < options_.in_flight_max + options_.waiting_max) {
                    ++open_;
                    inbox_.calls.push_back({std::move(call), std::move(on_reply)});
                } else {
                    inbox_.turned_away.push_back(std::move(on_reply));
                }
                if (!std::exchange(told_, true)) transfers_.wake();
                return;
            }
        }
        on_reply(failure("Stopped", "the client is ending"));
    }

private:
    struct Open {
        Call call;
        OnReply on_reply;
        Reply reply = {};  // so far
        // What the latest attempt was signed with.
        Credentials credentials = {};
        milliseconds skew{0};
        // Each is done once for a call.
        bool clock_corrected = false;
        bool credentials_rejected = false;
        // Other kept connections may have died like that attempt's: the next one takes a new one.
        bool had_no_answer = false;
    };
    struct Flight {
        std::unique_ptr<curl::Transfer> transfer;
        Open open;
    };
    using Waiting = std::multimap<steady_clock::time_point, Open>;  // by their next attempt
    // Credentials, or why there are none.
    struct Answer {
        std::optional<Credentials> credentials;
        std::string reason;
    };
    // What other threads have for the client's own.
    struct Inbox {
        std::vector<Open> calls;
        std::vector<OnReply> turned_away;
        std::optional<Answer> credentials;
    };

    static Reply failure(const std::string& error, const std::string& message) {
        Reply reply;
        reply.error = error;
        reply.message = message;
        return reply;
    }

    void run() {
        while (take_inbox()) {
            start_due();
            fail_late();
            transfers_.wait(time_to_wait());
            take_ended();
        }
        give_up();
    }

    // False when it is to stop.
    bool take_inbox() {
        Inbox arrived;
        bool stopping = false;
        {
            const std::lock_guard lock(mutex_);
            told_ = false;
            std::swap(arrived, inbox_);
            stopping = stopping_;
        }
        const auto now = steady_clock::now();
        for (Open& open : arrived.calls) {
            // One whose time is up before it may be sent is told so in time.
            const auto time = std::min(std::max(now, open.call.not_before), open.call.deadline);
            waiting_.emplace(time, std::move(open));
        }
        for (const OnReply& on_reply : arrived.turned_away) {
            on_reply(failure("Overloaded", "too many calls are waiting"));
        }
        if (arrived.credentials) {
            fetched_ = std::move(arrived.credentials);
            asking_ = false;
        }
        return !stopping;
    }

    [[nodiscard]] bool is_due() const {
        return !waiting_.empty() && waiting_.begin()->first <= steady_clock::now() &&
               flights_.size() < options_.in_flight_max;
    }

    void start_due() {
        // What was fetched is for the calls that wait for it now; later ones ask again.
        auto answer = std::exchange(fetched_, std::nullopt);
        if (!is_due()) return;
        if (auto at_hand = options_.credentials->at_hand()) answer = Answer{std::move(at_hand), {}};
        if (!answer) {
            if (!asking_) ask_for_credentials();
            return;
        }
        while (is_due()) {
            Open open = std::move(waiting_.extract(waiting_.begin()).mapped());
            if (until(open.call.deadline) < attempt_time_min) {
                fail_in_time(std::move(open));
            } else if (answer->credentials) {
                open.credentials = *answer->credentials;
                start(std::move(open));
            } else {
                finish(std::move(open), Reply::Kind::failed, "NoCredentials", answer->reason);
            }
        }
    }

    // On a thread of its own, for it may take its time.
    void ask_for_credentials() {
        asking_ = true;
        if (asker_.joinable()) asker_.join();  // it has answered
        try {
            asker_ = std::thread([this] { fetch_credentials(); });
        } catch (const std::system_error& error) {  // no thread to be had
            fetched_ = Answer{std::nullopt, error.what()};
            asking_ = false;
        }
    }

    void fetch_credentials() {
        Answer answer;
        try {
            answer.credentials = options_.credentials->get();
        } catch (const std::exception& error) {
            answer.reason = error.what();
        }
        const std::lock_guard lock(mutex_);
        inbox_.credentials = std::move(answer);
        transfers_.wake();
    }

    void start(Open open) {
        std::unique_ptr<curl::Transfer> transfer;
        if (spare_.empty()) {
            transfer = std::make_unique<curl::Transfer>();
        } else {
            transfer = std::move(spare_.back());
            spare_.pop_back();
        }
        CURL* const handle = transfer->handle();
        Flight& flight = flights_[handle];
        flight = {std::move(transfer), std::move(open)};
        try {
            prepare(flight);
            transfers_.add(handle);
        } catch (const std::exception& error) {
            Open failed = std::move(flights_.extract(handle).mapped().open);
            finish(std::move(failed), Reply::Kind::failed, "NotSent", error.what());
        }
    }

    void prepare(Flight& flight) {
        Open& open = flight.open;
        ++open.reply.attempts;
        open.skew = skew_;
        UnsignedRequest request{"POST", host_};
        request.headers = {{"Content-Type", "application/x-amz-json-1.0"},
                           {"X-Amz-Target", open.call.target}};
        request.body = open.call.body;
        auto headers = request.headers;
        const SigningScope scope{options_.region, options_.service, options_.clock() + skew_};
        for (auto& header : signer_.sign(request, open.credentials, scope)) {
            headers.push_back(std::move(header));
        }
        // Libcurl takes 0 for no limit.
        const auto most = open.call.attempt_timeout > milliseconds(0) ? open.call.attempt_timeout
                                                                      : options_.attempt_timeout;
        const auto time =
            std::clamp<milliseconds>(until(open.call.deadline), milliseconds(1), most);
        flight.transfer->prepare({.method = "POST",
                                  .url = options_.endpoint,
                                  .headers = std::move(headers),
                                  .body = std::move(request.body),
                                  .connect_timeout = std::min(time, options_.connect_timeout),
                                  .timeout = time,
                                  .answer_bytes_max = answer_bytes_max,
                                  .by_proxy = true,
                                  .new_connection = open.had_no_answer});
    }

    void take_ended() {
        while (const auto ended = transfers_.take_ended()) {
            Flight flight = std::move(flights_.extract(ended->transfer).mapped());
            auto end = flight.transfer->end(ended->code);
            spare_.push_back(std::move(flight.transfer));
            flight.open.reply.may_have_happened |= end.sent_in_vain;
            if (end.code == CURLE_OK) {
                take_answer(std::move(flight.open), std::move(end.answer));
            } else {
                flight.open.had_no_answer = true;
                try_later(std::move(flight.open), "NoAnswer", end.failure);
            }
        }
    }

    void take_answer(Open open, curl::Answer answer) {
        Verdict verdict = judge(answer);
        verdict.message = without_token(std::move(verdict.message), open.credentials.session_token);
        open.reply.body = std::move(answer.body);
        switch (verdict.kind) {
            case Verdict::Kind::good:
                finish(std::move(open), Reply::Kind::answered, "", "");
                return;
            case Verdict::Kind::broken:
                open.reply.may_have_happened = true;
                break;
            case Verdict::Kind::temporary:
                break;
            case Verdict::Kind::not_accepted:
                if (renew(open, answer.header("date"), verdict)) {
                    waiting_.emplace(steady_clock::now(), std::move(open));
                    return;
                }
                finish(std::move(open), Reply::Kind::refused, verdict.error, verdict.message);
                return;
            case Verdict::Kind::refused:
                open.reply.kind = Reply::Kind::refused;
                open.reply.error = verdict.error;
                open.reply.message = verdict.message;
                if (open.call.try_again && open.call.try_again(open.reply)) break;
                finish(std::move(open), Reply::Kind::refused, verdict.error, verdict.message);
                return;
        }
        try_later(std::move(open), verdict.error, verdict.message);
    }

    // Does what may help a call that was not accepted: another time, or other credentials, each
    // once. False when nothing is left to try.
    bool renew(Open& open, const std::string& date, const Verdict& verdict) {
        if (!open.clock_corrected && correct_clock(open, date)) {
            open.clock_corrected = true;
            return true;
        }
        if (std::exchange(open.credentials_rejected, true)) return false;
        options_.credentials->reject(open.credentials);
        std::string name = open.credentials.access_key_id + open.credentials.session_token;
        if (name == told_about_) return true;
        told_about_ = std::move(name);
        tell("the credentials are not accepted (" + verdict.error + "); others are asked for");
        return true;
    }

    // Whether the call was signed with a wrong time, and would not be now: many calls may be told
    // so at once.
    bool correct_clock(const Open& open, const std::string& date) {
        const auto theirs = parse_http_date(date);
        if (!theirs) return false;
        const auto off = *theirs - options_.clock();
        if (std::chrono::abs(off - open.skew) < skew_min) return false;
        if (std::chrono::abs(off - skew_) >= skew_min) {
            skew_ = off;
            tell("the clock is off by " +
                 std::to_string(std::chrono::round<std::chrono::seconds>(-off).count()) +
                 " s against " + host_ + "; requests are signed with its time");
        }
        return true;
    }

    void try_later(Open open, const std::string& error, const std::string& message) {
        const auto shift = std::clamp(open.reply.attempts - 1, 0, 20);
        const auto longest =
            std::min<milliseconds>(options_.backoff_base * (1L << shift), options_.backoff_max);
        const milliseconds pause(
            std::uniform_int_distribution<milliseconds::rep>(0, longest.count())(random_));
        const auto next = steady_clock::now() + pause;
        if (next + attempt_time_min > open.call.deadline) {
            finish(std::move(open), Reply::Kind::failed, error, message);
            return;
        }
        open.reply.error = error;
        open.reply.message = message;
        waiting_.emplace(next, std::move(open));
    }

    // Calls that wait behind others for their turn.
    void fail_late() {
        const auto now = steady_clock::now();
        if (now < next_late_check_) return;
        next_late_check_ = now + late_check_every;
        for (auto it = waiting_.begin(); it != waiting_.end() && it->first <= now;) {
            if (it->second.call.deadline > now) {
                ++it;
                continue;
            }
            Open late = std::move(it->second);
            it = waiting_.erase(it);
            fail_in_time(std::move(late));
        }
    }

    // Its time is up before another attempt; what went wrong before is what the caller learns.
    void fail_in_time(Open open) {
        if (open.reply.error.empty()) {
            open.reply.error = "Timeout";
            open.reply.message = "its time was up before it could be sent";
        }
        const Reply so_far = open.reply;
        finish(std::move(open), Reply::Kind::failed, so_far.error, so_far.message);
    }

    [[nodiscard]] milliseconds time_to_wait() const {
        if (waiting_.empty()) return idle_wait;
        if (flights_.size() >= options_.in_flight_max || asking_) return late_check_every;
        return std::clamp(until(waiting_.begin()->first), milliseconds(0), idle_wait);
    }

    void give_up() {
        constexpr const char* reason = "the client is ending";
        for (auto& [handle, flight] : flights_) {
            transfers_.remove(handle);
            flight.open.reply.may_have_happened |=
                flight.transfer->end(CURLE_ABORTED_BY_CALLBACK).sent_in_vain;
            finish(std::move(flight.open), Reply::Kind::failed, "Stopped", reason);
        }
        flights_.clear();
        for (auto& [time, open] : waiting_) {
            finish(std::move(open), Reply::Kind::failed, "Stopped", reason);
        }
        waiting_.clear();
    }

    void finish(Open open, Reply::Kind kind, const std::string& error, const std::string& message) {
        {
            const std::lock_guard lock(mutex_);
            --open_;
        }
        open.reply.kind = kind;
        open.reply.error = error;
        open.reply.message = message;
        open.on_reply(std::move(open.reply));
    }

    void tell(const std::string& line) const {
        if (options_.log) options_.log(line);
    }

    const JsonClientOptions options_;
    const std::string host_;
    curl::Transfers transfers_;

    std::mutex mutex_;
    Inbox inbox_;
    std::size_t open_ = 0;  // calls in flight and waiting
    bool told_ = false;     // the thread was woken and has not looked yet
    bool stopping_ = false;

    // The thread's.
    Waiting waiting_;
    std::map<CURL*, Flight> flights_;
    std::vector<std::unique_ptr<curl::Transfer>> spare_;
    steady_clock::time_point next_late_check_{};
    std::optional<Answer> fetched_;  // just now
    bool asking_ = false;            // for credentials
    Signer signer_;
    milliseconds skew_{0};    // of the service's clock against ours
    std::string told_about_;  // the credentials that the log has heard of last
    std::minstd_rand random_{std::random_device{}()};

    std::thread asker_;  // started and joined by `thread_`, at the end by the destructor
    std::thread thread_;
};

JsonClient::JsonClient(JsonClientOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}

JsonClient::~JsonClient() = default;

void JsonClient::send(Call call, OnReply on_reply) {
    impl_->send(std::move(call), std::move(on_reply));
}

Reply JsonClient::call(Call call) {
    std::promise<Reply> promise;
    auto reply = promise.get_future();
    send(std::move(call), [&promise](Reply got) { promise.set_value(std::move(got)); });
    return reply.get();
}

}  // namespace aws
