// The codec that follows from the events' descriptions; payloads are docs/formats/events.md's.
#include "base/json_members.hpp"
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
        [[noreturn]] static void refuse(std::string_view name, std::string_view wanted) {
            const std::string member = "'" + std::string(name) + "'";
            throw es::Corrupt(wanted.empty()
                                  ? "payload has no " + member
                                  : "payload's " + member + " is not " + std::string(wanted));
        }
        [[nodiscard]] auto members() const { return json::MemberReader(parsed_.value, refuse); }

    public:
        explicit Reader(const std::string& text) : parsed_(json::parse(text)) {
            if (!parsed_.ok()) throw es::Corrupt("payload is not JSON: " + parsed_.error);
            if (parsed_.value.object() == nullptr) throw es::Corrupt("payload is not an object");
        }

        [[nodiscard]] bool has(std::string_view name) const {
            return parsed_.value.find(name) != nullptr;
        }
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

    private:
        json::Parsed parsed_;
    };
};

}  // namespace

const es::EventCodec<MetricEvent>& metric_codec() {
    return es::described_codec<MetricEvent, Payload>();
}

}  // namespace kpi
