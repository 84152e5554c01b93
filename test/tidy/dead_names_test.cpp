// Finds functions and members that a header declares and nobody uses. By their names alone: one
// that shares its name with another that is used stays unnoticed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "project_files.hpp"

namespace {

using tidy::File;
using tidy::project_files;

// What production code declares for others than itself, and why.
const std::set<std::string>& allowed() {
    static const std::set<std::string> names{
        "command_names",  // the tests hold the commands against what is documented
        "inode",          // compared by operator== = default
        "problem_types",  // the tests hold them against what is documented
    };
    return names;
}

bool is_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

// The position after a literal that begins at `at`.
std::size_t end_of_literal(std::string_view text, std::size_t at) {
    const char quote = text[at];
    if (quote == '"' && at > 0 && text[at - 1] == 'R') {
        const auto open = text.find('(', at);
        std::string close = ")";
        close.append(text.substr(at + 1, open - at - 1)).append("\"");
        const auto end = text.find(close, at);
        return end == std::string_view::npos ? text.size() : end + close.size();
    }
    for (++at; at < text.size() && text[at] != quote && text[at] != '\n'; ++at) {
        if (text[at] == '\\') ++at;
    }
    return std::min(at + 1, text.size());
}

// Without comments, and without what is in literals.
std::string code_of(std::string_view text) {
    std::string code;
    for (std::size_t at = 0; at < text.size();) {
        const bool separates_digits = text[at] == '\'' && at > 0 && is_word(text[at - 1]);
        if (text.substr(at, 2) == "//") {
            at = std::min(text.find('\n', at), text.size());
        } else if (text.substr(at, 2) == "/*") {
            at = std::min(text.find("*/", at), text.size() - 2) + 2;
        } else if (text[at] == '"' || (text[at] == '\'' && !separates_digits)) {
            code += "\"\"";
            at = end_of_literal(text, at);
        } else {
            code += text[at++];
        }
    }
    return code;
}

std::string_view without_blanks_behind(std::string_view code) {
    return code.substr(0, code.find_last_not_of(" \n") + 1);
}

std::string_view last_word(std::string_view code) {
    auto begin = code.size();
    while (begin > 0 && is_word(code[begin - 1])) --begin;
    return code.substr(begin);
}

// Without "Class<T>::" at its end.
std::string_view without_qualifiers(std::string_view code) {
    while (code.ends_with("::")) {
        code.remove_suffix(2);
        if (code.ends_with('>')) code = code.substr(0, code.rfind('<'));
        code.remove_suffix(last_word(code).size());
    }
    return code;
}

// Whether the word between these is declared or defined there: a type stands before it, as
// clang-format sets it, and what follows begins a body, parameters or a value.
bool is_declared(std::string_view before, std::string_view after) {
    const auto next = after.find_first_not_of(" \n");
    if (next == std::string_view::npos ||
        std::string_view("(;={[").find(after[next]) == std::string_view::npos ||
        after.substr(next).starts_with("==")) {
        return false;
    }
    before = without_qualifiers(before);
    const std::string_view type = without_blanks_behind(before);
    if (type.empty() || type.size() == before.size()) return false;
    if (std::string_view("*&>").find(type.back()) != std::string_view::npos) {
        const std::string_view bare = type.substr(0, type.find_last_not_of("*&>") + 1);
        return !bare.empty() && !type.ends_with("->") &&
               std::string_view(" -=(").find(bare.back()) == std::string_view::npos;
    }
    static const std::set<std::string_view> no_types{
        "return", "co_return", "co_await", "co_yield", "new",  "throw",    "else",
        "case",   "delete",    "goto",     "and",      "or",   "not",      "typename",
        "using",  "template",  "class",    "struct",   "enum", "operator", "namespace"};
    const std::string_view word = last_word(type);
    return !word.empty() && !no_types.contains(word);
}

struct Names {
    std::map<std::string, std::string> declared;  // in which header
    std::set<std::string> used;
};

void read(const File& file, Names& names) {
    const std::string text = code_of(file.text);
    const std::string_view code = text;
    const bool header = file.name.ends_with(".hpp");
    for (std::size_t at = 0; at < code.size();) {
        if (!is_word(code[at])) {
            ++at;
            continue;
        }
        auto end = at;
        while (end < code.size() && is_word(code[end])) ++end;
        std::string word(code.substr(at, end - at));
        if (!is_declared(code.substr(0, at), code.substr(end))) {
            names.used.insert(std::move(word));
        } else if (header) {
            names.declared.emplace(std::move(word), file.name);
        }
        at = end;
    }
}

bool belongs_to_tests(std::string_view name) {
    static constexpr std::string_view signs[] = {"_test.",   "_fixture.", "_test_domain.",
                                                 "/test/",   "/testing/", "test_connection",
                                                 "fault_vfs"};
    return std::ranges::any_of(
        signs, [&](auto sign) { return name.find(sign) != std::string_view::npos; });
}

// What is public in es is also for its examples, its tutorial and its tests.
std::vector<std::string> dead_names(const std::vector<File>& files) {
    Names names;
    Names around_es;
    for (const File& file : files) {
        const bool code = file.name.ends_with(".hpp") || file.name.ends_with(".cpp");
        const bool of_es = file.name.starts_with("es/");
        if (!of_es && !file.name.starts_with("src/")) continue;
        if (code && !belongs_to_tests(file.name)) {
            read(file, names);
        } else if (of_es) {
            read(file, around_es);
        }
    }
    std::vector<std::string> dead;
    for (const auto& [name, header] : names.declared) {
        const bool is_public = header.starts_with("es/include/");
        if (names.used.contains(name) || (is_public && around_es.used.contains(name))) continue;
        dead.push_back(header + ": " + name);
    }
    return dead;
}

TEST(DeadNames, EverythingThatAHeaderDeclaresIsUsed) {
    auto dead = dead_names(project_files());
    std::erase_if(dead, [](const std::string& one) {
        return allowed().contains(one.substr(one.rfind(' ') + 1));
    });
    EXPECT_THAT(dead, ::testing::IsEmpty());
}

TEST(DeadNames, FindsAFunctionAndAMemberThatNobodyUses) {
    const std::vector<File> files{
        {"src/a/a.hpp",
         "class A {\n"
         "    [[nodiscard]] bool is_used() const { return used_ && !is_asked(); }\n"
         "    std::vector<int> dead_function(const A& a);\n"
         "    std::string* dead_pointer() const;\n"
         "    template <class T> T dead_template(std::string_view name);\n"
         "    int used_ = 1;\n"
         "    std::map<int, int> dead_member_;\n"
         "};\n"},
        {"src/a/a.cpp",
         "// dead_function() is only talked of.\n"
         "std::vector<int> A::dead_function(const A& a) { return {}; }\n"
         "std::string* A::dead_pointer() const { log(\"dead_pointer\"); return nullptr; }\n"
         "int main() { return A().is_used() ? 1'000 : '\"'; }\n"},
        {"src/a/a_test.cpp", "TEST(A, A) { a.dead_function(a); }\n"}};
    EXPECT_THAT(dead_names(files),
                ::testing::ElementsAre("src/a/a.hpp: dead_function", "src/a/a.hpp: dead_member_",
                                       "src/a/a.hpp: dead_pointer", "src/a/a.hpp: dead_template"));
}

TEST(DeadNames, WhatEsOffersIsUsedByItsTestsAndItsTutorial) {
    const std::vector<File> files{
        {"es/include/es/a.hpp", "struct A { void tested(); void shown(); void dead(); };\n"},
        {"es/test/a_test.cpp", "TEST(A, A) { a.tested(); }\n"},
        {"es/README.md", "    a.shown();\n"}};
    EXPECT_THAT(dead_names(files), ::testing::ElementsAre("es/include/es/a.hpp: dead"));
}

}  // namespace
