#include "yardstick/status.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iostream>
#include <optional>
#include <thread>

#include "base/json.hpp"
#include "base/progress.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "yardstick/exit_codes.hpp"

namespace yardstick {
namespace {

using base::grouped;
using es::sqlite::LockHolder;
using views::DataStatus;

// Between the two looks that rates are taken from.
constexpr std::chrono::milliseconds sample_time{1'000};
// Of more parked streams than these only the number is shown.
constexpr std::size_t parked_shown_max = 10;

struct Look {
    DataStatus data;
    std::chrono::steady_clock::time_point at = std::chrono::steady_clock::now();
};

Look look(const std::filesystem::path& folder) {
    return {views::look_at_data(folder, base::system_now())};
}

double per_second(std::uint64_t before, std::uint64_t after, std::chrono::duration<double> time) {
    if (after <= before || time.count() <= 0) return 0;
    return std::round(static_cast<double>(after - before) / time.count());
}

Status status_of(const std::filesystem::path& folder) {
    const Look first = look(folder);
    if (!first.data.events_holder && !first.data.views_holder) {
        return {folder.string(), first.data};
    }
    std::this_thread::sleep_for(sample_time);
    Look second = look(folder);
    Status status{folder.string(), std::move(second.data)};
    const auto time = second.at - first.at;
    if (first.data.events && status.data.events) {
        status.recorded_per_second =
            per_second(first.data.events->count, status.data.events->count, time);
    }
    if (first.data.views && status.data.views) {
        status.applied_per_second =
            per_second(first.data.views->applied, status.data.views->applied, time);
    }
    return status;
}

std::string size_text(std::uint64_t bytes) {
    constexpr std::uint64_t kilo = 1000;
    const char* units[] = {"bytes", "kB", "MB", "GB"};
    std::size_t unit = 0;
    while (bytes >= 10 * kilo && unit + 1 < std::size(units)) {
        bytes /= kilo;
        ++unit;
    }
    return grouped(bytes) + " " + units[unit];
}

std::string rate_text(double rate) {
    return grouped(static_cast<std::uint64_t>(rate)) + "/s";
}

std::string holder_text(const std::optional<LockHolder>& holder) {
    if (!holder) return "nobody";
    return (holder->role.empty() ? "somebody" : holder->role) + ", process " +
           std::to_string(holder->process);
}

void row(std::ostream& out, const std::string& name, const std::string& text) {
    out << name << std::string(10 - std::min<std::size_t>(name.size(), 9), ' ')
        << base::printable(text) << "\n";
}

std::string events_text(const Status& status) {
    const auto& events = status.data.events;
    if (!events) return "can't be read";
    std::string text = grouped(events->count) + " in " + grouped(events->streams) +
                       (events->streams == 1 ? " stream" : " streams");
    if (events->last) text += ", the last one of " + base::format_time(*events->last);
    return text + ", " + rate_text(status.recorded_per_second) + " recorded";
}

std::string views_text(const Status& status) {
    const auto& views = status.data.views;
    if (!views) return "none in force";
    return views->file + ", " + grouped(views->lag.events) + " events (" +
           grouped(static_cast<std::uint64_t>(views->lag.age.count())) + " ms) behind, " +
           rate_text(status.applied_per_second) + " applied";
}

void print_parked(const views::ViewsStatus& views, std::ostream& out) {
    row(out, "parked", views.parked.empty() ? "none" : grouped(views.parked.size()));
    const auto shown = std::min(views.parked.size(), parked_shown_max);
    for (std::size_t i = 0; i < shown; ++i) {
        const auto& parked = views.parked[i];
        row(out, "",
            parked.stream + " at version " + std::to_string(parked.version) + ": " + parked.reason);
    }
    if (shown < views.parked.size()) row(out, "", "...");
}

void write_holder(json::Writer& out, const char* name, const std::optional<LockHolder>& holder) {
    out.name(name);
    if (!holder) {
        out.null();
        return;
    }
    out.begin_object().member("process", holder->process).member("role", holder->role).end_object();
}

std::int64_t integer(std::uint64_t number) {
    return static_cast<std::int64_t>(number);
}

void write_events(json::Writer& out, const Status& status) {
    const auto& events = status.data.events;
    out.name("events");
    if (!events) {
        out.null();
        return;
    }
    out.begin_object()
        .member("count", integer(events->count))
        .member("streams", integer(events->streams))
        .name("last");
    if (events->last) {
        out.string(base::format_time(*events->last));
    } else {
        out.null();
    }
    out.member("perSecond", status.recorded_per_second).end_object();
}

void write_views(json::Writer& out, const Status& status) {
    const auto& views = status.data.views;
    out.name("views");
    if (!views) {
        out.null();
        return;
    }
    out.begin_object()
        .member("file", views->file)
        .member("applied", integer(views->applied))
        .member("perSecond", status.applied_per_second)
        .name("lag")
        .begin_object()
        .member("events", integer(views->lag.events))
        .member("ms", std::int64_t{views->lag.age.count()})
        .end_object()
        .member("parkedTotal", integer(views->parked.size()))
        .name("parked")
        .begin_array();
    for (std::size_t i = 0; i < std::min(views->parked.size(), parked_shown_max); ++i) {
        const auto& parked = views->parked[i];
        out.begin_object()
            .member("id", parked.stream)
            .member("version", parked.version)
            .member("reason", parked.reason)
            .end_object();
    }
    out.end_array().end_object();
}

}  // namespace

void print_status(const Status& status, std::ostream& out) {
    const DataStatus& data = status.data;
    row(out, "data", status.folder);
    row(out, "events", events_text(status));
    row(out, "", "written by " + holder_text(data.events_holder));
    row(out, "views", views_text(status));
    row(out, "", "written by " + holder_text(data.views_holder));
    if (data.rebuild_holder) row(out, "", "rebuilt by " + holder_text(data.rebuild_holder));
    if (data.new_views) row(out, "", "new ones are catching up");
    if (data.views) print_parked(*data.views, out);
    const char* name = "files";
    for (const auto& file : data.files) {
        row(out, name, file.name + ", " + size_text(file.bytes));
        name = "";
    }
    row(out, "disk", size_text(data.free_bytes) + " free");
    for (const auto& sentence : data.trouble) row(out, "trouble", sentence);
}

std::string status_json(const Status& status) {
    const DataStatus& data = status.data;
    json::Writer out;
    out.begin_object().member("data", status.folder).name("running").begin_object();
    write_holder(out, "events", data.events_holder);
    write_holder(out, "views", data.views_holder);
    write_holder(out, "rebuild", data.rebuild_holder);
    out.end_object();
    write_events(out, status);
    write_views(out, status);
    out.member("newViews", data.new_views).name("files").begin_array();
    for (const auto& file : data.files) {
        out.begin_object()
            .member("name", file.name)
            .member("bytes", integer(file.bytes))
            .end_object();
    }
    out.end_array().member("freeBytes", integer(data.free_bytes)).name("trouble").begin_array();
    for (const auto& sentence : data.trouble) out.string(sentence);
    out.end_array().end_object();
    return out.take();
}

int show_status(const std::filesystem::path& folder, bool as_json) {
    const Status status = status_of(folder);
    if (as_json) {
        std::cout << status_json(status) << "\n";
    } else {
        print_status(status, std::cout);
    }
    return status.data.trouble.empty() ? exit_done : exit_failure;
}

}  // namespace yardstick
