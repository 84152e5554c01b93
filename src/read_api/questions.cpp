#include "read_api/questions.hpp"

#include <algorithm>
#include <limits>

namespace read_api {
namespace {

constexpr std::int64_t page_default = 100;
constexpr std::int64_t page_max = 1000;
constexpr std::int64_t array_default = 1000;
constexpr std::int64_t array_max = 10'000;
constexpr std::int64_t recent_max = 24;
constexpr std::size_t filter_values_max = 20;  // as many as a metric may have tags
constexpr std::int64_t wait_ms_max = 10'000;

constexpr const char* not_a_cursor = "is not a cursor that this address has given";

std::size_t read_limit(api::QueryReader& reader, std::int64_t default_limit, std::int64_t max) {
    return static_cast<std::size_t>(reader.integer("limit", 1, max).value_or(default_limit));
}

// `beside`: what may be given next to a cursor, which doesn't have it.
std::optional<ListQuestion> resumed(api::QueryReader& reader, ListKind kind,
                                    std::initializer_list<std::string_view> beside) {
    const auto cursor = reader.text("cursor");
    if (!cursor) return std::nullopt;
    reader.allow_beside("cursor", beside);
    auto question = read_list_cursor(kind, *cursor);
    if (!question) reader.add_error("cursor", not_a_cursor);
    return question;
}

constexpr const char* empty_text = "must not be empty";

std::optional<std::string> read_text(api::QueryReader& reader, std::string_view name) {
    auto text = reader.text(name);
    if (text && text->empty()) reader.add_error(name, empty_text);
    return text;
}

std::optional<kpi::FieldValue> read_value(api::QueryReader& reader, const kpi::MetricField& field) {
    const char* name = field.filter;
    if (field.type == kpi::FieldType::flag) return reader.boolean(name);
    if (field.words.empty()) return read_text(reader, name);
    const auto place = reader.choice(name, {field.words.begin(), field.words.end()});
    return place ? std::optional(std::string(field.words[*place])) : std::nullopt;
}

// Several words of the field, or several texts.
std::vector<kpi::FieldValue> read_values(api::QueryReader& reader, const kpi::MetricField& field) {
    std::vector<kpi::FieldValue> values;
    for (auto& text : reader.texts(field.filter)) {
        if (!field.words.empty() && std::ranges::find(field.words, text) == field.words.end()) {
            std::string detail = "must be some of";
            for (const auto word : field.words) {
                detail.append(word == field.words.front() ? " " : ", ").append(word);
            }
            reader.add_error(field.filter, std::move(detail));
            return {};
        }
        if (text.empty()) {
            reader.add_error(field.filter, empty_text);
            return {};
        }
        values.emplace_back(std::move(text));
    }
    if (values.size() > filter_values_max) {
        reader.add_error(field.filter,
                         "must be at most " + std::to_string(filter_values_max) + " values");
        return {};
    }
    return values;
}

// Archived metrics are left out unless they are asked for.
void read_archived(api::QueryReader& reader, kpi::MetricFilter& filter) {
    const auto choice = reader.choice("archived", {"false", "true", "any"}).value_or(0);
    if (choice < 2) filter.where(kpi::field("isArchived"), choice == 1);
}

kpi::MetricFilter read_filter(api::QueryReader& reader) {
    kpi::MetricFilter filter;
    for (const kpi::MetricField* field : kpi::filter_fields) {
        if (field == &kpi::field("isArchived")) {
            read_archived(reader, filter);
        } else if (field->many) {
            auto values = read_values(reader, *field);
            if (!values.empty()) filter.conditions.push_back({field, std::move(values)});
        } else if (auto value = read_value(reader, *field)) {
            filter.where(*field, *std::move(value));
        }
    }
    filter.search = read_text(reader, "q").value_or("");
    return filter;
}

SortOrder read_sort(api::QueryReader& reader) {
    std::vector<std::string_view> names;
    for (const auto& order : sort_orders()) names.push_back(order.name);
    return sort_orders()[reader.choice("sort", names).value_or(0)];
}

}  // namespace

Visibility read_visibility(api::QueryReader& reader) {
    Visibility visibility;
    constexpr auto version_max = std::numeric_limits<es::Version>::max();
    visibility.min_version = reader.integer("minVersion", 1, version_max).value_or(0);
    if (const auto wait = reader.integer("wait", 0, wait_ms_max)) {
        visibility.wait = std::chrono::milliseconds(*wait);
    }
    return visibility;
}

std::optional<es::TimePoint> read_as_of(api::QueryReader& reader, es::TimePoint now) {
    const auto time = reader.time("asOf", base::DateAlone::end_of_day);
    if (!time || *time <= now) return time;
    const bool is_today = *time - std::chrono::days(1) < now && reader.value_size("asOf") == 10;
    if (!is_today) reader.add_error("asOf", "must not lie in the future");
    return now;
}

ListQuestion read_whole_list_question(api::QueryReader& reader, es::TimePoint now) {
    ListQuestion question;
    kpi::ListQuery& query = question.query;
    query.filter = read_filter(reader);
    const SortOrder order = read_sort(reader);
    query.sort = order.field;
    query.descending = order.descending;
    query.now = read_as_of(reader, now).value_or(now);
    question.is_past = query.now < now;
    return question;
}

ListQuestion read_list_question(api::QueryReader& reader, es::TimePoint now) {
    ListQuestion question = read_whole_list_question(reader, now);
    const std::size_t limit = read_limit(reader, page_default, page_max);
    const auto recent = reader.integer("recent", 0, recent_max).value_or(0);
    if (auto earlier = resumed(reader, ListKind::metrics, {"limit", "recent"})) {
        question = *std::move(earlier);
    }
    if (question.is_past && recent > 0) {
        reader.add_error("recent", "can't be asked of the past");
    }
    question.query.recent = static_cast<std::size_t>(recent);
    question.query.limit = limit;
    return question;
}

ListQuestion read_summary_question(api::QueryReader& reader, es::TimePoint now) {
    ListQuestion question;
    question.query.filter = read_filter(reader);
    question.query.now = read_as_of(reader, now).value_or(now);
    question.is_past = question.query.now < now;
    return question;
}

kpi::ListQuery read_array_question(api::QueryReader& reader, ListKind kind, es::TimePoint now) {
    const bool by_expiration = kind == ListKind::by_expiration;
    const kpi::MetricField& field =
        by_expiration ? kpi::field("isExpired") : kpi::field("isSuccessful");
    kpi::ListQuery query;
    if (const auto asked = reader.boolean(field.name)) query.filter.where(field, *asked);
    query.now = now;
    const std::size_t limit = read_limit(reader, array_default, array_max);
    if (!reader.has("cursor")) reader.require(field.name);
    if (auto earlier = resumed(reader, kind, {"limit"})) query = std::move(earlier->query);
    query.limit = limit;
    return query;
}

kpi::ValuesQuery read_all_values_question(api::QueryReader& reader, const kpi::MetricId& id) {
    kpi::ValuesQuery query;
    query.id = id;
    query.from = reader.time("from", base::DateAlone::start_of_day);
    query.to = reader.time("to", base::DateAlone::end_of_day);
    query.retracted = reader.boolean("retracted").value_or(false);
    return query;
}

ValuesQuestion read_values_question(api::QueryReader& reader, const kpi::MetricId& id) {
    ValuesQuestion question;
    kpi::ValuesQuery& query = question.query;
    query = read_all_values_question(reader, id);
    query.descending = reader.choice("order", {"asc", "desc"}) == 1U;
    question.visibility = read_visibility(reader);
    const std::size_t limit = read_limit(reader, page_default, page_max);
    if (const auto cursor = reader.text("cursor")) {
        reader.allow_beside("cursor", {"limit", "minVersion", "wait", "asOf"});
        auto earlier = read_values_cursor(id, *cursor);
        if (!earlier) reader.add_error("cursor", not_a_cursor);
        if (earlier) query = *std::move(earlier);
    }
    query.limit = limit;
    return question;
}

ChangesQuestion read_changes_question(api::QueryReader& reader, const kpi::MetricId& id) {
    ChangesQuestion question;
    question.query.id = id;
    question.query.before = reader.integer("after", 1, std::numeric_limits<es::Version>::max());
    question.query.limit = read_limit(reader, page_default, page_max);
    question.visibility = read_visibility(reader);
    return question;
}

ChartQuestion read_chart_question(api::QueryReader& reader) {
    ChartQuestion question;
    question.span.from = reader.time("from", base::DateAlone::start_of_day);
    question.span.to = reader.time("to", base::DateAlone::end_of_day);
    if (const auto points = reader.integer("points", chart_points_min, chart_points_max)) {
        question.span.points = static_cast<std::size_t>(*points);
    }
    question.visibility = read_visibility(reader);
    return question;
}

}  // namespace read_api
