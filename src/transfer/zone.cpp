#include "transfer/zone.hpp"

#include <date/tz.h>

#include <stdexcept>

#include "es/errors.hpp"
#include "transfer/local_time.hpp"

namespace transfer {
namespace {

constexpr std::chrono::hours offset_max{14};  // Kiribati's, the largest

date::local_time<std::chrono::milliseconds> as_date(Zone::LocalMs time) {
    return date::local_time<std::chrono::milliseconds>(time.time_since_epoch());
}

// The library reads the changes of clocks that a zone's file lists, and not the rule at its end for
// the years after them. "Slim" files list those up to the present rule alone, for New York to 2007.
bool lists_all_years() {
    const auto* const new_york = date::locate_zone("America/New_York");
    const auto offset_in = [&](date::month month) {
        return new_york->get_info(date::sys_days(date::year(2015) / month / 15)).offset;
    };
    return offset_in(date::January) == std::chrono::hours(-5) &&
           offset_in(date::July) == std::chrono::hours(-4);
}

void open_database() {
    try {
        date::get_tzdb();
        if (lists_all_years()) return;
    } catch (const std::exception& error) {
        throw es::Unusable(
            std::string("The system's time zone database, which the package tzdata installs, can't "
                        "be read: ") +
            error.what() + ".");
    }
    throw es::Unusable(
        "The system's time zone files are \"slim\" ones, which can't be read. --time-zone needs "
        "\"fat\" ones (zic -b fat), as Debian's package tzdata has; --utc-offset needs none.");
}

}  // namespace

std::optional<Zone> Zone::of_offset(std::string_view text) {
    TextScanner scanner(text);
    const auto offset = scan_offset(scanner);
    if (!offset || !scanner.at_end() || std::chrono::abs(*offset) > offset_max) return std::nullopt;
    Zone zone;
    zone.name_ = text;
    zone.offset_ = *offset;
    return zone;
}

std::optional<Zone> Zone::named(const std::string& name) {
    Zone zone;
    zone.name_ = name;
    if (name == "UTC") return zone;
    open_database();
    try {
        zone.rules_ = date::locate_zone(name);
        zone.rules_->get_info(date::sys_days{});  // its file is read now
    } catch (const std::runtime_error&) {
        return std::nullopt;
    }
    return zone;
}

Zone::Instants Zone::instants_of(LocalMs time) const {
    const base::TimePoint utc(time.time_since_epoch());
    if (rules_ == nullptr) return {1, utc - offset_};
    const date::local_info info = rules_->get_info(as_date(time));
    switch (info.result) {
        case date::local_info::nonexistent:
            return {0, base::TimePoint(info.first.end.time_since_epoch())};
        case date::local_info::ambiguous:
            return {2, utc - info.first.offset, utc - info.second.offset};
        default:
            return {1, utc - info.first.offset};
    }
}

std::optional<base::TimePoint> Zone::start_of(std::chrono::local_days day) const {
    const Instants midnight = instants_of(day);
    if (midnight.count > 0) return midnight.first;
    const date::sys_time<std::chrono::milliseconds> first(midnight.first.time_since_epoch());
    const auto shown = date::floor<date::days>(rules_->to_local(first));
    if (shown.time_since_epoch() != day.time_since_epoch()) return std::nullopt;
    return midnight.first;
}

}  // namespace transfer
