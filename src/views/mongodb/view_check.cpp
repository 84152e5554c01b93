#include "views/mongodb/view_check.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "views/mongodb/metric_document.hpp"
#include "views/mongodb/metric_scan.hpp"
#include "views/mongodb/parked_streams.hpp"

namespace views::mongodb {
namespace {

// When more views than this lack events, they are not waited for.
constexpr std::size_t late_views_max = 1'000;

// The versions that views lack.
using LateViews = std::map<kpi::MetricId, es::Version>;

void drop_those_there(Database& database, LateViews& late) {
    std::vector<kpi::MetricId> ids;
    for (const auto& [id, version] : late) ids.push_back(id);
    const Bson version_alone = Bson().document("projection", Bson().integer("version", 1));
    for (std::size_t from = 0; from < ids.size(); from += metrics_at_once) {
        const auto some =
            std::span(ids).subspan(from, std::min(metrics_at_once, ids.size() - from));
        const Bson among = Bson().texts("$in", {some.begin(), some.end()});
        database.find(metrics_collection, Bson().document("_id", among), version_alone,
                      [&](const BsonView& found) {
                          const auto one = late.find(found.text("_id").value_or(""));
                          if (one == late.end()) return;
                          if (found.integer("version").value_or(1) >= one->second) late.erase(one);
                      });
    }
}

// Gives a projector or a Lambda function time for events that were recorded just now. What is
// parked is no difference.
void wait_for_views(Database& database, LateViews& late, const es::CatchUpOptions& options) {
    const auto until = std::chrono::steady_clock::now() + kpi::view_patience;
    for (;;) {
        for (const auto& parked : parked_streams(database, still_parked())) {
            late.erase(parked.stream);
        }
        drop_those_there(database, late);
        if (late.empty() || late.size() > late_views_max ||
            std::chrono::steady_clock::now() >= until || (options.stop && options.stop())) {
            return;
        }
        std::this_thread::sleep_for(kpi::view_look_every);
    }
}

}  // namespace

kpi::ViewCheck check_views(Database& database, ViewRepair& repair, es::StreamDirectory& directory,
                           const es::CatchUpOptions& options) {
    kpi::ViewCheck result;
    result.parked = parked_streams(database, still_parked()).size();
    std::mutex mutex;
    LateViews late;
    MetricScan scan(database, repair, directory, options,
                    [&](const kpi::MetricId& id, const StoredView& view) {
                        const auto comparison = repair.compare(id, view);
                        const std::lock_guard lock(mutex);
                        if (comparison.is_view) ++result.metrics;
                        result.values += comparison.values;
                        if (comparison.is_late) late.emplace(id, *comparison.is_late);
                        for (const auto& what : comparison.differences) result.add(id, what);
                    });
    const auto add_nameless = [&](const BsonView&) {
        result.add("", "a document whose _id is no text");
    };
    result.stopped = !scan.streams() || !scan.documents(add_nameless) || !scan.rows();
    if (!result.stopped) wait_for_views(database, late, options);
    for (const auto& [id, version] : late) {
        result.add(id, kpi::lateness(version == 1 ? 0 : version, version));
    }
    return result;
}

}  // namespace views::mongodb
