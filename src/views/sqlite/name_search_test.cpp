#include "views/sqlite/name_search.hpp"

#include <gtest/gtest.h>

#include <random>

#include "base/text.hpp"

namespace views::sqlite {
namespace {

bool finds(const NameSearch& search, std::size_t slot, std::string_view part) {
    const auto found = search.find(part);
    return slot / 64 < found.size() && (found[slot / 64] >> (slot % 64) & 1U) != 0;
}

TEST(NameSearches, FindAsciiLettersInEitherCase) {
    NameSearch search;
    search.put(0, "Books read");
    search.put(1, "Grösse");
    EXPECT_TRUE(finds(search, 0, "bOOK"));
    EXPECT_TRUE(finds(search, 1, "GRö"));
    EXPECT_FALSE(finds(search, 1, "GRÖ")) << "only ASCII has a case";
}

TEST(NameSearches, FindNothingAcrossTwoTexts) {
    NameSearch search;
    search.put(0, "one");
    search.put(1, "two");
    for (const char* part : {"onetwo", "et", "e\xff", "\xff"}) {
        EXPECT_FALSE(finds(search, 0, part)) << part;
        EXPECT_FALSE(finds(search, 1, part)) << part;
    }
}

TEST(NameSearches, FindWhatIsThereNow) {
    NameSearch search;
    search.put(3, "old");
    search.put(70, "old");
    search.put(3, "new");
    search.remove(70);
    EXPECT_FALSE(finds(search, 3, "old"));
    EXPECT_TRUE(finds(search, 3, "new"));
    EXPECT_FALSE(finds(search, 70, "old"));
    search.put(70, std::string("a\0b", 3));
    EXPECT_TRUE(finds(search, 70, std::string_view("\0b", 2)));
}

// Many are replaced, so that the replaced ones are dropped now and then.
TEST(NameSearches, FindWhatAPlainSearchFinds) {
    std::mt19937 random(7);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same each time
    const auto below = [&](unsigned count) { return static_cast<unsigned>(random() % count); };
    NameSearch search;
    std::vector<std::optional<std::string>> texts(300);
    for (int step = 0; step < 30'000; ++step) {
        const std::size_t slot = below(300);
        if (below(8) == 0) {
            search.remove(slot);
            texts[slot].reset();
            continue;
        }
        std::string text;
        for (unsigned left = below(6); left > 0; --left) text += "abAB\xc3"[below(5)];
        search.put(slot, text);
        texts[slot] = text;
    }
    for (const char* part : {"a", "ab", "Ba", "aab", "b\xc3", "bbbb"}) {
        const auto found = search.find(part);
        for (std::size_t slot = 0; slot < texts.size(); ++slot) {
            EXPECT_EQ(finds(search, slot, part),
                      texts[slot] && base::contains_ignoring_case(*texts[slot], part))
                << slot << " " << part;
        }
    }
}

}  // namespace
}  // namespace views::sqlite
