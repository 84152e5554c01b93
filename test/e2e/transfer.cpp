#include "transfer.hpp"

#include <gtest/gtest.h>

#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "program_build.hpp"

namespace e2e {

std::filesystem::path write_file(const Folder& folder, const std::string& name,
                                 const std::string& text) {
    const auto path = folder.path() / name;
    std::ofstream(path, std::ios::binary) << text;
    return path;
}

std::string read_file(const std::filesystem::path& file) {
    std::ostringstream text;
    text << std::ifstream(file, std::ios::binary).rdbuf();
    return text.str();
}

std::vector<std::string> lines_of(const std::string& text) {
    std::istringstream stream(text);
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

Launch series_import(const Server& server, const std::filesystem::path& file, const std::string& id,
                     const std::vector<std::string>& further) {
    Launch launch{.arguments = {"import", file.string(), "--id", id},
                  .environment = {{"YARDSTICK_WRITE_URL", server.write_url()},
                                  {"YARDSTICK_READ_URL", server.read_url()}}};
    const auto given = [&](const char* option) {
        return std::find(further.begin(), further.end(), option) != further.end();
    };
    for (const auto& [option, column] : std::vector<std::pair<const char*, const char*>>{
             {"--time", "when"}, {"--value", "what"}}) {
        if (!given(option)) launch.arguments.insert(launch.arguments.end(), {option, column});
    }
    launch.arguments.insert(launch.arguments.end(), further.begin(), further.end());
    return launch;
}

std::vector<std::string> creating(const std::string& kind) {
    return {"--name", "Visits",     "--target",   "1000",   "--unit",
            "people", "--deadline", "2099-12-31", "--kind", kind};
}

std::string summary(std::uint64_t recorded, std::uint64_t there, std::uint64_t changed,
                    std::uint64_t bad) {
    return std::to_string(recorded) + " rows recorded, " + std::to_string(there) + " were there, " +
           std::to_string(changed) + " changed values, " + std::to_string(bad) + " bad lines\n";
}

std::int64_t version_of(Api& api, const std::string& id) {
    // A command at a version that isn't is answered with the one that is.
    const Answer answer = api.set_value(id, 0, {.version = 9'007'199'254'740'991});
    if (answer.status != 409) throw std::runtime_error("no version of " + id + ": " + answer.body);
    return static_cast<std::int64_t>(answer.number("currentVersion"));
}

Values values_of(Api& api, const std::string& id) {
    Values values;
    const std::string first = "/metrics/" + id + "/values?limit=1000&wait=10000&minVersion=" +
                              std::to_string(version_of(api, id));
    std::string cursor;
    for (;;) {
        const Answer page = api.get(first + (cursor.empty() ? "" : "&cursor=" + cursor));
        if (page.status != 200) throw std::runtime_error("no values of " + id + ": " + page.body);
        for (const json::Value& item : *at(page.json, "items").array()) {
            values[*at(item, "date").string()].push_back(at(item, "value").number()->value);
        }
        if (at(page.json, "next").is_null()) return values;
        cursor = page.text("next");
    }
}

std::string exported_events(const std::filesystem::path& data,
                            const std::vector<std::string>& further) {
    Launch launch{.arguments = {"export", "events", "--data", data.string()}};
    launch.arguments.insert(launch.arguments.end(), further.begin(), further.end());
    const Finished finished = run(launch);
    EXPECT_EQ(finished.exit_code, 0);
    EXPECT_EQ(finished.errors, "");
    return finished.output;
}

Finished run_into_head(const Launch& launch, const Folder& folder) {
    std::string command = "timeout 15 env";
    for (const std::string& variable : sanitizer_environment()) command += " '" + variable + "'";
    command += " '" + program_file() + "'";
    for (const std::string& argument : launch.arguments) command += " '" + argument + "'";
    const auto errors = folder.path() / "errors";
    const auto output = folder.path() / "output";
    command += " 2>'" + errors.string() + "' | head -1 >'" + output.string() +
               "'; exit ${PIPESTATUS[0]}\n";
    const auto script = write_file(folder, "pipe.sh", command);
    // A shell's pipe is what is tested.  NOLINTNEXTLINE(cert-env33-c)
    const int status = std::system(("bash '" + script.string() + "'").c_str());
    return {WEXITSTATUS(status), read_file(output), read_file(errors)};
}

}  // namespace e2e
