// The option of the commands that ask servers: whose certificates are trusted.
#pragma once

#include <CLI/CLI.hpp>

#include <string>

namespace cli {

inline CLI::Option* add_ca_file(CLI::App& command, std::string& ca_file) {
    return command
        .add_option("--ca-file", ca_file,
                    "For https: the authorities' certificates (PEM) that are trusted, instead of "
                    "the system's")
        ->envname("YARDSTICK_CA_FILE");
}

}  // namespace cli
