#include "read_api/document_cache.hpp"

#include <utility>

namespace read_api {

std::shared_ptr<const RenderedDocument> DocumentCache::find(const kpi::MetricId& id,
                                                            const kpi::ViewStamp& stamp,
                                                            es::TimePoint now) {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(id);
    if (found == entries_.end()) return nullptr;
    const RenderedDocument& document = *found->second.document;
    if (document.stamp != stamp || now < document.since || now >= document.until) {
        drop(found);
        return nullptr;
    }
    asked_.splice(asked_.begin(), asked_, found->second.place);
    return found->second.document;
}

void DocumentCache::put(const kpi::MetricId& id, std::shared_ptr<const RenderedDocument> document) {
    if (document->body.size() > bytes_max_) return;
    const std::lock_guard lock(mutex_);
    if (const auto found = entries_.find(id); found != entries_.end()) drop(found);
    bytes_ += document->body.size();
    asked_.push_front(id);
    entries_.emplace(id, Entry{std::move(document), asked_.begin()});
    while (bytes_ > bytes_max_) drop(entries_.find(asked_.back()));
}

void DocumentCache::drop(std::unordered_map<kpi::MetricId, Entry>::iterator entry) {
    bytes_ -= entry->second.document->body.size();
    asked_.erase(entry->second.place);
    entries_.erase(entry);
}

}  // namespace read_api
