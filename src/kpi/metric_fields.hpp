// The fields of a metric's view, a row each. Nothing else spells a field out: what stores,
// compares, renders, exports, sorts or filters documents reads this table. A new field is a member
// of Metric or MetricDocument, or a function of a document, and its row here.
//
//     for (const kpi::MetricField* field : kpi::stored_fields) bind(field->stored(document));
//     query.sort = &kpi::field("deadline");
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "es/errors.hpp"
#include "kpi/metric_field.hpp"

namespace kpi {

// clang-format off
inline constexpr std::array metric_fields{
    held<&MetricDocument::version>("version", "version", {.csv = 12}),
    held<&Metric::name>("name", "name",
        {.sortable = true, .indexed = true, .searched = true, .given = Given::always, .csv = 2}),
    held<&Metric::description>("description", "description",
        {.given = Given::perhaps, .bulky = true, .csv = 3}),
    held<&Metric::target>("target", "target", {.given = Given::always, .csv = 6}),
    held<&Metric::deadline>("deadline", "deadline",
        {.sortable = true, .indexed = true, .given = Given::always, .csv = 7}),
    held<&Metric::unit>("unit", "unit",
        {.given = Given::perhaps, .filter = "unit", .filter_place = 4, .csv = 4}),
    held<&Metric::kind>("kind", "kind",
        {.given = Given::always, .filter = "kind", .filter_place = 3, .csv = 5}),
    held<&Metric::value>("value", "value", {.sortable = true, .csv = 8}),
    momentary<is_expired>("isExpired",
        {.filter = "expired", .filter_place = 1, .since = "deadline", .csv = 10}),
    derived<is_successful>("isSuccessful", "successful",
        {.filter = "successful", .filter_place = 2, .csv = 11}),
    derived<progress>("progress", "progress", {.sortable = true, .csv = 9}),
    held<&Metric::created_at>("createdAt", "created_at",
        {.sortable = true, .indexed = true, .csv = 13}),
    held<&Metric::last_occurred>("updatedAt", "updated_at", {.sortable = true, .csv = 14}),
    held<&MetricDocument::values_total>("valuesTotal", "values_total", {.csv = 15}),
    held<&MetricDocument::changes_total>("changesTotal", "changes_total", {.shown = false}),
    held<&Metric::value_date>("valueDate", "value_date", {.absent_as_zero = true, .csv = 16}),
    held<&Metric::value_version>("valueVersion", "value_version", {.absent_as_zero = true}),
    momentary<status>("status",
        {.filter = "status", .filter_place = 5, .many = true, .csv = 17}),
    momentary<is_stale>("stale",
        {.filter = "stale", .filter_place = 6, .since = "staleFrom", .until = "deadline",
         .csv = 18}),
    momentary<ahead>("ahead", {}),
    derived<attention_since>("attentionAt", "attention_at", {.sortable = true, .sorted_as = "attention", .indexed = true}),
    derived<pace>("pace", nullptr, {}),
    derived<due_since>("dueFrom", "due_from", {}),
    derived<stale_since>("staleFrom", "stale_from", {}),
    momentary<is_due>("isDue",
        {.shown = false, .filter = "due", .filter_place = 7, .since = "dueFrom",
         .until = "deadline"}),
    held<&Metric::direction>("direction", "direction",
        {.given = Given::perhaps, .filter = "direction", .filter_place = 8, .csv = 19}),
    held<&Metric::mode>("mode", "mode",
        {.given = Given::perhaps, .filter = "mode", .filter_place = 9, .csv = 20}),
    held<&Metric::start>("start", "start", {.given = Given::perhaps, .csv = 21}),
    held<&Metric::baseline>("baseline", "baseline", {.given = Given::perhaps, .csv = 22}),
    held<&Metric::tolerance>("tolerance", "tolerance", {.given = Given::perhaps, .csv = 23}),
    held<&Metric::checkpoints>("checkpoints", "checkpoints",
        {.given = Given::perhaps, .bulky = true, .csv = 24}),
    held<&Metric::update_every>("updateEvery", "update_every",
        {.given = Given::perhaps, .csv = 25}),
    held<&Metric::late_days>("lateDays", "late_days", {.given = Given::perhaps, .csv = 26}),
    held<&Metric::decimals>("decimals", "decimals", {.given = Given::perhaps, .csv = 27}),
    held<&Metric::owner>("owner", "owner",
        {.given = Given::perhaps, .filter = "owner", .filter_place = 10, .csv = 28}),
    held<&Metric::tags>("tags", "tags",
        {.given = Given::perhaps, .filter = "tag", .filter_place = 11, .many = true, .csv = 29}),
    held<&Metric::links>("links", "links", {.given = Given::perhaps, .bulky = true, .csv = 30}),
    held<&Metric::archived>("isArchived", "archived",
        {.filter = "archived", .filter_place = 12, .csv = 31}),
    held<&Metric::process_since>("processSince", "process_since", {.shown = false}),
    // What the status follows from, in a form that stores can ask.
    derived<status_runs>("statusRuns", "status_runs", {.shown = false, .bulky = true}),
    held<&Metric::opening_value>("openingValue", "opening_value", {.shown = false}),
    held<&Metric::opening_date>("openingDate", "opening_date", {.shown = false}),
};
// clang-format on

// The rows for which `wanted` is set, in the order of `place`, or else of the table.
template <auto wanted, auto place = nullptr>
consteval auto fields_with() {
    constexpr auto is_wanted = [](const MetricField& field) { return bool(field.*wanted); };
    std::array<const MetricField*, std::ranges::count_if(metric_fields, is_wanted)> selected{};
    std::size_t count = 0;
    for (const MetricField& field : metric_fields) {
        if (is_wanted(field)) selected.at(count++) = &field;
    }
    if constexpr (!std::is_null_pointer_v<decltype(place)>) {
        std::ranges::sort(selected, {}, [](const MetricField* field) { return field->*place; });
    }
    return selected;
}

// nullptr: no field has this name.
constexpr const MetricField* find_field(std::string_view name) {
    const auto* const found =
        std::ranges::find(metric_fields, name, [](const MetricField& f) { return f.name; });
    return found != metric_fields.end() ? &*found : nullptr;
}

// Does not compile for a name that no field has.
consteval const MetricField& field(std::string_view name) {
    const MetricField* found = find_field(name);
    if (found == nullptr) throw std::invalid_argument("no field has this name");
    return *found;
}

// What each of these goes through, in its order.
inline constexpr auto shown_fields = fields_with<&MetricField::shown>();
inline constexpr auto stored_fields = fields_with<&MetricField::column>();
inline constexpr auto given_fields = fields_with<&MetricField::given>();
inline constexpr auto sortable_fields = fields_with<&MetricField::sortable>();
inline constexpr auto searched_fields = fields_with<&MetricField::searched>();
inline constexpr auto filter_fields =
    fields_with<&MetricField::filter, &MetricField::filter_place>();
inline constexpr auto exported_fields = fields_with<&MetricField::csv, &MetricField::csv>();

// To be raised when a stored field follows otherwise from the events than before: documents that
// were folded then are folded again, as those that lack fields.
inline constexpr unsigned char formulas = 2;

// Names the set of stored fields: a document keeps the name of the set that it was folded under.
// FNV-1a of their names and types.
consteval std::int64_t name_of_stored_fields() {
    std::uint64_t hash = 14695981039346656037ULL;
    const auto add = [&](unsigned char byte) { hash = (hash ^ byte) * 1099511628211ULL; };
    add(formulas);
    for (const MetricField* field : stored_fields) {
        for (const char c : std::string_view(field->name)) add(static_cast<unsigned char>(c));
        add(static_cast<unsigned char>(field->type));
    }
    return static_cast<std::int64_t>(hash >> 1U);
}
inline constexpr std::int64_t field_set = name_of_stored_fields();
// That of documents which name none: they are older than the names.
inline constexpr std::int64_t first_field_set = 8191173926951807824;
// What is stored with a document: 0, no set's name, for one that lacks fields.
constexpr std::int64_t field_set_of(const MetricDocument& document) {
    return document.has_all_fields ? field_set : 0;
}

// A row that is known when it is compiled, so that its functions are called without a pointer.
template <std::size_t index>
struct FieldAt {
    static constexpr const MetricField& row = metric_fields[index];
    static constexpr std::string_view name = row.name;
    static FieldView get(const MetricDocument& document, es::TimePoint now) {
        constexpr auto function = row.get;
        return function(document, now);
    }
    static FieldView stored(const MetricDocument& document) {
        return row.storable(get(document, {}));
    }
    static bool set(MetricDocument& document, const FieldView& value) {
        constexpr auto function = row.set;
        return function(document, value);
    }
};

// Calls `work(FieldAt<...>(), its place)` for each of the fields: for what is done so often that
// calls through the table's pointers would be felt.
template <const auto& fields, class Work>
void for_each_field(Work work) {
    [&]<std::size_t... place>(std::index_sequence<place...>) {
        (work(FieldAt<static_cast<std::size_t>(fields[place] - metric_fields.data())>(), place),
         ...);
    }(std::make_index_sequence<fields.size()>());
}

// The document of which `value_of(FieldAt<...>(), its place in stored_fields)` is stored: nullopt
// where that is nothing, or of another type; `set` is the name that is stored with it. Throws
// es::Corrupt, where nothing is stored only if the set has the field.
template <class ValueOf>
MetricDocument read_document(std::int64_t set, ValueOf value_of) {
    MetricDocument document;
    document.has_all_fields = set == field_set;
    for_each_field<stored_fields>([&](auto at, std::size_t place) {
        if constexpr (at.row.set != nullptr) {
            std::optional<FieldView> value = value_of(at, place);
            if (!value && !document.has_all_fields) value = at.row.missing();
            if (!value || !at.set(document, *value)) {
                throw es::Corrupt(std::string("a stored view's '") + at.row.name +
                                  "' is missing or of another type");
            }
        }
    });
    // A date is stored always; before the first report it says nothing.
    if (document.metric.value_version == 0) document.metric.value_date.reset();
    return document;
}

}  // namespace kpi
