// SPDX-License-Identifier: Apache-2.0
// Tests of the real system that need the kernel's own NUMA calls and seccomp. qemu's user emulation
// has neither, and says ENOSYS.
#ifndef NUMAPROBE_TESTS_OWN_KERNEL_H
#define NUMAPROBE_TESTS_OWN_KERNEL_H

#include <errno.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

// A kernel that has the call refuses this policy, which does not exist; one that forbids the call
// says EPERM. Neither is ENOSYS.
static inline bool kernel_is_emulated(void) {
    const long no_policy = 99;
    return syscall(SYS_mbind, NULL, 0L, no_policy, NULL, 0L, 0L) != 0 && errno == ENOSYS;
}

static inline void need_own_kernel(void) {
    if (kernel_is_emulated()) {
        print_message("skipped: this emulation of a kernel has no mbind(2) and no seccomp(2)\n");
        skip();
    }
}

#endif
