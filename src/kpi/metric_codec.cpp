// The codec that follows from the events' descriptions; payloads are docs/formats/events.md's.
#include <cmath>
#include <utility>
#include <vector>

#include "base/json_members.hpp"
#include "es/described_codec.hpp"
#include "es/errors.hpp"
#include "kpi/json_lists.hpp"
#include "kpi/metric_events.hpp"

namespace kpi {
namespace {

// Payloads as base's JSON writes and reads them.
struct Payload {
    static constexpr double integer_max = 9e15;  // that a double holds exactly

    class Writer {
    public:
        Writer() { out_.begin_object(); }
        void text(std::string_view name, std::string_view value) { out_.member(name, value); }
        void number(std::string_view name, double value) { out_.member(name, value); }
        void integer(std::string_view name, std::int64_t value) { out_.member(name, value); }
        void flag(std::string_view name, bool value) { out_.member(name, value); }
        void texts(std::string_view name, const std::vector<std::string>& values) {
            out_.name(name).begin_array();
            for (const auto& value : values) out_.string(value);
            out_.end_array();
        }
        void records(std::string_view name, std::vector<Writer> items) {
            out_.name(name).begin_array();
            for (Writer& item : items) out_.raw(item.take());
            out_.end_array();
        }
        std::string take() { return out_.end_object().take(); }

    private:
        json::Writer out_;
    };

    class Reader {
        [[noreturn]] static void refuse(std::string_view name, std::string_view wanted) {
            const std::string member = "'" + std::string(name) + "'";
            throw es::Corrupt(wanted.empty()
                                  ? "payload has no " + member
                                  : "payload's " + member + " is not " + std::string(wanted));
        }
        [[nodiscard]] auto members() const { return json::MemberReader(value_, refuse); }
        static json::Value parsed(const std::string& text) {
            json::Parsed parsed = json::parse(text);
            if (!parsed.ok()) throw es::Corrupt("payload is not JSON: " + parsed.error);
            return std::move(parsed.value);
        }

    public:
        explicit Reader(json::Value value) : value_(std::move(value)) {
            if (value_.object() == nullptr) throw es::Corrupt("payload is not an object");
        }
        explicit Reader(const std::string& text) : Reader(parsed(text)) {}

        [[nodiscard]] bool has(std::string_view name) const { return value_.find(name) != nullptr; }
        [[nodiscard]] std::string text(std::string_view name) const {
            return *members().require<std::string>(name);
        }
        [[nodiscard]] double number(std::string_view name) const {
            const json::Number& number = *members().require<json::Number>(name);
            if (number.too_large) refuse(name, json::wanted_name<json::Number>());
            return number.value;
        }
        [[nodiscard]] bool flag(std::string_view name) const {
            return *members().require<bool>(name);
        }
        [[nodiscard]] std::int64_t integer(std::string_view name) const {
            const double value = number(name);
            if (std::abs(std::trunc(value) - value) > 0 || std::abs(value) > integer_max) {
                refuse(name, "a whole number");
            }
            return static_cast<std::int64_t>(value);
        }
        [[nodiscard]] std::vector<std::string> texts(std::string_view name) const {
            std::vector<std::string> texts;
            for (const json::Value& item : *members().require<json::Array>(name)) {
                if (item.string() == nullptr) refuse(name, "an array of texts");
                texts.push_back(*item.string());
            }
            return texts;
        }
        [[nodiscard]] std::vector<Reader> records(std::string_view name) const {
            std::vector<Reader> records;
            for (const json::Value& item : *members().require<json::Array>(name)) {
                if (item.object() == nullptr) refuse(name, "an array of objects");
                records.emplace_back(item);
            }
            return records;
        }

    private:
        json::Value value_;
    };
};

template <class R>
std::string records_to_json(const std::vector<R>& records) {
    json::Writer out;
    out.begin_array();
    for (const R& record : records) {
        Payload::Writer item;
        es::write_members(item, record);
        out.raw(item.take());
    }
    return out.end_array().take();
}

const json::Array& array_in(const json::Parsed& parsed) {
    if (!parsed.ok() || parsed.value.array() == nullptr) throw es::Corrupt("not a JSON array");
    return *parsed.value.array();
}

template <class R>
void records_from_json(std::string_view json, std::vector<R>& records) {
    records.clear();
    if (json == "[]") return;  // nearly all
    const json::Parsed parsed = json::parse(json);
    for (const json::Value& item : array_in(parsed)) {
        records.push_back(es::read_members<R>(Payload::Reader(item)));
    }
}

}  // namespace

std::string to_json(const std::vector<Checkpoint>& checkpoints) {
    return records_to_json(checkpoints);
}

std::string to_json(const std::vector<Link>& links) {
    return records_to_json(links);
}

std::string to_json(const std::vector<std::string>& texts) {
    json::Writer out;
    out.begin_array();
    for (const auto& text : texts) out.string(text);
    return out.end_array().take();
}

void from_json(std::string_view json, std::vector<Checkpoint>& checkpoints) {
    records_from_json(json, checkpoints);
}

void from_json(std::string_view json, std::vector<Link>& links) {
    records_from_json(json, links);
}

void from_json(std::string_view json, std::vector<std::string>& texts) {
    texts.clear();
    if (json == "[]") return;
    const json::Parsed parsed = json::parse(json);
    for (const json::Value& item : array_in(parsed)) {
        if (item.string() == nullptr) throw es::Corrupt("not an array of texts");
        texts.push_back(*item.string());
    }
}

bool has_item(std::string_view json, std::string_view text) {
    if (text.find_first_of("\"\\") != std::string_view::npos) return false;
    return json.find('"' + std::string(text) + '"') != std::string_view::npos;
}

const es::EventCodec<MetricEvent>& metric_codec() {
    return es::described_codec<MetricEvent, Payload>();
}

}  // namespace kpi
