#include "http/message.hpp"

#include <algorithm>
#include <atomic>
#include <stdexcept>

#include "base/memory.hpp"
#include "http/ascii.hpp"
#include "http/problem.hpp"

namespace http {

void Headers::add(std::string name, std::string value) {
    fields_.emplace_back(std::move(name), std::move(value));
}

void Headers::set(std::string name, std::string value) {
    std::erase_if(fields_, [&](const Field& f) { return same_ignoring_case(f.first, name); });
    add(std::move(name), std::move(value));
}

const std::string* Headers::find(std::string_view name) const {
    for (const auto& [key, value] : fields_) {
        if (same_ignoring_case(key, name)) return &value;
    }
    return nullptr;
}

std::vector<std::string_view> Headers::all(std::string_view name) const {
    std::vector<std::string_view> values;
    for (const auto& [key, value] : fields_) {
        if (same_ignoring_case(key, name)) values.emplace_back(value);
    }
    return values;
}

const std::string& Request::parameter(std::string_view name) const {
    for (const auto& [key, value] : path_parameters) {
        if (key == name) return value;
    }
    throw std::logic_error("the route names no parameter '" + std::string(name) + "'");
}

Response Response::text(int status, std::string body) {
    return {status, {{"Content-Type", "text/plain; charset=utf-8"}}, std::move(body), {}};
}

Response Response::json(int status, std::string body) {
    return {status, {{"Content-Type", "application/json"}}, std::move(body), {}};
}

struct Responder::State {
    State(std::function<void(Response)> send_to, std::string id)
        : send(std::move(send_to)), request_id(std::move(id)) {}
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() {
        if (used.test_and_set()) return;
        base::when_memory_allows([&] { send(Problem::internal().response(request_id)); });
    }

    std::function<void(Response)> send;
    std::string request_id;
    std::atomic_flag used;
};

Responder::Responder(std::function<void(Response)> send, std::string request_id)
    : state_(std::make_shared<State>(std::move(send), std::move(request_id))) {}

void Responder::operator()(Response response) const {
    if (!state_->used.test_and_set()) state_->send(std::move(response));
}

}  // namespace http
