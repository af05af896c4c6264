// SPDX-License-Identifier: Apache-2.0
// What tests of the real system ask of the kernel before they assume it. Some need its own NUMA
// calls and seccomp: qemu's user emulation has neither, and says ENOSYS.
#ifndef NUMAPROBE_TESTS_OWN_KERNEL_H
#define NUMAPROBE_TESTS_OWN_KERNEL_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
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

// Most kernels show one shared page of zeros where a page is read before it is written. That page
// is on no node and no part of the buffer. Others give the buffer a page of its own on that first
// read (seen on a Linux 6.18 started with pvm_no_zero_page=1). Asked of the kernel itself, not of
// the code under test.
static inline bool kernel_shares_a_zero_page(void) {
    const size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
    int place = 0;
    void *page = mmap(NULL, page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(page, MAP_FAILED);
    madvise(page, page_bytes, MADV_NOHUGEPAGE); // fails where no page is huge anyway
    assert_int_equal(*(volatile char *)page, 0);
    assert_int_equal(syscall(SYS_move_pages, 0, 1L, &page, NULL, &place, 0), 0);
    assert_int_equal(munmap(page, page_bytes), 0);
    return place < 0;
}

#endif
