// Which hosts a listener answers for, and which web pages may use it. A browser lets anybody's page
// send requests to addresses that only its user can reach. Three things keep such a page out:
// Host (a name that its owner points at this machine, DNS rebinding), Origin (commands sent from a
// page of another origin, request forgery), and Sec-Fetch-Site (what load and error events tell
// about an address).
//
//     const OriginPolicy policy({.checks_host = true, .hosts = {"kpi.example"}});
//     const OriginPolicy::Verdict verdict = policy.judge(request);
//     if (verdict.answer) respond(*verdict.answer);
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "http/message.hpp"
#include "http/origin.hpp"

namespace http {

struct OriginPolicyOptions {
    // Whether a Host is refused that is not localhost, a name under it, an IP address, or in
    // `hosts`. These need no mention, because nobody else can point them at this machine.
    bool checks_host = false;
    std::vector<std::string> hosts{};  // as Host::name, without a dot at the end
    // Whose pages may read and write (CORS).
    std::vector<Origin> origins{};
    bool any_origin_may_read = false;
};

class OriginPolicy {
public:
    explicit OriginPolicy(OriginPolicyOptions options) : options_(std::move(options)) {}

    struct Verdict {
        // Instead of the handler's: 421 `unknown-host`, 403 `foreign-origin`, or the answer to a
        // preflight.
        std::optional<Response> answer{};
        // Lines of the answer's head that say which pages may read it, each with its CRLF.
        std::string fields{};
        // A link of another site's page led here. Its page can measure when the answer comes.
        bool from_other_site = false;
    };
    // Any thread.
    [[nodiscard]] Verdict judge(const Request& request) const;

    // The fields alone, for an answer to what could not be read to its end.
    [[nodiscard]] std::string fields(const Request& request) const;

private:
    struct Caller;
    [[nodiscard]] bool answers_for(const Request& request) const;
    [[nodiscard]] Caller caller_of(const Request& request) const;
    [[nodiscard]] bool admits(const Request& request, const Caller& caller) const;
    [[nodiscard]] bool may_read_as_anybody(const Request& request) const;
    [[nodiscard]] std::string fields_for(const Request& request, const Caller& caller) const;

    OriginPolicyOptions options_;
};

}  // namespace http
