#include "aws/profile.hpp"

#include <fstream>
#include <string_view>

#include "base/text.hpp"

namespace aws {
namespace {

std::string file_of(const Variables& variables, const char* name, const char* usual) {
    const std::string given = variables(name);
    return given.empty() ? variables("HOME") + "/.aws/" + usual : given;
}

// Adds the settings of one section. In the config file sections are named "profile NAME"; the
// default's may be "default" alone. What is indented belongs to the setting above it, and isn't
// needed here.
void read_section(const std::string& file, const std::string& section,
                  std::map<std::string, std::string>& settings) {
    std::ifstream lines(file);
    bool inside = false;
    for (std::string line; std::getline(lines, line);) {
        const std::string_view text = base::trim(line);
        if (text.empty() || text.front() == '#' || text.front() == ';') continue;
        if (text.front() == '[') {
            inside = base::trim(text.substr(1, text.find(']') - 1)) == section;
            continue;
        }
        const auto equals = text.find('=');
        const bool indented = line.front() == ' ' || line.front() == '\t';
        if (!inside || indented || equals == std::string_view::npos) continue;
        settings.insert_or_assign(base::lower(base::trim(text.substr(0, equals))),
                                  std::string(base::trim(text.substr(equals + 1))));
    }
}

}  // namespace

Profile read_profile(const Variables& variables) {
    Profile profile;
    profile.name = variables("AWS_PROFILE");
    if (profile.name.empty()) profile.name = "default";
    const std::string config = file_of(variables, "AWS_CONFIG_FILE", "config");
    if (profile.name == "default") read_section(config, "default", profile.settings);
    read_section(config, "profile " + profile.name, profile.settings);
    read_section(file_of(variables, "AWS_SHARED_CREDENTIALS_FILE", "credentials"), profile.name,
                 profile.settings);
    return profile;
}

}  // namespace aws
