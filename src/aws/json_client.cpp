#include "aws/json_client.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <future>
#include <map>
#include <mutex>
#include <new>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "aws/exchange.hpp"
#include "aws/signing.hpp"
#include "aws/verdict.hpp"

namespace aws {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// An attempt that would have less time than this is not made.
constexpr milliseconds attempt_time_min{5};
// A clock that is off by less is not what a service refuses; it allows five minutes.
constexpr std::chrono::minutes skew_min{2};
constexpr milliseconds idle_wait{1'000};
// How often calls that wait behind others are looked through for those whose time is up.
constexpr milliseconds late_check_every{50};

// "https://host:8000/" -> "host:8000", as libcurl sends it: without the scheme's usual port.
std::string host_of(const std::string& endpoint) {
    const auto scheme = endpoint.find("://");
    const auto begin = scheme == std::string::npos ? 0 : scheme + 3;
    std::string host = endpoint.substr(begin, endpoint.find('/', begin) - begin);
    for (const char* usual : {":443", ":80"}) {
        const bool fits = endpoint.starts_with(usual[1] == '4' ? "https" : "http:");
        if (fits && host.ends_with(usual)) host.resize(host.size() - std::string(usual).size());
    }
    return host;
}

struct FreeMulti {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};

milliseconds until(steady_clock::time_point time) {
    return std::chrono::ceil<milliseconds>(time - steady_clock::now());
}

}  // namespace

class JsonClient::Impl {
public:
    explicit Impl(JsonClientOptions options)
        : options_(std::move(options)), host_(host_of(options_.endpoint)) {
        static std::once_flag once;
        std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
        multi_.reset(curl_multi_init());
        if (!multi_) throw std::bad_alloc();
        curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS,
                          static_cast<long>(options_.in_flight_max));
        thread_ = std::thread([this] { run(); });
    }

    ~Impl() {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        curl_multi_wakeup(multi_.get());
        thread_.join();
    }

    void send(Call call, OnReply on_reply) {
        Open open{std::move(call), std::move(on_reply)};
        {
            const std::lock_guard lock(mutex_);
            if (!stopping_ && open_ < options_.waiting_max) {
                ++open_;
                inbox_.push_back(std::move(open));
                if (std::exchange(told_, true)) return;  // it will look anyway
                curl_multi_wakeup(multi_.get());
                return;
            }
        }
        Reply reply;
        reply.error = "Overloaded";
        reply.message = "too many calls are waiting";
        open.on_reply(std::move(reply));
    }

private:
    struct Open {
        Call call;
        OnReply on_reply;
        Reply reply = {};          // so far
        bool was_renewed = false;  // credentials or clock, once
        Credentials used = {};
    };
    struct Flight {
        std::unique_ptr<Exchange> exchange;
        Open open;
    };
    using Waiting = std::multimap<steady_clock::time_point, Open>;  // by their next attempt

    void run() {
        while (take_inbox()) {
            start_due();
            int running = 0;
            curl_multi_perform(multi_.get(), &running);
            take_ended();
            start_due();
            fail_late();
            curl_multi_poll(multi_.get(), nullptr, 0, static_cast<int>(time_to_wait().count()),
                            nullptr);
        }
        give_up();
    }

    // False when it is to stop.
    bool take_inbox() {
        std::vector<Open> arrived;
        {
            const std::lock_guard lock(mutex_);
            told_ = false;
            arrived.swap(inbox_);
            if (stopping_) {
                for (Open& open : arrived) waiting_.emplace(steady_clock::now(), std::move(open));
                return false;
            }
        }
        const auto now = steady_clock::now();
        for (Open& open : arrived) waiting_.emplace(now, std::move(open));
        return true;
    }

    void start_due() {
        const auto now = steady_clock::now();
        while (!waiting_.empty() && waiting_.begin()->first <= now &&
               flights_.size() < options_.in_flight_max) {
            Open open = std::move(waiting_.extract(waiting_.begin()).mapped());
            start(std::move(open));
        }
    }

    void start(Open open) {
        const auto left = until(open.call.deadline);
        if (left < attempt_time_min) {
            finish(std::move(open), Reply::Kind::failed, "Timeout", "its time was up");
            return;
        }
        try {
            open.used = options_.credentials->get();
        } catch (const std::exception& error) {
            finish(std::move(open), Reply::Kind::failed, "NoCredentials", error.what());
            return;
        }
        std::unique_ptr<Exchange> exchange;
        if (spare_.empty()) {
            exchange = std::make_unique<Exchange>();
        } else {
            exchange = std::move(spare_.back());
            spare_.pop_back();
        }
        ++open.reply.attempts;
        Flight& flight = flights_[exchange->handle()];
        flight = {std::move(exchange), std::move(open)};
        prepare(flight, std::min(left, options_.attempt_timeout));
        curl_multi_add_handle(multi_.get(), flight.exchange->handle());
    }

    void prepare(Flight& flight, milliseconds time) {
        const Call& call = flight.open.call;
        UnsignedRequest request{"POST", host_};
        request.headers = {{"Content-Type", "application/x-amz-json-1.0"},
                           {"X-Amz-Target", call.target}};
        request.body = call.body;
        auto headers = request.headers;
        for (auto& header : sign(request, flight.open.used,
                                 {options_.region, options_.service, options_.clock() + skew_})) {
            headers.push_back(std::move(header));
        }
        flight.exchange->prepare(options_.endpoint, headers, call.body,
                                 {std::min(time, options_.connect_timeout), time});
    }

    void take_ended() {
        int left = 0;
        while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
            if (message->msg != CURLMSG_DONE) continue;
            CURL* handle = message->easy_handle;
            const CURLcode code = message->data.result;
            curl_multi_remove_handle(multi_.get(), handle);
            Flight flight = std::move(flights_.extract(handle).mapped());
            auto end = flight.exchange->end(code);
            spare_.push_back(std::move(flight.exchange));
            if (end.answered) {
                take_answer(std::move(flight.open), std::move(end.answer));
                continue;
            }
            flight.open.reply.may_have_happened |= end.sent;
            try_later(std::move(flight.open), "NoAnswer", end.reason);
        }
    }

    void take_answer(Open open, HttpAnswer answer) {
        Verdict verdict = judge(answer);
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
                if (renew(open, answer.date, verdict)) {
                    waiting_.emplace(steady_clock::now(), std::move(open));
                    return;
                }
                finish(std::move(open), Reply::Kind::refused, verdict.error, verdict.message);
                return;
            case Verdict::Kind::refused:
                open.reply.error = verdict.error;
                open.reply.message = verdict.message;
                if (open.call.try_again && open.call.try_again(open.reply)) break;
                finish(std::move(open), Reply::Kind::refused, verdict.error, verdict.message);
                return;
        }
        try_later(std::move(open), verdict.error, verdict.message);
    }

    // Corrects the clock, or has the credentials fetched again. False when that was done already.
    bool renew(Open& open, const std::string& date, const Verdict& verdict) {
        if (std::exchange(open.was_renewed, true)) return false;
        const auto theirs = parse_http_date(date);
        const auto ours = options_.clock();
        if (theirs && std::chrono::abs(*theirs - (ours + skew_)) >= skew_min) {
            skew_ = *theirs - ours;
            tell("the clock is off by " +
                 std::to_string(std::chrono::round<std::chrono::seconds>(skew_).count()) +
                 " s against " + host_ + "; requests are signed with its time");
        } else {
            tell("credentials were not accepted (" + verdict.error + "); fetching them again");
            options_.credentials->reject(open.used);
        }
        return true;
    }

    void try_later(Open open, const std::string& error, const std::string& message) {
        const auto shift = std::min(open.reply.attempts, 20);
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
            finish(std::move(late), Reply::Kind::failed, "Timeout", "its time was up");
        }
    }

    [[nodiscard]] milliseconds time_to_wait() const {
        if (waiting_.empty()) return idle_wait;
        if (flights_.size() >= options_.in_flight_max) return late_check_every;
        return std::clamp(until(waiting_.begin()->first), milliseconds(0), idle_wait);
    }

    void give_up() {
        for (auto& [handle, flight] : flights_) {
            curl_multi_remove_handle(multi_.get(), handle);
            flight.open.reply.may_have_happened = true;
            finish(std::move(flight.open), Reply::Kind::failed, "Stopped", "it is being stopped");
        }
        flights_.clear();
        for (auto& [time, open] : waiting_) {
            finish(std::move(open), Reply::Kind::failed, "Stopped", "it is being stopped");
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
    std::unique_ptr<CURLM, FreeMulti> multi_;

    std::mutex mutex_;
    std::vector<Open> inbox_;
    std::size_t open_ = 0;
    bool told_ = false;  // the thread was woken and has not looked yet
    bool stopping_ = false;

    // The thread's.
    Waiting waiting_;
    std::map<CURL*, Flight> flights_;
    std::vector<std::unique_ptr<Exchange>> spare_;
    steady_clock::time_point next_late_check_{};
    milliseconds skew_{0};  // of the service's clock against ours
    std::minstd_rand random_{std::random_device{}()};

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
