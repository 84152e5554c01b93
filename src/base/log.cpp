#include "base/log.hpp"

#include <spdlog/async.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>

#include "base/json.hpp"
#include "base/patient_output.hpp"
#include "base/text.hpp"
#include "base/time.hpp"

namespace base::log {
namespace {

constexpr std::size_t waiting_lines_max = 16'384;

// Of a message or a field. A stranger chooses some of them (the target of a request), and lines
// wait in memory while nobody reads stderr.
constexpr std::size_t text_bytes_max = 2'000;

// At the end of the program, for the lines that stderr doesn't take at once: it may be a pipe that
// nobody reads, or a terminal that was stopped with Ctrl-S.
constexpr std::chrono::milliseconds finish_time_max{1'000};

// A program has one log. Set by start(), before other threads are there.
// NOLINTBEGIN(cppcoreguidelines-avoid-non-const-global-variables)
std::shared_ptr<spdlog::logger> logger;
PatientOutput standard_error{STDERR_FILENO};
std::atomic<Level> lowest{Level::off};
bool as_json = false;
// NOLINTEND(cppcoreguidelines-avoid-non-const-global-variables)

// Writes the lines to stderr, in colour on a terminal. Unlike spdlog's own sinks it never holds up
// the end of the program.
class StderrSink final : public spdlog::sinks::base_sink<std::mutex> {
public:
    explicit StderrSink(bool colours) : colours_(colours) {}

private:
    void sink_it_(const spdlog::details::log_msg& message) override {
        spdlog::memory_buf_t line;
        formatter_->format(message, line);
        std::string text(line.data(), line.size());
        if (colours_ && message.color_range_end > message.color_range_start) {
            text.insert(message.color_range_end, "\033[0m");
            text.insert(message.color_range_start, colour(message.level));
        }
        standard_error.write(text);
    }
    void flush_() override {}

    static const char* colour(spdlog::level::level_enum level) {
        switch (level) {
            case spdlog::level::debug:
                return "\033[36m";  // cyan
            case spdlog::level::info:
                return "\033[32m";  // green
            case spdlog::level::warn:
                return "\033[33m\033[1m";  // bold yellow
            default:
                return "\033[31m\033[1m";  // bold red
        }
    }

    bool colours_;
};

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

// JSON is UTF-8, but what is logged may come from a stranger, e.g. the target of a refused request.
std::string valid(std::string_view text) {
    return is_utf8(text) ? std::string(text) : printable(text);
}

// Cut where a character of UTF-8 begins.
std::string shortened(std::string_view text) {
    if (text.size() <= text_bytes_max) return std::string(text);
    std::size_t end = text_bytes_max;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80) --end;
    return std::string(text.substr(0, end)) + "... (" + std::to_string(text.size()) + " bytes)";
}

std::string json_line(Level level, std::string_view message, Fields fields) {
    json::Writer out;
    out.begin_object();
    out.member("time", format_time(system_now()));
    out.member("level", name_of(level));
    out.name("message").string(valid(shortened(message)));
    for (const Field& field : fields) {
        out.name(field.name);
        if (const auto* whole = std::get_if<std::int64_t>(&field.value)) out.integer(*whole);
        if (const auto* number = std::get_if<double>(&field.value)) out.number(*number);
        if (const auto* text = std::get_if<std::string_view>(&field.value))
            out.string(valid(shortened(*text)));
    }
    return out.end_object().take();
}

std::string text_line(std::string_view message, Fields fields) {
    std::string line = printable(shortened(message));
    for (const Field& field : fields) {
        line += ' ';
        line += field.name;
        line += '=';
        if (const auto* whole = std::get_if<std::int64_t>(&field.value)) {
            line += std::to_string(*whole);
        } else if (const auto* number = std::get_if<double>(&field.value)) {
            line += json::format_number(*number);
        } else {
            line += printable(shortened(std::get<std::string_view>(field.value)));
        }
    }
    return line;
}

}  // namespace

void start(const Options& options) {
    const bool terminal = isatty(STDERR_FILENO) == 1;
    as_json = options.format == Format::json || (options.format == Format::automatic && !terminal);
    spdlog::init_thread_pool(waiting_lines_max, 1);
    standard_error.wait_without_limit();
    auto sink = std::make_shared<StderrSink>(terminal);
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
    standard_error.wait_at_most(finish_time_max);
    spdlog::shutdown();  // joins the thread that writes, which uses the logger's sink
    logger.reset();
}

void last_words(std::string_view message, Fields fields) {
    const std::string line =
        (as_json ? json_line(Level::error, message, fields) : text_line(message, fields)) + "\n";
    PatientOutput output(STDERR_FILENO);
    output.wait_at_most(finish_time_max);
    output.write(line);
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
