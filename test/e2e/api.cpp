#include "api.hpp"

#include <charconv>
#include <stdexcept>
#include <utility>

namespace e2e {
namespace {

const json::Value* step(const json::Value& value, std::string_view name) {
    if (value.array() == nullptr) return value.find(name);
    std::size_t index = 0;
    std::from_chars(name.data(), name.data() + name.size(), index);
    return index < value.array()->size() ? &(*value.array())[index] : nullptr;
}

}  // namespace

const json::Value& at(const json::Value& value, std::string_view path) {
    const json::Value* found = &value;
    for (std::string_view rest = path; !rest.empty();) {
        const auto slash = rest.find('/');
        found = step(*found, rest.substr(0, slash));
        if (found == nullptr) throw std::runtime_error("nothing at " + std::string(path));
        rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
    }
    return *found;
}

std::string Answer::header(const std::string& name) const {
    const std::string* value = headers.find(name);
    return value != nullptr ? *value : std::string();
}

double Answer::number(std::string_view path) const {
    const auto* number = at(json, path).number();
    if (number == nullptr) throw std::runtime_error("no number at " + std::string(path) + body);
    return number->value;
}

std::string Answer::text(std::string_view path) const {
    const auto* text = at(json, path).string();
    if (text == nullptr) throw std::runtime_error("no text at " + std::string(path) + body);
    return *text;
}

bool Answer::flag(std::string_view path) const {
    const auto* flag = at(json, path).boolean();
    if (flag == nullptr)
        throw std::runtime_error("no true or false at " + std::string(path) + body);
    return *flag;
}

std::size_t Answer::size(std::string_view path) const {
    const auto* array = at(json, path).array();
    if (array == nullptr) throw std::runtime_error("no array at " + std::string(path) + body);
    return array->size();
}

std::string Answer::problem() const {
    const json::Value* type = json.find("type");
    if (type == nullptr || type->string() == nullptr) return {};
    constexpr std::string_view before = "/problems/";
    return type->string()->starts_with(before) ? type->string()->substr(before.size()) : "";
}

Answer answer_of(http::Response response) {
    Answer answer{response.status, std::move(response.headers), std::move(response.body), {}};
    auto parsed = json::parse(answer.body);
    if (parsed.ok()) answer.json = std::move(parsed.value);
    return answer;
}

std::string create_body(const std::string& id, double target, const std::string& kind) {
    json::Writer out;
    out.begin_object();
    if (!id.empty()) out.member("id", id);
    out.name("props")
        .begin_object()
        .member("name", "Visits")
        .member("description", "People who came")
        .member("target", target)
        .member("unit", "people")
        .member("deadline", "2099-12-31")
        .member("kind", kind)
        .end_object()
        .end_object();
    return out.take();
}

std::string value_body(const std::string& id, double value, std::optional<std::int64_t> version) {
    json::Writer out;
    out.begin_object().member("id", id);
    if (version) out.member("aggregateVersion", *version);
    out.name("props").begin_object().member("value", value).end_object().end_object();
    return out.take();
}

Answer Api::create(const std::string& id, const CommandOptions& options) {
    return post(create_path, create_body(id), options.key);
}

Answer Api::set_value(const std::string& id, double value, const CommandOptions& options) {
    return post(value_path, value_body(id, value, options.version), options.key);
}

Answer Api::post(const std::string& path, const std::string& body, const std::string& key) {
    http::Headers headers;
    if (!key.empty()) headers.add("Idempotency-Key", key);
    return answer_of(write_.post_json(path, body, std::move(headers)));
}

}  // namespace e2e
