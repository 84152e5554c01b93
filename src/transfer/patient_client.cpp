#include "transfer/patient_client.hpp"

#include <algorithm>
#include <thread>
#include <utility>

#include "base/json_members.hpp"
#include "base/text.hpp"
#include "es/errors.hpp"

namespace transfer {
namespace {

using std::chrono::milliseconds;

constexpr const char* no_explanation = "(no explanation)";

std::string without_dot(std::string text) {
    if (text.ends_with('.')) text.pop_back();
    return text;
}

}  // namespace

bool Patience::wait() {
    if (Clock::now() + pause_ > give_up_) return false;
    std::this_thread::sleep_for(pause_);
    pause_ = std::min(pause_ * 2, longest_pause);
    return true;
}

bool is_passing(int status) {
    return status == 408 || status == 503 || status == 429 || status == 502 || status == 504;
}

std::string answered(const http::Response& response) {
    return "answered " + std::to_string(response.status) + ": " + problem_text(response);
}

std::string answered(int status, const json::Value& problem) {
    return "answered " + std::to_string(status) + ": " + problem_text(problem);
}

PatientClient::PatientClient(ApiAddress api, milliseconds patience, WhenAbsent when_absent)
    : api_(std::move(api)),
      patience_(patience),
      when_absent_(when_absent),
      client_(api_.base(), http::client_timeout, api_.ca_file) {}

http::Response PatientClient::get(const std::string& target) {
    return ask([&] { return client_.get(target); });
}

http::Response PatientClient::post_json(const std::string& target, const std::string& body,
                                        const http::Headers& headers) {
    return ask([&] { return client_.post_json(target, body, headers); });
}

http::Response PatientClient::send(const std::string& method, const std::string& target,
                                   const std::string& body, const http::Headers& headers) {
    return ask([&] { return client_.send(method, target, headers, body); });
}

template <class Ask>
http::Response PatientClient::ask(Ask ask_once) {
    Patience patience(patience_);
    for (bool was_there = false;; was_there = true) {
        std::string why;
        try {
            http::Response response = ask_once();
            if (!is_passing(response.status)) return response;
            why = answered(response);
            if (problem_type(response) == "parked") throw es::Unavailable(name() + " " + why);
        } catch (const http::Untrusted& error) {
            throw es::Unusable(api_.what + " is not asked: " + error.what());
        } catch (const http::ClientError& error) {
            const bool absent = dynamic_cast<const http::Refused*>(&error) != nullptr;
            if (absent && !was_there && when_absent_ == WhenAbsent::fail) throw;
            why = std::string("does not answer: ") + error.what();
        }
        if (!patience.wait()) throw es::Unavailable(name() + " " + why);
    }
}

std::string problem_text(const json::Value& problem) {
    std::string text = without_dot(json::text_or_empty(problem, "detail"));
    if (const auto* errors = json::member<json::Array>(problem, "errors")) {
        for (const json::Value& error : *errors) {
            std::string where;
            for (const char* name : {"pointer", "parameter", "header"}) {
                where += json::text_or_empty(error, name);
            }
            const std::string why = without_dot(json::text_or_empty(error, "detail"));
            if (why != text) text += (text.empty() ? "" : "; ") + where + " " + why;
        }
    }
    return base::printable(text.empty() ? no_explanation : text);
}

std::string problem_text(const http::Response& response) {
    std::string text = problem_text(json::parse(response.body).value);
    const std::string* location = response.headers.find("Location");
    if (text != no_explanation || response.status / 100 != 3 || location == nullptr) return text;
    return base::printable("it points to " + *location + ", which may be the address to give");
}

std::string problem_type(const json::Value& problem) {
    const std::string type = json::text_or_empty(problem, "type");
    return type.substr(type.rfind('/') + 1);
}

std::string problem_type(const http::Response& response) {
    return problem_type(json::parse(response.body).value);
}

}  // namespace transfer
