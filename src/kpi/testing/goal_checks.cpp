// Checks of the goal in lists: its members, and the statuses that change by the clock.
#include <gtest/gtest.h>

#include <algorithm>

#include "kpi/testing/view_store_checks.hpp"

namespace kpi::testing {
namespace {

using Ids = std::vector<MetricId>;
using std::chrono::hours;
using std::chrono::milliseconds;

Ids listed(MetricViews& views, const MetricFilter& filter, TimePoint now = at(0)) {
    ListQuery query;
    query.filter = filter;
    query.now = now;
    const auto items = views.list(query).items;
    EXPECT_EQ(views.list_ids(query).first, ids_of(items));
    return ids_of(items);
}

MetricFilter with(const MetricField& field, std::vector<FieldValue> values) {
    MetricFilter filter;
    filter.conditions.push_back({&field, std::move(values)});
    return filter;
}

MetricFilter of_status(const std::vector<Status>& wanted) {
    std::vector<FieldValue> words;
    for (const Status status : wanted) words.emplace_back(statuses.write(status));
    return with(field("status"), std::move(words));
}

constexpr std::array all_statuses{Status::no_data,   Status::on_track, Status::at_risk,
                                  Status::off_track, Status::achieved, Status::missed};

// A goal of so many hours, with a value of the first moment.
MetricDocument goal(MetricKind kind, Direction direction, GoalMode mode, double target,
                    double value) {
    MetricDocument document = metric();
    document.version = 2;
    document.values_total = 1;
    document.metric.kind = kind;
    document.metric.direction = direction;
    document.metric.mode = mode;
    document.metric.target = target;
    document.metric.start = at(0);
    document.metric.deadline = at(0) + hours(1000) - milliseconds(1);
    set_current(document, {value, at(0), 2});
    document.metric.opening_value = value;
    document.metric.opening_date = at(0);
    return document;
}

std::vector<MetricEntry> goals_of_every_shape() {
    constexpr auto counter = MetricKind::counter;
    constexpr auto gauge = MetricKind::gauge;
    constexpr auto up = Direction::at_least;
    constexpr auto down = Direction::at_most;
    std::vector<MetricEntry> all;
    all.push_back({"none", metric()});
    all.push_back({"reach", goal(counter, up, GoalMode::reach, 24, 11)});
    all.back().document.metric.baseline = 0;
    all.push_back({"reach-in-steps", goal(counter, up, GoalMode::reach, 24, 7)});
    all.back().document.metric.baseline = 0;
    all.back().document.metric.checkpoints = {{at(0) + hours(250) - milliseconds(1), 3},
                                              {at(0) + hours(500), 8},
                                              {at(0) + hours(750), 16}};
    all.push_back({"fall", goal(gauge, down, GoalMode::reach, 4, 6.5)});
    all.back().document.metric.baseline = 8;
    all.back().document.metric.late_days = 3;
    all.push_back({"budget", goal(counter, down, GoalMode::reach, 12, 6)});
    all.back().document.metric.baseline = 0;
    all.push_back({"budget-in-steps", goal(counter, down, GoalMode::reach, 12, 5)});
    all.back().document.metric.baseline = 0;
    all.back().document.metric.checkpoints = {{at(0) + hours(100), 1}, {at(0) + hours(200), 7}};
    all.push_back({"budget-over", goal(counter, down, GoalMode::reach, 12, 13)});
    all.push_back({"kept", goal(gauge, up, GoalMode::keep, 95, 90)});
    all.back().document.metric.checkpoints = {
        {at(0) + hours(100), 80}, {at(0) + hours(200), 92}, {at(0) + hours(300), 120}};
    all.push_back({"kept-below", goal(gauge, down, GoalMode::keep, 4, 4.3)});
    all.back().document.metric.tolerance = 0.3;
    all.back().document.metric.checkpoints = {{at(0) + hours(100), 5}, {at(0) + hours(200), 4.1}};
    all.push_back({"monthly", goal(counter, up, GoalMode::reach, 24, 8)});
    all.back().document.metric.baseline = 0;
    all.back().document.metric.update_every = UpdatePeriod::weekly;
    all.back().document.metric.late_days = 7;
    all.push_back({"without-a-deadline", goal(gauge, up, GoalMode::keep, 95, 90)});
    all.back().document.metric.deadline = no_deadline;
    all.push_back({"reached", goal(gauge, up, GoalMode::reach, 24, 30)});
    all.back().document.metric.baseline = 0;
    return all;
}

std::vector<MetricEntry> save_goals(MetricViews& views) {
    auto entries = goals_of_every_shape();
    std::vector<Change> changes;
    for (const auto& entry : entries) {
        std::vector<MetricValue> rows;
        if (entry.document.metric.value_version > 0) rows.push_back(entry.document.current());
        changes.push_back(change(entry.id, 0, entry.document, rows));
    }
    EXPECT_TRUE(views.save(saving(std::move(changes))).empty());
    std::ranges::sort(entries, {}, &MetricEntry::id);
    return entries;
}

template <class Holds>
Ids where(const std::vector<MetricEntry>& entries, Holds holds) {
    Ids ids;
    for (const auto& entry : entries) {
        if (holds(entry.document)) ids.push_back(entry.id);
    }
    return ids;
}

// The last moment before each change by the clock, and the first one after it.
std::vector<TimePoint> edges_of(const std::vector<MetricEntry>& entries) {
    std::vector<TimePoint> edges{at(0), no_deadline - milliseconds(1), no_deadline};
    for (const auto& entry : entries) {
        for (const TimePoint time : changes_by_clock(entry.document)) {
            if (time == TimePoint::min()) continue;
            edges.insert(edges.end(), {time - milliseconds(1), time});
        }
    }
    std::ranges::sort(edges);
    const auto repeated = std::ranges::unique(edges);
    edges.erase(repeated.begin(), repeated.end());
    return edges;
}

void statuses_change_at_the_exact_millisecond(MetricViews& views) {
    const auto entries = save_goals(views);
    for (const TimePoint now : edges_of(entries)) {
        std::size_t found = 0;
        for (const Status wanted : all_statuses) {
            const Ids ids = listed(views, of_status({wanted}), now);
            EXPECT_EQ(ids, where(entries, [&](const auto& d) { return status(d, now) == wanted; }))
                << statuses.write(wanted) << " at " << (now - at(0)).count();
            found += ids.size();
        }
        EXPECT_EQ(found, entries.size()) << "each metric has one status";
    }
}

void known_statuses_at_known_milliseconds(MetricViews& views) {
    save_goals(views);
    // What is to be reached: floor(E - D R / 1.1), R = 13/24, D = 1000 h - 1 ms.
    const TimePoint last_on_track = at(0) + milliseconds(1'827'272'726);
    EXPECT_EQ(listed(views, with(field("status"), {"on_track"}), last_on_track),
              (Ids{"budget", "budget-in-steps", "monthly", "reach", "reach-in-steps"}));
    EXPECT_EQ(listed(views, with(field("status"), {"on_track"}), last_on_track + milliseconds(1)),
              (Ids{"budget", "budget-in-steps", "monthly", "reach-in-steps"}));
    // What is used up: ceil(E - D min(1, 1.3 (12-6)/12)).
    const MetricFilter off_track = with(field("status"), {"off_track"});
    const TimePoint at_risk = at(0) + milliseconds(1'260'000'000);
    EXPECT_EQ(std::ranges::count(listed(views, off_track, at_risk - milliseconds(1)), "budget"), 1);
    EXPECT_EQ(std::ranges::count(listed(views, off_track, at_risk), "budget"), 0);
    // What is kept: a checkpoint's target holds until its time, that included.
    const MetricFilter on_track = with(field("status"), {"on_track"});
    const TimePoint until = at(0) + hours(100);
    EXPECT_EQ(std::ranges::count(listed(views, on_track, until), "kept"), 1);
    EXPECT_EQ(std::ranges::count(listed(views, on_track, until + milliseconds(1)), "kept"), 0);
    // The end, three days of late values later.
    const MetricFilter missed = with(field("status"), {"missed"});
    const TimePoint over = at(0) + hours(1000 + 72) - milliseconds(1);
    EXPECT_EQ(std::ranges::count(listed(views, missed, over - milliseconds(1)), "fall"), 0);
    EXPECT_EQ(std::ranges::count(listed(views, missed, over), "fall"), 1);
}

void several_statuses_are_any_of_them(MetricViews& views) {
    const auto entries = save_goals(views);
    const TimePoint now = at(0) + hours(500);
    for (unsigned asked = 1; asked < 64; ++asked) {
        std::vector<Status> wanted;
        for (std::size_t i = 0; i < all_statuses.size(); ++i) {
            if ((asked >> i & 1U) != 0) wanted.push_back(all_statuses.at(i));
        }
        EXPECT_EQ(listed(views, of_status(wanted), now), where(entries, [&](const auto& d) {
                      return std::ranges::count(wanted, status(d, now)) > 0;
                  }));
    }
}

void due_and_stale_hold_until_the_deadline(MetricViews& views) {
    MetricDocument document = goal(MetricKind::gauge, Direction::at_least, GoalMode::keep, 5, 6);
    document.metric.update_every = UpdatePeriod::daily;
    create(views, "daily", document);
    document.metric.update_every.reset();
    create(views, "whenever", document);
    const TimePoint reported = at(0);
    const TimePoint deadline = document.metric.deadline;
    const auto expect = [&](const char* name, TimePoint now, bool holds) {
        const MetricField& asked = *find_field(name);
        EXPECT_EQ(listed(views, with(asked, {true}), now), holds ? Ids{"daily"} : Ids{})
            << name << " " << (now - reported).count();
        EXPECT_EQ(listed(views, with(asked, {false}), now),
                  holds ? (Ids{"whenever"}) : (Ids{"daily", "whenever"}))
            << name << " " << (now - reported).count();
    };
    for (const auto& [name, first] :
         {std::pair("isDue", hours(24)), std::pair("stale", hours(48))}) {
        expect(name, reported + first - milliseconds(1), false);
        expect(name, reported + first, true);
        expect(name, deadline - milliseconds(1), true);
        expect(name, deadline, false);
    }
}

void tags_are_all_of_those_asked_for(MetricViews& views) {
    const std::vector<std::vector<std::string>> tags{
        {}, {"team"}, {"teams"}, {"a.b-c_d", "team"}, {"a.b-c_d", "team", "x"}, {"axb-c_d"}};
    for (std::size_t i = 0; i < tags.size(); ++i) {
        MetricDocument document = metric();
        document.metric.tags = tags[i];
        create(views, std::to_string(i), document);
    }
    const auto tagged = [&](std::vector<FieldValue> wanted) {
        return listed(views, with(field("tags"), std::move(wanted)));
    };
    EXPECT_EQ(tagged({"team"}), (Ids{"1", "3", "4"}));
    EXPECT_EQ(tagged({"a.b-c_d"}), (Ids{"3", "4"})) << "a point is no wildcard";
    EXPECT_EQ(tagged({"team", "x"}), (Ids{"4"}));
    EXPECT_EQ(tagged({"x", "team", "a.b-c_d"}), (Ids{"4"}));
    EXPECT_TRUE(tagged({"tea"}).empty());
    EXPECT_TRUE(tagged({"team\",\"x"}).empty());
    EXPECT_TRUE(tagged({"team", "axb-c_d"}).empty());
}

void filters_of_the_goal(MetricViews& views) {
    MetricDocument document = metric();
    create(views, "plain", document);
    document.metric.owner = "sales 'ü' \"x\"";
    create(views, "owned", document);
    document.metric.kind = MetricKind::gauge;
    document.metric.direction = Direction::at_most;
    document.metric.archived = true;
    create(views, "falling", document);
    document.metric.mode = GoalMode::keep;
    document.metric.archived = false;
    document.metric.owner = "sales";
    create(views, "kept", document);
    const auto found = [&](const char* name, FieldValue value) {
        return listed(views, MetricFilter().where(*find_field(name), std::move(value)));
    };
    EXPECT_EQ(found("owner", "sales 'ü' \"x\""), (Ids{"falling", "owned"}));
    EXPECT_EQ(found("owner", "sales"), (Ids{"kept"}));
    EXPECT_TRUE(found("owner", "").empty()) << "nobody is no name";
    EXPECT_TRUE(found("owner", "Sales").empty());
    EXPECT_EQ(found("direction", "at_most"), (Ids{"falling", "kept"}));
    EXPECT_EQ(found("direction", "at_least"), (Ids{"owned", "plain"}));
    EXPECT_EQ(found("mode", "keep"), (Ids{"kept"}));
    EXPECT_EQ(found("mode", "reach"), (Ids{"falling", "owned", "plain"}));
    EXPECT_EQ(found("isArchived", true), (Ids{"falling"}));
    EXPECT_EQ(found("isArchived", false), (Ids{"kept", "owned", "plain"}));
    MetricFilter several = with(field("isArchived"), {false});
    several.where(field("direction"), "at_most").where(field("owner"), "sales");
    EXPECT_EQ(listed(views, several), (Ids{"kept"}));
}

void the_most_urgent_come_first(MetricViews& views) {
    auto entries = save_goals(views);
    std::ranges::sort(entries, {}, [](const MetricEntry& entry) {
        return std::pair(attention_since(entry.document), entry.id);
    });
    ListQuery query;
    query.sort = &field("attentionAt");
    for (const TimePoint now : {at(0), at(0) + hours(5000)}) {
        query.now = now;
        EXPECT_EQ(views.list(query).items, entries) << "whatever the clock says";
    }
}

void goals_come_back_exactly(MetricViews& views) {
    MetricDocument full = metric("full");
    full.version = 9;
    full.metric.kind = MetricKind::gauge;
    full.metric.direction = Direction::at_most;
    full.metric.mode = GoalMode::keep;
    full.metric.deadline = no_deadline;
    full.metric.start = moment("0001-01-01T00:00:00.001Z");
    full.metric.baseline = -0.1;
    full.metric.tolerance = 1e-9;
    for (int i = 0; i < 120; ++i) {
        full.metric.checkpoints.push_back({at(i) + milliseconds(i), 1.0 / 3 + i});
    }
    full.metric.update_every = UpdatePeriod::quarterly;
    full.metric.late_days = 366;
    full.metric.decimals = 9;
    full.metric.owner = "Größe 📏 'quoted' \"twice\" \\ %_ 名前";
    for (char c = 'a'; c < 'u'; ++c) full.metric.tags.push_back(std::string(1, c) + ".x-y_z");
    for (int i = 0; i < 10; ++i) {
        full.metric.links.push_back({"title 'ü' \"x\" \\ " + std::to_string(i),
                                     "https://example.org/?q=%20&r='\"ü#" + std::to_string(i)});
    }
    full.metric.archived = true;
    full.metric.opening_value = -1e99;
    full.metric.opening_date = moment("9999-12-31T23:59:59.998Z");
    MetricDocument zeros = metric("zeros");  // which are something else than absent
    zeros.metric.kind = MetricKind::gauge;
    zeros.metric.start = moment("1970-01-01T00:00:00.000Z");
    zeros.metric.baseline = 0;
    zeros.metric.tolerance = 0;
    zeros.metric.decimals = 0;
    zeros.metric.opening_value = 0;
    zeros.metric.opening_date = moment("1970-01-01T00:00:00.000Z");
    for (const MetricDocument& document : {full, zeros, metric("absent")}) {
        const MetricId& id = document.metric.name;
        create(views, id, document);
        EXPECT_EQ(views.load({id}).at(id), document) << id;
        EXPECT_EQ(views.find(id)->document, document) << id;
    }
    EXPECT_EQ(
        views.list({}).items,
        (std::vector<MetricEntry>{{"absent", metric("absent")}, {"full", full}, {"zeros", zeros}}));
    // Each becomes the other by a later version.
    for (const auto& [id, become] :
         {std::pair("full", metric("bare")), std::pair("absent", full)}) {
        MetricDocument next = become;
        const es::Version loaded = views.version(id);
        next.version = loaded + 1;
        EXPECT_TRUE(views.save(saving({change(id, loaded, next)})).empty());
        EXPECT_EQ(views.find(id)->document, next) << id;
    }
}

// Its last status holds for ever.
void a_goal_without_an_end_changes_no_more(MetricViews& views) {
    MetricDocument document = goal(MetricKind::gauge, Direction::at_least, GoalMode::keep, 95, 90);
    document.metric.deadline = no_deadline;
    create(views, "kept", document);
    EXPECT_EQ(views.summary({}, at(0)).total(), 1);
    EXPECT_EQ(views.summary({}, at(0)).next(), std::nullopt);
}

}  // namespace

std::vector<ViewStoreCheck> goal_checks() {
    return {
        {"StatusesChangeAtTheExactMillisecond", statuses_change_at_the_exact_millisecond},
        {"KnownStatusesAtKnownMilliseconds", known_statuses_at_known_milliseconds},
        {"SeveralStatusesAreAnyOfThem", several_statuses_are_any_of_them},
        {"DueAndStaleHoldUntilTheDeadline", due_and_stale_hold_until_the_deadline},
        {"TagsAreAllOfThoseAskedFor", tags_are_all_of_those_asked_for},
        {"FiltersOfTheGoal", filters_of_the_goal},
        {"TheMostUrgentComeFirst", the_most_urgent_come_first},
        {"GoalsComeBackExactly", goals_come_back_exactly},
        {"AGoalWithoutAnEndChangesNoMore", a_goal_without_an_end_changes_no_more},
    };
}

}  // namespace kpi::testing
