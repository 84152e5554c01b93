// What a data folder is used for: this process may read it or is refused ("may not" must never read
// as "isn't there"), and nobody else's files come there.
#pragma once

#include <filesystem>

namespace yardstick {

// Throws es::Unusable when the folder is no folder, or when it or the event store in it can't be
// read. Both may be missing: whoever needs them says so.
void require_readable(const std::filesystem::path& folder);

// Throws es::Unusable when `file` would come into a data folder, that one or another: a store's own
// files are not to be replaced.
void refuse_in_data_folder(const std::filesystem::path& file, const std::filesystem::path& data);

}  // namespace yardstick
