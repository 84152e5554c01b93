#include "transfer/exports.hpp"

#include <algorithm>

#include "base/csv_writer.hpp"
#include "es/errors.hpp"
#include "kpi/csv_rows.hpp"
#include "transfer/event_line.hpp"

namespace transfer {
namespace {

using base::CsvWriter;

constexpr std::size_t page_metrics = 500;
constexpr std::size_t page_values = 5'000;
constexpr std::size_t page_events = 1'000;

void pass_on(CsvWriter& csv, Output& out) {
    out.write(csv.rows());
    csv.clear();
}

// The values of one metric; nullopt: there is no such metric.
std::optional<std::uint64_t> write_values(kpi::MetricViews& views, const kpi::MetricId& id,
                                          CsvWriter& csv, Output& out) {
    std::uint64_t written = 0;
    kpi::ValuesQuery query;
    query.id = id;
    query.limit = page_values;
    for (;;) {
        const auto page = views.values(query);
        if (!page) return std::nullopt;
        for (const kpi::MetricValue& value : page->items) {
            kpi::write_value(csv, id, value);
        }
        pass_on(csv, out);
        written += page->items.size();
        if (!page->more || page->items.empty()) return written;
        query.after = {page->items.back().date, page->items.back().version};
    }
}

// Writes those that can be written.
void write_events(const std::vector<es::RecordedEvent>& events, Output& out,
                  const OnLeftOut& on_left_out, ExportedEvents& exported) {
    std::string lines;
    for (const es::RecordedEvent& event : events) {
        if (write_event_line(event, lines)) {
            ++exported.written;
        } else {
            ++exported.left_out;
            on_left_out(event);
        }
    }
    out.write(lines);
}

}  // namespace

std::optional<std::uint64_t> export_metrics(kpi::MetricViews& views,
                                            const std::optional<kpi::MetricId>& only,
                                            es::TimePoint now, Output& out,
                                            const OnWritten& on_written) {
    CsvWriter csv;
    if (only) {
        const auto metric = views.find(*only);
        if (!metric) return std::nullopt;
        out.write(kpi::metrics_csv_header());
        kpi::write_metric(csv, *only, metric->document, now);
        pass_on(csv, out);
        return 1;
    }
    out.write(kpi::metrics_csv_header());
    std::uint64_t written = 0;
    kpi::ListQuery query;
    query.now = now;
    query.limit = page_metrics;
    for (;;) {
        const kpi::ListPage page = views.list(query);
        for (const auto& item : page.items) kpi::write_metric(csv, item.id, item.document, now);
        pass_on(csv, out);
        written += page.items.size();
        on_written(written);
        if (!page.more || page.items.empty()) return written;
        query.after = kpi::ListPosition{page.items.back().id, page.items.back().id};
    }
}

std::optional<std::uint64_t> export_values(kpi::MetricViews& views,
                                           const std::optional<kpi::MetricId>& only, Output& out,
                                           const OnWritten& on_written) {
    CsvWriter csv;
    if (only) {
        if (views.version(*only) == 0) return std::nullopt;
        out.write(kpi::values_csv_header);
        return write_values(views, *only, csv, out);
    }
    out.write(kpi::values_csv_header);
    std::uint64_t written = 0;
    kpi::ListQuery query;
    query.limit = page_metrics;
    for (;;) {
        const auto [ids, more] = views.list_ids(query);
        for (const kpi::MetricId& id : ids) {
            written += write_values(views, id, csv, out).value_or(0);
            on_written(written);
        }
        if (!more || ids.empty()) return written;
        query.after = kpi::ListPosition{ids.back(), ids.back()};
    }
}

ExportedEvents export_events(es::EventFeed& feed, Output& out, const OnWritten& on_written,
                             const OnLeftOut& on_left_out) {
    ExportedEvents exported;
    es::Checkpoints reached;
    std::uint64_t left = feed.lag(reached).events;  // what comes later is another export's
    while (left > 0) {
        const auto limit = static_cast<std::size_t>(std::min<std::uint64_t>(left, page_events));
        const es::FeedBatch batch = feed.poll(reached, limit, std::chrono::milliseconds(0));
        if (batch.events.empty()) break;
        write_events(batch.events, out, on_left_out, exported);
        for (const auto& [partition, checkpoint] : batch.reached) reached[partition] = checkpoint;
        left -= std::min<std::uint64_t>(left, batch.events.size());
        on_written(exported.written);
    }
    return exported;
}

ExportedEvents export_stream(es::EventStore& store, const es::StreamId& stream, Output& out,
                             const OnWritten& on_written, const OnLeftOut& on_left_out) {
    ExportedEvents exported;
    es::Version after = 0;
    for (;;) {
        const es::ReadResult page = es::read_page(store, {stream, after, page_events});
        write_events(page.events, out, on_left_out, exported);
        on_written(exported.written);
        if (!page.more || page.events.empty()) return exported;
        after = page.events.back().version;
    }
}

}  // namespace transfer
