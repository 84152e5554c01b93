#include "cli/table.hpp"

#include <algorithm>
#include <numeric>

#include "cli/width.hpp"

namespace cli {
namespace {

constexpr std::size_t gap = 2;

// What is left of a row's line, in columns; nothing limits it where the width isn't known.
class Line {
public:
    explicit Line(const Look& look) : look_(look) {}

    void blanks(std::size_t count) { pending_ += count; }

    void cell(const TableCell& cell, std::size_t width) {
        const std::size_t at = used_ + pending_;
        if (cell.text.empty() || (look_.width && at >= *look_.width)) return;
        const std::size_t room = look_.width ? std::min(width, *look_.width - at) : width;
        const std::string shown = fitted(cell.text, room, look_.ellipsis());
        text_ += std::string(pending_, ' ') + look_.coloured(shown, cell.colour);
        used_ = at + width_of(shown);
        pending_ = 0;
    }

    [[nodiscard]] std::size_t used() const { return used_ + pending_; }
    [[nodiscard]] const std::string& text() const { return text_; }

private:
    const Look& look_;
    std::string text_;
    std::size_t used_ = 0;
    std::size_t pending_ = 0;  // blanks before what comes next, none at the end of a line
};

}  // namespace

std::vector<std::size_t> Table::widths(const Look& look) const {
    std::vector<std::size_t> widths(columns_.size());
    for (const auto& row : rows_) {
        for (std::size_t i = 0; i < widths.size(); ++i) {
            widths[i] = std::max(widths[i], width_of(row[i].text));
        }
    }
    if (!look.width) return widths;
    const auto used = static_cast<std::size_t>(
        std::ranges::count_if(widths, [](std::size_t width) { return width > 0; }));
    std::size_t total = std::accumulate(widths.begin(), widths.end(), std::size_t{0}) +
                        gap * (used > 0 ? used - 1 : 0);
    while (total > *look.width) {
        std::size_t widest = widths.size();
        for (std::size_t i = 0; i < widths.size(); ++i) {
            const bool gives_way = columns_[i].width_min > 0 && widths[i] > columns_[i].width_min;
            if (gives_way && (widest == widths.size() || widths[i] > widths[widest])) widest = i;
        }
        if (widest == widths.size()) break;
        --widths[widest];
        --total;
    }
    return widths;
}

std::string Table::text(const Look& look) const {
    const auto all = widths(look);
    std::string text;
    for (const auto& row : rows_) {
        Line line(look);
        std::size_t begin = 0;
        for (std::size_t i = 0; i < all.size(); ++i) {
            if (all[i] == 0) continue;  // nothing in the whole column
            const std::size_t own = std::min(width_of(row[i].text), all[i]);
            const std::size_t shift = columns_[i].align == Align::right ? all[i] - own : 0;
            line.blanks(begin + shift - std::min(line.used(), begin + shift));
            line.cell(row[i], all[i]);
            begin += all[i] + gap;
        }
        text += line.text() + "\n";
    }
    return text;
}

}  // namespace cli
