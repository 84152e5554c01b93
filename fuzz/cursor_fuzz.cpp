// What is read as a cursor is written and read again as the same; sealed texts are made here, for
// no fuzzer finds a checksum.
#include <cstdint>
#include <string>
#include <string_view>

#include "check.hpp"
#include "read_api/cursor.hpp"

namespace {

using read_api::ListKind;

constexpr ListKind kinds[] = {ListKind::metrics, ListKind::by_expiration, ListKind::by_success};

void check_lists(std::string_view cursor) {
    for (const ListKind kind : kinds) {
        const auto question = read_api::read_list_cursor(kind, cursor);
        if (!question) continue;
        const std::string written = read_api::list_cursor(kind, *question);
        const auto again = read_api::read_list_cursor(kind, written);
        fuzz::check(again.has_value(), "a list's cursor that was written is one");
        fuzz::check(read_api::list_cursor(kind, *again) == written, "it reads as the same");
        const kpi::ListQuery& one = question->query;
        const kpi::ListQuery& other = again->query;
        fuzz::check(other.filter == one.filter && other.sort == one.sort &&
                        other.descending == one.descending && other.now == one.now &&
                        other.after->key == one.after->key && other.after->id == one.after->id &&
                        again->is_past == question->is_past,
                    "it is the same question");
    }
}

void check_values(std::string_view cursor) {
    const kpi::MetricId id("visits");
    const auto query = read_api::read_values_cursor(id, cursor);
    if (!query) return;
    const auto again = read_api::read_values_cursor(id, read_api::values_cursor(*query));
    fuzz::check(again.has_value(), "a cursor of values that was written is one");
    fuzz::check(again->from == query->from && again->to == query->to &&
                    again->descending == query->descending && again->after == query->after,
                "it is the same question");
}

void check_cursor(std::string_view cursor) {
    check_lists(cursor);
    check_values(cursor);
}

// As cursor.cpp does it.
std::string sealed(std::string_view json) {
    std::uint32_t hash = 2166136261U;
    for (const char c : json) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(hash >> shift & 255);
    bytes += json;
    constexpr std::string_view alphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::string text;
    std::uint32_t bits = 0;
    int count = 0;
    for (const char c : bytes) {
        bits = bits << 8 | static_cast<unsigned char>(c);
        for (count += 8; count >= 6; count -= 6) text += alphabet[bits >> (count - 6) & 63];
    }
    if (count > 0) text += alphabet[bits << (6 - count) & 63];
    return text;
}

// A seal that is made otherwise than cursor.cpp's would leave the members unread.
void check_seal() {
    read_api::ListQuestion question;
    question.query.after = kpi::ListPosition{std::string("visits"), kpi::MetricId("visits")};
    const std::string cursor = read_api::list_cursor(ListKind::metrics, question);
    const std::string json =
        R"({"v":"1","of":"metrics","sort":"_id","now":"1970-01-01T00:00:00.000Z",)"
        R"("key":"visits","id":"visits"})";
    fuzz::check(read_api::read_list_cursor(ListKind::metrics, cursor).has_value(), "a cursor");
    fuzz::check(read_api::read_list_cursor(ListKind::metrics, sealed(json)).has_value(),
                "the seal of this file is that of cursor.cpp");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const bool is_sealed_alike = (check_seal(), true);
    static_cast<void>(is_sealed_alike);
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    check_cursor(text);
    check_cursor(sealed(text));
    return 0;
}
