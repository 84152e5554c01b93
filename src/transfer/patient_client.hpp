// An HTTP client for work that may be repeated: while the server is away or overloaded it asks
// again, with growing pauses, for a bounded time.
#pragma once

#include <chrono>
#include <stop_token>
#include <string>

#include "http/client.hpp"

namespace transfer {

// Somebody asked for the end of the work while it waited.
class Stopped {};

// Not to be used by two threads at once.
class PatientClient {
public:
    // `url` of the API, with or without a slash at its end; `what` is what errors call it ("the
    // write API"). It gives up on a request after `patience`.
    PatientClient(const std::string& url, std::string what, std::chrono::milliseconds patience,
                  std::stop_token stop = {});

    // An answer that is not 503, 429, 502 or 504. Throws es::Unavailable, with one sentence, when
    // there was none in time or the answer was that the metric is parked; Stopped.
    http::Response get(const std::string& target);
    // The same request may be sent more than once: it must carry a key or change nothing.
    http::Response post_json(const std::string& target, const std::string& body,
                             const http::Headers& headers = {});

    [[nodiscard]] std::chrono::milliseconds patience() const { return patience_; }
    // "the write API at http://127.0.0.1:3000"
    [[nodiscard]] std::string name() const { return what_ + " at " + url_; }

private:
    template <class Ask>
    http::Response ask(Ask ask_once);
    void pause(std::chrono::milliseconds time);

    const std::string url_;
    const std::string what_;
    const std::chrono::milliseconds patience_;
    const std::stop_token stop_;
    http::Client client_;
};

// What a problem document says, for one line: its detail, and those of its errors, without a full
// stop at the end.
std::string problem_text(const http::Response& response);
// The last part of its type, e.g. "parked"; empty when it is no problem document.
std::string problem_type(const http::Response& response);

}  // namespace transfer
