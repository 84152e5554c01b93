#include "base/log.hpp"

#include <spdlog/async.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <atomic>
#include <memory>

#include "base/json.hpp"
#include "base/time.hpp"

namespace base::log {
namespace {

constexpr std::size_t waiting_lines_max = 16'384;

// A program has one log. Set by start(), before other threads are there.
// NOLINTBEGIN(cppcoreguidelines-avoid-non-const-global-variables)
std::shared_ptr<spdlog::logger> logger;
std::atomic<Level> lowest{Level::off};
bool as_json = false;
// NOLINTEND(cppcoreguidelines-avoid-non-const-global-variables)

spdlog::level::level_enum spdlog_level(Level level) {
    switch (level) {
        case Level::debug:
            return spdlog::level::debug;
        case Level::info:
            return spdlog::level::info;
        case Level::warning:
            return spdlog::level::warn;
        case Level::error:
            return spdlog::level::err;
        case Level::off:
            break;
    }
    return spdlog::level::off;
}

const char* name_of(Level level) {
    switch (level) {
        case Level::debug:
            return "debug";
        case Level::info:
            return "info";
        case Level::warning:
            return "warning";
        default:
            return "error";
    }
}

std::string json_line(Level level, std::string_view message, Fields fields) {
    json::Writer out;
    out.begin_object();
    out.member("time", format_time(system_now()));
    out.member("level", name_of(level));
    out.name("message").string(message);
    for (const Field& field : fields) {
        out.name(field.name);
        if (const auto* whole = std::get_if<std::int64_t>(&field.value)) out.integer(*whole);
        if (const auto* number = std::get_if<double>(&field.value)) out.number(*number);
        if (const auto* text = std::get_if<std::string_view>(&field.value)) out.string(*text);
    }
    return out.end_object().take();
}

// A text that came from outside must not break the line or move the cursor.
void append_printable(std::string& line, std::string_view text) {
    for (const char c : text) {
        const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
        line += control ? '?' : c;
    }
}

std::string text_line(std::string_view message, Fields fields) {
    std::string line;
    append_printable(line, message);
    for (const Field& field : fields) {
        line += ' ';
        line += field.name;
        line += '=';
        if (const auto* whole = std::get_if<std::int64_t>(&field.value)) {
            line += std::to_string(*whole);
        } else if (const auto* number = std::get_if<double>(&field.value)) {
            line += json::format_number(*number);
        } else {
            append_printable(line, std::get<std::string_view>(field.value));
        }
    }
    return line;
}

}  // namespace

void start(const Options& options) {
    const bool terminal = isatty(STDERR_FILENO) == 1;
    as_json = options.format == Format::json || (options.format == Format::automatic && !terminal);
    spdlog::init_thread_pool(waiting_lines_max, 1);
    auto sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>();
    sink->set_pattern(as_json ? "%v" : "%H:%M:%S.%e %^%-7l%$ %v");
    logger =
        std::make_shared<spdlog::async_logger>("yardstick", std::move(sink), spdlog::thread_pool(),
                                               spdlog::async_overflow_policy::overrun_oldest);
    logger->set_level(spdlog_level(options.level));
    logger->flush_on(spdlog::level::warn);
    lowest = options.level;
}

void finish() {
    lowest = Level::off;
    logger.reset();
    spdlog::shutdown();
}

void last_words(std::string_view message, Fields fields) {
    const std::string line =
        (as_json ? json_line(Level::error, message, fields) : text_line(message, fields)) + "\n";
    // Nothing is left to be done about a log that can't be written.
    static_cast<void>(::write(STDERR_FILENO, line.data(), line.size()) > 0);
}

bool enabled(Level level) {
    return level != Level::off && level >= lowest.load(std::memory_order_relaxed);
}

void write(Level level, std::string_view message, Fields fields) {
    if (!enabled(level)) return;
    const std::string line =
        as_json ? json_line(level, message, fields) : text_line(message, fields);
    logger->log(spdlog_level(level), spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace base::log
