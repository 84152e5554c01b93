#include "yardstick/series_file.hpp"

#include <iostream>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "yardstick/exit_codes.hpp"

namespace yardstick {
namespace {

// Whether the file must be read as a whole before its first row can be taken.
bool has_to_look(const transfer::SeriesForms& forms) {
    return forms.decimal == transfer::DecimalSign::unknown ||
           forms.times.order != transfer::DateOrder::unknown;
}

// The file itself, or a copy of a pipe that is read twice.
transfer::File open_file(const ImportOptions& options, const transfer::SeriesForms& forms) {
    transfer::File file = transfer::open_input(options.file);
    const bool once = !has_to_look(forms) || transfer::size_of(file).has_value();
    return once ? std::move(file) : transfer::copy_of(file, options.shown());
}

// Reads the file to its end, and goes back to where it began. What it shows is said then.
std::vector<std::string> look_through(const ImportOptions& options, const transfer::File& file,
                                      transfer::SeriesForms& forms) {
    if (!has_to_look(forms)) return {};
    const auto begin = transfer::position_in(file, options.shown());
    auto findings = Series(options, file, forms).reader().look_through();
    forms.decimal = findings.decimal;
    transfer::go_to(begin, file, options.shown());
    return std::move(findings.doubts);
}

std::string joined(const std::vector<std::string>& sentences) {
    std::string text;
    for (const std::string& sentence : sentences) text += (text.empty() ? "" : "; ") + sentence;
    return text;
}

std::string sentence_of(const transfer::SeriesPreview::Trouble& trouble) {
    if (trouble.further == 0) return at_line(trouble.line, trouble.why);
    return at_line(trouble.line, trouble.why + " (as in " + std::to_string(trouble.further) +
                                     (trouble.further == 1 ? " further line)" : " further lines)"));
}

}  // namespace

Series::Series(const ImportOptions& options, const transfer::File& file,
               transfer::SeriesForms forms)
    : name_(options.shown()),
      lines_(file, name_, transfer::csv_line_bytes_max, transfer::LineEnds::any,
             encoding_of(options)),
      rows_(lines_, delimiter_of(options), options.header_line.value_or(1)),
      reader_(rows_, name_, columns_of(options), std::move(forms)) {}

SeriesFile open_series(const ImportOptions& options) {
    auto forms = forms_of(options);
    transfer::File file = open_file(options, forms);
    const auto doubts = look_through(options, file, forms);
    return {std::move(file), std::move(forms), joined(doubts)};
}

es::Unusable nothing_imported(const ImportOptions& options, const std::string& why) {
    return es::Unusable("Nothing of " + options.shown() + " is imported: " + why + ".");
}

base::Progress progress_of(const transfer::File& file, const std::string& unit) {
    const auto size = transfer::size_of(file);
    if (!size) return {"import", unit, std::nullopt};
    return {"import", "kB", *size / 1000};
}

std::string at_line(std::size_t line, const std::string& why) {
    return "line " + std::to_string(line) + ": " + why + ".";
}

void print_troubles(const transfer::SeriesPreview& preview) {
    for (const auto& trouble : preview.troubles()) {
        std::cerr << base::printable(sentence_of(trouble)) << '\n';
    }
    if (preview.unnamed() > 0) std::cerr << preview.unnamed() << " further lines are not named.\n";
}

int print_preview(const ImportOptions& options, const transfer::SeriesPreview& preview,
                  std::uint64_t blank, const std::string& doubts) {
    std::cout << preview.shown() << std::flush;
    print_troubles(preview);
    if (!doubts.empty()) {
        std::cerr << "Nothing would be recorded: " << base::printable(doubts) << ".\n";
    }
    std::cout << (doubts.empty() ? preview.recorded() : 0) << " rows would be recorded, "
              << preview.changed() << " changed values, " << preview.bad() << " bad lines";
    if (options.skip_blank) std::cout << ", " << blank << " blank";
    std::cout << "; nothing was sent\n";
    return doubts.empty() && preview.all() ? exit_done : exit_partly;
}

}  // namespace yardstick
