// SPDX-License-Identifier: Apache-2.0
// As much of Google Benchmark as the driver needs, callable from C.
//
// No exception leaves these functions: one that is thrown inside (out of memory, a broken filter
// that the library does not catch) ends the program.
#ifndef NUMAPROBE_BENCH_GBENCH_H
#define NUMAPROBE_BENCH_GBENCH_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define GBENCH_NOEXCEPT noexcept
extern "C" {
#else
#define GBENCH_NOEXCEPT
#endif

// One repetition of one benchmark while it runs.
struct gbench_state;

enum gbench_unit { GBENCH_NANOSECONDS, GBENCH_MILLISECONDS };

// Takes the --benchmark_ options that it knows out of the arguments. The library itself ends the
// program when one has a bad value, with status 0: bad_value is called before that, and shall end
// it better.
void gbench_initialize(int *argument_count, char **arguments,
                       void (*bad_value)(void)) GBENCH_NOEXCEPT;

// The list of those options, to stdout.
void gbench_print_options(void) GBENCH_NOEXCEPT;

// A pair for the context, which stands at the head of every output.
void gbench_add_context(const char *key, const char *value) GBENCH_NOEXCEPT;

// Registers a benchmark whose repetition is one call of run(state, context), which says itself how
// long it took. To the name Google Benchmark adds "/iterations:1/manual_time".
void gbench_register(const char *name, enum gbench_unit unit,
                     void (*run)(struct gbench_state *state, void *context),
                     void *context) GBENCH_NOEXCEPT;

// Runs, or with --benchmark_list_tests lists, what the filter selects. Returns how many benchmarks
// that were; 0 also when the filter is no regular expression, which is then said on stderr.
size_t gbench_run(void) GBENCH_NOEXCEPT;

// ---- inside run ---------------------------------------------------------------------------------

void gbench_set_time(struct gbench_state *state, double time_s) GBENCH_NOEXCEPT;

// What was moved in that time, from which bytes_per_second is made.
void gbench_set_bytes(struct gbench_state *state, uint64_t bytes) GBENCH_NOEXCEPT;

void gbench_set_counter(struct gbench_state *state, const char *name, double value) GBENCH_NOEXCEPT;

void gbench_set_label(struct gbench_state *state, const char *label) GBENCH_NOEXCEPT;

// Makes the repetition an error with a reason. Values and counters are then not shown.
void gbench_skip(struct gbench_state *state, const char *reason) GBENCH_NOEXCEPT;

#ifdef __cplusplus
}
#endif

#endif
