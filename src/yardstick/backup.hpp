// `yardstick backup`, `restore` and `verify`: the events copied while they are written, put back,
// and looked through.
#pragma once

#include <filesystem>

namespace yardstick {

// All return the exit code, and throw WrongUsage, es::InUse, es::Unusable and es::Unavailable. The
// file "-" is the standard output of a backup, and the standard input of a restore.

int backup(const std::filesystem::path& data, const std::filesystem::path& file);

struct RestoreCommand {
    std::filesystem::path data = "./data";
    std::filesystem::path file;
    bool force = false;  // also a copy of another event store
};
int restore(const RestoreCommand& command);

// `file` empty: the event store of the data folder.
int verify(const std::filesystem::path& data, const std::filesystem::path& file);

}  // namespace yardstick
