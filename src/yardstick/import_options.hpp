// What `import` is told on its command line, and what that means.
#pragma once

#include <CLI/CLI.hpp>

#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "transfer/metric_client.hpp"
#include "transfer/series_reader.hpp"

namespace yardstick {

struct ImportOptions {
    std::string file;
    std::filesystem::path data = "./data";

    std::string write_url = "http://127.0.0.1:3000";
    std::string read_url = "http://127.0.0.1:3001";
    std::string ca_file;
    unsigned retry_for_s = 60;

    std::string id;
    bool dry_run = false;
    bool from_history = false;

    // Of the file's form. Empty, or absent: not given.
    std::string time;
    std::string value;
    std::vector<std::string> where;
    std::string delimiter;
    std::optional<std::size_t> header_line;
    std::string encoding;
    std::string decimal;
    std::string digits;
    std::string date_order;
    std::string time_format;
    std::string utc_offset;
    std::string time_zone;
    bool skip_blank = false;

    std::optional<std::string> name;
    std::optional<std::string> description;
    std::optional<double> target;
    std::optional<std::string> unit;
    std::optional<std::string> deadline;
    std::optional<std::string> kind;

    [[nodiscard]] bool creates() const {
        return name || description || target || unit || deadline || kind;
    }
    // Whether anything is said that only a CSV file has.
    [[nodiscard]] bool of_csv() const;
    // What messages call it.
    [[nodiscard]] std::string shown() const { return file == "-" ? "the input" : file; }
};

// The command line is wrong.
class Usage : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

void add_import_options(CLI::App& command, ImportOptions& options);

// All throw Usage.
std::optional<char> delimiter_of(const ImportOptions& options);  // nullopt: as the file says
std::string_view encoding_of(const ImportOptions& options);  // of transfer::encodings; empty: UTF-8
transfer::SeriesForms forms_of(const ImportOptions& options);
transfer::SeriesColumns columns_of(const ImportOptions& options);
std::optional<transfer::MetricProps> props_of(const ImportOptions& options);

}  // namespace yardstick
