// What lists are filtered and sorted by, of all metrics, in memory: a column for each field. A
// filter passes over a few columns, and reads no row of the file that it doesn't want. Knows no
// SQL. Private to this room; one thread at a time.
//
//     index.put(number, [&](const auto& field, auto place) { return value_in(row, ...); });
//     const Selection wanted = index.select(query.filter, query.now);
//     index.page(wanted, query);  // made of these
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "kpi/metric_views.hpp"
#include "views/sqlite/name_search.hpp"

namespace views::sqlite {

// Of a row of the views; ascending as metrics are added, and never used again.
using MetricNumber = std::int64_t;

// Numbers the different texts of a column. The code 0 stands for an absent text. A list counts as
// one text; filters find it by its items.
class TextCodes {
public:
    using Code = std::uint32_t;

    Code code_of(const kpi::FieldView& value);
    [[nodiscard]] std::size_t size() const { return texts_.size(); }
    [[nodiscard]] const std::string& text(Code code) const { return texts_[code]; }
    // Whether each code is wanted: it is one of the values, or a list that has them all.
    [[nodiscard]] std::vector<bool> wanted(const kpi::MetricFilter::Condition& condition) const;

private:
    struct Hash : std::hash<std::string_view> {
        using is_transparent = void;
    };
    template <class Value>
    using ByText = std::unordered_map<std::string, Value, Hash, std::equal_to<>>;

    void find_by_items(const std::string& list, Code code);

    std::vector<std::string> texts_{{}};
    ByText<Code> codes_;
    ByText<std::vector<Code>> by_item_;
};

// The fields that the index has columns of.
namespace indexed {

// Filters ask for one of some texts, or for items of a list of texts.
constexpr bool is_coded(const kpi::MetricField& field) {
    return field.filter != nullptr && field.column != nullptr;
}
// Filters and sorts compare it.
constexpr bool is_keyed(const kpi::MetricField& field) {
    using kpi::FieldType;
    const auto is = [&](const char* bound) {
        return bound != nullptr && kpi::find_field(bound) == &field;
    };
    const bool is_ordered = field.type == FieldType::time || field.type == FieldType::number;
    return field.column != nullptr && is_ordered &&
           (field.sortable || std::ranges::any_of(kpi::filter_fields, [&](const auto* flag) {
                return is(flag->since) || is(flag->until);
            }));
}

template <bool (*is_wanted)(const kpi::MetricField&)>
consteval auto fields_that() {
    constexpr auto count =
        static_cast<std::size_t>(std::ranges::count_if(kpi::metric_fields, is_wanted));
    std::array<const kpi::MetricField*, count> fields{};
    std::size_t place = 0;
    for (const kpi::MetricField& field : kpi::metric_fields) {
        if (is_wanted(field)) fields.at(place++) = &field;
    }
    return fields;
}
inline constexpr auto coded = fields_that<is_coded>();
inline constexpr auto keyed = fields_that<is_keyed>();
inline constexpr const kpi::MetricField& runs = kpi::field("statusRuns");

// All of them: coded, keyed, searched, and the last one.
inline constexpr auto fields = [] {
    constexpr std::size_t count =
        coded.size() + keyed.size() + kpi::searched_fields.size() + std::size_t{1};
    std::array<const kpi::MetricField*, count> all{};
    auto* next = std::ranges::copy(coded, all.begin()).out;
    next = std::ranges::copy(keyed, next).out;
    std::ranges::copy(kpi::searched_fields, next);
    all.back() = &runs;
    return all;
}();

}  // namespace indexed

class MetricIndex {
public:
    // Some of the metrics.
    class Selection {
    public:
        [[nodiscard]] bool has(MetricNumber number) const {
            const auto place = static_cast<std::uint64_t>(number - first_);
            return place / 64 < bits_.size() && (bits_[place / 64] >> (place % 64) & 1U) != 0;
        }
        [[nodiscard]] std::size_t count() const { return count_; }
        [[nodiscard]] std::size_t out_of() const { return out_of_; }  // metrics

    private:
        friend class MetricIndex;
        MetricNumber first_ = 0;
        std::vector<std::uint64_t> bits_;
        std::size_t count_ = 0;
        std::size_t out_of_ = 0;
    };

    // In place of what was put under that number. `value_of(field, its place)` returns the stored
    // FieldView of each of indexed::fields. Throws std::logic_error: the number is below the first
    // one.
    template <class ValueOf>
    void put(MetricNumber number, ValueOf value_of) {
        const std::size_t slot = make_slot(number);
        std::size_t place = 0;
        for (std::size_t i = 0; i < indexed::coded.size(); ++i) {
            codes_[i][slot] = texts_[i].code_of(value_of(*indexed::coded[i], place++));
        }
        for (std::size_t i = 0; i < indexed::keyed.size(); ++i) {
            keys_[i][slot] = key_of(value_of(*indexed::keyed[i], place++));
        }
        for (std::size_t i = 0; i < kpi::searched_fields.size(); ++i) {
            const kpi::FieldView text = value_of(*kpi::searched_fields[i], place++);
            searches_[i].put(slot, std::get<std::string_view>(text));
        }
        const kpi::FieldView runs = value_of(indexed::runs, place);
        put_runs(slot, std::get<kpi::Json>(runs).text);
    }
    void remove(MetricNumber number);
    void clear() { *this = MetricIndex(); }
    [[nodiscard]] std::size_t size() const { return all_.count(); }
    // It holds more of what was replaced or removed than of what is there, and is better cleared
    // and loaded again.
    [[nodiscard]] bool is_wasteful() const;

    // Those that match.
    Selection select(const kpi::MetricFilter& filter, es::TimePoint now);
    kpi::MetricSummary summary(const Selection& selection, es::TimePoint now);

    // A page of a list that is sorted by a time or a number has three parts, in this order. Each is
    // taken until the page is full.
    struct Page {
        // With the key of the last metric of the page before; the lower ids were on that page.
        Selection tied_with_last;
        std::vector<MetricNumber> between;  // fewer than a page has, by ascending numbers
        Selection tied;                     // with the key of this page's last metric
    };
    // nullopt: the list is sorted by a text.
    [[nodiscard]] std::optional<Page> page(const Selection& selection,
                                           const kpi::ListQuery& query) const;
    // Ascending.
    [[nodiscard]] static std::vector<MetricNumber> numbers_of(const Selection& selection);

private:
    using Key = std::int64_t;  // sorts as the field's values do
    // The end of a status in milliseconds, times 8, plus the status.
    using Run = std::int64_t;

    static Key key_of(const kpi::FieldView& value);
    [[nodiscard]] const std::vector<Key>& keys_of(const kpi::MetricField& field) const;
    [[nodiscard]] const std::vector<Key>* keys_sorted_by(const kpi::MetricField* sort) const;

    // The last key of a page, as a list in this direction compares them, after `first`; never: it
    // has room for all.
    static Key last_key(const Selection& selection, const std::vector<Key>& keys, Key first,
                        const kpi::ListQuery& query);
    void add(Selection& selection, std::size_t slot) const;

    std::size_t make_slot(MetricNumber number);
    void put_runs(std::size_t slot, std::string_view status_runs);
    // At that time; keeps it until it changes.
    kpi::Status status_at(std::size_t slot, std::int64_t now);

    void keep_matching(Selection& selection, const kpi::MetricFilter::Condition& condition,
                       es::TimePoint now);
    void keep_found(Selection& selection, const std::string& part) const;
    void keep_with_status(Selection& selection, const kpi::MetricFilter::Condition& condition,
                          es::TimePoint now);

    // Of replaced texts in a column, and of removed metrics, that may stay in any case.
    static constexpr std::size_t wasted_max = 10'000;

    MetricNumber first_ = 0;  // the number of slot 0; a metric has the slot of its number
    std::size_t removed_ = 0;
    Selection all_;
    std::array<TextCodes, indexed::coded.size()> texts_;
    std::array<std::vector<TextCodes::Code>, indexed::coded.size()> codes_;
    std::array<std::vector<Key>, indexed::keyed.size()> keys_;
    std::array<NameSearch, kpi::searched_fields.size()> searches_;
    std::vector<std::vector<Run>> runs_;
    // The status that was asked for last, and for which times it holds: from, until.
    std::vector<kpi::Status> status_;
    std::vector<std::int64_t> status_from_;
    std::vector<std::int64_t> status_until_;
};

using Selection = MetricIndex::Selection;

}  // namespace views::sqlite
