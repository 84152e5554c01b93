#include "cli/look.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

namespace cli {
namespace {

constexpr std::size_t usual_width = 80;

const char* code_of(Colour colour) {
    switch (colour) {
        case Colour::none:
            break;
        case Colour::good:
            return "36";
        case Colour::warning:
            return "33";
        case Colour::bad:
            return "31";
        case Colour::done:
            return "34";
        case Colour::soft:
            return "2";
    }
    return "0";
}

}  // namespace

std::string Look::coloured(std::string_view text, Colour colour) const {
    if (!colours || colour == Colour::none || text.empty()) return std::string(text);
    return std::string("\033[") + code_of(colour) + "m" + std::string(text) + "\033[0m";
}

Look look_of_terminal(std::optional<std::size_t> width, bool ascii,
                      const Environment& environment) {
    const auto is_set = [&](const char* name) {
        const char* value = environment(name);
        return value != nullptr && *value != '\0';
    };
    const bool dumb = !is_set("TERM") || std::string_view(environment("TERM")) == "dumb";
    return {.terminal = true,
            .colours = !dumb && !is_set("NO_COLOR"),
            .ascii = ascii,
            .width = width.value_or(usual_width)};
}

Look look_of_output(bool ascii) {
    if (::isatty(STDOUT_FILENO) != 1)
        return {.terminal = false, .colours = false, .ascii = ascii, .width = {}};
    winsize size{};
    const bool known = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return look_of_terminal(known ? std::optional<std::size_t>(size.ws_col) : std::nullopt, ascii,
                            [](const char* name) {
                                return std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
                            });
}

}  // namespace cli
