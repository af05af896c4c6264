// SPDX-License-Identifier: Apache-2.0
// Children of a test that deny themselves system calls, as a container runtime does (man:
// seccomp(2)). Include cmocka.h before.
#ifndef NUMAPROBE_TESTS_DENIED_H
#define NUMAPROBE_TESTS_DENIED_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"
#include "own_kernel.h"

// Runs the body in a child and returns its wait status, so that it may die, or deny itself calls.
static inline int in_child(int (*body)(void)) {
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(body());
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

// For bodies. An assertion of cmocka's would jump out of the child into the parent's run of tests,
// so bodies and what they call use this or CHECK.
#define EXPECT(condition)                                                                          \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s is false\n", __FILE__, __LINE__, #condition);               \
            return 1;                                                                              \
        }                                                                                          \
    } while (0)

enum { CANNOT_DENY = 99 };

static inline void assert_child_succeeds(int (*body)(void)) {
    int status = in_child(body);
    if (WIFEXITED(status) && WEXITSTATUS(status) == CANNOT_DENY)
        need_own_kernel();
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

enum condition { EQUAL, AT_LEAST, BELOW };

// From now on this process meets os_number when it makes the call with an argument whose low half
// compares so with value.
static inline void deny_when(long call, int os_number, unsigned argument, enum condition condition,
                             uint32_t value) {
    const size_t low = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0;
    const unsigned short compare = BPF_JMP | BPF_K | (condition == EQUAL ? BPF_JEQ : BPF_JGE);
    const unsigned char skip_when_true = condition == BELOW, skip_when_false = !skip_when_true;
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                 (uint32_t)(offsetof(struct seccomp_data, args) + argument * 8 + low)),
        BPF_JUMP(compare, value, skip_when_true, skip_when_false),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)os_number),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = COUNT_OF(filter), .filter = filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        _exit(CANNOT_DENY);
}

static inline void deny(long call, int os_number) {
    deny_when(call, os_number, 0, AT_LEAST, 0);
}

#endif
