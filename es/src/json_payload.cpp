#include "es/json_payload.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "es/errors.hpp"

namespace es {
namespace {

using nlohmann::json;

Corrupt wrong(std::string_view name, const char* expected) {
    return Corrupt("payload's '" + std::string(name) + "' is not " + expected);
}

}  // namespace

// Receives what the parser finds; keeps the members of the outermost object.
class JsonMembers : public nlohmann::json_sax<json> {
public:
    using Value = JsonPayload::Reader::Value;

    explicit JsonMembers(JsonPayload::Reader& reader) : members_(reader.members_) {}

    bool null() override { return keep(JsonPayload::Reader::Other()); }
    bool boolean(bool value) override { return keep(value); }
    bool number_integer(std::int64_t value) override { return keep(value); }
    bool number_unsigned(std::uint64_t value) override {
        return std::in_range<std::int64_t>(value) ? keep(static_cast<std::int64_t>(value))
                                                  : keep(static_cast<double>(value));
    }
    bool number_float(double value, const std::string& /*text*/) override { return keep(value); }
    bool string(std::string& value) override { return keep(std::move(value)); }
    bool binary(json::binary_t& /*value*/) override { return false; }  // is in no JSON text

    bool start_object(std::size_t /*size*/) override { return open(true); }
    bool end_object() override { return close(); }
    bool start_array(std::size_t /*size*/) override { return open(false); }
    bool end_array() override { return close(); }
    bool key(std::string& name) override {
        if (depth_ == 1) name_ = std::move(name);
        return true;
    }
    bool parse_error(std::size_t place, const std::string& /*token*/,
                     const nlohmann::detail::exception& /*error*/) override {
        fault = "payload is not JSON: error at byte " + std::to_string(place);
        return false;
    }

    std::string fault;

private:
    // Of two members of one name the first counts.
    bool keep(Value&& value) {
        if (depth_ == 0) return fail("payload is not an object");
        if (depth_ > 1) return true;
        if (members_.size() >= payload_members_max) return fail("payload has too many members");
        members_.try_emplace(std::move(name_), std::move(value));
        return true;
    }
    bool open(bool object) {
        if (depth_ == 0 && !object) return fail("payload is not an object");
        if (depth_ == 1 && !keep(JsonPayload::Reader::Other())) return false;
        if (++depth_ > payload_depth_max) return fail("payload is nested too deeply");
        return true;
    }
    bool close() {
        --depth_;
        return true;
    }
    bool fail(const char* why) {
        fault = why;
        return false;
    }

    std::map<std::string, Value, std::less<>>& members_;
    std::string name_;
    std::size_t depth_ = 0;
};

void JsonPayload::Writer::begin(std::string_view name) {
    text_ += text_.empty() ? "{" : ",";
    text_ += json(name).dump();
    text_ += ':';
}

void JsonPayload::Writer::text(std::string_view name, std::string_view value) {
    begin(name);
    text_ += json(value).dump();
}

void JsonPayload::Writer::number(std::string_view name, double value) {
    begin(name);
    text_ += json(value).dump();
}

void JsonPayload::Writer::integer(std::string_view name, std::int64_t value) {
    begin(name);
    text_ += json(value).dump();
}

void JsonPayload::Writer::flag(std::string_view name, bool value) {
    begin(name);
    text_ += value ? "true" : "false";
}

std::string JsonPayload::Writer::take() {
    if (text_.empty()) text_ = "{";
    text_ += '}';
    return std::move(text_);
}

JsonPayload::Reader::Reader(std::string_view payload) {
    // The parser takes a NUL for the end, and passes a byte order mark.
    const auto nul = payload.find('\0');
    if (nul != std::string_view::npos || payload.starts_with("\xEF\xBB\xBF")) {
        const std::size_t place = nul == std::string_view::npos ? 1 : nul + 1;
        throw Corrupt("payload is not JSON: error at byte " + std::to_string(place));
    }
    JsonMembers members(*this);
    if (!json::sax_parse(payload, &members)) throw Corrupt(members.fault);
}

bool JsonPayload::Reader::has(std::string_view name) const {
    return members_.contains(name);
}

const JsonPayload::Reader::Value& JsonPayload::Reader::find(std::string_view name) const {
    const auto found = members_.find(name);
    if (found == members_.end()) throw Corrupt("payload has no '" + std::string(name) + "'");
    return found->second;
}

std::string JsonPayload::Reader::text(std::string_view name) const {
    const auto* value = std::get_if<std::string>(&find(name));
    if (value == nullptr) throw wrong(name, "a text");
    return *value;
}

std::map<std::string, std::string> JsonPayload::Reader::texts() const {
    std::map<std::string, std::string> all;
    for (const auto& [name, value] : members_) all.emplace(name, text(name));
    return all;
}

double JsonPayload::Reader::number(std::string_view name) const {
    const Value& value = find(name);
    if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
    const auto* number = std::get_if<double>(&value);
    if (number == nullptr) throw wrong(name, "a number");
    return *number;
}

std::int64_t JsonPayload::Reader::integer(std::string_view name) const {
    const auto* value = std::get_if<std::int64_t>(&find(name));
    if (value == nullptr) throw wrong(name, "a whole number");
    return *value;
}

bool JsonPayload::Reader::flag(std::string_view name) const {
    const auto* value = std::get_if<bool>(&find(name));
    if (value == nullptr) throw wrong(name, "true or false");
    return *value;
}

}  // namespace es
