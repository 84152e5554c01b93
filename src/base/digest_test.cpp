#include "base/digest.hpp"

#include <gtest/gtest.h>

namespace {

// FIPS 180-4's example.
TEST(Digest, IsSha256) {
    EXPECT_EQ(base::sha256_hex("abc"),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
