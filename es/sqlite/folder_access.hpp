// Whether this process may read a data folder: "may not" must never read as "isn't there".
#pragma once

#include <filesystem>

namespace es::sqlite {

// Throws es::Unusable when the folder is no folder, or when it or the event store in it can't be
// read. Both may be missing: whoever needs them says so.
void require_readable(const std::filesystem::path& folder);

}  // namespace es::sqlite
