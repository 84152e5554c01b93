#include "write_api/command_digest.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "base/digest.hpp"
#include "base/json.hpp"
#include "es/described.hpp"
#include "es/described_codec.hpp"

namespace write_api {
namespace {

// Writes members in the form that digests are computed over (docs/formats). It never changes.
class DigestWriter {
public:
    DigestWriter() { out_.begin_object(); }
    void text(std::string_view name, std::string_view value) { out_.member(name, value); }
    void number(std::string_view name, double value) {
        out_.name(name).raw(json::format_digest_number(value));
    }
    void integer(std::string_view name, std::int64_t value) { out_.member(name, value); }
    void flag(std::string_view name, bool value) { out_.member(name, value); }
    void null(std::string_view name) { out_.name(name).null(); }
    void texts(std::string_view name, const std::vector<std::string>& values) {
        out_.name(name).begin_array();
        for (const auto& value : values) out_.string(value);
        out_.end_array();
    }
    void records(std::string_view name, std::vector<DigestWriter> items) {
        out_.name(name).begin_array();
        for (DigestWriter& item : items) out_.raw(item.take());
        out_.end_array();
    }
    std::string take() { return out_.end_object().take(); }

private:
    json::Writer out_;
};

template <class C>
void write(DigestWriter& out, const C& command) {
    es::description_of<C>().each_member([&](const auto& member) {
        const auto* value = member.value_in(command);
        if (value == nullptr) return;
        using V = std::remove_cvref_t<decltype(*value)>;
        if constexpr (!kpi::IsChange<V>::value) {
            es::write_member(out, member, *value);
        } else if (value->value) {
            es::write_member(out, kpi::without_change(member), *value->value);
        } else {
            out.null(member.name);
        }
    });
}

// The members that the command stands for, in one form however they were written. Digests of it are
// stored with the events, so what it gives for a command never changes. Every member counts that a
// caller can give: else it would not count when a repeat is distinguished from another command.
std::string normalised(const kpi::MetricCommand& command) {
    DigestWriter out;
    std::visit([&](const auto& members) { write(out, members); }, command);
    return out.take();
}

// aggregateVersion 5 and If-Match "5" are the same condition.
std::string condition(const MetricRequest& request) {
    if (!request.expected_version && !request.if_match) return "any";
    std::vector<es::Version> versions;
    if (!request.if_match) {
        versions = {*request.expected_version};
    } else {
        for (const es::Version version : *request.if_match) {
            if (request.expected_version.value_or(version) == version) versions.push_back(version);
        }
    }
    std::string text = "versions";
    for (const es::Version version : versions) text += " " + std::to_string(version);
    return text;
}

}  // namespace

std::string digest_of(const std::string& name, const MetricRequest& request) {
    json::Writer out;
    out.begin_array().string(name).string(request.stream).string(condition(request));
    out.raw(normalised(request.command)).end_array();
    return base::sha256_hex(out.text());
}

}  // namespace write_api
