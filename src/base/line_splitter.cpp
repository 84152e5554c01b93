#include "base/line_splitter.hpp"

#include <utility>

namespace base {

void LineSplitter::append(std::string_view piece) {
    text_.erase(0, consumed_);
    scanned_ -= consumed_;
    consumed_ = 0;
    text_.append(piece);
}

std::optional<LineSplitter::Line> LineSplitter::next() {
    const std::size_t feed = text_.find('\n', scanned_);
    if (feed != std::string::npos) {
        Line line = take(feed - consumed_);
        consumed_ = scanned_ = feed + 1;
        return line;
    }
    scanned_ = text_.size();
    if (finished_ && (consumed_ < text_.size() || too_long_)) {
        Line line = take(text_.size() - consumed_);
        consumed_ = text_.size();
        return line;
    }
    if (text_.size() - consumed_ > line_bytes_max_ + 1) {  // a CR may still be its end
        too_long_ = true;
        text_.clear();
        consumed_ = scanned_ = 0;
    }
    return std::nullopt;
}

LineSplitter::Line LineSplitter::take(std::size_t size) {
    std::string_view text = std::string_view(text_).substr(consumed_, size);
    if (text.ends_with('\r')) text.remove_suffix(1);
    Line line;
    line.number = ++number_;
    line.too_long = std::exchange(too_long_, false) || text.size() > line_bytes_max_;
    if (!line.too_long) line.text = text;
    return line;
}

}  // namespace base
