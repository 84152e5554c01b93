// `import`, `export` and `tail` as a test runs them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "api.hpp"
#include "program.hpp"

namespace e2e {

// Writes a file into the folder and gives its path.
std::filesystem::path write_file(const Folder& folder, const std::string& name,
                                 const std::string& text);
std::string read_file(const std::filesystem::path& file);
std::vector<std::string> lines_of(const std::string& text);

// `import FILE` of columns "when" and "what" into a metric of the server. `further` may repeat an
// option that is given already: it then takes its place.
Launch series_import(const Server& server, const std::filesystem::path& file, const std::string& id,
                     const std::vector<std::string>& further = {});
// The options that create a gauge.
std::vector<std::string> creating(const std::string& kind = "gauge");

// What the last line of an import says: "12 rows recorded, 3 were there, 0 changed values, 1 bad
// lines".
std::string summary(std::uint64_t recorded, std::uint64_t there, std::uint64_t changed = 0,
                    std::uint64_t bad = 0);

// All values of a metric, date (of the text form) to values, waited for up to its latest version.
using Values = std::map<std::string, std::vector<double>>;
Values values_of(Api& api, const std::string& id);
// The latest version, from the events.
std::int64_t version_of(Api& api, const std::string& id);

// `export events` as a text.
std::string exported_events(const std::filesystem::path& data,
                            const std::vector<std::string>& further = {});

// The program with its output in a pipe whose reader takes one line and goes. 124: it had to be
// stopped.
Finished run_into_head(const Launch& launch, const Folder& folder);

}  // namespace e2e
