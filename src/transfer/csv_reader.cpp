#include "transfer/csv_reader.hpp"

#include <csv.h>

#include <new>
#include <utility>

#include "base/text.hpp"

namespace transfer {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

// What Excel takes for the delimiter when the first line is "sep=;", also in quotes.
std::optional<char> named_delimiter(std::string_view line) {
    if (line.starts_with('"') && line.ends_with('"') && line.size() > 2) {
        line = line.substr(1, line.size() - 2);
    }
    constexpr std::string_view name = "sep=";
    if (line.size() != name.size() + 1 || base::lower(line.substr(0, name.size())) != name) {
        return std::nullopt;
    }
    return line.back();
}

}  // namespace

// libcsv behind values.
class CsvReader::Parser {
public:
    explicit Parser(char delimiter) : delimiter_(delimiter) { init(); }
    ~Parser() { csv_free(&parser_); }
    Parser(const Parser&) = delete;
    Parser& operator=(const Parser&) = delete;

    // Takes one line and its end. False when it breaks the rules of quoting; the parser
    // has then forgotten what came before.
    bool take(const Line& line) {
        if (feed(line.text) && feed(line.end.empty() ? "\n" : line.end)) return true;
        reset();
        return false;
    }
    void reset() {
        csv_free(&parser_);
        cells_.clear();
        init();
    }
    // Whether a row has begun and not ended.
    [[nodiscard]] bool within_row() const { return parser_.pstate != between_rows_; }
    std::vector<std::vector<std::string>> rows() { return std::exchange(rows_, {}); }

private:
    void init() {
        if (csv_init(&parser_, CSV_STRICT) != 0) throw std::bad_alloc();
        csv_set_delim(&parser_, static_cast<unsigned char>(delimiter_));
        between_rows_ = parser_.pstate;
    }
    bool feed(std::string_view text) {
        const std::size_t used =
            csv_parse(&parser_, text.data(), text.size(), on_cell, on_row, this);
        if (used != text.size() && csv_error(&parser_) == CSV_ENOMEM) throw std::bad_alloc();
        return used == text.size();
    }
    static void on_cell(void* text, std::size_t size, void* self) {
        static_cast<Parser*>(self)->cells_.emplace_back(static_cast<const char*>(text), size);
    }
    static void on_row(int, void* self) {
        auto* parser = static_cast<Parser*>(self);
        parser->rows_.push_back(std::exchange(parser->cells_, {}));
    }

    const char delimiter_;
    csv_parser parser_{};
    int between_rows_ = 0;
    std::vector<std::string> cells_;
    std::vector<std::vector<std::string>> rows_;
};

CsvReader::CsvReader(LineReader& lines, std::optional<char> delimiter, std::size_t first_line)
    : lines_(lines),
      delimiter_(delimiter),
      first_line_(first_line),
      parser_(std::make_unique<Parser>(delimiter.value_or(','))) {}

CsvReader::~CsvReader() = default;

std::optional<CsvRow> CsvReader::next() {
    while (ready_.empty()) {
        if (auto line = next_line()) {
            take(*std::move(line));
        } else if (open_.empty()) {
            return std::nullopt;
        } else {
            give_up("has a quote that is never closed");
        }
    }
    CsvRow row = std::move(ready_.front());
    ready_.pop_front();
    return row;
}

std::optional<Line> CsvReader::next_line() {
    if (!again_.empty()) {
        Line line = std::move(again_.front());
        again_.pop_front();
        return line;
    }
    auto line = read_line();
    if (line && line->number == 1) line = begin_with(*std::move(line));
    while (line && line->number < first_line_) line = read_line();
    return line;
}

std::optional<Line> CsvReader::read_line() {
    auto line = lines_.next();
    if (line) lines_read_ = line->number;
    return line;
}

// The first line that is a row's, or blank.
std::optional<Line> CsvReader::begin_with(Line line) {
    if (line.text.starts_with(byte_order_mark)) line.text.erase(0, byte_order_mark.size());
    const auto delimiter = named_delimiter(base::trim(line.text));
    if (!delimiter) return line;
    if (!delimiter_) parser_ = std::make_unique<Parser>(*delimiter);
    return read_line();
}

void CsvReader::take(Line line) {
    std::string fault;
    if (line.too_long) {
        fault = "is longer than " + std::to_string(csv_line_bytes_max / 1024) + " KiB";
    } else if (line.text.find('\0') != std::string::npos) {
        fault =
            "holds a NUL byte, so it is not text in UTF-8; if the file is in UTF-16, say so with "
            "--encoding utf-16le or utf-16be";
    }
    open_.push_back(std::move(line));
    if (!fault.empty()) {
        // Within a row, it is the row's opening quote that is wrong; the line comes again alone.
        give_up(open_.size() == 1 ? std::move(fault) : "has a quote that is not closed in time");
        return;
    }
    if (!parser_->take(open_.back())) {
        give_up("has a quote where none may be (RFC 4180)");
        return;
    }
    for (auto& cells : parser_->rows()) {
        ready_.push_back({open_.front().number, std::move(cells), {}});
    }
    if (!parser_->within_row()) {
        open_.clear();
    } else if (open_.size() == csv_row_lines_max) {
        give_up("has a quote that is not closed within " + std::to_string(csv_row_lines_max) +
                " lines");
    }
}

// Names the first of the open lines as wrong, and reads the lines after it again.
void CsvReader::give_up(std::string fault) {
    parser_->reset();
    parser_->rows();
    ready_.push_back({open_.front().number, {}, std::move(fault)});
    open_.pop_front();
    again_.insert(again_.begin(), std::make_move_iterator(open_.begin()),
                  std::make_move_iterator(open_.end()));
    open_.clear();
}

}  // namespace transfer
