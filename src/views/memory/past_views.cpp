#include "views/memory/past_views.hpp"

#include <cstdint>
#include <new>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "es/errors.hpp"
#include "es/rows.hpp"
#include "es/view_store.hpp"
#include "views/memory/memory_metric_views.hpp"

namespace views {
namespace {

using Rows = es::Rows<kpi::MetricRow>;
using Document = std::optional<kpi::MetricDocument>;

constexpr std::size_t events_per_step = 500;
constexpr std::size_t documents_per_step = 2'000;
// What a document costs beside itself: its id and its place in the map.
constexpr std::size_t entry_bytes = 200;

// One stream, from its first event on.
struct Alone {
    explicit Alone(es::StreamId id) : stream(std::move(id)) {}

    // To before this version, which can't be read.
    void begin_again(es::Version unreadable) {
        until = unreadable;
        document.reset();
        rows = Rows::with_history();
    }
    [[nodiscard]] es::Version reached() const { return document ? document->version : 0; }

    es::StreamId stream;
    std::optional<es::Version> until;  // exclusive
    Document document;
    Rows rows = Rows::with_history();
};

std::size_t bytes_of(const Document& document) {
    return document ? sizeof(*document) - sizeof(document->metric) +
                          kpi::bytes_of(document->metric) + entry_bytes
                    : 0;
}

class FoldOfAll : public kpi::PastFold {
public:
    FoldOfAll(es::EventOrder& order, es::EventStore& events, es::TimePoint time)
        : order_(order), events_(events), time_(time) {}

    bool step() override { return fold_in_order() || fold_apart() || hand_over(); }

    std::shared_ptr<kpi::MetricViews> views() override { return views_; }
    [[nodiscard]] std::size_t bytes() const override {
        return bytes_ + (alone_ ? alone_->rows.all().size() * sizeof(kpi::MetricRow) : 0);
    }

private:
    // False: all events have passed.
    bool fold_in_order() {
        const auto page = order_.after(position_, events_per_step);
        for (const auto& [position, event] : page.events) {
            if (event.occurred_on <= time_) fold(event);
            position_ = position;
        }
        if (!page.events.empty()) return true;
        if (order_.last_position() >= position_) return false;
        throw es::Unavailable("events that were folded are there no more");  // another store
    }

    void fold(const es::RecordedEvent& event) {
        if (apart_.contains(event.stream)) return;
        const auto [place, is_new] = folded_.try_emplace(event.stream);
        Document& document = place->second;
        if (is_new) document = handed_over(event.stream);
        const es::Version reached = document ? document->version : 0;
        if (event.version <= reached) return;
        bytes_ -= bytes_of(document);
        Rows rows;
        if (event.version == reached + 1 && try_to_fold(document, event, rows) &&
            !rows.needs_history()) {
            bytes_ += bytes_of(document);
            return;
        }
        folded_.erase(place);
        bytes_ += bytes_of(handed_over(event.stream));
        apart_.insert(event.stream);
    }

    // False: it can't be read; the document may be anything then.
    static bool try_to_fold(Document& document, const es::RecordedEvent& event, Rows& rows) {
        try {
            kpi::MetricView::fold(document, event, rows);
            return true;
        } catch (const std::bad_alloc&) {
            throw;
        } catch (...) {
            return false;
        }
    }

    Document handed_over(const es::StreamId& stream) {
        auto found = views_->load({stream});
        if (found.empty()) return std::nullopt;
        return std::move(found.begin()->second);
    }

    // False: there is no such stream left.
    bool fold_apart() {
        if (!alone_) {
            if (apart_.empty()) return false;
            alone_.emplace(*apart_.begin());
        }
        if (fold_page(*alone_)) return true;
        bytes_ -= bytes_of(handed_over(alone_->stream));
        bytes_ += bytes_of(alone_->document);
        folded_[alone_->stream] = std::move(alone_->document);
        apart_.erase(alone_->stream);
        alone_.reset();
        return true;
    }

    // False: the stream's end, or that time, is reached.
    bool fold_page(Alone& alone) {
        es::ReadResult page;
        try {
            page = es::read_page(events_, {alone.stream, alone.reached(), events_per_step});
        } catch (const es::Corrupt&) {
            return false;  // it stays before what can't be read
        }
        for (const es::RecordedEvent& event : page.events) {
            if (event.occurred_on > time_ || event.version == alone.until) return false;
            if (!try_to_fold(alone.document, event, alone.rows)) {
                alone.begin_again(event.version);
                return true;
            }
        }
        alone.rows.mark_stored();  // nobody asks what has changed
        return page.more;
    }

    // Moves documents into the views. False: there are none.
    bool hand_over() {
        if (folded_.empty()) return false;
        es::ViewSave<kpi::MetricView> save;
        while (!folded_.empty() && save.changes.size() < documents_per_step) {
            const auto first = folded_.begin();
            es::ViewChange<kpi::MetricView> change;
            change.id = first->first;
            if (first->second) change.document = *std::move(first->second);
            change.replaces = true;  // or removes, without a document
            save.changes.push_back(std::move(change));
            folded_.erase(first);
        }
        views_->save(save);
        return true;
    }

    es::EventOrder& order_;
    es::EventStore& events_;
    const es::TimePoint time_;
    const std::shared_ptr<MemoryMetricViews> views_ = std::make_shared<MemoryMetricViews>();
    std::int64_t position_ = 0;
    std::unordered_map<es::StreamId, Document> folded_;  // not yet in the views
    std::unordered_set<es::StreamId> apart_;             // those that are to be folded alone
    std::optional<Alone> alone_;                         // the one of these at hand
    std::size_t bytes_ = 0;
};

}  // namespace

std::unique_ptr<kpi::PastFold> fold_past(es::EventOrder& order, es::EventStore& events,
                                         es::TimePoint time) {
    return std::make_unique<FoldOfAll>(order, events, time);
}

}  // namespace views
