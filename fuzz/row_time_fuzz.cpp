// A time of a CSV cell is one or a fault, whatever is said of times; it is written and read again
// as the same.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "check.hpp"
#include "es/errors.hpp"
#include "transfer/row_time.hpp"

namespace {

void check_with(std::string_view text, const transfer::TimeForms& forms) {
    const auto row = transfer::read_row_time(text, forms);
    fuzz::check(row.time.has_value() == row.fault.empty(), "a time or a fault");
    if (!row.time || forms.format) return;
    const auto again = transfer::read_row_time(base::format_time(*row.time), forms);
    fuzz::check(again.time == row.time, "a time reads as the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using transfer::DateOrder;
    using transfer::Digits;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    static const auto berlin = transfer::Zone::named("Europe/Berlin");
    for (const auto digits : {Digits::unknown, Digits::seconds, Digits::milliseconds,
                              Digits::microseconds, Digits::calendar}) {
        check_with(text, {.digits = digits});
    }
    for (const auto order : {DateOrder::dmy, DateOrder::mdy, DateOrder::ymd}) {
        check_with(text, {.order = order, .zone = berlin});
    }
    // The text up to its first line end is the form of what follows.
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return 0;
    try {
        const transfer::TimeFormat format{std::string(text.substr(0, end))};
        check_with(text.substr(end + 1), {.format = format, .zone = berlin});
    } catch (const es::Unusable&) {  // it is no form
    }
    return 0;
}
