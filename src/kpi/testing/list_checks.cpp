// Checks of lists: filters, every order, and paging while metrics change.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "kpi/testing/view_store_checks.hpp"

namespace kpi::testing {
namespace {

using Ids = std::vector<MetricId>;

constexpr const MetricField* by_id = nullptr;

Ids listed(MetricViews& views, const MetricFilter& filter, TimePoint now = at(0)) {
    ListQuery query;
    query.filter = filter;
    query.now = now;
    const auto items = views.list(query).items;
    EXPECT_EQ(views.list_ids(query).first, ids_of(items));
    return ids_of(items);
}

MetricFilter named(std::string text) {
    MetricFilter filter;
    filter.search = std::move(text);
    return filter;
}

void finds_by_part_of_name(MetricViews& views) {
    create(views, "1", metric("Monthly Users"));
    create(views, "2", metric("100% done"));
    create(views, "3", metric("1000 done"));
    create(views, "4", metric("snake_case"));
    create(views, "5", metric("snakeXcase"));
    create(views, "6", metric("back\\slash [x] *"));
    create(views, "7", metric("GRÖSSE größe"));
    EXPECT_EQ(listed(views, named("")).size(), 7U);
    EXPECT_EQ(listed(views, named("users")), (Ids{"1"}));
    EXPECT_EQ(listed(views, named("LY uS")), (Ids{"1"}));
    EXPECT_EQ(listed(views, named("0%")), (Ids{"2"}));
    EXPECT_EQ(listed(views, named("%")), (Ids{"2"}));
    EXPECT_EQ(listed(views, named("E_C")), (Ids{"4"}));
    EXPECT_EQ(listed(views, named("\\s")), (Ids{"6"}));
    EXPECT_EQ(listed(views, named("[x] *")), (Ids{"6"}));
    EXPECT_EQ(listed(views, named("DONE")), (Ids{"2", "3"}));
    EXPECT_EQ(listed(views, named("größe")), (Ids{"7"}));
    EXPECT_TRUE(listed(views, named("gröSSe größE!")).empty());
    EXPECT_TRUE(listed(views, named("Größe")).size() == 1);
    EXPECT_TRUE(listed(views, named("monthly users ")).empty());
}

void only_ascii_letters_match_in_either_case(MetricViews& views) {
    create(views, "1", metric("ÄPFEL"));
    EXPECT_EQ(listed(views, named("Äpfel")), (Ids{"1"}));
    EXPECT_TRUE(listed(views, named("äpfel")).empty());
}

// Whatever a text holds, it is compared as a whole.
void a_nul_ends_no_text(MetricViews& views) {
    using namespace std::string_literals;
    create(views, "plain", metric("Users"));
    create(views, "other", metric("Orders"));
    for (const MetricField* sort : {by_id, &field("name")}) {
        for (const std::string& part : {"\0"s, "\0Users"s, "Users\0"s, "Us\0ers"s}) {
            ListQuery query;
            query.filter = named(part);
            query.sort = sort;
            EXPECT_TRUE(views.list(query).items.empty()) << part.size();
            EXPECT_TRUE(views.list_ids(query).first.empty());
        }
    }
    EXPECT_TRUE(listed(views, MetricFilter().where(field("unit"), "people\0"s)).empty());
    for (const MetricId& id : {"plain\0"s, "\0"s, "plain\0x"s}) {
        EXPECT_FALSE(views.find(id).has_value());
        EXPECT_FALSE(views.stamp(id).has_value());
        EXPECT_TRUE(views.find_all({id}).empty());
        EXPECT_TRUE(views.load({id}).empty());
        EXPECT_FALSE(views.values({id, {}, {}, false, {}, 100}).has_value());
        EXPECT_FALSE(views.parked_entry(id).has_value());
    }
    ListQuery after;
    after.after = ListPosition{"other\0"s, "other\0"s};
    EXPECT_EQ(ids_of(views.list(after).items), (Ids{"plain"}));
}

// Sixteen metrics, one for each combination; the id says which.
MetricDocument combination(bool expired, bool successful, bool gauge, bool other_unit) {
    MetricDocument document = metric("Metric");
    document.metric.deadline = expired ? at(0) : at(1);
    document.version = 2;
    set_current(document, {5, at(0), 2});
    document.metric.target = successful ? 5 : 10;
    document.metric.kind = gauge ? MetricKind::gauge : MetricKind::counter;
    document.metric.unit = other_unit ? "Euro" : "people";
    return document;
}

void filters_and_their_combinations(MetricViews& views) {
    for (int i = 0; i < 16; ++i) {
        create(views, std::to_string(i + 10),
               combination((i & 1) != 0, (i & 2) != 0, (i & 4) != 0, (i & 8) != 0));
    }
    for (int asked = 0; asked < 16; ++asked) {      // which filters are given
        for (int value = 0; value < 16; ++value) {  // and what they ask for
            MetricFilter filter;
            if (asked & 1) filter.where(field("isExpired"), (value & 1) != 0);
            if (asked & 2) filter.where(field("isSuccessful"), (value & 2) != 0);
            if (asked & 4) filter.where(field("kind"), value & 4 ? "gauge" : "counter");
            if (asked & 8) filter.where(field("unit"), value & 8 ? "Euro" : "people");
            Ids expected;
            for (int i = 0; i < 16; ++i) {
                if ((i & asked) == (value & asked)) expected.push_back(std::to_string(i + 10));
            }
            EXPECT_EQ(listed(views, filter), expected) << asked << " " << value;
        }
    }
    EXPECT_TRUE(listed(views, MetricFilter().where(field("unit"), "euro")).empty())
        << "units are compared exactly";
}

void expiry_is_decided_by_the_questions_clock(MetricViews& views) {
    create(views, "a", metric());
    const MetricFilter expired = MetricFilter().where(field("isExpired"), true);
    EXPECT_TRUE(listed(views, expired, at(1000) - std::chrono::milliseconds(1)).empty());
    EXPECT_EQ(listed(views, expired, at(1000)), (Ids{"a"}));
}

void success_follows_the_current_value(MetricViews& views) {
    MetricDocument document = metric();
    document.metric.target = 10;
    const MetricFilter successful = MetricFilter().where(field("isSuccessful"), true);
    create(views, "a", document);
    EXPECT_TRUE(listed(views, successful).empty());
    document.version = 2;
    set_current(document, {10, at(0), 2});
    EXPECT_TRUE(views.save(saving({change("a", 1, document, {document.current()})})).empty());
    EXPECT_EQ(listed(views, successful), (Ids{"a"}));
    document.version = 3;
    document.metric.target = 10.5;
    EXPECT_TRUE(views.save(saving({change("a", 2, document)})).empty());
    EXPECT_TRUE(listed(views, successful).empty());
}

void nothing_is_reached_before_the_first_report(MetricViews& views) {
    MetricDocument document = metric();
    document.metric.kind = MetricKind::gauge;
    document.metric.target = -5;
    const MetricFilter successful = MetricFilter().where(field("isSuccessful"), true);
    create(views, "a", document);
    EXPECT_TRUE(listed(views, successful).empty());
    ListQuery by_progress;
    by_progress.sort = &field("progress");
    by_progress.after = ListPosition{0.5, ""};
    EXPECT_TRUE(views.list(by_progress).items.empty());
    document.version = 2;
    set_current(document, {0, at(0), 2});
    EXPECT_TRUE(views.save(saving({change("a", 1, document, {document.current()})})).empty());
    EXPECT_EQ(listed(views, successful), (Ids{"a"}));
}

// Metrics with many ties in every sort key, and texts whose order by code point is special.
std::vector<MetricEntry> save_mixed_metrics(MetricViews& views) {
    const std::vector<std::string> names{
        "a", "B", "b", "é", "z", "\xEF\xBF\xBD", "\xF0\x9F\x93\x88", "a", "ab", "A"};
    std::vector<MetricEntry> entries;
    for (int i = 0; i < 40; ++i) {
        MetricDocument document = metric(names[static_cast<std::size_t>(i * 7 % 10)]);
        document.metric.kind = MetricKind::gauge;
        document.version = 2;
        document.metric.target = i % 7 - 2;
        document.metric.deadline = i == 3 ? moment("0001-01-01") : at(i % 5);
        document.metric.created_at = i == 4 ? moment("9999-12-31") : at(-(i % 3));
        document.metric.last_occurred = at(i % 2) + std::chrono::milliseconds(i % 4);
        set_current(document, {(i % 6 - 3) * (i == 7 ? 1e99 : 0.1), at(i), 2});
        document.values_total = 1;
        const MetricId id = (i % 2 == 0 ? "m" : "M") + std::to_string(i * 13 % 40);
        entries.push_back({id, document});
        EXPECT_TRUE(views.save(saving({change(id, 0, document, {document.current()})})).empty());
    }
    return entries;
}

void sort_as_asked(std::vector<MetricEntry>& entries, const MetricField* sort, bool descending) {
    std::sort(entries.begin(), entries.end(), [&](const MetricEntry& a, const MetricEntry& b) {
        const SortKey key_a = sort_key(a, sort);
        const SortKey key_b = sort_key(b, sort);
        if (key_a != key_b) return descending ? key_b < key_a : key_a < key_b;
        return a.id < b.id;
    });
}

std::vector<const MetricField*> all_sorts() {
    std::vector<const MetricField*> all{by_id};
    all.insert(all.end(), sortable_fields.begin(), sortable_fields.end());
    return all;
}

std::string name_of(const MetricField* sort) {
    return sort == by_id ? "_id" : sort->name;
}

Ids read_pages(MetricViews& views, ListQuery query, std::size_t limit) {
    Ids read;
    query.limit = limit;
    while (true) {
        const ListPage page = views.list(query);
        const auto [ids, more] = views.list_ids(query);
        EXPECT_EQ(ids, ids_of(page.items));
        EXPECT_EQ(more, page.more);
        EXPECT_TRUE(read.empty() || !ids.empty()) << "`more` with nothing behind it";
        read.insert(read.end(), ids.begin(), ids.end());
        if (!page.more || page.items.empty()) return read;
        EXPECT_EQ(page.items.size(), limit);
        query.after = ListPosition{sort_key(page.items.back(), query.sort), page.items.back().id};
        if (read.size() > 1000) return read;  // a store that never ends
    }
}

void every_order_both_ways_and_in_pages(MetricViews& views) {
    auto entries = save_mixed_metrics(views);
    for (const MetricField* sort : all_sorts()) {
        for (const bool descending : {false, true}) {
            sort_as_asked(entries, sort, descending);
            ListQuery query;
            query.sort = sort;
            query.descending = descending;
            EXPECT_EQ(views.list(query).items, entries);
            for (const std::size_t limit : {1U, 7U, 39U, 40U, 41U}) {
                EXPECT_EQ(read_pages(views, query, limit), ids_of(entries))
                    << name_of(sort) << descending << " by " << limit;
            }
        }
    }
}

void texts_are_ordered_by_code_point(MetricViews& views) {
    int n = 0;
    for (const char* name : {"\xF0\x9F\x93\x88", "\xEF\xBF\xBD", "é", "z", "a", "Z", "ab", "_"}) {
        create(views, std::to_string(n++), metric(name));
    }
    ListQuery query;
    query.sort = &field("name");
    EXPECT_EQ(ids_of(views.list(query).items), (Ids{"5", "7", "4", "6", "3", "2", "1", "0"}));
}

// Metrics of a unit of their own, so that several scenes fit in one store.
class PagingScene {
public:
    PagingScene(MetricViews& views, const MetricField* sort, bool descending)
        : views_(views), prefix_(name_of(sort) + (descending ? "-d" : "-a")) {
        query_.filter.where(field("unit"), prefix_);
        query_.sort = sort;
        query_.descending = descending;
        query_.limit = 3;
        for (int i = 0; i < 12; ++i) make("keep" + std::to_string(i), i);
        for (int i = 0; i < 6; ++i) make("move" + std::to_string(i), i);
    }

    // Pages to the end; after each page one metric leaves the filter and another comes.
    std::multiset<MetricId> read_while_others_change() {
        std::multiset<MetricId> seen;
        for (int step = 0; step < 30; ++step) {
            const ListPage page = views_.list(query_);
            for (const auto& item : page.items) seen.insert(item.id);
            if (!page.more || page.items.empty()) break;
            const MetricEntry& last = page.items.back();
            query_.after = ListPosition{sort_key(last, query_.sort), last.id};
            if (step >= 6) continue;
            remove("move" + std::to_string(step));
            make("new" + std::to_string(step), step * 3);
        }
        return seen;
    }

    [[nodiscard]] MetricId id(const std::string& name) const { return prefix_ + name; }

private:
    // Keys are 0..3, so ties abound.
    void make(const std::string& name, int i) {
        MetricDocument document = metric("name " + std::to_string(i % 4));
        document.metric.unit = prefix_;
        document.metric.kind = MetricKind::gauge;
        document.metric.target = 50;
        document.metric.value = i % 4;
        document.metric.deadline = at(i % 4);
        document.metric.created_at = at(i % 4);
        document.metric.last_occurred = at(i % 4);
        create(views_, id(name), document);
    }

    void remove(const std::string& name) {
        MetricDocument gone = views_.load({id(name)}).at(id(name));
        gone.version = 2;
        gone.metric.unit = "gone";
        EXPECT_TRUE(views_.save(saving({change(id(name), 1, gone)})).empty());
    }

    MetricViews& views_;
    std::string prefix_;
    ListQuery query_;
};

void paging_gives_each_once_while_others_change(MetricViews& views) {
    for (const MetricField* sort : all_sorts()) {
        for (const bool descending : {false, true}) {
            PagingScene scene(views, sort, descending);
            const auto seen = scene.read_while_others_change();
            for (int i = 0; i < 12; ++i) {
                const MetricId id = scene.id("keep" + std::to_string(i));
                EXPECT_EQ(seen.count(id), 1U) << id;
            }
        }
    }
}

void position_need_not_exist_any_more(MetricViews& views) {
    for (const char* id : {"a", "c", "e"}) create(views, id, metric(id));
    ListQuery query;
    query.after = ListPosition{std::string("b"), "b"};
    EXPECT_EQ(ids_of(views.list(query).items), (Ids{"c", "e"}));
    query.descending = true;
    query.after = ListPosition{std::string("d"), "d"};
    EXPECT_EQ(ids_of(views.list(query).items), (Ids{"c", "a"}));
}

void find_all_keeps_the_order_asked_for(MetricViews& views) {
    create_with_values(views, "a", {{1, at(1)}});
    create_with_values(views, "b", {{2, at(1)}, {3, at(2)}});
    create(views, "c", metric("c"));
    const auto all = views.find_all({"c", "unknown", "a", "b"});
    EXPECT_EQ(all.size(), 3U);
    if (all.size() != 3) return;
    EXPECT_EQ(all[0], views.find("c"));
    EXPECT_EQ(all[1], views.find("a"));
    EXPECT_EQ(all[2], views.find("b"));
}

}  // namespace

std::vector<ViewStoreCheck> list_checks() {
    return {
        {"FindsByPartOfName", finds_by_part_of_name},
        {"OnlyAsciiLettersMatchInEitherCase", only_ascii_letters_match_in_either_case},
        {"ANulEndsNoText", a_nul_ends_no_text},
        {"FiltersAndTheirCombinations", filters_and_their_combinations},
        {"ExpiryIsDecidedByTheQuestionsClock", expiry_is_decided_by_the_questions_clock},
        {"SuccessFollowsTheCurrentValue", success_follows_the_current_value},
        {"NothingIsReachedBeforeTheFirstReport", nothing_is_reached_before_the_first_report},
        {"EveryOrderBothWaysAndInPages", every_order_both_ways_and_in_pages},
        {"TextsAreOrderedByCodePoint", texts_are_ordered_by_code_point},
        {"PagingGivesEachOnceWhileOthersChange", paging_gives_each_once_while_others_change},
        {"PositionNeedNotExistAnyMore", position_need_not_exist_any_more},
        {"FindAllKeepsTheOrderAskedFor", find_all_keeps_the_order_asked_for},
    };
}

}  // namespace kpi::testing
