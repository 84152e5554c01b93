#include "transfer/patient_client.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

#include "base/json.hpp"
#include "es/errors.hpp"

namespace transfer {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds first_pause{50};
constexpr milliseconds longest_pause{2'000};

bool is_passing(int status) {
    return status == 503 || status == 429 || status == 502 || status == 504;
}

std::string text_of(const json::Value& object, const char* name) {
    const json::Value* value = object.find(name);
    return value != nullptr && value->string() != nullptr ? *value->string() : std::string();
}

std::string without_dot(std::string text) {
    if (text.ends_with('.')) text.pop_back();
    return text;
}

std::string answered(const http::Response& response) {
    return "answered " + std::to_string(response.status) + ": " + problem_text(response);
}

}  // namespace

PatientClient::PatientClient(const std::string& url, std::string what, milliseconds patience,
                             std::stop_token stop)
    : url_(url.substr(0, url.find_last_not_of('/') + 1)),
      what_(std::move(what)),
      patience_(patience),
      stop_(std::move(stop)),
      client_(url_) {}

http::Response PatientClient::get(const std::string& target) {
    return ask([&] { return client_.get(target); });
}

http::Response PatientClient::post_json(const std::string& target, const std::string& body,
                                        const http::Headers& headers) {
    return ask([&] { return client_.post_json(target, body, headers); });
}

template <class Ask>
http::Response PatientClient::ask(Ask ask_once) {
    const auto give_up = Clock::now() + patience_;
    for (milliseconds wait = first_pause;; wait = std::min(wait * 2, longest_pause)) {
        std::string why;
        try {
            http::Response response = ask_once();
            if (!is_passing(response.status)) return response;
            why = answered(response);
            if (problem_type(response) == "parked") throw es::Unavailable(name() + " " + why);
        } catch (const http::ClientError& error) {
            why = std::string("does not answer: ") + error.what();
        }
        if (Clock::now() + wait > give_up) throw es::Unavailable(name() + " " + why);
        pause(wait);
    }
}

void PatientClient::pause(milliseconds time) {
    std::mutex mutex;
    std::condition_variable_any stopped;
    std::unique_lock lock(mutex);
    stopped.wait_for(lock, stop_, time, [] { return false; });
    if (stop_.stop_requested()) throw Stopped();
}

std::string problem_text(const http::Response& response) {
    const auto parsed = json::parse(response.body);
    std::string text = parsed.ok() ? without_dot(text_of(parsed.value, "detail")) : std::string();
    const json::Value* errors = parsed.ok() ? parsed.value.find("errors") : nullptr;
    if (errors != nullptr && errors->array() != nullptr) {
        for (const json::Value& error : *errors->array()) {
            std::string where;
            for (const char* name : {"pointer", "parameter", "header"}) {
                where += text_of(error, name);
            }
            const std::string why = without_dot(text_of(error, "detail"));
            if (why != text) text += (text.empty() ? "" : "; ") + where + " " + why;
        }
    }
    if (text.empty()) text = "(no explanation)";
    for (char& c : text) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    }
    return text;
}

std::string problem_type(const http::Response& response) {
    const auto parsed = json::parse(response.body);
    const std::string type = parsed.ok() ? text_of(parsed.value, "type") : std::string();
    return type.substr(type.rfind('/') + 1);
}

}  // namespace transfer
