// A `.env` file is read, or refused by line number; what is taken reads as the same once it is
// written plainly.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "check.hpp"
#include "es/errors.hpp"
#include "yardstick/settings.hpp"

namespace {

using Variables = std::map<std::string, std::string>;

// nullopt: the file is refused. The variables are taken out of the environment again.
std::optional<Variables> taken_from(std::string_view text, bool ours) {
    const int file = ::memfd_create("env", 0);
    const auto size = ::write(file, text.data(), text.size());
    fuzz::check(size == static_cast<ssize_t>(text.size()), "the file is written");
    std::optional<Variables> taken;
    try {
        taken.emplace();
        for (const std::string& name :
             yardstick::load_dotenv({"/proc/self/fd/" + std::to_string(file), ours})) {
            const char* value = std::getenv(name.c_str());
            fuzz::check(value != nullptr, "what is taken is in the environment");
            taken->emplace(name, value);
        }
    } catch (const es::Unusable&) {
        fuzz::check(ours, "a file that may be another program's is not refused");
        taken.reset();
    }
    ::close(file);
    ::clearenv();
    return taken;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    ::clearenv();  // a name that is set is left alone
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    taken_from(text, false);
    const auto taken = taken_from(text, true);
    if (!taken) return 0;
    std::string plain;
    for (const auto& [name, value] : *taken) {
        const char quote = value.find('"') == std::string::npos ? '"' : '\'';
        if (value.find(quote) != std::string::npos) return 0;  // no plain form for it
        plain.append(name).append("=").append(1, quote).append(value).append(1, quote);
        plain += '\n';
    }
    fuzz::check(taken_from(plain, true) == taken, "variables read as the same");
    return 0;
}
