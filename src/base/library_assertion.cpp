#include "base/library_assertion.hpp"

#include <boost/assert.hpp>
#include <string>

namespace {

[[noreturn]] void fail(const std::string& what, const char* function, const char* file, long line) {
    throw base::LibraryAssertion("an assertion of a library failed: " + what + " in " + function +
                                 ", " + file + ":" + std::to_string(line));
}

}  // namespace

namespace boost {

// Boost leaves these two to the program.
void assertion_failed(const char* expression, const char* function, const char* file, long line) {
    fail(expression, function, file, line);
}

void assertion_failed_msg(const char* expression, const char* message, const char* function,
                          const char* file, long line) {
    fail(std::string(expression) + " (" + message + ")", function, file, line);
}

}  // namespace boost
