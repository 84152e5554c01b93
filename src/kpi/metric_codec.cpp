// The codec that follows from the events' descriptions; payloads are docs/formats/events.md's.
#include "base/json.hpp"
#include "es/described_codec.hpp"
#include "es/errors.hpp"
#include "kpi/metric.hpp"

namespace kpi {
namespace {

// Payloads as base's JSON writes and reads them.
struct Payload {
    class Writer {
    public:
        Writer() { out_.begin_object(); }
        void text(std::string_view name, std::string_view value) { out_.member(name, value); }
        void number(std::string_view name, double value) { out_.member(name, value); }
        void integer(std::string_view name, std::int64_t value) { out_.member(name, value); }
        void flag(std::string_view name, bool value) { out_.member(name, value); }
        std::string take() { return out_.end_object().take(); }

    private:
        json::Writer out_;
    };

    class Reader {
    public:
        explicit Reader(const std::string& text) : parsed_(json::parse(text)) {
            if (!parsed_.ok()) throw es::Corrupt("payload is not JSON: " + parsed_.error);
            if (parsed_.value.object() == nullptr) throw es::Corrupt("payload is not an object");
        }

        [[nodiscard]] bool has(std::string_view name) const {
            return parsed_.value.find(name) != nullptr;
        }
        [[nodiscard]] std::string text(std::string_view name) const {
            return *wanted(name, member(name).string(), "a text");
        }
        [[nodiscard]] double number(std::string_view name) const {
            const json::Number* number = member(name).number();
            if (number != nullptr && number->too_large) number = nullptr;
            return wanted(name, number, "a number")->value;
        }
        [[nodiscard]] bool flag(std::string_view name) const {
            return *wanted(name, member(name).boolean(), "true or false");
        }

    private:
        [[nodiscard]] const json::Value& member(std::string_view name) const {
            const json::Value* value = parsed_.value.find(name);
            if (value == nullptr) throw es::Corrupt("payload has no '" + std::string(name) + "'");
            return *value;
        }
        template <class V>
        static const V* wanted(std::string_view name, const V* value, const char* expected) {
            if (value != nullptr) return value;
            throw es::Corrupt("payload's '" + std::string(name) + "' is not " + expected);
        }

        json::Parsed parsed_;
    };
};

}  // namespace

const es::EventCodec<MetricEvent>& metric_codec() {
    return es::described_codec<MetricEvent, Payload>();
}

}  // namespace kpi
