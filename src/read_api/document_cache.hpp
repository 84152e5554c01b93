// Documents as they were rendered last, so that one that is read over and over costs a look at its
// stamp. An entry is good as long as the view's stamp is the same and nothing changes by the clock.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "kpi/metric_views.hpp"

namespace read_api {

struct RenderedDocument {
    kpi::ViewStamp stamp;
    // It is the same from then on, and until then.
    es::TimePoint since{};
    es::TimePoint until{};
    std::string tag;  // without quotes
    std::string body;
};

// Any thread. Holds at most `bytes_max` of bodies; those not asked for the longest go first.
class DocumentCache {
public:
    explicit DocumentCache(std::size_t bytes_max) : bytes_max_(bytes_max) {}

    // nullptr: it isn't there, or no longer good.
    std::shared_ptr<const RenderedDocument> find(const kpi::MetricId& id,
                                                 const kpi::ViewStamp& stamp, es::TimePoint now);
    void put(const kpi::MetricId& id, std::shared_ptr<const RenderedDocument> document);

private:
    struct Entry {
        std::shared_ptr<const RenderedDocument> document;
        std::list<kpi::MetricId>::iterator place;
    };
    void drop(std::unordered_map<kpi::MetricId, Entry>::iterator entry);

    const std::size_t bytes_max_;
    std::mutex mutex_;
    std::unordered_map<kpi::MetricId, Entry> entries_;
    std::list<kpi::MetricId> asked_;  // the latest first
    std::size_t bytes_ = 0;
};

}  // namespace read_api
