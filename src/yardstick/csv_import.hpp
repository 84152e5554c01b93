// `import FILE.csv`: a series through the two APIs, or, with --dry-run, what would become of it.
#pragma once

#include "yardstick/import_options.hpp"

namespace yardstick {

// The exit code. Throws Usage, es::Unusable and es::Unavailable.
int import_csv(const ImportOptions& options);

}  // namespace yardstick
