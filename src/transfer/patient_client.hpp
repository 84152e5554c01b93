// An HTTP client for work that may be repeated: while the server is away or overloaded it asks
// again, with growing pauses, for a bounded time.
#pragma once

#include <chrono>
#include <string>

#include "base/json.hpp"
#include "http/client.hpp"

namespace transfer {

// Where an API is asked.
struct ApiAddress {
    std::string url;      // with or without a slash at its end
    std::string what;     // how errors call it: "the write API"
    std::string ca_file;  // of http::Client

    // "the write API at http://127.0.0.1:3000"
    [[nodiscard]] std::string name() const { return what + " at " + http::shown_url(url); }
    // Without a slash at its end.
    [[nodiscard]] std::string base() const { return url.substr(0, url.find_last_not_of('/') + 1); }
};

// The pauses between the tries, and when to give up.
class Patience {
public:
    explicit Patience(std::chrono::milliseconds time_max)
        : give_up_(Clock::now() + time_max), pause_(first_pause) {}

    // Sleeps before the next try; false, at once, when that would be too late.
    bool wait();

private:
    using Clock = std::chrono::steady_clock;
    static constexpr std::chrono::milliseconds first_pause{50};
    static constexpr std::chrono::milliseconds longest_pause{2'000};

    const Clock::time_point give_up_;
    std::chrono::milliseconds pause_;
};

// Whether an answer with this status may be another one later: 408, 503, 429, 502, 504.
bool is_passing(int status);
// "answered 503: Too many requests"
std::string answered(const http::Response& response);
std::string answered(int status, const json::Value& problem);

// Whether a server that isn't there is waited for.
enum class WhenAbsent {
    wait,
    fail,  // http::Refused at once, unless it was there for an earlier try of the request
};

// Not to be used by two threads at once.
class PatientClient {
public:
    // It gives up on a request after `patience`.
    PatientClient(ApiAddress api, std::chrono::milliseconds patience,
                  WhenAbsent when_absent = WhenAbsent::wait);

    // An answer that is not one of is_passing(). Throws es::Unavailable, with one sentence, when
    // there was none in time or the answer was that the metric is parked; es::Unusable when the
    // server can't be trusted.
    http::Response get(const std::string& target);
    // The same request may be sent more than once: it must carry a key or change nothing.
    http::Response send(const std::string& method, const std::string& target,
                        const std::string& body, const http::Headers& headers);
    http::Response post_json(const std::string& target, const std::string& body,
                             const http::Headers& headers = {});

    [[nodiscard]] std::chrono::milliseconds patience() const { return patience_; }
    [[nodiscard]] std::string name() const { return api_.name(); }

private:
    template <class Ask>
    http::Response ask(Ask ask_once);

    const ApiAddress api_;
    const std::chrono::milliseconds patience_;
    const WhenAbsent when_absent_;
    http::Client client_;
};

// What a problem document says, for one line: its detail, and those of its errors, without a full
// stop at the end. Of a redirect, where it leads.
std::string problem_text(const http::Response& response);
std::string problem_text(const json::Value& problem);
// The last part of its type, e.g. "parked"; empty when it is no problem document.
std::string problem_type(const http::Response& response);
std::string problem_type(const json::Value& problem);

}  // namespace transfer
