// SPDX-License-Identifier: Apache-2.0
// A library for LD_PRELOAD that does to a program what the world can do between two of its steps:
// it stands before syscall(3), and $MEDDLE says what it does there.
//
//   prefer   mbind(MPOL_BIND) becomes MPOL_PREFERRED, as a system that does not obey
//   spill    the same, and get_mempolicy says that it obeyed; $MEDDLE_MIB of the node are taken
//            first, so that the kernel really puts a part of the buffer elsewhere
//   zero     before the first question for pages, all but the first are dropped and read again: the
//            kernel then really shows its zero page, or none
//   balance  the policy is one that NUMA balancing may look at (MPOL_F_NUMA_BALANCING), so that the
//            kernel really unmaps pages for a moment
//
// At the end the file $MEDDLE_COUNT gets the number of -ENOENT that move_pages has said.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <linux/mempolicy.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

static const unsigned long balancing = 1UL << 13; // MPOL_F_NUMA_BALANCING, Linux 5.12
static unsigned long long absent_answers;
static int pages_dropped;

static int meddles(const char *how) {
    const char *asked = getenv("MEDDLE");
    return asked && strcmp(asked, how) == 0;
}

static long pass_on(long number, const long *a) {
    static long (*next)(long, ...);
    if (!next)
        *(void **)&next = dlsym(RTLD_NEXT, "syscall");
    return next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static long prefer(const long *a) {
    long preferred[6] = {a[0], a[1], MPOL_PREFERRED, a[3], a[4], a[5]};
    return pass_on(SYS_mbind, preferred);
}

static long take_and_prefer(const long *a) {
    size_t bytes = strtoul(getenv("MEDDLE_MIB"), NULL, 10) << 20;
    char *taken = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    long of_taken[6] = {(long)taken, (long)bytes, 0, a[3], a[4], 0};
    if (taken == MAP_FAILED || prefer(of_taken))
        abort();
    memset(taken, 1, bytes);
    return prefer(a);
}

static long let_balance(const long *a) {
    long watched[6] = {a[0], a[1], (long)(MPOL_BIND | balancing), a[3], a[4], a[5]};
    return pass_on(SYS_mbind, watched);
}

static void drop_pages(size_t count, char **pages) {
    for (size_t i = 1; i < count; i++) {
        madvise(pages[i], 4096, MADV_DONTNEED);
        (void)*(volatile char *)pages[i];
    }
    pages_dropped = 1;
}

static void count_absent(long count, const int *answers) {
    const char *path = getenv("MEDDLE_COUNT");
    for (long i = 0; i < count; i++)
        absent_answers += answers[i] == -ENOENT;
    FILE *file = path ? fopen(path, "w") : NULL;
    if (!file)
        return;
    fprintf(file, "%llu\n", absent_answers);
    fclose(file);
}

static long meddle(long number, const long *a) {
    if (number == SYS_mbind && meddles("prefer"))
        return prefer(a);
    if (number == SYS_mbind && meddles("spill"))
        return take_and_prefer(a);
    if (number == SYS_mbind && meddles("balance"))
        return let_balance(a);
    if (number == SYS_move_pages && meddles("zero") && !pages_dropped)
        drop_pages((size_t)a[1], (char **)a[2]);
    long answer = pass_on(number, a);
    if (number == SYS_move_pages && answer == 0)
        count_absent(a[1], (const int *)a[4]);
    if (number == SYS_get_mempolicy && answer == 0) {
        if (meddles("spill"))
            *(int *)a[0] = MPOL_BIND;
        if (meddles("balance"))
            *(int *)a[0] &= ~(int)balancing;
    }
    return answer;
}

long syscall(long number, ...) {
    long a[6];
    va_list arguments;
    va_start(arguments, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(arguments, long);
    va_end(arguments);
    return meddle(number, a);
}
