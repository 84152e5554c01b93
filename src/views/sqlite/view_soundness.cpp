#include "views/sqlite/view_soundness.hpp"

#include <string>
#include <vector>

#include "es/errors.hpp"
#include "views/sqlite/view_file.hpp"
#include "views/sqlite/view_rows.hpp"

namespace views::sqlite {
namespace {

bool pages_are_sound(Connection& views) {
    // quick_check leaves out the order in trees without row ids, and compares no index: pages that
    // were swapped among these pass it.
    Statement check = views.prepare("PRAGMA integrity_check(1)");
    Rows rows = check.ask();
    return rows.next() && rows.text(0) == "ok";
}

// Each finds a row where something is wrong.
std::vector<std::string> contradictions(Connection& views) {
    const std::string documents = documents_in(views);
    const std::string values = values_in(views);
    const std::string changes = changes_in(views);
    // Others are about to be folded again.
    const std::string whole = "fields = " + std::to_string(kpi::field_set);
    std::vector<std::string> all;
    // Values of a metric that isn't there, too few or too many of them.
    all.push_back("SELECT 1 FROM (SELECT metric, sum(NOT retracted) AS counted FROM " + values +
                  " GROUP BY metric) LEFT JOIN metrics ON number = metric "
                  "WHERE counted IS NOT values_total");
    all.emplace_back(
        "SELECT 1 FROM metrics WHERE values_total > 0 AND "
        "NOT EXISTS (SELECT 1 FROM metric_values WHERE metric = number)");
    // The same of changes.
    all.push_back("SELECT 1 FROM (SELECT metric, count(*) AS counted FROM " + changes +
                  " GROUP BY metric) LEFT JOIN " + documents +
                  " ON number = metric WHERE number IS NULL OR (" + whole +
                  " AND counted <> changes_total)");
    all.push_back("SELECT 1 FROM " + documents + " WHERE " + whole +
                  " AND changes_total > 0 AND NOT EXISTS (SELECT 1 FROM " + changes +
                  " WHERE metric = number)");
    // The current value is not among the stored values, or is later than the document.
    all.push_back(
        "SELECT 1 FROM metrics m WHERE value_version > 0 AND (value_version > m.version OR NOT "
        "EXISTS (SELECT 1 FROM " +
        values +
        " v WHERE v.metric = number AND v.version = value_version AND v.value = m.value AND "
        "v.date = value_date AND NOT retracted))");
    // The highest number that was given is not known.
    all.emplace_back(
        "SELECT 1 FROM (SELECT max(number) AS last FROM metrics) WHERE last IS NOT NULL AND "
        "NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'metrics' AND seq >= last)");
    // A checkpoint that isn't that of the source.
    all.emplace_back(
        "SELECT 1 FROM source, checkpoints WHERE partition = 'events' AND "
        "checkpoint IS NOT CAST(position AS TEXT)");
    return all;
}

bool tables_agree(Connection& views) {
    for (const std::string& contradiction : contradictions(views)) {
        Statement statement = views.prepare(contradiction);
        if (statement.ask().next()) return false;
    }
    return true;
}

// What is stored next to a document, so that filters and sorts are plain SQL.
bool documents_agree(Connection& views) {
    Statement all = views.prepare("SELECT " + document_columns() + " FROM " + documents_in(views));
    for (Rows rows = all.ask(); rows.next();) {
        const kpi::MetricDocument document = document_in(rows);
        if (!document.has_all_fields) continue;  // it is about to be folded again
        int column = first_field_column - 1;
        for (const kpi::MetricField* field : kpi::stored_fields) {
            ++column;
            // The document holds others as the column does.
            if (field->set != nullptr && field->words.empty()) continue;
            if (value_in(rows, column, *field) != field->stored(document)) return false;
        }
    }
    return true;
}

}  // namespace

bool are_sound(Connection& views) {
    const Transaction one_moment(views, Transaction::Kind::read);
    try {
        return pages_are_sound(views) && tables_agree(views) && documents_agree(views);
    } catch (const es::Corrupt&) {  // a document can't be read
        return false;
    }
}

}  // namespace views::sqlite
