// SPDX-License-Identifier: Apache-2.0
// The rival that scripts/acceptance compares numaprobe's full_random with: the least that a pointer
// chase can be. It shares no code with numaprobe, so that a fault of its chain, its engine or its
// clock shows.
//
// usage: minimal_chase CPU BYTES PAGES SAMPLES
//
// BYTES are cut into slots of 128; each holds a pointer at its begin, plus one of its 16 words in
// turn. PAGES are 4K or thp, by madvise; the caller compares like with like. Prints the median, the
// least and the most of the samples, of 50 ms each, in nanoseconds per load.
#define _GNU_SOURCE
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum { SLOT_WORDS = 16, SAMPLE_NS = 50 * 1000 * 1000, LOADS_AT_A_TIME = 1 << 12 };
enum { SAMPLES_MAX = 1000, WARM_SAMPLES = 4 };

#define HUGE_BYTES ((size_t)2 << 20)

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 // Linux 6.1; the headers of older C libraries lack it
#endif

__attribute__((noreturn)) static void fail(const char *what) {
    fprintf(stderr, "minimal_chase: %s\n", what);
    exit(1);
}

static uint64_t clock_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

// xorshift64*: S. Vigna, "An experimental exploration of Marsaglia's xorshift generators", 2016.
static uint64_t next_random(void) {
    static uint64_t state = 88172645463325252;
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * UINT64_C(2685821657736338717);
}

static void **word_of(void **memory, size_t slot) {
    return memory + slot * SLOT_WORDS + slot * 7 % SLOT_WORDS;
}

// Sattolo's shuffle of slot numbers, then the pointers. The numbers lie in memory of their own.
static void link_slots(void **memory, size_t slots) {
    uint32_t *next = malloc(slots * sizeof *next);
    if (!next || slots > UINT32_MAX)
        fail("no memory for so many slots");
    for (size_t i = 0; i < slots; i++)
        next[i] = (uint32_t)i;
    for (size_t i = slots - 1; i > 0; i--) {
        size_t other = next_random() % i;
        uint32_t kept = next[i];
        next[i] = next[other];
        next[other] = kept;
    }
    for (size_t i = 0; i < slots; i++)
        *word_of(memory, i) = word_of(memory, next[i]);
    free(next);
}

static int compare_doubles(const void *left, const void *right) {
    double x = *(const double *)left, y = *(const double *)right;
    return (x > y) - (x < y);
}

static void *take_sample(void *at, double *ns_per_load) {
    uint64_t begin_ns = clock_ns(), now_ns, loads = 0;
    do {
        for (int i = 0; i < LOADS_AT_A_TIME; i++)
            at = *(void *volatile *)at;
        loads += LOADS_AT_A_TIME;
        now_ns = clock_ns();
    } while (now_ns - begin_ns < SAMPLE_NS);
    *ns_per_load = (double)(now_ns - begin_ns) / (double)loads;
    return at;
}

int main(int argc, char **argv) {
    if (argc != 5)
        fail("usage: minimal_chase CPU BYTES PAGES SAMPLES");
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    CPU_SET(strtoul(argv[1], NULL, 10), &cpus);
    if (sched_setaffinity(0, sizeof cpus, &cpus) != 0)
        fail("it cannot be pinned to that CPU");
    size_t bytes = strtoull(argv[2], NULL, 10) / HUGE_BYTES * HUGE_BYTES;
    size_t samples = strtoul(argv[4], NULL, 10);
    if (bytes == 0 || samples == 0 || samples > SAMPLES_MAX)
        fail("BYTES is at least 2 MiB, SAMPLES 1 to 1000");
    char *memory =
        mmap(NULL, bytes + HUGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        fail("the system does not give that much memory");
    memory += HUGE_BYTES - (uintptr_t)memory % HUGE_BYTES;
    int huge = strcmp(argv[3], "thp") == 0;
    if (madvise(memory, bytes, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE) != 0)
        fail("this system has no transparent huge pages");
    memset(memory, 1, bytes);
    if (huge)
        madvise(memory, bytes, MADV_COLLAPSE);
    link_slots((void **)(void *)memory, bytes / sizeof(void *) / SLOT_WORDS);

    static double ns_per_load[SAMPLES_MAX];
    void *at = word_of((void **)(void *)memory, 0);
    for (size_t i = 0; i < WARM_SAMPLES; i++)
        at = take_sample(at, ns_per_load);
    for (size_t i = 0; i < samples; i++)
        at = take_sample(at, &ns_per_load[i]);
    qsort(ns_per_load, samples, sizeof *ns_per_load, compare_doubles);
    double median = (ns_per_load[(samples - 1) / 2] + ns_per_load[samples / 2]) / 2;
    printf("%.4f %.4f %.4f\n", median, ns_per_load[0], ns_per_load[samples - 1]);
    return at == NULL; // never: it only keeps the walk
}
