// What is read as a list of entity tags is written and read again as the same.
#include <cstdint>
#include <string>
#include <vector>

#include "api/etag.hpp"
#include "check.hpp"

namespace {

std::optional<api::ETagList> read(const std::string& text) {
    std::vector<http::Problem::Error> errors;
    auto list = api::read_etags({{"If-Match", text}}, "If-Match", errors);
    fuzz::check(list.has_value() == errors.empty(), "a list or an error");
    return list;
}

std::string written(const api::ETagList& list) {
    if (list.any) return "*";
    std::string text;
    for (const api::ETag& tag : list.tags) {
        text += (text.empty() ? "" : ", ") + std::string(tag.weak ? "W/" : "");
        text += api::quoted_etag(tag.value);
    }
    return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto list = read(std::string(reinterpret_cast<const char*>(data), size));
    if (!list || (list->tags.empty() && !list->any)) return 0;
    const auto again = read(written(*list));
    fuzz::check(again.has_value() && written(*again) == written(*list), "tags read as the same");
    fuzz::check(again->versions() == list->versions(), "versions are the same");
    return 0;
}
