// The page for people, docs/status.md: each table of examples says what the program says.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "kpi/goal.hpp"

namespace kpi {
namespace {

constexpr const char* page_file = DOCS_DIR "/status.md";

using Row = std::map<std::string, std::string>;  // by the column's name
using Table = std::vector<Row>;

std::vector<std::string> split(std::string_view text, std::string_view separator) {
    std::vector<std::string> parts;
    while (true) {
        const auto end = text.find(separator);
        std::string_view part = text.substr(0, end);
        while (part.starts_with(' ')) part.remove_prefix(1);
        while (part.ends_with(' ')) part.remove_suffix(1);
        parts.emplace_back(part);
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + separator.size());
    }
}

std::vector<std::string> cells_of(std::string_view line) {
    auto cells = split(line, "|");  // the first and the last are outside of the table
    return {std::next(cells.begin()), std::prev(cells.end())};
}

// The page's tables by the names of their columns, as "a|b|c".
std::map<std::string, Table> read_tables() {
    std::ifstream file(page_file);
    std::map<std::string, Table> tables;
    std::vector<std::string> columns;
    std::string name;
    for (std::string line; std::getline(file, line);) {
        if (!line.starts_with("|")) {
            columns.clear();
        } else if (columns.empty()) {
            columns = cells_of(line);
            name.clear();
            for (const auto& column : columns) name += (name.empty() ? "" : "|") + column;
        } else if (!line.starts_with("|---")) {
            const auto cells = cells_of(line);
            EXPECT_EQ(cells.size(), columns.size()) << line;
            if (cells.size() != columns.size()) continue;
            Row row;
            for (std::size_t i = 0; i < cells.size(); ++i) row[columns[i]] = cells[i];
            tables[name].push_back(row);
        }
    }
    return tables;
}

const Table& table(const std::string& columns, std::size_t rows) {
    static const auto tables = read_tables();
    static const Table none;
    const auto found = tables.find(columns);
    EXPECT_TRUE(found != tables.end()) << "the page has no table " << columns;
    if (found == tables.end()) return none;
    EXPECT_EQ(found->second.size(), rows) << columns;
    return found->second;
}

double number(std::string_view text) {
    double value = NAN;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    EXPECT_TRUE(error == std::errc() && end == text.data() + text.size()) << text;
    return value;
}

TimePoint time_in(std::string_view text, base::DateAlone alone = base::DateAlone::start_of_day) {
    const auto time = base::parse_time(text, alone);
    EXPECT_TRUE(time) << text;
    return time.value_or(TimePoint());
}

// With as many decimals as `like` has.
std::string format_like(const std::string& like, double value) {
    const auto point = like.find('.');
    const auto decimals = point == std::string::npos ? 0 : like.size() - point - 1;
    std::array<char, 64> text{};
    const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value,
                                            std::chars_format::fixed, static_cast<int>(decimals));
    return {text.data(), end};
}

// What "(10 − 0) / (24 − 0)" is: + − · / and parentheses.
class Arithmetic {
public:
    explicit Arithmetic(std::string_view text) : rest_(text) {}
    double result() {
        const double value = sum();
        EXPECT_EQ(rest_, "");
        return value;
    }

private:
    bool take(std::string_view token) {
        while (rest_.starts_with(' ')) rest_.remove_prefix(1);
        if (!rest_.starts_with(token)) return false;
        rest_.remove_prefix(token.size());
        return true;
    }
    // NOLINTNEXTLINE(misc-no-recursion): as deep as the page has parentheses
    double sum() {
        double value = product();
        while (true) {
            if (take("+")) {
                value += product();
            } else if (take("−")) {
                value -= product();
            } else {
                return value;
            }
        }
    }
    // NOLINTNEXTLINE(misc-no-recursion): as deep as the page has parentheses
    double product() {
        double value = factor();
        while (true) {
            if (take("·")) {
                value *= factor();
            } else if (take("/")) {
                value /= factor();
            } else {
                return value;
            }
        }
    }
    // NOLINTNEXTLINE(misc-no-recursion): as deep as the page has parentheses
    double factor() {
        if (take("(")) {
            const double value = sum();
            EXPECT_TRUE(take(")"));
            return value;
        }
        const auto end = std::min(rest_.find_first_not_of("0123456789."), rest_.size());
        const double value = number(rest_.substr(0, end));
        rest_.remove_prefix(end);
        return value;
    }

    std::string_view rest_;
};

Goal goal_in(const Row& row) {
    constexpr auto end_of_day = base::DateAlone::end_of_day;
    Goal goal;
    goal.kind = metric_kinds.read(row.at("kind")).value();
    goal.direction = directions.read(row.at("direction")).value();
    goal.mode = goal_modes.read(row.at("mode")).value();
    goal.start = time_in(row.at("start"));
    goal.deadline = time_in(row.at("deadline"), end_of_day);
    goal.baseline = number(row.at("b"));
    goal.target = number(row.at("T"));
    if (!row.at("tolerance").empty()) goal.tolerance = number(row.at("tolerance"));
    if (!row.at("checkpoints").empty()) {
        for (const auto& step : split(row.at("checkpoints"), ",")) {
            const auto parts = split(step, " until ");
            goal.checkpoints.push_back({time_in(parts.at(1), end_of_day), number(parts.at(0))});
        }
    }
    goal.update_every = update_periods.read(row.at("`updateEvery`"));
    goal.late_days = static_cast<int>(number(row.at("`lateDays`")));
    return goal;
}

Goal goal_named(const std::string& name) {
    const auto& goals = table(
        "goal|kind|direction|mode|start|deadline|b|T|tolerance|checkpoints|`updateEvery`|"
        "`lateDays`",
        8);
    const auto found =
        std::ranges::find(goals, name, [](const Row& row) { return row.at("goal"); });
    EXPECT_TRUE(found != goals.end()) << name;
    return found != goals.end() ? goal_in(*found) : Goal();
}

// A goal at a time, by the page's formulas where goal.hpp doesn't say.
struct Example {
    Goal goal;
    Standing standing;
    TimePoint now{};

    [[nodiscard]] std::vector<StatusFrom> all() const { return statuses_of(goal, standing); }
    [[nodiscard]] std::string status() const { return statuses.write(status_at(all(), now)); }
    [[nodiscard]] TimePoint clock() const {
        return std::clamp(goal.update_every ? standing.date : now, goal.start, goal.deadline);
    }
    [[nodiscard]] double share_of_time() const {
        return double((clock() - goal.start).count()) /
               double((goal.deadline - goal.start).count());
    }
    [[nodiscard]] double time_left() const { return 1 - share_of_time(); }
    [[nodiscard]] double way_left() const {
        return 1 - share_done(goal, standing.value).value_or(NAN);
    }
    [[nodiscard]] double planned() const {
        TimePoint begin = goal.start;
        double from = goal.baseline;
        auto steps = goal.checkpoints;
        steps.push_back({goal.deadline, goal.target});
        for (const auto& [until, target] : steps) {
            if (clock() <= until) {
                return from + (target - from) * double((clock() - begin).count()) /
                                  double((until - begin).count());
            }
            begin = until;
            from = target;
        }
        return goal.target;
    }
    [[nodiscard]] double needed_pace() const {
        return (goal.target - standing.value) / (goal.target - planned());
    }
    // The last millisecond before the first of these statuses.
    [[nodiscard]] std::string until(std::initializer_list<Status> worse) const {
        for (const auto& [at, status] : all()) {
            if (at == TimePoint::min() || std::ranges::count(worse, status) == 0) continue;
            return base::format_time(at - std::chrono::milliseconds(1));
        }
        return "";
    }
    [[nodiscard]] std::string on_track_until() const {
        return until({Status::at_risk, Status::off_track});
    }
    [[nodiscard]] std::string at_risk_until() const { return until({Status::off_track}); }
    // "at_risk from …, missed from …"; before `end`, if it says so.
    [[nodiscard]] std::string changes(TimePoint end = TimePoint::max()) const {
        std::vector<std::pair<TimePoint, std::string>> changes;
        for (const auto& [at, status] : all()) {
            if (at > now && at < end) changes.emplace_back(at, statuses.write(status));
        }
        const auto stale = stale_from(goal, standing);
        if (stale && *stale > now && *stale < goal.deadline) changes.emplace_back(*stale, "stale");
        std::ranges::sort(changes);
        std::string text;
        for (const auto& [at, word] : changes) {
            text += (text.empty() ? "" : ", ") + word + " from " + base::format_time(at);
        }
        return text;
    }
};

Example example_in(const Row& row) {
    Example example;
    example.goal = goal_named(row.at("goal"));
    const auto date = row.find("d");
    const bool dated = date != row.end() && !date->second.empty();
    example.standing = {number(row.at("v")), dated ? time_in(date->second) : example.goal.start};
    const auto now = row.find("now");
    example.now = now != row.end() ? time_in(now->second) : example.goal.start;
    return example;
}

void expect_number(const Row& row, const std::string& column, double value) {
    if (row.at(column).empty()) return;
    EXPECT_EQ(row.at(column), format_like(row.at(column), value)) << row.at("id") << ' ' << column;
}

TEST(StatusPage, ExamplesOfWhatIsToBeReached) {
    for (const Row& row :
         table("id|goal|v|d|now|p|e|P(u)|r|status|on track until|at risk until", 13)) {
        const Example example = example_in(row);
        expect_number(row, "p", share_done(example.goal, example.standing.value).value_or(NAN));
        expect_number(row, "e", example.share_of_time());
        expect_number(row, "P(u)", example.planned());
        expect_number(row, "r", example.needed_pace());
        EXPECT_EQ(row.at("status"), example.status()) << row.at("id");
        EXPECT_EQ(row.at("on track until"), example.on_track_until()) << row.at("id");
        EXPECT_EQ(row.at("at risk until"), example.at_risk_until()) << row.at("id");
    }
}

TEST(StatusPage, ExamplesOfBudgets) {
    for (const Row& row : table("id|goal|v|now|R·1.1|R·1.3|Q|status|gets better", 5)) {
        const Example example = example_in(row);
        expect_number(row, "R·1.1", example.way_left() * on_track_max);
        expect_number(row, "R·1.3", example.way_left() * at_risk_max);
        expect_number(row, "Q", example.time_left());
        EXPECT_EQ(row.at("status"), example.status()) << row.at("id");
        EXPECT_EQ(row.at("gets better"), example.changes(example.goal.deadline)) << row.at("id");
    }
}

TEST(StatusPage, ExamplesOfWhatIsKept) {
    for (const Row& row : table("id|goal|v|status", 7)) {
        EXPECT_EQ(row.at("status"), example_in(row).status()) << row.at("id");
    }
}

TEST(StatusPage, ExamplesOfWhatIsDue) {
    for (const Row& row : table("`updateEvery`|d|due from|stale from", 5)) {
        Goal goal;
        goal.update_every = update_periods.read(row.at("`updateEvery`"));
        const Standing standing{0, time_in(row.at("d"))};
        EXPECT_EQ(row.at("due from"), base::format_time(due_from(goal, standing).value()));
        EXPECT_EQ(row.at("stale from"), base::format_time(stale_from(goal, standing).value()));
    }
}

// What each step of an example by hand results in.
std::string result_of(const Example& example, const std::string& step, const std::string& like) {
    const auto time = [](TimePoint at) { return base::format_time(at); };
    const auto begins = [&](std::string_view with) { return step.starts_with(with); };
    const double all = double((example.goal.deadline - example.goal.start).count());
    const double left = example.way_left();
    if (begins("p =")) return format_like(like, 1 - left);
    if (begins("e =")) return format_like(like, example.share_of_time());
    if (begins("R =")) return format_like(like, left);
    if (begins("Q =")) return format_like(like, example.time_left());
    if (begins("r =")) return format_like(like, example.needed_pace());
    if (begins("R·1.1")) return format_like(like, left * on_track_max);
    if (begins("R·1.3")) return format_like(like, left * at_risk_max);
    if (begins("D·R/1.1")) return format_like(like, all * left / on_track_max);
    if (begins("D·R/1.3")) return format_like(like, all * left / at_risk_max);
    if (begins("D·1.1·R")) return format_like(like, all * left * on_track_max);
    if (begins("D·1.3·R")) return format_like(like, all * left * at_risk_max);
    if (begins("status")) return example.status();
    if (begins("on track until")) return example.on_track_until();
    if (begins("at risk until")) return example.at_risk_until();
    if (begins("`dueFrom`")) return time(due_from(example.goal, example.standing).value());
    if (begins("`staleFrom`")) return time(stale_from(example.goal, example.standing).value());
    if (begins("`attentionAt`")) {
        return time(attention_at(example.goal, example.standing, example.goal.start));
    }
    if (begins("`ahead`")) return example.changes();
    return "unknown step: " + step;
}

TEST(StatusPage, ExamplesByHand) {
    for (const Row& row : table("example|goal|v|d|now", 3)) {
        const std::string& name = row.at("example");
        const Example example = example_in(row);
        for (const Row& step : table(name + "|by hand|result", name == "Rising" ? 12 : 10)) {
            const std::string& result = step.at("result");
            EXPECT_EQ(result, result_of(example, step.at(name), result)) << step.at(name);
            const std::string& by_hand = step.at("by hand");
            if (by_hand.empty()) continue;
            EXPECT_EQ(result, format_like(result, Arithmetic(by_hand).result())) << by_hand;
        }
    }
}

TEST(StatusPage, TheRulesNameTheThresholds) {
    std::ifstream file(page_file);
    const std::string page{std::istreambuf_iterator<char>(file), {}};
    const std::string on_track = format_like("0.0", on_track_max);
    const std::string at_risk = format_like("0.0", at_risk_max);
    for (const auto& rule :
         {"`on_track` while r <= " + on_track + ", `at_risk` while r <= " + at_risk,
          "on track until E − D·R/" + on_track + ", at risk until E − D·R/" + at_risk,
          "`on_track` if R·" + on_track + " >= Q, `at_risk` if R·" + at_risk}) {
        EXPECT_TRUE(page.find(rule) != std::string::npos) << rule;
    }
}

TEST(StatusPage, TheUsualRuleIsWrongAtBothEnds) {
    const auto word = [](bool on_track, bool at_risk) {
        return statuses.write(on_track  ? Status::on_track
                              : at_risk ? Status::at_risk
                                        : Status::off_track);
    };
    for (const Row& row : table("p|e|p / e|the usual rule|r|ours", 3)) {
        const double done = number(row.at("p"));
        const double gone = number(row.at("e"));
        const double usual = done / gone;
        const double needed = (1 - done) / (1 - gone);
        EXPECT_EQ(row.at("p / e"), format_like(row.at("p / e"), usual));
        EXPECT_EQ(row.at("the usual rule"), word(usual >= 0.9, usual >= 0.7));
        EXPECT_EQ(row.at("r"), format_like(row.at("r"), needed));
        EXPECT_EQ(row.at("ours"), word(needed <= on_track_max, needed <= at_risk_max));
    }
}

}  // namespace
}  // namespace kpi
