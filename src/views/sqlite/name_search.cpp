#include "views/sqlite/name_search.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/text.hpp"

namespace views::sqlite {
namespace {

constexpr char end_of_text = '\xff';

}  // namespace

void NameSearch::put(std::size_t slot, std::string_view text) {
    remove(slot);
    append(slot, base::lower(text));
}

void NameSearch::append(std::size_t slot, std::string_view text) {
    if (slot >= entry_of_.size()) entry_of_.resize(slot + 1, none);
    entry_of_[slot] = entries_.size();
    entries_.push_back({texts_.size(), slot});
    texts_ += text;
    texts_ += end_of_text;
}

void NameSearch::remove(std::size_t slot) {
    if (slot >= entry_of_.size() || entry_of_[slot] == none) return;
    entry_of_[slot] = none;
    ++replaced_;
    if (replaced_ >= replaced_max && replaced_ > entries_.size() / 2) drop_replaced();
}

void NameSearch::drop_replaced() {
    const std::string texts = std::exchange(texts_, {});
    const std::vector<Entry> entries = std::exchange(entries_, {});
    replaced_ = 0;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const auto [begin, slot] = entries[i];
        if (entry_of_[slot] != i) continue;
        const std::size_t end = i + 1 < entries.size() ? entries[i + 1].begin : texts.size();
        append(slot, std::string_view(texts).substr(begin, end - 1 - begin));
    }
}

std::vector<std::uint64_t> NameSearch::find(std::string_view part) const {
    std::vector<std::uint64_t> found((entry_of_.size() + 63) / 64);
    const std::string wanted = base::lower(part);
    if (wanted.empty() || wanted.find(end_of_text) != std::string::npos) return found;
    const char* from = texts_.data();
    const char* const end = from + texts_.size();
    auto entry = entries_.begin();
    while (from < end) {
        const auto left = static_cast<std::size_t>(end - from);
        const void* hit = ::memmem(from, left, wanted.data(), wanted.size());
        if (hit == nullptr) break;
        const auto place = static_cast<std::size_t>(static_cast<const char*>(hit) - texts_.data());
        while (entry + 1 != entries_.end() && (entry + 1)->begin <= place) ++entry;
        const auto number = static_cast<std::size_t>(entry - entries_.begin());
        if (entry_of_[entry->slot] == number) {
            found[entry->slot / 64] |= std::uint64_t{1} << (entry->slot % 64);
        }
        from = entry + 1 != entries_.end() ? texts_.data() + (entry + 1)->begin : end;
    }
    return found;
}

}  // namespace views::sqlite
