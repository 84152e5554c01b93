#include "api/etag.hpp"

#include <algorithm>
#include <charconv>

namespace api {
namespace {

void skip_spaces(std::string_view& text) {
    const auto first = text.find_first_not_of(" \t");
    text.remove_prefix(first == std::string_view::npos ? text.size() : first);
}

// What RFC 9110 allows between the quotes.
bool is_tag_character(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == 0x21 || (byte >= 0x23 && byte <= 0x7E) || byte >= 0x80;
}

// Takes one tag from the front of `text`.
std::optional<ETag> take_tag(std::string_view& text) {
    ETag tag;
    if (text.starts_with("W/")) {
        tag.weak = true;
        text.remove_prefix(2);
    }
    if (!text.starts_with('"')) return std::nullopt;
    const auto end = text.find('"', 1);
    if (end == std::string_view::npos) return std::nullopt;
    tag.value = text.substr(1, end - 1);
    if (!std::ranges::all_of(tag.value, is_tag_character)) return std::nullopt;
    text.remove_prefix(end + 1);
    return tag;
}

// Adds one field's tags; empty elements between commas are allowed. False: it can't be read.
bool read_field(std::string_view text, std::vector<ETag>& tags) {
    while (true) {
        skip_spaces(text);
        if (!text.empty() && text.front() != ',') {
            auto tag = take_tag(text);
            if (!tag) return false;
            tags.push_back(*std::move(tag));
            skip_spaces(text);
        }
        if (text.empty()) return true;
        if (text.front() != ',') return false;
        text.remove_prefix(1);
    }
}

}  // namespace

std::optional<es::Version> ETag::version() const {
    const std::string_view digits = std::string_view(value).substr(0, value.find('-'));
    if (digits.empty() || digits.front() == '0') return std::nullopt;
    es::Version version = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), version);
    if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    return version > 0 ? std::optional(version) : std::nullopt;
}

bool ETagList::matches_weakly(std::string_view value) const {
    return any || std::ranges::any_of(tags, [&](const ETag& tag) { return tag.value == value; });
}

std::vector<es::Version> ETagList::versions() const {
    std::vector<es::Version> versions;
    for (const auto& tag : tags) {
        const auto version = tag.weak ? std::nullopt : tag.version();
        if (version) versions.push_back(*version);
    }
    std::ranges::sort(versions);
    const auto repeated = std::ranges::unique(versions);
    versions.erase(repeated.begin(), repeated.end());
    return versions;
}

std::optional<ETagList> read_etags(const http::Headers& headers, std::string_view name,
                                   std::vector<http::Problem::Error>& errors) {
    const auto fields = headers.all(name);
    if (fields.empty()) return std::nullopt;
    ETagList list;
    if (fields.size() == 1) {
        std::string_view text = fields.front();
        skip_spaces(text);
        if (text.starts_with('*') && text.find_first_not_of(" \t", 1) == std::string_view::npos) {
            list.any = true;
            return list;
        }
    }
    const bool readable = std::ranges::all_of(
        fields, [&](std::string_view field) { return read_field(field, list.tags); });
    if (readable && !list.tags.empty()) return list;
    errors.push_back({"header", std::string(name),
                      "is not * or a list of entity tags such as \"5\", each in quotes"});
    return std::nullopt;
}

std::string quoted_etag(std::string_view value) {
    std::string tag;
    tag.reserve(value.size() + 2);
    tag += '"';
    tag += value;
    tag += '"';
    return tag;
}

}  // namespace api
