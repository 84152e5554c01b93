#include "cli/list_format.hpp"

#include <array>
#include <functional>
#include <optional>
#include <string_view>

#include "base/csv_writer.hpp"
#include "base/json_members.hpp"
#include "cli/sparkline.hpp"
#include "cli/table.hpp"
#include "cli/width.hpp"
#include "cli/words.hpp"

namespace cli {
namespace {

constexpr std::size_t trend_columns = 24;
constexpr std::size_t text_width_min = 8;  // to which ids and other texts may be cut
constexpr std::size_t outlook_width_min = 12;

struct Drawn {
    const Look& look;
    base::TimePoint now;
};

// A column that is made for people, in a table and in Markdown.
struct MadeColumn {
    const char* name;
    TableColumn column;
    TableCell (*cell)(const Metric&, const Drawn&);
};

TableCell status_cell(const Metric& metric, const Drawn& drawn) {
    const std::string word = status_word(metric.status);
    const std::string sign =
        drawn.look.terminal ? status_sign(metric.status, drawn.look) + " " : std::string();
    return {sign + word, status_colour(metric.status)};
}

TableCell value_cell(const Metric& metric, const Drawn& /*drawn*/) {
    return {metric.has_value() ? amount_text(metric, metric.value) : "-"};
}

TableCell target_cell(const Metric& metric, const Drawn& /*drawn*/) {
    return {target_text(metric)};
}

TableCell trend_cell(const Metric& metric, const Drawn& drawn) {
    return {sparkline(metric.recent, trend_columns, drawn.look.ascii)};
}

TableCell outlook_cell(const Metric& metric, const Drawn& drawn) {
    return {outlook_text(metric, drawn.now)};
}

TableCell deadline_cell(const Metric& metric, const Drawn& /*drawn*/) {
    return {metric.has_end() ? time_text(metric.deadline) : "no end"};
}

constexpr std::array<MadeColumn, 6> made_columns{
    {{"status", {}, status_cell},
     {"value", {Align::left, text_width_min}, value_cell},
     {"target", {}, target_cell},
     {"trend", {}, trend_cell},
     {"outlook", {Align::left, outlook_width_min}, outlook_cell},
     {"deadline", {}, deadline_cell}}};

// Members of a document that are shown as they are.
constexpr std::array<const char*, 20> members{
    "id",          "name",    "description", "unit",      "owner",     "tags",       "kind",
    "direction",   "mode",    "start",       "baseline",  "progress",  "valueDate",  "version",
    "updateEvery", "dueFrom", "staleFrom",   "createdAt", "updatedAt", "attentionAt"};
// These only in CSV, as figures and words of the server.
constexpr std::array<const char*, 4> flags{"stale", "isArchived", "isExpired", "isSuccessful"};

const MadeColumn* made_column(const std::string& name) {
    for (const MadeColumn& column : made_columns) {
        if (name == column.name) return &column;
    }
    return nullptr;
}

// A member as text; `is_text`: it was written by somebody.
struct Member {
    std::string text;
    bool is_text = false;
};

Member member_of(const Metric& metric, const std::string& column) {
    const json::Value* value = metric.document.find(column == "id" ? "_id" : column);
    if (value == nullptr || value->is_null()) return {};
    if (value->string() != nullptr) return {*value->string(), true};
    if (value->array() == nullptr) return {json::text_of(*value)};
    std::string joined;
    for (const json::Value& item : *value->array()) {
        joined += (joined.empty() ? "" : " ") +
                  (item.string() != nullptr ? *item.string() : json::text_of(item));
    }
    return {joined, true};
}

TableCell cell_of(const Metric& metric, const std::string& name, const Drawn& drawn) {
    const MadeColumn* made = made_column(name);
    return made != nullptr ? made->cell(metric, drawn)
                           : TableCell{clean(member_of(metric, name).text)};
}

std::string table_rows(const std::vector<std::string>& columns, const std::vector<Metric>& metrics,
                       const Drawn& drawn) {
    std::vector<TableColumn> widths;
    widths.reserve(columns.size());
    for (const std::string& name : columns) {
        const MadeColumn* made = made_column(name);
        widths.push_back(made != nullptr ? made->column : TableColumn{Align::left, text_width_min});
    }
    Table table(widths);
    for (const Metric& metric : metrics) {
        std::vector<TableCell> row;
        row.reserve(columns.size());
        for (const std::string& name : columns) row.push_back(cell_of(metric, name, drawn));
        table.add(std::move(row));
    }
    return table.text(drawn.look);
}

std::string csv_rows(const std::vector<std::string>& columns, const std::vector<Metric>& metrics,
                     const Drawn& drawn) {
    base::CsvWriter csv;
    for (const Metric& metric : metrics) {
        for (const std::string& name : columns) {
            if (name == "trend" || name == "outlook") {
                csv.text(cell_of(metric, name, drawn).text);
                continue;
            }
            const Member member = member_of(metric, name);
            if (member.is_text) {
                csv.text(member.text);
            } else {
                csv.plain(member.text);
            }
        }
        csv.end_row();
    }
    return csv.rows();
}

// What would be read as Markdown or HTML is escaped.
std::string markdown_text(std::string_view text) {
    constexpr std::string_view special = "\\`*_{}[]<>()#+!|&~";
    std::string safe;
    for (const char c : text) {
        if (special.find(c) != std::string_view::npos) safe += '\\';
        safe += c;
    }
    return safe;
}

std::string markdown_row(const std::vector<std::string>& cells) {
    std::string line = "|";
    for (const std::string& cell : cells) line += " " + cell + " |";
    return line + "\n";
}

std::string markdown_rows(const std::vector<std::string>& columns,
                          const std::vector<Metric>& metrics, const Drawn& drawn) {
    std::string lines;
    for (const Metric& metric : metrics) {
        std::vector<std::string> cells;
        cells.reserve(columns.size());
        for (const std::string& name : columns) {
            cells.push_back(markdown_text(cell_of(metric, name, drawn).text));
        }
        lines += markdown_row(cells);
    }
    return lines;
}

}  // namespace

std::vector<std::string> usual_columns(ListFormat format, const Look& look) {
    switch (format) {
        case ListFormat::table:
            break;
        case ListFormat::csv:
            return {"id",        "name",   "status",    "stale",    "value", "unit",
                    "valueDate", "target", "direction", "deadline", "owner", "tags"};
        case ListFormat::markdown:
            return {"status", "name", "value", "target", "outlook"};
    }
    if (look.terminal) return {"status", "id", "value", "target", "trend", "outlook"};
    return {"status", "id", "value", "target", "outlook"};
}

std::vector<std::string> known_columns() {
    std::vector<std::string> names;
    names.reserve(made_columns.size() + members.size() + flags.size());
    for (const MadeColumn& column : made_columns) names.emplace_back(column.name);
    names.insert(names.end(), members.begin(), members.end());
    names.insert(names.end(), flags.begin(), flags.end());
    return names;
}

std::string list_header(ListFormat format, const std::vector<std::string>& columns) {
    std::string line;
    switch (format) {
        case ListFormat::table:
            break;
        case ListFormat::csv:
            for (const std::string& name : columns) line += (line.empty() ? "" : ",") + name;
            return line + "\n";
        case ListFormat::markdown:
            return markdown_row(columns) +
                   markdown_row(std::vector<std::string>(columns.size(), "---"));
    }
    return line;
}

std::string list_rows(ListFormat format, const std::vector<std::string>& columns,
                      const std::vector<Metric>& metrics, const Look& look, base::TimePoint now) {
    const Drawn drawn{look, now};
    switch (format) {
        case ListFormat::table:
            break;
        case ListFormat::csv:
            return csv_rows(columns, metrics, drawn);
        case ListFormat::markdown:
            return markdown_rows(columns, metrics, drawn);
    }
    return table_rows(columns, metrics, drawn);
}

}  // namespace cli
