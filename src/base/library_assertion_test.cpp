#include "base/library_assertion.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/assert.hpp>

namespace base {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(LibraryAssertion, EndsTheOperationAndSaysWhereItFailed) {
    const int bytes = 3;
    EXPECT_THAT([&] { BOOST_ASSERT(bytes >= 5); },
                ThrowsMessage<LibraryAssertion>(HasSubstr("bytes >= 5")));
    EXPECT_THAT([&] { BOOST_VERIFY(bytes >= 5); },
                ThrowsMessage<LibraryAssertion>(HasSubstr("library_assertion_test.cpp:")));
    EXPECT_THAT([&] { BOOST_ASSERT_MSG(bytes >= 5, "too few"); },
                ThrowsMessage<LibraryAssertion>(HasSubstr("too few")));
    EXPECT_NO_THROW(BOOST_ASSERT(bytes >= 3));
}

}  // namespace
}  // namespace base
