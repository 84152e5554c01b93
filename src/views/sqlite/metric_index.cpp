#include "views/sqlite/metric_index.hpp"

#include <bit>
#include <limits>
#include <queue>
#include <stdexcept>
#include <utility>
#include <variant>

#include "base/time.hpp"
#include "kpi/goal_view.hpp"
#include "views/sqlite/view_rows.hpp"

namespace views::sqlite {
namespace {

// What an absent time is: it never comes.
constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t since_ever = std::numeric_limits<std::int64_t>::min();

constexpr int status_bits = 3;
constexpr std::int64_t last_end = never >> status_bits;
static_assert(kpi::statuses.names.size() <= 1U << status_bits);

// Doubles as integers that compare as they do.
std::int64_t ordered(double number) {
    const auto bits = std::bit_cast<std::int64_t>(number == 0 ? 0.0 : number);
    return bits < 0 ? bits ^ std::numeric_limits<std::int64_t>::max() : bits;
}

std::size_t place_in(const auto& fields, const kpi::MetricField& field) {
    return static_cast<std::size_t>(std::ranges::find(fields, &field) - fields.begin());
}

// So that what comes first in a list is least. Its own inverse.
std::int64_t directed(std::int64_t key, bool descending) {
    return descending ? ~key : key;
}

std::vector<kpi::MetricSummary::Count> counts_of(const TextCodes& texts,
                                                 const std::vector<std::int64_t>& by_code) {
    std::vector<kpi::MetricSummary::Count> counts;
    for (TextCodes::Code code = 1; code < by_code.size(); ++code) {
        if (by_code[code] > 0) counts.emplace_back(texts.text(code), by_code[code]);
    }
    return counts;
}

// Calls `work(slot)` for each that is set.
template <class Work>
void for_each_slot(const std::vector<std::uint64_t>& bits, Work work) {
    for (std::size_t word = 0; word < bits.size(); ++word) {
        for (std::uint64_t left = bits[word]; left != 0; left &= left - 1) {
            work(word * 64 + static_cast<std::size_t>(std::countr_zero(left)));
        }
    }
}

// Leaves of the `size` bits those for which `holds(slot)`. It is asked of others, too: a pass
// without branches is faster.
template <class Holds>
void keep(std::vector<std::uint64_t>& bits, std::size_t size, Holds holds) {
    for (std::size_t word = 0; word < bits.size(); ++word) {
        if (bits[word] == 0) continue;
        const std::size_t begin = word * 64;
        const std::size_t count = std::min<std::size_t>(64, size - begin);
        std::uint64_t kept = 0;
        for (std::size_t i = 0; i < count; ++i) {
            kept |= static_cast<std::uint64_t>(holds(begin + i)) << i;
        }
        bits[word] &= kept;
    }
}

}  // namespace

TextCodes::Code TextCodes::code_of(const kpi::FieldView& value) {
    if (std::holds_alternative<std::monostate>(value)) return 0;
    const auto* list = std::get_if<kpi::Json>(&value);
    const std::string text = list != nullptr ? list->text : kpi::text_of(value);
    if (const auto found = codes_.find(text); found != codes_.end()) return found->second;
    const auto code = static_cast<Code>(texts_.size());
    texts_.push_back(text);
    codes_.emplace(text, code);
    if (list != nullptr) find_by_items(text, code);
    return code;
}

void TextCodes::find_by_items(const std::string& list, Code code) {
    std::vector<std::string> items;
    kpi::from_json(list, items);
    for (auto& item : items) by_item_[std::move(item)].push_back(code);
}

std::vector<bool> TextCodes::wanted(const kpi::MetricFilter::Condition& condition) const {
    const bool is_list = condition.field->type == kpi::FieldType::json;
    std::vector<std::size_t> found(texts_.size(), 0);
    for (const kpi::FieldValue& value : condition.values) {
        const std::string text = kpi::text_of(kpi::view_of(value));
        if (is_list) {
            const auto lists = by_item_.find(text);
            if (lists == by_item_.end()) continue;
            for (const Code code : lists->second) ++found[code];
        } else if (const auto code = codes_.find(text); code != codes_.end()) {
            ++found[code->second];
        }
    }
    const std::size_t enough = is_list ? condition.values.size() : 1;
    std::vector<bool> wanted(found.size());
    for (std::size_t i = 0; i < found.size(); ++i) wanted[i] = found[i] >= enough;
    return wanted;
}

MetricIndex::Key MetricIndex::key_of(const kpi::FieldView& value) {
    if (const auto* time = std::get_if<es::TimePoint>(&value)) return ms_of(*time);
    if (const auto* number = std::get_if<double>(&value)) return ordered(*number);
    return never;
}

const std::vector<MetricIndex::Key>& MetricIndex::keys_of(const kpi::MetricField& field) const {
    return keys_.at(place_in(indexed::keyed, field));
}

const std::vector<MetricIndex::Key>* MetricIndex::keys_sorted_by(
    const kpi::MetricField* sort) const {
    return sort != nullptr && indexed::is_keyed(*sort) ? &keys_of(*sort) : nullptr;
}

std::size_t MetricIndex::make_slot(MetricNumber number) {
    if (runs_.empty()) first_ = number;
    if (number < first_) throw std::logic_error("a metric's number is below the first one");
    const auto slot = static_cast<std::size_t>(number - first_);
    if (slot >= runs_.size()) {
        const std::size_t size = slot + 1;
        for (auto& column : codes_) column.resize(size);
        for (auto& column : keys_) column.resize(size);
        runs_.resize(size);
        status_.resize(size);
        status_from_.resize(size);
        status_until_.resize(size);
        all_.bits_.resize((size + 63) / 64);
        all_.first_ = first_;
    }
    if (!all_.has(number)) {
        all_.bits_[slot / 64] |= std::uint64_t{1} << (slot % 64);
        ++all_.count_;
    }
    return slot;
}

void MetricIndex::put_runs(std::size_t slot, std::string_view status_runs) {
    std::vector<Run> runs;
    std::string until;
    while (true) {
        const kpi::StatusRun run = kpi::run_in(status_runs, until);
        const auto status = kpi::statuses.read(run.status);
        if (!status || (!runs.empty() && run.until <= until)) break;
        until = run.until;
        // The last one's end is no time: it holds for ever.
        const auto end = base::parse_time(until, base::DateAlone::start_of_day);
        runs.push_back((end ? ms_of(*end) : last_end) << status_bits | static_cast<Run>(*status));
    }
    runs.shrink_to_fit();
    runs_[slot] = std::move(runs);
    status_[slot] = {};
    status_from_[slot] = never;  // for no time yet
    status_until_[slot] = since_ever;
}

void MetricIndex::remove(MetricNumber number) {
    if (!all_.has(number)) return;
    const auto slot = static_cast<std::size_t>(number - first_);
    all_.bits_[slot / 64] &= ~(std::uint64_t{1} << (slot % 64));
    --all_.count_;
    ++removed_;
    runs_[slot] = {};
    for (NameSearch& search : searches_) search.remove(slot);
}

kpi::Status MetricIndex::status_at(std::size_t slot, std::int64_t now) {
    if (status_from_[slot] <= now && now < status_until_[slot]) return status_[slot];
    std::int64_t from = since_ever;
    const std::vector<Run>& runs = runs_[slot];
    for (std::size_t i = 0; i < runs.size(); ++i) {
        const std::int64_t until = i + 1 < runs.size() ? runs[i] >> status_bits : never;
        status_[slot] = static_cast<kpi::Status>(runs[i] & ((1 << status_bits) - 1));
        if (now < until) {
            status_from_[slot] = from;
            status_until_[slot] = until;
            break;
        }
        from = until;
    }
    return status_[slot];
}

bool MetricIndex::is_wasteful() const {
    const std::size_t enough = 2 * size() + wasted_max;
    return removed_ > enough || std::ranges::any_of(texts_, [&](const TextCodes& texts) {
               return texts.size() > enough;
           });
}

Selection MetricIndex::select(const kpi::MetricFilter& filter, es::TimePoint now) {
    Selection selection = all_;
    selection.out_of_ = all_.count_;
    for (const auto& condition : filter.conditions) keep_matching(selection, condition, now);
    if (!filter.search.empty()) keep_found(selection, filter.search);
    selection.count_ = 0;
    for (const std::uint64_t word : selection.bits_) {
        selection.count_ += static_cast<std::size_t>(std::popcount(word));
    }
    return selection;
}

void MetricIndex::keep_matching(Selection& selection, const kpi::MetricFilter::Condition& condition,
                                es::TimePoint now) {
    const kpi::MetricField& field = *condition.field;
    if (&field == &kpi::field("status")) return keep_with_status(selection, condition, now);
    if (indexed::is_coded(field)) {
        const std::size_t place = place_in(indexed::coded, field);
        const std::vector<TextCodes::Code>& codes = codes_.at(place);
        const std::vector<bool> wanted = texts_.at(place).wanted(condition);
        const auto only = std::ranges::count(wanted, true) == 1
                              ? std::optional(std::ranges::find(wanted, true) - wanted.begin())
                              : std::nullopt;
        if (only) {
            const auto one = static_cast<TextCodes::Code>(*only);
            return keep(selection.bits_, codes.size(),
                        [&](std::size_t slot) { return codes[slot] == one; });
        }
        return keep(selection.bits_, codes.size(),
                    [&](std::size_t slot) { return static_cast<bool>(wanted[codes[slot]]); });
    }
    const std::int64_t at = ms_of(now);
    const std::vector<Key>& since = keys_of(*kpi::find_field(field.since));
    const bool is_set = std::get<bool>(condition.values.front());
    if (field.until == nullptr) {
        return keep(selection.bits_, since.size(),
                    [&](std::size_t slot) { return (since[slot] <= at) == is_set; });
    }
    const std::vector<Key>& until = keys_of(*kpi::find_field(field.until));
    keep(selection.bits_, since.size(),
         [&](std::size_t slot) { return (since[slot] <= at && at < until[slot]) == is_set; });
}

void MetricIndex::keep_found(Selection& selection, const std::string& part) const {
    std::vector<std::uint64_t> any(selection.bits_.size());
    for (const NameSearch& search : searches_) {
        const std::vector<std::uint64_t> found = search.find(part);
        for (std::size_t word = 0; word < found.size(); ++word) any[word] |= found[word];
    }
    for (std::size_t word = 0; word < any.size(); ++word) selection.bits_[word] &= any[word];
}

void MetricIndex::keep_with_status(Selection& selection,
                                   const kpi::MetricFilter::Condition& condition,
                                   es::TimePoint now) {
    std::array<bool, kpi::statuses.names.size()> wanted{};
    for (const auto& value : condition.values) {
        const auto status = kpi::statuses.read(std::get<std::string>(value));
        if (status) wanted.at(static_cast<std::size_t>(*status)) = true;
    }
    keep(selection.bits_, runs_.size(), [&, at = ms_of(now)](std::size_t slot) {
        return wanted[static_cast<std::size_t>(status_at(slot, at))];
    });
}

kpi::MetricSummary MetricIndex::summary(const Selection& selection, es::TimePoint now) {
    const std::size_t owner = place_in(indexed::coded, kpi::field("owner"));
    const std::size_t tags = place_in(indexed::coded, kpi::field("tags"));
    const std::vector<Key>& deadlines = keys_of(kpi::field("deadline"));
    const std::vector<Key>& due = keys_of(kpi::field("dueFrom"));
    const std::vector<Key>& stale = keys_of(kpi::field("staleFrom"));
    std::vector<std::int64_t> owners(texts_.at(owner).size());
    std::vector<std::int64_t> tag_lists(texts_.at(tags).size());
    const std::int64_t at = ms_of(now);
    kpi::MetricSummary::Counted counted(now);
    for_each_slot(selection.bits_, [&](std::size_t slot) {
        ++counted.by_status[static_cast<std::size_t>(status_at(slot, at))];
        const es::TimePoint deadline = time_of(deadlines[slot]);
        counted.next.ends(time_of(status_until_[slot]));
        counted.next.ends(deadline);  // then it is expired
        counted.due += static_cast<int>(counted.next.holds(time_of(due[slot]), deadline));
        counted.stale += static_cast<int>(counted.next.holds(time_of(stale[slot]), deadline));
        ++owners[codes_[owner][slot]];
        ++tag_lists[codes_[tags][slot]];
    });
    counted.owners = counts_of(texts_.at(owner), owners);
    counted.tag_lists = counts_of(texts_.at(tags), tag_lists);
    return {now, counted};
}

std::optional<MetricIndex::Page> MetricIndex::page(const Selection& selection,
                                                   const kpi::ListQuery& query) const {
    const std::vector<Key>* keys = keys_sorted_by(query.sort);
    if (keys == nullptr) return std::nullopt;
    const Key first = query.after
                          ? directed(key_of(kpi::view_of(query.after->key)), query.descending)
                          : since_ever;
    const Key last = last_key(selection, *keys, first, query);
    Page page;
    for_each_slot(selection.bits_, [&](std::size_t slot) {
        const Key key = directed((*keys)[slot], query.descending);
        if (key == first) {
            add(page.tied_with_last, slot);
        } else if (key == last) {
            add(page.tied, slot);
        } else if (first < key && key < last) {
            page.between.push_back(first_ + static_cast<MetricNumber>(slot));
        }
    });
    return page;
}

MetricIndex::Key MetricIndex::last_key(const Selection& selection, const std::vector<Key>& keys,
                                       Key first, const kpi::ListQuery& query) {
    std::priority_queue<Key> page;  // one more than asked for
    for_each_slot(selection.bits_, [&](std::size_t slot) {
        const Key key = directed(keys[slot], query.descending);
        if (key <= first) return;
        if (page.size() <= query.limit) {
            page.push(key);
        } else if (key < page.top()) {
            page.pop();
            page.push(key);
        }
    });
    return page.size() > query.limit ? page.top() : never;
}

void MetricIndex::add(Selection& selection, std::size_t slot) const {
    if (selection.bits_.empty()) {
        selection.first_ = first_;
        selection.bits_.resize(all_.bits_.size());
        selection.out_of_ = all_.count_;
    }
    selection.bits_[slot / 64] |= std::uint64_t{1} << (slot % 64);
    ++selection.count_;
}

std::vector<MetricNumber> MetricIndex::numbers_of(const Selection& selection) {
    std::vector<MetricNumber> numbers;
    numbers.reserve(selection.count_);
    for_each_slot(selection.bits_, [&](std::size_t slot) {
        numbers.push_back(selection.first_ + static_cast<MetricNumber>(slot));
    });
    return numbers;
}

}  // namespace views::sqlite
