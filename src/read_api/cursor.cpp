#include "read_api/cursor.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <variant>

#include "base/json_members.hpp"
#include "base/time.hpp"

namespace read_api {
namespace {

constexpr std::string_view format_version = "1";
constexpr std::string_view list_names[] = {"metrics", "by-expiration", "by-success"};

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string base64url(std::string_view bytes) {
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

std::optional<std::string> from_base64url(std::string_view text) {
    std::string bytes;
    std::uint32_t bits = 0;
    int count = 0;
    for (const char c : text) {
        const auto digit = alphabet.find(c);
        if (digit == std::string_view::npos) return std::nullopt;
        bits = bits << 6 | static_cast<std::uint32_t>(digit);
        count += 6;
        if (count < 8) continue;
        count -= 8;
        bytes += static_cast<char>(bits >> count & 255);
    }
    return bytes;
}

// FNV-1a. It finds damage, not malice: a forged cursor is only another question.
std::string checksum(std::string_view text) {
    std::uint32_t hash = 2166136261U;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(hash >> shift & 255);
    return bytes;
}

std::string seal(std::string_view json) {
    return base64url(checksum(json).append(json));
}

std::optional<json::Value> unseal(std::string_view cursor) {
    const auto bytes = from_base64url(cursor);
    if (!bytes || bytes->size() < 4) return std::nullopt;
    const std::string_view json = std::string_view(*bytes).substr(4);
    if (!bytes->starts_with(checksum(json))) return std::nullopt;
    auto parsed = json::parse(json);
    if (!parsed.ok() || !parsed.duplicates.empty()) return std::nullopt;
    return std::move(parsed.value);
}

// Reads members; ok() is false as soon as one was missing or of the wrong type.
class Members {
public:
    explicit Members(const json::Value& object) : object_(object) {}

    std::string text(std::string_view name) { return need(optional_text(name)); }
    std::optional<std::string> optional_text(std::string_view name) {
        return optional<std::string>(name);
    }
    std::optional<std::vector<std::string>> optional_texts(std::string_view name) {
        const auto* items = json::member<json::Array>(object_, name);
        if (items == nullptr) return std::nullopt;
        std::vector<std::string> texts;
        for (const json::Value& item : *items) {
            texts.push_back(
                need(item.string() != nullptr ? std::optional(*item.string()) : std::nullopt));
        }
        return texts;
    }
    std::optional<bool> optional_boolean(std::string_view name) { return optional<bool>(name); }
    double number(std::string_view name) {
        const json::Number number = need(optional<json::Number>(name));
        if (number.too_large) ok_ = false;
        return number.value;
    }
    es::Version version(std::string_view name) {
        constexpr std::int64_t version_max = 9'000'000'000'000'000;
        return need(json::whole_number(json::member<json::Number>(object_, name), version_max));
    }
    es::TimePoint time(std::string_view name) { return need(optional_time(name)); }
    std::optional<es::TimePoint> optional_time(std::string_view name) {
        const auto written = optional_text(name);
        if (!written) return std::nullopt;
        const auto time = base::parse_time(*written, base::DateAlone::start_of_day);
        if (!time) ok_ = false;
        return time;
    }
    void expect(std::string_view name, std::string_view value) {
        if (text(name) != value) ok_ = false;
    }
    void fail() { ok_ = false; }
    [[nodiscard]] bool ok() const { return ok_; }

private:
    template <class T>
    std::optional<T> optional(std::string_view name) {
        const auto wrong = [this](std::string_view, std::string_view) { fail(); };
        const T* value = json::MemberReader(object_, wrong).template find<T>(name);
        return value != nullptr ? std::optional(*value) : std::nullopt;
    }
    template <class T>
    T need(std::optional<T> value) {
        if (!value) ok_ = false;
        return value ? *std::move(value) : T{};
    }

    const json::Value& object_;
    bool ok_ = true;
};

void write_value(json::Writer& out, const kpi::FieldValue& value) {
    const kpi::FieldView view = kpi::view_of(value);
    if (const auto* flag = std::get_if<bool>(&view)) {
        out.boolean(*flag);
    } else if (const auto* number = std::get_if<double>(&view)) {
        out.number(*number);
    } else {
        out.string(kpi::text_of(view));
    }
}

// A sort key is a text, a number or a time.
kpi::SortKey read_key(Members& members, const kpi::MetricField* sort) {
    const kpi::FieldType type = sort != nullptr ? sort->type : kpi::FieldType::text;
    if (type == kpi::FieldType::number) return members.number("key");
    if (type == kpi::FieldType::time) return members.time("key");
    return members.text("key");
}

std::string_view order_name(const kpi::ListQuery& query) {
    const auto& orders = sort_orders();
    const auto found = std::ranges::find_if(orders, [&](const SortOrder& order) {
        return order.field == query.sort && order.descending == query.descending;
    });
    return found->name;
}

void write_filter(json::Writer& out, const kpi::MetricFilter& filter) {
    for (const auto& [field, values] : filter.conditions) {
        out.name(field->filter);
        if (!field->many) {
            write_value(out, values.front());
            continue;
        }
        out.begin_array();
        for (const auto& value : values) write_value(out, value);
        out.end_array();
    }
    if (!filter.search.empty()) out.member("q", filter.search);
}

kpi::MetricFilter read_filter(Members& members) {
    kpi::MetricFilter filter;
    for (const kpi::MetricField* field : kpi::filter_fields) {
        if (field->many) {
            if (auto texts = members.optional_texts(field->filter)) {
                filter.conditions.push_back({field, {texts->begin(), texts->end()}});
            }
        } else if (field->type == kpi::FieldType::flag) {
            if (const auto flag = members.optional_boolean(field->filter)) {
                filter.where(*field, *flag);
            }
        } else if (auto text = members.optional_text(field->filter)) {
            const auto& words = field->words;
            if (!words.empty() && std::ranges::find(words, *text) == words.end()) members.fail();
            filter.where(*field, *std::move(text));
        }
    }
    filter.search = members.optional_text("q").value_or("");
    return filter;
}

}  // namespace

const std::vector<SortOrder>& sort_orders() {
    static const std::vector<SortOrder> orders = [] {
        std::vector<SortOrder> all{{"_id", nullptr, false}, {"-_id", nullptr, true}};
        for (const kpi::MetricField* field : kpi::sortable_fields) {
            const std::string name = field->sorted_as != nullptr ? field->sorted_as : field->name;
            all.push_back({name, field, false});
            all.push_back({"-" + name, field, true});
        }
        return all;
    }();
    return orders;
}

std::string list_cursor(ListKind kind, const ListQuestion& question) {
    const kpi::ListQuery& query = question.query;
    json::Writer out;
    out.begin_object()
        .member("v", format_version)
        .member("of", list_names[static_cast<std::size_t>(kind)])
        .member("sort", order_name(query))
        .member("now", base::format_time(query.now));
    if (question.is_past) out.member("asOf", true);
    write_filter(out, query.filter);
    write_value(out.name("key"), query.after->key);
    out.member("id", query.after->id).end_object();
    return seal(out.text());
}

std::optional<ListQuestion> read_list_cursor(ListKind kind, std::string_view cursor) {
    const auto object = unseal(cursor);
    if (!object) return std::nullopt;
    Members members(*object);
    members.expect("v", format_version);
    members.expect("of", list_names[static_cast<std::size_t>(kind)]);
    const auto& orders = sort_orders();
    const auto order = std::ranges::find_if(
        orders,
        [&, name = members.text("sort")](const SortOrder& each) { return each.name == name; });
    if (!members.ok() || order == orders.end()) return std::nullopt;
    ListQuestion question;
    kpi::ListQuery& query = question.query;
    query.sort = order->field;
    query.descending = order->descending;
    query.now = members.time("now");
    question.is_past = members.optional_boolean("asOf").value_or(false);
    query.filter = read_filter(members);
    query.after = kpi::ListPosition{read_key(members, order->field), members.text("id")};
    return members.ok() ? std::optional(std::move(question)) : std::nullopt;
}

std::string values_cursor(const kpi::ValuesQuery& query) {
    json::Writer out;
    out.begin_object()
        .member("v", format_version)
        .member("of", "values")
        .member("id", query.id)
        .member("descending", query.descending)
        .member("retracted", query.retracted);
    if (query.from) out.member("from", base::format_time(*query.from));
    if (query.to) out.member("to", base::format_time(*query.to));
    out.member("date", base::format_time(query.after->first))
        .member("version", query.after->second)
        .end_object();
    return seal(out.text());
}

std::optional<kpi::ValuesQuery> read_values_cursor(const kpi::MetricId& id,
                                                   std::string_view cursor) {
    const auto object = unseal(cursor);
    if (!object) return std::nullopt;
    Members members(*object);
    members.expect("v", format_version);
    members.expect("of", "values");
    members.expect("id", id);
    kpi::ValuesQuery query;
    query.id = id;
    query.descending = members.optional_boolean("descending").value_or(false);
    query.retracted = members.optional_boolean("retracted").value_or(false);
    query.from = members.optional_time("from");
    query.to = members.optional_time("to");
    query.after = {members.time("date"), members.version("version")};
    return members.ok() ? std::optional(std::move(query)) : std::nullopt;
}

}  // namespace read_api
