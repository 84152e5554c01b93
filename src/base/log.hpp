// The program's log: one line an event, on stderr; text for a person at a terminal, JSON otherwise.
// Writing happens on a thread of its own; when that can't keep up, the oldest lines are dropped
// rather than anybody held up.
//
//     base::log::start({.format = base::log::Format::automatic});
//     base::log::info("listening", {{"api", "write"}, {"port", 3000}});
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

namespace base::log {

enum class Format { automatic, text, json };
enum class Level { debug, info, warning, error, off };

struct Options {
    Format format = Format::automatic;
    Level level = Level::info;
};

struct Field {
    template <class T>
        requires std::is_integral_v<T>
    Field(std::string_view n, T v) : name(n), value(static_cast<std::int64_t>(v)) {}
    Field(std::string_view n, double v) : name(n), value(v) {}
    Field(std::string_view n, std::string_view v) : name(n), value(v) {}
    Field(std::string_view n, const std::string& v) : name(n), value(std::string_view(v)) {}
    Field(std::string_view n, const char* v) : name(n), value(std::string_view(v)) {}

    std::string_view name;
    std::variant<std::int64_t, double, std::string_view> value;
};
using Fields = std::initializer_list<Field>;

// Before that, and after finish(), nothing is logged. Not to be called twice at once.
void start(const Options& options);
// Writes what is waiting, for a second at most: stderr may be a pipe that nobody reads.
void finish();

// The last words before the process ends at once: past the queue, from any thread.
void last_words(std::string_view message, Fields fields);

// Any thread. Never to be given a secret.
bool enabled(Level level);
void write(Level level, std::string_view message, Fields fields);

inline void info(std::string_view message, Fields fields = {}) {
    write(Level::info, message, fields);
}
inline void warning(std::string_view message, Fields fields = {}) {
    write(Level::warning, message, fields);
}
inline void error(std::string_view message, Fields fields = {}) {
    write(Level::error, message, fields);
}

}  // namespace base::log
