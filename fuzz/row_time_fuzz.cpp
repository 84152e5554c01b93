// A time of a CSV cell is one or a fault, whatever digits mean; it is written and read again as the
// same.
#include <cstdint>
#include <string_view>

#include "base/time.hpp"
#include "check.hpp"
#include "transfer/row_time.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using transfer::Digits;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    for (const auto digits : {Digits::unknown, Digits::seconds, Digits::milliseconds,
                              Digits::microseconds, Digits::calendar}) {
        const auto row = transfer::read_row_time(text, digits);
        fuzz::check(row.time.has_value() == row.fault.empty(), "a time or a fault");
        if (!row.time) continue;
        const auto again = transfer::read_row_time(base::format_time(*row.time), digits);
        fuzz::check(again.time == row.time, "a time reads as the same");
    }
    return 0;
}
