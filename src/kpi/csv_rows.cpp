#include "kpi/csv_rows.hpp"

#include <string_view>
#include <variant>

#include "base/time.hpp"
#include "kpi/metric_fields.hpp"

namespace kpi {
namespace {

base::CsvWriter& write_cells(base::CsvWriter& csv, const MetricId& id, const MetricValue& value) {
    return csv.text(id)
        .plain(base::format_time(value.date))
        .number(value.value)
        .plain(std::to_string(value.version));
}

}  // namespace

std::string metrics_csv_header() {
    std::string header = "id";
    for (const MetricField* field : exported_fields) {
        header += std::string(",") + field->name;
    }
    return header + "\n";
}

void write_metric(base::CsvWriter& csv, const MetricId& id, const MetricDocument& document,
                  es::TimePoint now) {
    csv.text(id);
    for (const MetricField* field : exported_fields) {
        const FieldView value = field->get(document, now);
        const auto* text = std::get_if<std::string_view>(&value);
        if (text != nullptr && field->words.empty()) {
            csv.text(*text);
        } else if (const auto* json = std::get_if<Json>(&value)) {
            csv.text(json->text);
        } else if (!field->is_absent(value)) {
            csv.plain(text_of(value));
        } else {
            csv.plain("");
        }
    }
    csv.end_row();
}

void write_value(base::CsvWriter& csv, const MetricId& id, const MetricValue& value) {
    write_cells(csv, id, value).end_row();
}

void write_value_with_mark(base::CsvWriter& csv, const MetricId& id, const MetricValue& value) {
    write_cells(csv, id, value).plain(value.retracted() ? "true" : "").end_row();
}

}  // namespace kpi
