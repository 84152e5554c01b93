// Ends a process right before its n-th system call that changes a file: what happens then must be
// right for every n.
//
//     for (int nth = 1; killed_at_change(nth, [&] { restore(folder); }); ++nth)
//     expect_sound(folder);
#pragma once

#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <exception>
#include <functional>
#include <stdexcept>

namespace base::testing {

inline bool changes_files(std::uint64_t call, const std::array<std::uint64_t, 6>& arguments) {
    switch (call) {
        case SYS_openat:
            return (arguments[2] & std::uint64_t{O_CREAT}) != 0;
        case SYS_write:
        case SYS_pwrite64:
        case SYS_ftruncate:
        case SYS_fallocate:
        case SYS_fsync:
        case SYS_fdatasync:
        case SYS_unlinkat:
        case SYS_linkat:
        case SYS_mkdirat:
        case SYS_renameat2:
#ifdef SYS_rename
        case SYS_open:
        case SYS_rename:
        case SYS_unlink:
        case SYS_link:
        case SYS_mkdir:
#endif
#ifdef SYS_renameat
        case SYS_renameat:
#endif
            return true;
        default:
            return false;
    }
}

// Runs `work` in a process of its own. True when it was killed; false when it ended before its n-th
// change, or with an exception. To be called while this process has one thread.
inline bool killed_at_change(int nth, const std::function<void()>& work) {
    const pid_t child = ::fork();
    if (child == 0) {
        ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
        ::raise(SIGSTOP);
        try {
            work();
        } catch (const std::exception&) {
            ::_exit(1);
        }
        ::_exit(0);
    }
    int status = 0;
    if (child < 0 || ::waitpid(child, &status, 0) != child || !WIFSTOPPED(status)) {
        throw std::runtime_error("a process that is traced can't be started here");
    }
    ::ptrace(PTRACE_SETOPTIONS, child, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
    for (int left = nth;;) {
        ::ptrace(PTRACE_SYSCALL, child, nullptr, nullptr);
        ::waitpid(child, &status, 0);
        if (!WIFSTOPPED(status)) return false;
        struct __ptrace_syscall_info call{};
        ::ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof(call), &call);
        if (call.op != PTRACE_SYSCALL_INFO_ENTRY) continue;
        if (!changes_files(call.entry.nr, std::to_array(call.entry.args)) || --left > 0) continue;
        ::kill(child, SIGKILL);
        ::waitpid(child, &status, 0);
        return true;
    }
}

}  // namespace base::testing
