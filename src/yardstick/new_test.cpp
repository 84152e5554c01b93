#include <gtest/gtest.h>

#include <cstddef>
#include <new>

namespace {

TEST(New, ThrowsWhereThereIsNoMemory) {
    constexpr std::size_t too_much = std::size_t{1} << 60U;
    constexpr std::align_val_t page{4096};
    EXPECT_THROW(static_cast<void>(::operator new(too_much)), std::bad_alloc);
    EXPECT_THROW(static_cast<void>(::operator new[](too_much)), std::bad_alloc);
    EXPECT_THROW(static_cast<void>(::operator new(too_much, page)), std::bad_alloc);
    EXPECT_THROW(static_cast<void>(::operator new[](too_much, page)), std::bad_alloc);
}

TEST(New, GivesMemoryThatDeleteTakes) {
    constexpr std::align_val_t page{4096};
    ::operator delete(::operator new(0));
    ::operator delete(::operator new(100, page), page);
}

}  // namespace
