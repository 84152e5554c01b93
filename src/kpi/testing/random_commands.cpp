#include "kpi/testing/random_commands.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace kpi::testing {
namespace {

using std::chrono::days;
using std::chrono::milliseconds;
using std::chrono::minutes;

// What somebody may ask for, often just at a limit.
class Commands {
public:
    Commands(Chance& chance, const Subject& subject, TimePoint now)
        : chance_(chance), subject_(subject), now_(now) {}

    MetricCommand any() {
        if (!subject_.exists()) return creation();
        switch (chance_.below(24)) {
            case 0:
                return MetricDetailsUpdated{"n" + word(), "", word(), reason()};
            case 1:
                return MetricTargetUpdated{target(), reason()};
            case 2:
                return MetricDeadlineUpdated{deadline(), reason()};
            case 3:
                return goal();
            case 4:
                return MetricScheduleUpdated{checkpoints(), reason()};
            case 5:
                return settings();
            case 6:
                return MetricNoted{"note", maybe(4, [&] { return date(); }),
                                   maybe(2, [&] { return chance_.once_in(2); })};
            case 7:
                return chance_.once_in(3) ? MetricCommand(MetricArchived{reason()})
                                          : MetricCommand(MetricReopened{reason()});
            case 8:
            case 9:
                return edit();
            case 10:
                return reports();
            case 11:
            case 12:
                return correction();
            case 13:
                return MetricValueRetracted{version(), "not mine"};
            case 14:
            case 15:
                return amendment();
            default:
                return report();
        }
    }

private:
    template <class Make>
    auto maybe(int once_in, Make make) -> std::optional<decltype(make())> {
        if (!chance_.once_in(once_in)) return std::nullopt;
        return make();
    }
    template <class Make>
    auto change(int once_in, Make make) {
        using T = decltype(make());
        std::optional<ChangeTo<T>> changed;
        if (chance_.once_in(once_in)) changed.emplace(maybe(2, make));
        return changed;
    }

    std::string word() { return std::string(1, static_cast<char>('a' + chance_.below(4))); }
    std::optional<std::string> reason() {
        return maybe(2, [&] { return word(); });
    }
    double target() { return chance_.below(13) - 2; }
    Direction direction() { return static_cast<Direction>(chance_.below(2)); }
    GoalMode mode() { return static_cast<GoalMode>(chance_.below(2)); }

    TimePoint deadline() {
        if (chance_.once_in(20)) return no_deadline;
        if (chance_.once_in(20)) return now_ + milliseconds(chance_.below(3) - 1);
        return now_ + milliseconds(1) + chance_.up_to(days(chance_.one_of({2, 40, 400})));
    }
    // At or around what the metric has.
    TimePoint date() {
        if (subject_.exists() && chance_.once_in(3)) {
            const Metric& metric = subject_.state();
            const TimePoint known = chance_.one_of(
                {metric.starts_at(), metric.deadline, metric.created_at,
                 metric.value_date.value_or(now_), metric.opening_date.value_or(now_)});
            return std::min(known, no_deadline - days(1)) + milliseconds(chance_.below(3) - 1);
        }
        if (chance_.once_in(4)) return now_ + minutes(5) + milliseconds(chance_.below(2));
        if (chance_.once_in(4)) return now_ + chance_.up_to(minutes(5));
        return now_ - chance_.up_to(days(chance_.one_of({1, 30, 300})));
    }
    TimePoint start() { return now_ + chance_.up_to(days(60)) - days(50); }
    std::vector<Checkpoint> checkpoints() {
        std::vector<Checkpoint> steps;
        TimePoint until = subject_.exists() ? subject_.state().starts_at() : now_;
        double reached = chance_.below(3) - 1;
        const int way = chance_.one_of({1, 1, 1, -1});
        for (int n = chance_.below(4); n > 0; --n) {
            until += milliseconds(1) + chance_.up_to(days(chance_.one_of({1, 20})));
            reached += way * chance_.below(4);
            steps.push_back({until, reached});
        }
        return steps;
    }
    std::vector<std::string> tags() {
        return chance_.one_of<std::vector<std::string>>({{}, {"b", "a"}, {"c"}});
    }
    std::vector<Link> links() {
        return chance_.one_of<std::vector<Link>>({{}, {{"t", "https://example.org/"}}});
    }
    UpdatePeriod period() { return static_cast<UpdatePeriod>(chance_.below(5)); }
    std::int64_t late_days() { return chance_.below(4); }
    double baseline() { return chance_.below(9) - 2; }
    double tolerance() { return chance_.below(4) * 0.5; }

    MetricCommand creation() {
        MetricCreated event;
        event.name = "n";
        event.unit = word();
        event.target = target();
        event.deadline = deadline();
        event.kind = static_cast<MetricKind>(chance_.below(2));
        event.direction = maybe(2, [&] { return direction(); });
        event.mode = maybe(3, [&] { return mode(); });
        event.start = maybe(3, [&] { return start(); });
        event.baseline = maybe(3, [&] { return baseline(); });
        event.tolerance = maybe(3, [&] { return tolerance(); });
        event.checkpoints = maybe(3, [&] { return checkpoints(); });
        event.update_every = maybe(3, [&] { return period(); });
        event.late_days = maybe(3, [&] { return late_days(); });
        event.owner = maybe(3, [&] { return word(); });
        event.tags = maybe(3, [&] { return tags(); });
        event.links = maybe(3, [&] { return links(); });
        return event;
    }
    MetricCommand goal() {
        return MetricGoalUpdated{direction(),
                                 mode(),
                                 maybe(2, [&] { return start(); }),
                                 maybe(2, [&] { return baseline(); }),
                                 maybe(2, [&] { return tolerance(); }),
                                 reason()};
    }
    MetricCommand settings() {
        return MetricSettingsUpdated{maybe(2, [&] { return period(); }),
                                     maybe(2, [&] { return late_days(); }),
                                     maybe(2, [&] { return late_days(); }),
                                     maybe(2, [&] { return word(); }),
                                     maybe(2, [&] { return tags(); }),
                                     maybe(2, [&] { return links(); }),
                                     reason()};
    }
    MetricCommand edit() {
        EditMetric edit;
        const int often = chance_.one_of({2, 8});
        edit.name = maybe(often, [&] { return word(); });
        edit.target = maybe(often, [&] { return target(); });
        edit.deadline = change(often, [&] { return deadline(); });
        edit.direction = change(often, [&] { return direction(); });
        edit.mode = change(often, [&] { return mode(); });
        edit.start = change(often, [&] { return start(); });
        edit.baseline = change(often, [&] { return baseline(); });
        edit.tolerance = change(often, [&] { return tolerance(); });
        edit.checkpoints = change(often, [&] { return checkpoints(); });
        edit.update_every = change(often, [&] { return period(); });
        edit.late_days = change(often, [&] { return late_days(); });
        edit.owner = change(often, [&] { return word(); });
        edit.tags = change(often, [&] { return tags(); });
        edit.archived = change(6, [&] { return chance_.once_in(2); });
        edit.reason = reason();
        return edit;
    }

    double value() {
        const Metric& metric = subject_.state();
        if (metric.kind == MetricKind::gauge) return (chance_.below(30) - 6) * 0.5;
        return metric.value + chance_.one_of({0.0, 0.5, 1.0, 0.0, -0.5, -2.0});
    }
    ReportValue report() {
        ReportValue report;
        report.observed_at = maybe(2, [&] { return date(); });
        report.comment = maybe(5, [&] { return word(); });
        if (chance_.once_in(4)) {
            report.add = chance_.once_in(20) ? 1e-120 : chance_.below(5) * 0.5 - 0.5;
        } else {
            report.value = value();
        }
        return report;
    }
    MetricCommand reports() {
        ReportValues several;
        for (int n = 1 + chance_.below(5); n > 0; --n) several.values.push_back(report());
        return several;
    }
    // Mostly of an event that reported a value.
    es::Version version() {
        const auto rows = subject_.naive.rows();
        if (rows.empty() || chance_.once_in(15)) return 1 + chance_.below(20);
        return rows[static_cast<std::size_t>(chance_.below(static_cast<int>(rows.size())))].version;
    }
    MetricCommand correction() {
        return MetricValueCorrected{version(), value(), maybe(2, [&] { return date(); }),
                                    maybe(3, [&] { return chance_.once_in(2) ? word() : ""; }),
                                    "typed wrong"};
    }
    MetricCommand amendment() {
        AmendValue amend;
        amend.of = version();
        amend.value = maybe(2, [&] { return value(); });
        amend.observed_at = maybe(3, [&] { return date(); });
        amend.comment = change(3, [&] { return word(); });
        amend.retracted = maybe(2, [&] { return chance_.once_in(2); });
        amend.reason = "looked again";
        return amend;
    }

    Chance& chance_;
    const Subject& subject_;
    TimePoint now_;
};

}  // namespace

MetricCommand random_command(Chance& chance, const Subject& subject, TimePoint now) {
    return Commands(chance, subject, now).any();
}

}  // namespace kpi::testing
