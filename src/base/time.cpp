#include "base/time.hpp"

#include <cstdint>

namespace base {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// Reads fixed-width fields from the front of a text; `ok` turns false at the first misfit.
class Reader {
public:
    explicit Reader(std::string_view text) : rest_(text) {}

    int digits(std::size_t count) {
        if (rest_.size() < count) return fail();
        int value = 0;
        for (const char c : rest_.substr(0, count)) {
            if (c < '0' || c > '9') return fail();
            value = value * 10 + (c - '0');
        }
        rest_.remove_prefix(count);
        return value;
    }
    bool take(std::string_view any_of) {
        if (rest_.empty() || any_of.find(rest_.front()) == std::string_view::npos) return false;
        rest_.remove_prefix(1);
        return true;
    }
    void expect(std::string_view any_of) {
        if (!take(any_of)) fail();
    }
    // The first three digits of a fraction as milliseconds; at least one digit must be there.
    int fraction() {
        int value = 0;
        std::size_t count = 0;
        while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') {
            if (count < 3) value = value * 10 + (rest_.front() - '0');
            rest_.remove_prefix(1);
            ++count;
        }
        if (count == 0) return fail();
        for (; count < 3; ++count) value *= 10;
        return value;
    }
    [[nodiscard]] bool at_end() const { return rest_.empty(); }
    [[nodiscard]] char peek() const { return rest_.empty() ? '\0' : rest_.front(); }
    [[nodiscard]] bool ok() const { return ok_; }
    int fail() {
        ok_ = false;
        return 0;
    }

private:
    std::string_view rest_;
    bool ok_ = true;
};

milliseconds read_time_of_day(Reader& reader) {
    const int hour = reader.digits(2);
    reader.expect(":");
    const int minute = reader.digits(2);
    reader.expect(":");
    const int second = reader.digits(2);
    const int millisecond = reader.take(".") ? reader.fraction() : 0;
    if (hour > 23 || minute > 59 || second > 59) reader.fail();
    return hours(hour) + minutes(minute) + seconds(second) + milliseconds(millisecond);
}

minutes read_offset(Reader& reader) {
    if (reader.take("Zz")) return minutes(0);
    const bool negative = reader.peek() == '-';
    reader.expect("+-");
    const int hour = reader.digits(2);
    reader.expect(":");
    const int minute = reader.digits(2);
    if (hour > 23 || minute > 59) reader.fail();
    const minutes offset = hours(hour) + minutes(minute);
    return negative ? -offset : offset;
}

constexpr TimePoint first_time = std::chrono::sys_days(std::chrono::year(1) / 1 / 1);
constexpr TimePoint after_last_time = std::chrono::sys_days(std::chrono::year(10000) / 1 / 1);

}  // namespace

TimePoint system_now() {
    return std::chrono::floor<milliseconds>(std::chrono::system_clock::now());
}

// A document carries a hundred times: this is a good part of what rendering it costs.
std::string format_time(TimePoint time) {
    const auto day = std::chrono::floor<days>(time);
    const std::chrono::year_month_day date(day);
    auto of_day = static_cast<unsigned>((time - day).count());
    std::string text = "0000-00-00T00:00:00.000Z";
    auto write = [&](std::size_t last, std::size_t digits, unsigned value) {
        for (; digits > 0; --digits, --last, value /= 10) {
            text[last] = static_cast<char>('0' + value % 10);
        }
    };
    write(3, 4, static_cast<unsigned>(static_cast<int>(date.year())));
    write(6, 2, static_cast<unsigned>(date.month()));
    write(9, 2, static_cast<unsigned>(date.day()));
    write(22, 3, of_day % 1000);
    of_day /= 1000;
    write(18, 2, of_day % 60);
    write(15, 2, of_day / 60 % 60);
    write(12, 2, of_day / 3600);
    return text;
}

std::optional<TimePoint> parse_time(std::string_view text, DateAlone date_alone) {
    Reader reader(text);
    const int year = reader.digits(4);
    reader.expect("-");
    const int month = reader.digits(2);
    reader.expect("-");
    const int day = reader.digits(2);
    const std::chrono::year_month_day date{std::chrono::year(year),
                                           std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day))};
    if (!reader.ok() || !date.ok()) return std::nullopt;
    TimePoint time = std::chrono::sys_days(date);
    if (reader.at_end()) {
        if (date_alone == DateAlone::end_of_day) time += days(1) - milliseconds(1);
    } else {
        reader.expect("Tt");
        time += read_time_of_day(reader);
        time -= read_offset(reader);
        if (!reader.ok() || !reader.at_end()) return std::nullopt;
    }
    if (time < first_time || time >= after_last_time) return std::nullopt;
    return time;
}

}  // namespace base
