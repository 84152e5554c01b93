// Rules of style that a search can check: no phrases that a reader must read twice, and the name of
// a file or a lock in one place only.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "project_files.hpp"

namespace {

using tidy::project_files;

struct Phrase {
    std::string_view phrase;  // whole words, in either case
    std::string_view instead;
};

constexpr Phrase phrases[] = {
    {"anew", "again, rebuilt, recreated"},
    {"who projects", "the active projector"},
    {"told of", "notified of, named"},
    {"tell of", "report"},
    {"tells of", "reports"},
    {"nobody tells", "is unknown"},
    {"heals", "recovers"},
    {"healed", "recovered"},
    {"stand in the way", "block"},
    {"stands in the way", "blocks"},
    {"stands twice", "is duplicated"},
    {"goes on with", "continues with"},
    {"go on with", "continue with"},
};

// The production code has each in one place of this folder, which others use.
struct FileName {
    std::string_view name;
    std::string_view folder;
};
constexpr FileName file_names[] = {{"\"events.db\"", "es/sqlite"},
                                   {"\"events.lock\"", "es/sqlite"},
                                   {"\"events.mark\"", "es/sqlite"},
                                   {"\"views.lock\"", "src/views/sqlite"},
                                   {"\"rebuild.lock\"", "src/views/sqlite"}};

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

// In lower case, without line breaks and the signs of comments: a phrase may go over two lines.
std::string in_one_line(std::string_view text) {
    std::string line;
    bool blank = false;
    for (const char c : text) {
        const bool at_begin = line.empty() || blank;
        if (c == ' ' || c == '\n' || c == '\t' || c == '\r' ||
            (at_begin && (c == '/' || c == '#'))) {
            blank = true;
            continue;
        }
        if (blank) line += ' ';
        blank = false;
        line += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return line;
}

std::size_t count_of(std::string_view text, std::string_view words) {
    std::size_t count = 0;
    for (auto at = text.find(words); at != std::string_view::npos;
         at = text.find(words, at + words.size())) {
        const auto end = at + words.size();
        const bool begins = at == 0 || !is_letter(text[at - 1]);
        count += begins && (end == text.size() || !is_letter(text[end])) ? 1U : 0U;
    }
    return count;
}

std::vector<std::string> phrases_in(std::string_view text) {
    const std::string line = in_one_line(text);
    std::vector<std::string> found;
    for (const auto& [phrase, instead] : phrases) {
        for (auto left = count_of(line, phrase); left > 0; --left) {
            found.push_back("\"" + std::string(phrase) + "\": write " + std::string(instead));
        }
    }
    return found;
}

std::string folder_of(const std::string& file) {
    const auto slash = file.rfind('/');
    return slash == std::string::npos ? std::string() : file.substr(0, slash);
}

using Faults = std::map<std::string, std::vector<std::string>>;  // by folder

std::string beyond(const Faults& faults, const std::map<std::string, std::size_t>& left) {
    std::string all;
    for (const auto& [folder, found] : faults) {
        const auto allowed = left.find(folder);
        if (found.size() <= (allowed == left.end() ? 0 : allowed->second)) continue;
        all += folder + " has " + std::to_string(found.size()) + ":\n";
        for (const std::string& fault : found) all += "  " + fault + "\n";
    }
    return all;
}

TEST(Tidy, SaysThingsPlainly) {
    Faults faults;
    const auto files = project_files();
    for (const auto& [name, text] : files) {
        for (const auto& phrase : phrases_in(text)) {
            faults[folder_of(name)].push_back(name + ": " + phrase);
        }
    }
    EXPECT_GT(files.size(), 300U);
    EXPECT_EQ(beyond(faults, {}), "");
}

TEST(Tidy, NamesAFileOrALockInOnePlace) {
    Faults faults;
    for (const auto& [name, home] : file_names) {
        std::map<std::string, std::vector<std::string>> uses;
        for (const auto& [file, text] : project_files()) {
            if (!(file.starts_with("src/") || file.starts_with("es/")) ||
                file.find("_test.") != std::string::npos)
                continue;
            for (auto left = count_of(text, name); left > 0; --left) {
                uses[folder_of(file)].push_back(file + ": " + std::string(name));
            }
        }
        for (auto& [folder, found] : uses) {
            if (folder == home) found.pop_back();  // the place that names it
            auto& all = faults[folder];
            all.insert(all.end(), found.begin(), found.end());
        }
    }
    EXPECT_EQ(beyond(faults, {}), "");
}

// What opens a SqliteEventStore with its folder alone: then nobody is asked who has seen its
// events.
std::vector<std::string> stores_without_witnesses(std::string_view text) {
    constexpr std::string_view type = "SqliteEventStore";
    std::vector<std::string> found(count_of(text, "EventWitnesses::none"), "EventWitnesses::none");
    for (auto at = text.find(type); at != std::string_view::npos; at = text.find(type, at + 1)) {
        auto end = at + type.size();
        if (end < text.size() && is_letter(text[end])) continue;  // SqliteEventStoreOptions
        while (end < text.size() &&
               (is_letter(text[end]) || text[end] == '>' || text[end] == ' ')) {
            ++end;
        }
        if (end == text.size() || (text[end] != '(' && text[end] != '{')) continue;
        std::size_t arguments = 1;
        for (int depth = 0; end < text.size(); ++end) {
            if (text[end] == '(' || text[end] == '{') ++depth;
            if (text[end] == ',' && depth == 1) ++arguments;
            if ((text[end] == ')' || text[end] == '}') && --depth == 0) break;
        }
        if (arguments == 1) found.emplace_back(text.substr(at, end + 1 - at));
    }
    return found;
}

TEST(Tidy, OpensTheEventStoreWithItsWitnesses) {
    Faults faults;
    for (const auto& [name, text] : project_files()) {
        if (!name.starts_with("src/") || name.find("_test.") != std::string::npos) continue;
        for (const auto& found : stores_without_witnesses(text)) {
            faults[folder_of(name)].push_back(name + ": " + found);
        }
    }
    EXPECT_EQ(beyond(faults, {}), "");
    using ::testing::ElementsAre;
    EXPECT_THAT(stores_without_witnesses("es::SqliteEventStore store(data);"),
                ElementsAre("SqliteEventStore store(data)"));
    EXPECT_THAT(stores_without_witnesses("make_unique<SqliteEventStore>(data_)"),
                ElementsAre("SqliteEventStore>(data_)"));
    EXPECT_THAT(stores_without_witnesses("SqliteEventStore store_{data}"), ::testing::SizeIs(1));
    EXPECT_THAT(stores_without_witnesses("backup(data, es::EventWitnesses::none())"),
                ElementsAre("EventWitnesses::none"));
    EXPECT_THAT(
        stores_without_witnesses("void f(SqliteEventStore& a) { SqliteEventStore b(c(), d); }"),
        ::testing::IsEmpty());
}

TEST(Tidy, FindsAPhraseInWhateverFormItStands) {
    using ::testing::SizeIs;
    EXPECT_THAT(phrases_in("views are made anew"), SizeIs(1));
    EXPECT_THAT(phrases_in("// It is told\n    // of a loss. It goes\n# on with it"), SizeIs(2));
    EXPECT_THAT(phrases_in("Nobody tells.\n\nANEW"), SizeIs(2));
    EXPECT_THAT(phrases_in("untold offers, renewed, it foretells of"), ::testing::IsEmpty());
    EXPECT_EQ(count_of(R"(f("events.lock", "events.lock"))", R"("events.lock")"), 2U);
}

}  // namespace
