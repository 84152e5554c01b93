#include "transfer/metric_history.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "es/errors.hpp"

namespace transfer {
namespace {

es::RecordedEvent event_of(const std::string& id, es::Version version, base::TimePoint on,
                           const kpi::MetricEvent& event) {
    auto encoded = kpi::metric_codec().encode(event);
    es::Metadata metadata;
    metadata.extra = {{history_note, "history"}};
    return {id,
            version,
            on,
            std::move(encoded.type),
            encoded.schema,
            std::move(encoded.payload),
            std::move(metadata)};
}

}  // namespace

std::vector<SeriesRow> rows_by_time(SeriesReader& rows) {
    std::vector<SeriesRow> result;
    while (auto row = rows.next()) {
        if (result.size() == history_rows_max) {
            throw es::Unusable("a history of more than " + std::to_string(history_rows_max) +
                               " rows is too long to be sorted in memory");
        }
        result.push_back(*std::move(row));
    }
    std::ranges::sort(result, {}, [](const SeriesRow& row) {
        const bool good = row.fault.empty();
        return std::tuple(good, good ? row.time : base::TimePoint{}, row.line);
    });
    return result;
}

es::RecordedEvent creation_event(const std::string& id, const kpi::MetricCreated& creation,
                                 base::TimePoint created) {
    return event_of(id, 1, created, creation);
}

es::RecordedEvent value_event(const std::string& id, es::Version version, const SeriesRow& row) {
    return event_of(id, version, row.time, kpi::MetricValueUpdated{row.value, std::nullopt});
}

}  // namespace transfer
