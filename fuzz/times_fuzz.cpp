// What is read as a time is written and read again as the same, and times are in the order of their
// texts.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using base::DateAlone;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto start = base::parse_time(text, DateAlone::start_of_day);
    const auto end = base::parse_time(text, DateAlone::end_of_day);
    fuzz::check(start.has_value() == end.has_value(), "a time or none, whatever a date means");
    if (!start) return 0;
    fuzz::check(*start <= *end, "a day ends after its start");
    const std::string written = base::format_time(*start);
    fuzz::check(written.size() == 24, "the form of all times");
    fuzz::check(base::parse_time(written, DateAlone::start_of_day) == start,
                "a time reads as the same");
    fuzz::check((written <= base::format_time(*end)) == (*start <= *end), "the order of texts");
    return 0;
}
