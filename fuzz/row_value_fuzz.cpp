// A value of a CSV cell is a number or a fault; a number is written with either decimal sign and
// read again as the same.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "check.hpp"
#include "transfer/row_value.hpp"

namespace {

using transfer::DecimalSign;

void check_written(double value) {
    std::string written = json::format_number(value);
    const auto with_point = transfer::read_row_value(written, DecimalSign::point);
    fuzz::check(with_point.fault.empty() && with_point.value == value, "with a point, the same");
    std::ranges::replace(written, '.', ',');
    const auto with_comma = transfer::read_row_value(written, DecimalSign::comma);
    fuzz::check(with_comma.fault.empty() && with_comma.value == value, "with a comma, the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    for (const auto sign : {DecimalSign::unknown, DecimalSign::point, DecimalSign::comma}) {
        const auto row = transfer::read_row_value(text, sign);
        if (!row.fault.empty()) continue;
        fuzz::check(std::isfinite(row.value), "a number is finite");
        check_written(row.value);
    }
    const auto unknown = transfer::read_row_value(text, DecimalSign::unknown);
    const auto with_point = transfer::read_row_value(text, DecimalSign::point);
    fuzz::check(
        !unknown.fault.empty() || (with_point.fault.empty() && with_point.value == unknown.value),
        "what needs no sign to be named reads as with a point");
    transfer::DecimalSigns signs;
    signs.look_at(1, text);
    const bool may_be_two = unknown.fault.ends_with(
        "may be a fraction or thousands; say which sign is the decimal one with --decimal comma or "
        "--decimal point");
    fuzz::check(!may_be_two || !signs.doubt().empty(), "a value that may be two is a doubt");
    return 0;
}
