#include "read_api/badge.hpp"

#include <string_view>
#include <utility>

#include "base/digest.hpp"
#include "base/json.hpp"
#include "base/number_text.hpp"
#include "base/text.hpp"
#include "kpi/goal_view.hpp"

namespace read_api {
namespace {

// Code points of texts from outside; longer ones end with an ellipsis.
constexpr std::size_t name_max = 40;
constexpr std::size_t unit_max = 20;

// White text has a contrast of at least 4.5 on each.
constexpr const char* good_colour = "007a85";
constexpr const char* warning_colour = "a36700";
constexpr const char* bad_colour = "a30036";
constexpr const char* done_colour = "0029f5";
constexpr const char* soft_colour = "57606a";

bool continues_code_point(char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) == 0x80;
}

// What may be shown of a text from outside, at most so many code points of it.
std::string shown(std::string_view text, std::size_t code_points_max) {
    std::string all = base::printable(text);
    std::size_t count = 0;
    std::size_t cut = 0;  // where the last code point that has room begins
    for (std::size_t at = 0; at < all.size(); ++at) {
        if (continues_code_point(all[at])) continue;
        if (++count == code_points_max) cut = at;
        if (count > code_points_max) return all.substr(0, cut) + "…";
    }
    return all;
}

struct Look {
    const char* words;
    const char* colour;
};
Look look_of(kpi::Status status) {
    switch (status) {
        case kpi::Status::no_data:
            break;
        case kpi::Status::on_track:
            return {"on track", good_colour};
        case kpi::Status::at_risk:
            return {"at risk", warning_colour};
        case kpi::Status::off_track:
            return {"off track", bad_colour};
        case kpi::Status::achieved:
            return {"achieved", done_colour};
        case kpi::Status::missed:
            return {"missed", bad_colour};
    }
    return {"no data", soft_colour};
}

// "18 of 24 books", "5.5 % (at most 4)", "96 % (at least 95)".
std::string standing_text(const kpi::Metric& metric) {
    const std::string unit = shown(metric.unit, unit_max);
    const std::string value = base::number_text(metric.value, metric.decimals);
    const std::string target = base::number_text(metric.target, metric.decimals);
    if (metric.direction == kpi::Direction::at_most) {
        return value + " " + unit + " (at most " + target + ")";
    }
    if (metric.mode == kpi::GoalMode::keep) {
        return value + " " + unit + " (at least " + target + ")";
    }
    return value + " of " + target + " " + unit;
}

std::string escaped(std::string_view text) {
    std::string safe;
    for (const char c : text) {
        switch (c) {
            case '&':
                safe += "&amp;";
                break;
            case '<':
                safe += "&lt;";
                break;
            case '>':
                safe += "&gt;";
                break;
            case '"':
                safe += "&#34;";
                break;
            default:
                safe += c;
        }
    }
    return safe;
}

// About how wide it is in 11 pixels of Verdana; the picture then fits the text to it.
int width_of(std::string_view text) {
    int tenths = 0;
    for (const char c : text) {
        if (continues_code_point(c)) continue;
        if (static_cast<unsigned char>(c) >= 0x80) {
            tenths += 110;
        } else if (std::string_view("ijl.,:;'!|()[] ").find(c) != std::string_view::npos) {
            tenths += 42;
        } else if (std::string_view("mwMW%@&").find(c) != std::string_view::npos) {
            tenths += 104;
        } else {
            tenths += 65;
        }
    }
    return tenths / 10;
}

std::string text_element(int x, int width, const std::string& text) {
    return "<text x=\"" + std::to_string(x) + "\" y=\"14\" textLength=\"" + std::to_string(width) +
           "\">" + text + "</text>";
}

}  // namespace

Badge badge_of(const kpi::MetricDocument& document, es::TimePoint now) {
    const auto [words, colour] = look_of(kpi::status(document, now));
    Badge badge{shown(document.metric.name, name_max), words, colour};
    if (document.metric.value_date) {
        badge.message = standing_text(document.metric) + ", " + badge.message;
    }
    if (kpi::is_stale(document, now)) badge.message += ", stale";
    return badge;
}

Badge unknown_badge() {
    return {"metric", "unknown", soft_colour};
}

std::string render_svg(const Badge& badge) {
    constexpr int space = 6;  // on each side of a text
    const int label_width = width_of(badge.label);
    const int message_width = width_of(badge.message);
    const int middle = label_width + 2 * space;
    const std::string width = std::to_string(middle + message_width + 2 * space);
    const std::string label = escaped(badge.label);
    const std::string message = escaped(badge.message);
    return R"(<svg xmlns="http://www.w3.org/2000/svg" role="img" height="20" width=")" + width +
           "\"><title>" + label + ": " + message + "</title><rect width=\"" + width +
           R"(" height="20" rx="3" fill="#)" + badge.colour + R"("/><path d="M3 0H)" +
           std::to_string(middle) + R"(V20H3a3 3 0 0 1-3-3V3a3 3 0 0 1 3-3z" fill="#444"/>)" +
           R"(<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">)" +
           text_element(space, label_width, label) +
           text_element(middle + space, message_width, message) + "</g></svg>";
}

std::string render_shield(const Badge& badge) {
    json::Writer out;
    out.begin_object()
        .member("schemaVersion", std::int64_t{1})
        .member("label", badge.label)
        .member("message", badge.message)
        .member("color", badge.colour)
        .end_object();
    return out.take();
}

http::Response badge_response(const Badge& badge, BadgeForm form,
                              const std::optional<api::ETagList>& known) {
    constexpr std::size_t tag_digits = 16;
    const bool picture = form == BadgeForm::svg;
    std::string body = picture ? render_svg(badge) : render_shield(badge);
    const std::string tag = base::sha256_hex(body).substr(0, tag_digits);
    http::Response response;
    if (known && known->matches_weakly(tag)) {
        response.status = 304;
    } else {
        response.headers.add("Content-Type", picture ? "image/svg+xml" : "application/json");
        response.body = std::move(body);
    }
    response.headers.add("ETag", api::quoted_etag(tag));
    response.headers.add("Cache-Control", "max-age=60");
    response.headers.add("Content-Security-Policy",
                         "default-src 'none'; style-src 'unsafe-inline'");
    return response;
}

}  // namespace read_api
