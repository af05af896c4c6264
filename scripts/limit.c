// SPDX-License-Identifier: Apache-2.0
// Times the loops that scripts/limit.py writes, and first looks whether they do what they are for.
//
// usage: limit CPUS SLICE_BYTES PAGES SAMPLES OPERATION LIBRARY
//
//   CPUS         one thread on each, e.g. 0,2
//   SLICE_BYTES  of each array that a thread has for itself
//   PAGES        4K or thp, by madvise; other pages than these are refused
//   SAMPLES      of 20 ms per loop; all loops take turns, so that they meet the same disturbances;
//                0 only looks at what they leave
//   OPERATION    read, copy (a = b), triad (a = b + 3 c), write (a = 1.5), zero (a = 0) or update
//                (a = -a)
//   LIBRARY      a shared object with the table limit_loops
//
// Prints a line per loop: its name and its samples in bytes per second, each named load and store
// counted once; or its name and `wrong ...` when it does not leave the right values.
#define _GNU_SOURCE
#include <dlfcn.h>
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

enum { ARRAYS_MAX = 3, LOOPS_MAX = 200, SAMPLES_MAX = 1000 };
enum { LINE_BYTES = 64, SAMPLE_NS = 20 * 1000 * 1000, STEP_BYTES = 2 << 20 };

// Arrays would meet at the same addresses modulo 4096: each begins so much later than the one
// before.
enum { ARRAY_SKEW_BYTES = 21 * 64 };

#define HUGE_BYTES ((size_t)2 << 20)

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 // Linux 6.1; the headers of older C libraries lack it
#endif

// As scripts/limit.py lays it out: `turns` turns of the loop cover STEP_BYTES, shared out to the
// streams, of which each begins `stride_bytes` behind the one before.
struct loop {
    const char *name;
    void (*run)(char *a, char *b, char *c, uint64_t turns);
    uint64_t streams;
    uint64_t stride_bytes;
    uint64_t turns;
};

static const struct operation {
    const char *name;
    size_t arrays;
    size_t counted; // accesses per element
} operations[] = {
    {"read",   1, 1},
    {"copy",   2, 2},
    {"triad",  3, 3},
    {"write",  1, 1},
    {"zero",   1, 1},
    {"update", 1, 2},
};

struct team {
    size_t count;
    bool huge;
    size_t slice_bytes;
    const struct operation *operation;
    const struct loop *loops;
    size_t loop_count, sample_count;
    bool wrong[LOOPS_MAX];
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
    size_t position;         // of the next step in each stream
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

// ---- what a loop must leave --------------------------------------------------------------------

static char *array_at(const struct worker *worker, size_t array, size_t position) {
    return worker->slice[array] + array * ARRAY_SKEW_BYTES + position;
}

static void run_step(const struct worker *worker, const struct loop *loop) {
    loop->run(array_at(worker, 0, worker->position), array_at(worker, 1, worker->position),
              array_at(worker, 2, worker->position), loop->turns);
}

static double fill_value(size_t array, size_t i) {
    return 1.0 + (double)(i % 4096) + (double)(array * 8192);
}

static double expected(const struct operation *operation, size_t i) {
    double a = fill_value(0, i), b = fill_value(1, i), c = fill_value(2, i);
    switch (operation->name[0]) {
    case 'c':
        return b;
    case 't':
        return b + 3.0 * c;
    case 'w':
        return 1.5;
    case 'z':
        return 0.0;
    case 'u':
        return -a;
    default:
        return a;
    }
}

// One step over fresh values, and of each stream the line behind it, which must stay as it is.
static bool leaves_the_right_values(const struct worker *worker, const struct loop *loop) {
    const struct operation *operation = worker->team->operation;
    size_t elements = STEP_BYTES / loop->streams / sizeof(double), guard = LINE_BYTES / 8;
    for (size_t k = 0; k < operation->arrays; k++)
        for (size_t s = 0; s < loop->streams; s++) {
            double *stream = (double *)(void *)array_at(worker, k, s * loop->stride_bytes);
            for (size_t i = 0; i < elements + guard; i++)
                stream[i] = fill_value(k, i);
        }
    run_step(worker, loop);
    for (size_t s = 0; s < loop->streams; s++) {
        const double *stream = (const double *)(void *)array_at(worker, 0, s * loop->stride_bytes);
        for (size_t i = 0; i < elements + guard; i++) {
            double value = i < elements ? expected(operation, i) : fill_value(0, i);
            if (memcmp(&stream[i], &value, sizeof value) != 0)
                return false;
        }
    }
    return true;
}

// ---- threads -----------------------------------------------------------------------------------

static double take_sample(struct worker *worker, const struct loop *loop) {
    size_t step = STEP_BYTES / loop->streams;
    uint64_t begin_ns = clock_ns(), now_ns, bytes = 0;
    do {
        if (worker->position + step > loop->stride_bytes)
            worker->position = 0;
        run_step(worker, loop);
        worker->position += step;
        bytes += STEP_BYTES * worker->team->operation->counted;
        now_ns = clock_ns();
    } while (now_ns - begin_ns < SAMPLE_NS);
    return (double)bytes * 1e9 / (double)(now_ns - begin_ns);
}

static void pin(size_t cpu) {
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    CPU_SET(cpu, &cpus);
    if (sched_setaffinity(0, sizeof cpus, &cpus) != 0)
        fail("a thread cannot be pinned");
}

static void fill(const struct worker *worker) {
    struct team *team = worker->team;
    for (size_t k = 0; k < team->operation->arrays; k++) {
        double *words = (double *)(void *)worker->slice[k];
        for (size_t i = 0; i < team->slice_bytes / sizeof *words; i++)
            words[i] = fill_value(k, i);
        if (team->huge) // what a busy system did not give at once; what it still refuses shows
            madvise(worker->slice[k], team->slice_bytes, MADV_COLLAPSE);
    }
}

static void *work(void *context) {
    struct worker *worker = context;
    struct team *team = worker->team;
    pin(worker->cpu);
    fill(worker);
    for (size_t loop = 0; worker->index == 0 && loop < team->loop_count; loop++)
        team->wrong[loop] = !leaves_the_right_values(worker, &team->loops[loop]);
    for (size_t sample = 0; team->sample_count && sample <= team->sample_count; sample++)
        for (size_t loop = 0; loop < team->loop_count; loop++) {
            meet(team);
            double rate = team->wrong[loop] ? 0 : take_sample(worker, &team->loops[loop]);
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
    int used = 0;
    for (; count < CPU_SETSIZE && sscanf(list, "%zu%n", &cpus[count], &used) == 1; list += used) {
        if (cpus[count++] >= CPU_SETSIZE)
            fail("CPUS is a list such as 0,2");
        used += list[used] == ',';
    }
    if (count == 0 || *list)
        fail("CPUS is a list such as 0,2");
    return count;
}

static const struct operation *find_operation(const char *name) {
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
        if (strcmp(operations[i].name, name) == 0)
            return &operations[i];
    fail("OPERATION is read, copy, triad, write, zero or update");
}

static void open_loops(struct team *team, const char *path) {
    void *library = dlopen(path, RTLD_NOW);
    team->loops = library ? dlsym(library, "limit_loops") : NULL;
    if (!team->loops)
        fail(dlerror());
    while (team->loops[team->loop_count].name) {
        const struct loop *loop = &team->loops[team->loop_count++];
        if (team->loop_count > LOOPS_MAX)
            fail("too many loops");
        if (loop->streams * loop->stride_bytes + ARRAYS_MAX * ARRAY_SKEW_BYTES >
                team->slice_bytes ||
            loop->stride_bytes < STEP_BYTES / loop->streams + LINE_BYTES)
            fail("SLICE_BYTES is too small for the streams");
    }
}

static void print_results(const struct team *team) {
    for (size_t loop = 0; loop < team->loop_count; loop++) {
        printf("%s%s", team->loops[loop].name, team->wrong[loop] ? " wrong values" : "");
        for (size_t sample = 0; !team->wrong[loop] && sample < team->sample_count; sample++) {
            double sum = 0;
            for (size_t i = 0; i < team->count; i++)
                sum += team->bytes_per_s[(loop * team->sample_count + sample) * team->count + i];
            printf(" %.0f", sum);
        }
        printf("\n");
    }
}

int main(int argc, char **argv) {
    if (argc != 7)
        fail("usage: limit CPUS SLICE_BYTES PAGES SAMPLES OPERATION LIBRARY");
    static size_t cpus[CPU_SETSIZE];
    static struct team team;
    team.count = parse_cpus(argv[1], cpus);
    team.slice_bytes = strtoull(argv[2], NULL, 10) / HUGE_BYTES * HUGE_BYTES;
    team.huge = strcmp(argv[3], "thp") == 0;
    team.sample_count = strtoull(argv[4], NULL, 10);
    team.operation = find_operation(argv[5]);
    if (!team.huge && strcmp(argv[3], "4K") != 0)
        fail("PAGES is 4K or thp");
    if (team.sample_count > SAMPLES_MAX)
        fail("SAMPLES is at most 1000");
    open_loops(&team, argv[6]);
    team.bytes_per_s =
        allocate(team.loop_count * (team.sample_count + 1) * team.count, sizeof(double));

    size_t array_bytes = team.slice_bytes * team.count;
    char *buffer = make_buffer(array_bytes * team.operation->arrays, team.huge);
    struct worker *workers = allocate(team.count, sizeof *workers);
    for (size_t i = 0; i < team.count; i++) {
        workers[i] = (struct worker){.team = &team, .index = i, .cpu = cpus[i]};
        for (size_t k = 0; k < ARRAYS_MAX; k++) {
            size_t array = k < team.operation->arrays ? k : 0;
            workers[i].slice[k] = buffer + array * array_bytes + i * team.slice_bytes;
        }
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
            fail("a thread cannot be started");
    }
    for (size_t i = 0; i < team.count; i++)
        pthread_join(workers[i].thread, NULL);
    check_pages(buffer, array_bytes * team.operation->arrays, team.huge);
    print_results(&team);
    return 0;
}
