// UUIDs (RFC 9562): random ones, and ones derived from a name.
#pragma once

#include <string>
#include <string_view>

namespace base {

// A version 4 UUID in its 36-character form. Any thread.
std::string random_uuid();

// The version 5 UUID of `name` in the namespace given in its 36-character form.
std::string name_uuid(std::string_view namespace_uuid, std::string_view name);

}  // namespace base
