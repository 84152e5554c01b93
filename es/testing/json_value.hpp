// JSON texts as values, for the conformance suite: a store may keep a payload in a form of its own,
// and what must come back is the same value.
#pragma once

#include <string>
#include <string_view>

namespace es::testing {

// One text for all that stand for the same value: members sorted, numbers as doubles, no blanks, no
// escapes. Throws std::invalid_argument for what is no JSON. For payloads of tests: it descends as
// deep as they are nested.
std::string canonical_json(std::string_view text);

}  // namespace es::testing
