#include "views/mongodb/metric_scan.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <string>
#include <thread>
#include <utility>

#include "views/mongodb/metric_document.hpp"

namespace views::mongodb {
namespace {

// Threads, each with a part of the directory.
constexpr std::size_t workers = 8;

}  // namespace

// Runs one function on several threads; the first exception of any ends the others and is thrown.
class MetricScan::Crew {
public:
    explicit Crew(const std::function<bool()>& stop) : stop_(stop) {}

    [[nodiscard]] bool stopping() const { return failed_ || (stop_ && stop_()); }

    // False when it was stopped.
    bool run(const std::function<void(std::size_t)>& work) {
        {
            std::vector<std::jthread> threads;
            threads.reserve(workers);
            for (std::size_t i = 0; i < workers; ++i) {
                threads.emplace_back([this, &work, i] {
                    try {
                        work(i);
                    } catch (const std::exception&) {
                        const std::lock_guard lock(mutex_);
                        if (!failed_.exchange(true)) failure_ = std::current_exception();
                    }
                });
            }
        }
        if (failure_) std::rethrow_exception(failure_);
        return !stopping();
    }

private:
    const std::function<bool()>& stop_;
    std::mutex mutex_;
    std::atomic<bool> failed_ = false;
    std::exception_ptr failure_;
};

MetricScan::MetricScan(Database& database, ViewRepair& repair, es::StreamDirectory& directory,
                       const es::CatchUpOptions& options, OnMetric on_metric)
    : database_(database),
      repair_(repair),
      directory_(directory),
      options_(options),
      on_metric_(std::move(on_metric)) {}

bool MetricScan::streams() {
    Crew crew(options_.stop);
    return crew.run([&](std::size_t part) {
        std::string from;
        do {
            const es::StreamPage page = directory_.page(part, workers, from);
            if (!visit(page.ids, crew)) return;
            from = page.next;
        } while (!from.empty() && !crew.stopping());
    });
}

bool MetricScan::documents(const std::function<void(const BsonView&)>& on_nameless) {
    std::vector<kpi::MetricId> ids;
    const Bson id_alone = Bson().document("projection", Bson().integer("_id", 1));
    database_.find(metrics_collection, {}, id_alone, [&](const BsonView& document) {
        auto id = document.text("_id");
        if (!id) return on_nameless(document);
        if (!was_visited(*id)) ids.push_back(*std::move(id));
    });
    return these(ids);
}

bool MetricScan::rows() {
    std::unordered_set<kpi::MetricId> ids;
    kpi::MetricId last;
    const Bson metric_alone = Bson().document("projection", Bson().integer("metric", 1));
    for (const char* collection : {values_collection, changes_collection}) {
        database_.find(collection, {}, metric_alone, [&](const BsonView& row) {
            auto metric = row.text("metric");
            if (!metric || *metric == last) return;
            last = *std::move(metric);
            if (!was_visited(last)) ids.insert(last);
        });
    }
    return these(std::vector(ids.begin(), ids.end()));
}

bool MetricScan::these(std::span<const kpi::MetricId> ids) {
    std::atomic<std::size_t> next = 0;
    Crew crew(options_.stop);
    return crew.run([&](std::size_t) {
        for (auto from = next.fetch_add(metrics_at_once); from < ids.size();
             from = next.fetch_add(metrics_at_once)) {
            const auto count = std::min(metrics_at_once, ids.size() - from);
            if (!visit(ids.subspan(from, count), crew)) return;
        }
    });
}

bool MetricScan::visit(std::span<const kpi::MetricId> ids, const Crew& crew) {
    while (!ids.empty()) {
        const auto first = ids.first(std::min(metrics_at_once, ids.size()));
        ids = ids.subspan(first.size());
        const std::vector<kpi::MetricId> some(first.begin(), first.end());
        for (auto& [id, view] : repair_.stored(some)) {
            if (crew.stopping()) return false;
            on_metric_(id, view);
        }
        if (crew.stopping()) return false;
        add_visited(some);
    }
    return true;
}

void MetricScan::add_visited(const std::vector<kpi::MetricId>& ids) {
    const std::lock_guard lock(mutex_);
    visited_.insert(ids.begin(), ids.end());
    count_ += ids.size();
    if (options_.on_progress) options_.on_progress(count_);
}

}  // namespace views::mongodb
