#include "yardstick/suggestion.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <vector>

namespace yardstick {
namespace {

// So many letters may be wrong, missing or too many.
constexpr std::size_t distance_max = 2;

// Levenshtein's distance, row by row.
std::size_t distance(const std::string& a, const std::string& b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (const char letter : a) {
        std::size_t diagonal = row[0]++;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t replaced = diagonal + (letter == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
        }
    }
    return row.back();
}

}  // namespace

std::string suggestion_for(const std::string& word, const CLI::App& app) {
    const std::string bare = word.substr(0, word.find('='));
    std::string likely;
    std::size_t nearest = distance_max + 1;
    const auto consider = [&](const std::string& name) {
        const std::size_t far = distance(bare, name);
        // Of a short name nearly anything would be near.
        if (far >= nearest || far * 2 >= name.size()) return;
        nearest = far;
        likely = name;
    };
    for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
        consider(command->get_name());
    }
    for (const CLI::Option* option : app.get_options()) {
        for (const std::string& name : option->get_lnames()) consider("--" + name);
    }
    return likely;
}

}  // namespace yardstick
