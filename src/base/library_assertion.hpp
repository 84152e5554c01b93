// What a failed assertion of Boost does in this program: it throws, so that it ends the operation
// it failed in and not the process (docs/adr/0013-assertions.md). Every room is compiled with
// BOOST_ENABLE_ASSERT_HANDLER for it.
#pragma once

#include <stdexcept>

namespace base {

class LibraryAssertion : public std::logic_error {
    using std::logic_error::logic_error;
};

}  // namespace base
