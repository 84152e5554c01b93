// A file with the text that a test gives it, open for reading. For tests.
#pragma once

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include "transfer/line_reader.hpp"

namespace transfer {

inline File file_of(const std::string& text) {
    const int descriptor = ::memfd_create("input", MFD_CLOEXEC);
    EXPECT_EQ(::pwrite(descriptor, text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
    return File(descriptor);
}

}  // namespace transfer
