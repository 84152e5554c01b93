#include "cli/report_file.hpp"

#include <cstdint>
#include <iostream>

#include "base/progress.hpp"
#include "base/text.hpp"
#include "cli/answer.hpp"
#include "cli/exit_codes.hpp"
#include "cli/value_report.hpp"
#include "es/errors.hpp"
#include "transfer/csv_reader.hpp"

namespace cli {
namespace {

struct Counts {
    std::uint64_t recorded = 0;
    std::uint64_t repeated = 0;
    std::uint64_t unchanged = 0;
    std::uint64_t refused = 0;
};

ValueReport report_of(const transfer::CsvRow& row) {
    if (!row.fault.empty()) throw WrongUsage(row.fault + ".");
    if (row.cells.size() < 2 || row.cells.size() > 3) {
        throw WrongUsage("a line is id,value or id,value,date.");
    }
    const auto cell = [&](std::size_t i) { return std::string(base::trim(row.cells[i])); };
    return value_report(cell(0), cell(1), "the value", row.cells.size() == 3 ? cell(2) : "", "");
}

bool is_header(const transfer::CsvRow& row, bool first) {
    return first && row.cells.size() >= 2 && row.cells[0] == "id" && row.cells[1] == "value";
}

void count(const Changed& changed, Counts& counts) {
    switch (changed.outcome) {
        case Outcome::recorded:
            ++counts.recorded;
            break;
        case Outcome::repeated:
            ++counts.repeated;
            break;
        case Outcome::unchanged:
            ++counts.unchanged;
            break;
    }
}

class FileReport {
public:
    FileReport(MetricApi& api, bool json, base::Progress& progress)
        : api_(api), json_(json), progress_(progress) {}

    void take(const transfer::CsvRow& row) {
        try {
            const Changed changed = send_report(api_, report_of(row), "");
            count(changed, counts_);
            if (json_) print(row.line, changed);
        } catch (const WrongUsage& error) {
            refuse(row.line, error.what());
        } catch (const Failed& failed) {
            // A server that isn't there, or is none, refuses no line.
            if (failed.problem().empty()) throw;
            refuse(row.line, base::excerpt(row.cells.front()) + ": " + failed.what());
        } catch (const es::Unavailable& error) {
            throw es::Unavailable("line " + std::to_string(row.line) +
                                  " can't be sent: " + error.what() + "; " + text() + " before it");
        }
        progress_.reached(++lines_);
    }

    [[nodiscard]] std::string text() const {
        std::string text = std::to_string(counts_.recorded) + " recorded, " +
                           std::to_string(counts_.repeated) + " were there";
        if (counts_.unchanged > 0) {
            text += ", " + std::to_string(counts_.unchanged) + " changed nothing";
        }
        return text + ", " + std::to_string(counts_.refused) + " refused";
    }

    [[nodiscard]] bool complete() const { return counts_.refused == 0; }

private:
    static void print(std::size_t line, const Changed& changed) {
        json::Writer out;
        out.begin_object()
            .member("line", static_cast<std::int64_t>(line))
            .member("id", changed.id)
            .member("version", changed.version)
            .member("outcome", word_of(changed.outcome))
            .end_object();
        std::cout << out.text() << '\n';
    }

    void refuse(std::size_t line, const std::string& why) {
        ++counts_.refused;
        progress_.say("line " + std::to_string(line) + ": " + why);
    }

    MetricApi& api_;
    const bool json_;
    base::Progress& progress_;
    Counts counts_;
    std::uint64_t lines_ = 0;
};

}  // namespace

int report_file(MetricApi& api, const std::string& file, bool json) {
    const std::string name = file == "-" ? "the standard input" : file;
    const transfer::File input = transfer::open_input(file);
    transfer::LineReader lines(input, name, transfer::csv_line_bytes_max, transfer::LineEnds::any);
    transfer::CsvReader rows(lines);
    base::Progress progress("report", "values", std::nullopt);
    FileReport report(api, json, progress);
    for (bool first = true; const auto row = rows.next(); first = false) {
        if (!is_header(*row, first)) report.take(*row);
    }
    progress.done();
    if (!json) std::cout << report.text() << '\n';
    return report.complete() ? exit_done : exit_partly;
}

}  // namespace cli
