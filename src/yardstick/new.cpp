// mimalloc is compiled as C on Debian: its operator new can't throw and ends the process where
// there is no memory. These throw, as C++ asks for, so that want of memory can cost one connection
// or one command; if it lasts for 10 seconds it ends the process (base/memory.hpp). The memory is
// mimalloc's as before, so operator delete need not be here. Programs with a sanitizer are built
// without this file and without mimalloc.
#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace {

void* never_null(void* memory) {
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
}

void* aligned(std::size_t size, std::align_val_t alignment) {
    const auto wanted = std::max(static_cast<std::size_t>(alignment), sizeof(void*));
    void* memory = nullptr;
    const int error = ::posix_memalign(&memory, wanted, size);
    return never_null(error == 0 ? memory : nullptr);
}

}  // namespace

// NOLINTBEGIN(cert-dcl54-cpp, misc-new-delete-overloads): mimalloc has their operator delete.
void* operator new(std::size_t size) {
    return never_null(std::malloc(size));  // NOLINT(cppcoreguidelines-no-malloc)
}
void* operator new[](std::size_t size) {
    return never_null(std::malloc(size));  // NOLINT(cppcoreguidelines-no-malloc)
}
void* operator new(std::size_t size, std::align_val_t alignment) {
    return aligned(size, alignment);
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
    return aligned(size, alignment);
}
// NOLINTEND(cert-dcl54-cpp, misc-new-delete-overloads)
