#include "yardstick/rebuild.hpp"

#include <chrono>
#include <functional>
#include <iostream>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "base/text.hpp"
#include "es/errors.hpp"
#include "es/event_store.hpp"
#include "es/sqlite.hpp"
#include "projector/projector.hpp"
#include "views/sqlite/sqlite_metric_views.hpp"
#include "views/sqlite/sqlite_view_rebuild.hpp"
#include "yardstick/check_report.hpp"
#include "yardstick/distributed_rebuild.hpp"
#include "yardstick/exit_codes.hpp"
#include "yardstick/folder_access.hpp"
#include "yardstick/folder_owner.hpp"
#include "yardstick/rebuild_run.hpp"

namespace yardstick {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds look_every{20};
// A running projector takes views over between two batches, and then catches up.
constexpr std::chrono::minutes handover_patience{10};

// The projector, where no other process is it.
class OwnProjector {
public:
    // `notice` is told what the views' writer has to say.
    OwnProjector(const std::filesystem::path& data, std::function<void(std::string)> notice)
        : events_(data),
          feed_(data),
          views_(data, {.writer = true, .role = "rebuild", .log = std::move(notice)}),
          projector_({.events = events_, .feed = feed_, .views = views_}) {}
    ~OwnProjector() { projector_.stop(); }
    OwnProjector(const OwnProjector&) = delete;
    OwnProjector& operator=(const OwnProjector&) = delete;

private:
    es::SqliteEventReader events_;
    es::SqliteEventFeed feed_;
    views::SqliteMetricViews views_;
    projector::Projector projector_;
};

class Rebuild {
public:
    explicit Rebuild(const RebuildOptions& options)
        : data_(options.data), rebuild_(options.data, "rebuild") {}

    int all() {
        const bool built = run_.with_progress(
            "rebuild", "events", rebuild_.events(),
            [&](const es::CatchUpOptions& catch_up) { return rebuild_.build(catch_up); });
        if (!built) return stopped();
        auto handover = views::Handover::waiting;
        const bool awaited = await([&] {
            handover = rebuild_.handover();
            return handover == views::Handover::in_force || handover == views::Handover::refused;
        });
        if (!awaited && rebuild_.withdraw()) return stopped();
        if (!awaited) {
            std::cerr << "yardstick: stopped; the new views are being taken over.\n";
            return exit_failure;
        }
        if (handover == views::Handover::refused) {
            throw es::Unavailable(
                "The new views did not fit the events any more when they were to be taken over; "
                "run it again.");
        }
        std::cout << "events folded: " << base::grouped(run_.reached()) << ", in "
                  << run_.milliseconds() << "; the new views are in force\n";
        return exit_done;
    }

    int one(const std::string& metric) {
        es::SqliteEventReader events(data_);
        // One that can't be read is the projector's to judge.
        const auto first = es::read_one(events, {metric, 0, 1});
        if (first.status == es::ReadStatus::read && first.events.empty()) {
            std::cerr << "yardstick: there is no metric " << base::excerpt(metric) << ".\n";
            return exit_not_found;
        }
        rebuild_.request(metric);
        if (!await([&] { return !rebuild_.requested(); })) {
            rebuild_.withdraw_request();
            return stopped();
        }
        views::SqliteMetricViews views(data_);
        require_not_parked(views, metric);
        std::cout << "the view of " << metric << " was rebuilt, up to version "
                  << views.version(metric) << "\n";
        return exit_done;
    }

    int check() {
        const auto result = run_.with_progress(
            "check", "events", rebuild_.events(),
            [&](const es::CatchUpOptions& catch_up) { return rebuild_.check(catch_up); });
        return result.stopped ? stopped() : report(result);
    }

private:
    // Until it is done; false when a signal came first. Where nobody projects, this process does.
    bool await(const std::function<bool()>& done) {
        std::mutex mutex;
        std::string notice;  // the last one
        std::optional<OwnProjector> own;
        const auto until = steady_clock::now() + handover_patience;
        while (!done()) {
            if (run_.was_stopped()) return false;
            if (steady_clock::now() > until) {
                const std::lock_guard lock(mutex);
                throw es::Unavailable(own ? "It was not taken over. " + notice
                                          : "The running projector has not taken it over; see its "
                                            "log. It still may.");
            }
            if (own || rebuild_.has_writer()) {
                run_.was_stopped_within(look_every);
                continue;
            }
            try {
                own.emplace(data_, [&](std::string line) {
                    const std::lock_guard lock(mutex);
                    notice = std::move(line);
                });
            } catch (const es::InUse&) {
                // One was started just now.
            }
        }
        return true;
    }

    static int stopped() {
        std::cerr << "yardstick: stopped; the views are as they were.\n";
        return exit_failure;
    }

    RebuildRun run_;
    const std::filesystem::path data_;
    views::SqliteViewRebuild rebuild_;
};

}  // namespace

int rebuild(const RebuildOptions& options) {
    if (options.engines.events == EventEngine::dynamodb) return rebuild_distributed(options);
    require_readable(options.data);
    act_as_owner_of(options.data);
    Rebuild rebuild(options);
    if (options.check) return rebuild.check();
    return options.metric.empty() ? rebuild.all() : rebuild.one(options.metric);
}

}  // namespace yardstick
