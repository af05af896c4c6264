// SPDX-License-Identifier: Apache-2.0
// The ceiling that scripts/compare_peers holds kernels against: loops that do nothing but load or
// store whole cache lines. They share no code with numaprobe, so that a fault of its engine shows.
//
// usage: limit CPUS BYTES PAGES SAMPLES OPERATION [LOOP]
//
//   CPUS       one thread on each, e.g. 0,2-3
//   BYTES      of each array, which they share out
//   PAGES      4K or thp, by madvise; other pages than these are refused
//   SAMPLES    of 20 ms per loop; all loops take turns, so that they meet the same disturbances
//   OPERATION  read, copy (a = b), triad (a = b + 3 c) or write
//   LOOP       one of its loops; all that this CPU can run when it is missing
//
// Prints a line per loop: its name, then median, least and most of its samples in bytes per second,
// each named load and store counted once. A loop's name is its register width in bits, streams, for
// a read the lines of a stream that follow each other, for a store whether it is non-temporal, and
// bytes of prefetch: 256_s4_l8_p0, 256_s1_nt_p512.
#define _GNU_SOURCE
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum { ARRAYS_MAX = 3 };
enum { LINE_BYTES = 64, SAMPLE_NS = 20 * 1000 * 1000, STEP_BYTES = 2 << 20, SAMPLES_MAX = 1000 };

// Streams a power of two apart would compete for the same sets of the caches and banks of memory.
// Arrays would meet at the same addresses modulo 4096: each begins so much later than the one
// before.
enum { SKEW_BYTES = 4096 + 512, ARRAY_SKEW_BYTES = 21 * 64 };

#define HUGE_BYTES ((size_t)2 << 20)

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 // Linux 6.1; the headers of older C libraries lack it
#endif

// ---- loops that load ---------------------------------------------------------------------------

// Assembly, so that each load is exactly one instruction and stands where the source says.
#if defined(__x86_64__)
#define LOAD(text, address, bytes)                                                                 \
    __asm__ volatile(text : : "m"(*(const char(*)[bytes])(address)) : "xmm0")
#define LOAD_128(line)                                                                             \
    LOAD("movdqa %0, %%xmm0", line, 16);                                                           \
    LOAD("movdqa %0, %%xmm0", (line) + 16, 16);                                                    \
    LOAD("movdqa %0, %%xmm0", (line) + 32, 16);                                                    \
    LOAD("movdqa %0, %%xmm0", (line) + 48, 16)
#define LOAD_256(line)                                                                             \
    LOAD("vmovdqa %0, %%ymm0", line, 32);                                                          \
    LOAD("vmovdqa %0, %%ymm0", (line) + 32, 32)
#define LOAD_512(line) LOAD("vmovdqa64 %0, %%zmm0", line, 64)
// Or every later SSE instruction would wait for the upper halves.
#define LEAVE_128() (void)0
#define LEAVE_256() __asm__ volatile("vzeroupper")
#define LEAVE_512() LEAVE_256()
#elif defined(__aarch64__)
#define LOAD(line, offset)                                                                         \
    __asm__ volatile("ldp q0, q1, [%0, " offset "]" : : "r"(line) : "v0", "v1", "memory")
#define LOAD_128(line)                                                                             \
    LOAD(line, "0");                                                                               \
    LOAD(line, "32")
#define LEAVE_128() (void)0
#else
#error "no loop for this processor"
#endif

#define UNROLL_FULLY _Pragma("GCC unroll 64")

// Stream s covers `bytes` bytes from base + s * stride. The pointers move instead of an index: with
// one, gcc 12 computes each prefetch address by itself and runs out of registers.
#define DEFINE_LOOP(width, streams, lines, prefetch_bytes)                                         \
    static void read_##width##_##streams##_##lines##_##prefetch_bytes(                             \
        char *const array[ARRAYS_MAX], size_t stride, size_t bytes) {                              \
        const char *stream[streams];                                                               \
        UNROLL_FULLY                                                                               \
        for (size_t s = 0; s < streams; s++)                                                       \
            stream[s] = array[0] + s * stride;                                                     \
        for (size_t at = 0; at < bytes; at += lines * LINE_BYTES) {                                \
            UNROLL_FULLY                                                                           \
            for (size_t s = 0; s < streams; s++) {                                                 \
                UNROLL_FULLY                                                                       \
                for (size_t line = 0; line < lines; line++) {                                      \
                    if (prefetch_bytes)                                                            \
                        __builtin_prefetch(stream[s] + line * LINE_BYTES + prefetch_bytes);        \
                    LOAD_##width(stream[s] + line * LINE_BYTES);                                   \
                }                                                                                  \
                stream[s] += lines * LINE_BYTES;                                                   \
            }                                                                                      \
        }                                                                                          \
        LEAVE_##width();                                                                           \
    }

// Many were tried on a Cascade Lake and a Zen 4; these are the ones that led somewhere, at some
// size of page or number of threads.
#define SHAPES(LOOP, width)                                                                        \
    LOOP(width, 1, 4, 0)                                                                           \
    LOOP(width, 2, 8, 0)                                                                           \
    LOOP(width, 4, 4, 0)                                                                           \
    LOOP(width, 4, 8, 0)                                                                           \
    LOOP(width, 8, 4, 0)                                                                           \
    LOOP(width, 8, 8, 0)                                                                           \
    LOOP(width, 4, 4, 1024)                                                                        \
    LOOP(width, 8, 4, 512)

#if defined(__x86_64__)
#define READS(LOOP) LOOP(128, 1, 4, 0) SHAPES(LOOP, 256) SHAPES(LOOP, 512)
#else
#define READS(LOOP) SHAPES(LOOP, 128)
#endif

READS(DEFINE_LOOP)

// ---- loops that store --------------------------------------------------------------------------

// The values are the compiler's, the stores are not: it would merge or vectorise them otherwise.
#if defined(__x86_64__)
#define TARGET(features)      __attribute__((target(features)))
#define TARGET_256            TARGET("avx")
#define TARGET_512            TARGET("avx512f")
#define STORE_ordinary(at, v) __asm__ volatile("vmovapd %1, %0" : "=m"(*(at)) : "v"(v))
#define STORE_nt(at, v)       __asm__ volatile("vmovntpd %1, %0" : "=m"(*(at)) : "v"(v))
#define FENCE()               __asm__ volatile("sfence" : : : "memory")
#else
#define TARGET_128
#define STORE_ordinary(at, v) __asm__ volatile("str %q1, %0" : "=m"(*(at)) : "w"(v))
#define FENCE()               (void)0
#endif

typedef double vector_128 __attribute__((vector_size(16), may_alias));
typedef double vector_256 __attribute__((vector_size(32), may_alias));
typedef double vector_512 __attribute__((vector_size(64), may_alias));

#define VALUE_copy(v, b, c)  (*(const v *)(b))
#define VALUE_triad(v, b, c) (*(const v *)(b) + 3.0 * *(const v *)(c))
#define VALUE_write(v, b, c) ((v){0} + 1.5)

#define DEFINE_STORE(operation, width, streams, kind, prefetch_bytes)                              \
    TARGET_##width static void operation##_##width##_##streams##_##kind##_##prefetch_bytes(        \
        char *const array[ARRAYS_MAX], size_t stride, size_t bytes) {                              \
        for (size_t at = 0; at < bytes; at += 4 * LINE_BYTES) {                                    \
            UNROLL_FULLY                                                                           \
            for (size_t s = 0; s < streams; s++) {                                                 \
                char *a = array[0] + s * stride + at;                                              \
                const char *b = array[1] + s * stride + at, *c = array[2] + s * stride + at;       \
                (void)b, (void)c;                                                                  \
                UNROLL_FULLY                                                                       \
                for (size_t i = 0; i < 4 * LINE_BYTES; i += width / 8) {                           \
                    if (prefetch_bytes && i % LINE_BYTES == 0) {                                   \
                        __builtin_prefetch(b + i + prefetch_bytes);                                \
                        __builtin_prefetch(c + i + prefetch_bytes);                                \
                    }                                                                              \
                    vector_##width value = VALUE_##operation(vector_##width, b + i, c + i);        \
                    STORE_##kind((vector_##width *)(void *)(a + i), value);                        \
                }                                                                                  \
            }                                                                                      \
        }                                                                                          \
        FENCE();                                                                                   \
    }

#define STORE_SHAPES(LOOP, operation, width, kind)                                                 \
    LOOP(operation, width, 1, kind, 0)                                                             \
    LOOP(operation, width, 2, kind, 0)                                                             \
    LOOP(operation, width, 4, kind, 0)                                                             \
    LOOP(operation, width, 1, kind, 512)

#if defined(__x86_64__)
#define STORES_OF(LOOP, operation)                                                                 \
    STORE_SHAPES(LOOP, operation, 256, ordinary)                                                   \
    STORE_SHAPES(LOOP, operation, 256, nt)                                                         \
    STORE_SHAPES(LOOP, operation, 512, ordinary)                                                   \
    STORE_SHAPES(LOOP, operation, 512, nt)
#else
#define STORES_OF(LOOP, operation) STORE_SHAPES(LOOP, operation, 128, ordinary)
#endif
#define STORES(LOOP) STORES_OF(LOOP, copy) STORES_OF(LOOP, triad) STORES_OF(LOOP, write)

STORES(DEFINE_STORE)

struct loop {
    const char *operation;
    const char *name;
    unsigned width;
    size_t streams;
    void (*run)(char *const array[ARRAYS_MAX], size_t stride, size_t bytes);
};

#define READ_ROW(width, streams, lines, prefetch)                                                  \
    {"read", #width "_s" #streams "_l" #lines "_p" #prefetch, width, streams,                      \
     read_##width##_##streams##_##lines##_##prefetch},
#define STORE_ROW(operation, width, streams, kind, prefetch)                                       \
    {#operation, #width "_s" #streams "_" #kind "_p" #prefetch, width, streams,                    \
     operation##_##width##_##streams##_##kind##_##prefetch},

static const struct loop loops[] = {READS(READ_ROW) STORES(STORE_ROW)};

enum { LOOP_COUNT = sizeof loops / sizeof *loops };

static const struct {
    const char *name;
    size_t arrays;
} operations[] = {
    {"read",  1},
    {"copy",  2},
    {"triad", 3},
    {"write", 1}
};

static size_t arrays_of(const char *operation) {
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
        if (strcmp(operations[i].name, operation) == 0)
            return operations[i].arrays;
    return 0;
}

static bool runs_here(unsigned width) {
#if defined(__x86_64__)
    if (width == 512)
        return __builtin_cpu_supports("avx512f");
    if (width == 256)
        return __builtin_cpu_supports("avx");
#endif
    return width == 128;
}

// ---- threads -----------------------------------------------------------------------------------

struct team {
    size_t count;
    bool huge;
    size_t arrays;
    const struct loop *loops[LOOP_COUNT];
    size_t loop_count, sample_count;
    _Atomic size_t arrived;
    _Atomic size_t generation;
    double *bytes_per_s; // loop x sample x thread
};

struct worker {
    struct team *team;
    pthread_t thread;
    size_t index;
    size_t cpu;
    char *slice[ARRAYS_MAX]; // of each array; those that are not used are the first
    size_t slice_bytes;
    size_t position; // of the next step
};

__attribute__((noreturn)) static void fail(const char *what) {
    fprintf(stderr, "limit: %s\n", what);
    exit(1);
}

static void *allocate(size_t count, size_t bytes) {
    void *memory = calloc(count, bytes);
    if (!memory)
        fail("out of memory");
    return memory;
}

static uint64_t clock_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

// Spinning, because a sleeping thread would wake up late into a sample of 20 ms.
static void meet(struct team *team) {
    size_t generation = atomic_load(&team->generation);
    if (atomic_fetch_add(&team->arrived, 1) + 1 == team->count) {
        atomic_store(&team->arrived, 0);
        atomic_store(&team->generation, generation + 1);
        return;
    }
    while (atomic_load(&team->generation) == generation)
        continue;
}

// One step covers STEP_BYTES, shared out to the streams.
static double take_sample(struct worker *worker, const struct loop *loop) {
    size_t step = STEP_BYTES / loop->streams;
    size_t stride = (worker->slice_bytes / loop->streams - SKEW_BYTES) / LINE_BYTES * LINE_BYTES;
    uint64_t begin_ns = clock_ns(), now_ns;
    size_t bytes = 0;
    do {
        if (worker->position + step > stride)
            worker->position = 0;
        char *array[ARRAYS_MAX];
        for (size_t k = 0; k < ARRAYS_MAX; k++)
            array[k] = worker->slice[k] + k * ARRAY_SKEW_BYTES + worker->position;
        loop->run(array, stride, step);
        worker->position += step;
        bytes += step * loop->streams * worker->team->arrays;
        now_ns = clock_ns();
    } while (now_ns - begin_ns < SAMPLE_NS);
    return (double)bytes * 1e9 / (double)(now_ns - begin_ns);
}

static void *work(void *context) {
    struct worker *worker = context;
    struct team *team = worker->team;
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    CPU_SET(worker->cpu, &cpus);
    if (sched_setaffinity(0, sizeof cpus, &cpus) != 0)
        fail("a thread cannot be pinned");
    for (size_t k = 0; k < team->arrays; k++) {
        double *words = (double *)(void *)worker->slice[k];
        for (size_t i = 0; i < worker->slice_bytes / sizeof *words; i++)
            words[i] = 1.0 + (double)i;
        if (team->huge) // what a busy system did not give at once; what it still refuses shows
            madvise(worker->slice[k], worker->slice_bytes, MADV_COLLAPSE);
    }
    for (size_t sample = 0; sample <= team->sample_count; sample++)
        for (size_t loop = 0; loop < team->loop_count; loop++) {
            meet(team);
            double rate = take_sample(worker, team->loops[loop]);
            if (sample > 0) // the first one warms up
                team->bytes_per_s[(loop * team->sample_count + sample - 1) * team->count +
                                  worker->index] = rate;
        }
    return NULL;
}

// ---- the buffer --------------------------------------------------------------------------------

static char *make_buffer(size_t bytes, bool huge) {
    char *memory =
        mmap(NULL, bytes + HUGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        fail("the system does not give that much memory");
    memory += HUGE_BYTES - (uintptr_t)memory % HUGE_BYTES;
    if (madvise(memory, bytes, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE) != 0)
        fail("this system has no transparent huge pages");
    return memory;
}

// What was asked for is read back (man: proc(5), /proc/pid/smaps).
static uint64_t huge_bytes(const char *buffer, size_t bytes) {
    FILE *file = fopen("/proc/self/smaps", "r");
    if (!file)
        fail("the system does not tell the size of pages");
    uintptr_t begin = (uintptr_t)buffer, first, end;
    uint64_t kib, sum = 0;
    bool inside = false;
    char line[512];
    while (fgets(line, sizeof line, file)) {
        if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " ", &first, &end) == 2)
            inside = first < begin + bytes && end > begin;
        else if (inside && sscanf(line, "AnonHugePages: %" SCNu64, &kib) == 1)
            sum += kib * 1024;
    }
    fclose(file);
    return sum;
}

static void check_pages(const char *buffer, size_t bytes, bool huge) {
    uint64_t found = huge_bytes(buffer, bytes);
    if (huge && found < bytes)
        fail("not all pages are huge");
    if (!huge && found > 0)
        fail("some pages are huge");
}

// ---- main --------------------------------------------------------------------------------------

static size_t parse_cpus(const char *list, size_t cpus[CPU_SETSIZE]) {
    size_t count = 0;
    while (*list) {
        size_t first, last;
        int used = 0;
        if (sscanf(list, "%zu%n", &first, &used) != 1)
            fail("CPUS is a list such as 0,2-3");
        list += used;
        last = first;
        if (*list == '-' && sscanf(list, "-%zu%n", &last, &used) == 1)
            list += used;
        if (last >= CPU_SETSIZE || (*list && *list != ','))
            fail("CPUS is a list such as 0,2-3");
        list += *list == ',';
        for (size_t cpu = first; cpu <= last && count < CPU_SETSIZE; cpu++)
            cpus[count++] = cpu;
    }
    return count;
}

static void choose_loops(struct team *team, const char *operation, const char *name) {
    for (size_t i = 0; i < LOOP_COUNT; i++)
        if (strcmp(operation, loops[i].operation) == 0 && runs_here(loops[i].width) &&
            (!name || strcmp(name, loops[i].name) == 0))
            team->loops[team->loop_count++] = &loops[i];
    if (team->loop_count == 0)
        fail("no such loop here");
}

static int compare_doubles(const void *left, const void *right) {
    double x = *(const double *)left, y = *(const double *)right;
    return (x > y) - (x < y);
}

static void print_results(const struct team *team) {
    double sums[SAMPLES_MAX];
    size_t samples = team->sample_count;
    for (size_t loop = 0; loop < team->loop_count; loop++) {
        for (size_t sample = 0; sample < samples; sample++) {
            sums[sample] = 0;
            for (size_t i = 0; i < team->count; i++)
                sums[sample] += team->bytes_per_s[(loop * samples + sample) * team->count + i];
        }
        qsort(sums, samples, sizeof *sums, compare_doubles);
        double median = (sums[(samples - 1) / 2] + sums[samples / 2]) / 2;
        printf("%s %.0f %.0f %.0f\n", team->loops[loop]->name, median, sums[0], sums[samples - 1]);
    }
}

int main(int argc, char **argv) {
    if (argc < 6 || argc > 7)
        fail("usage: limit CPUS BYTES PAGES SAMPLES OPERATION [LOOP]");
    static size_t cpus[CPU_SETSIZE];
    static struct team team;
    team.count = parse_cpus(argv[1], cpus);
    size_t bytes = strtoull(argv[2], NULL, 10) / HUGE_BYTES * HUGE_BYTES;
    team.huge = strcmp(argv[3], "thp") == 0;
    team.sample_count = strtoull(argv[4], NULL, 10);
    if (!team.huge && strcmp(argv[3], "4K") != 0)
        fail("PAGES is 4K or thp");
    if (team.count == 0 || team.sample_count == 0 || team.sample_count > SAMPLES_MAX)
        fail("at least one CPU, and 1 to 1000 samples");
    team.arrays = arrays_of(argv[5]);
    if (team.arrays == 0)
        fail("OPERATION is read, copy, triad or write");
    size_t slice_bytes = bytes / team.count / HUGE_BYTES * HUGE_BYTES;
    if (slice_bytes < 2 * STEP_BYTES)
        fail("BYTES is too small for so many threads");
    choose_loops(&team, argv[5], argc == 7 ? argv[6] : NULL);
    team.bytes_per_s = allocate(team.loop_count * team.sample_count * team.count, sizeof(double));

    size_t array_bytes = slice_bytes * team.count;
    char *buffer = make_buffer(array_bytes * team.arrays, team.huge);
    struct worker *workers = allocate(team.count, sizeof *workers);
    for (size_t i = 0; i < team.count; i++) {
        workers[i] =
            (struct worker){.team = &team, .index = i, .cpu = cpus[i], .slice_bytes = slice_bytes};
        for (size_t k = 0; k < ARRAYS_MAX; k++) {
            size_t array = k < team.arrays ? k : 0;
            workers[i].slice[k] = buffer + array * array_bytes + i * slice_bytes;
        }
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
            fail("a thread cannot be started");
    }
    for (size_t i = 0; i < team.count; i++)
        pthread_join(workers[i].thread, NULL);
    check_pages(buffer, array_bytes * team.arrays, team.huge);
    print_results(&team);
    return 0;
}
