// SPDX-License-Identifier: Apache-2.0
// The only C++ of the project. Nothing here that Google Benchmark 1.7.1 (Debian 12) has not.
#include "gbench.h"

#include <benchmark/benchmark.h>

namespace {

benchmark::State &unwrap(gbench_state *state) {
    return *reinterpret_cast<benchmark::State *>(state);
}

// More than the one registered iteration is asked for only by --benchmark_min_warmup_time, which
// repeats until the sum of the times we set is long enough: with nanoseconds, never. An error is
// the one thing that ends a warm-up early, and the library forgets it (benchmark_runner.cc,
// RunWarmUp).
void run_iterations(benchmark::State &state, void (*run)(gbench_state *, void *), void *context) {
    if (state.max_iterations > 1) {
        state.SkipWithError("a repetition warms up by itself");
        return;
    }
    while (state.KeepRunning())
        run(reinterpret_cast<gbench_state *>(&state), context);
}

} // namespace

void gbench_initialize(int *argument_count, char **arguments, void (*bad_value)(void)) noexcept {
    benchmark::Initialize(argument_count, arguments, bad_value);
}

void gbench_print_options(void) noexcept {
    benchmark::PrintDefaultHelp();
}

void gbench_add_context(const char *key, const char *value) noexcept {
    benchmark::AddCustomContext(key, value);
}

void gbench_register(const char *name, gbench_unit unit, void (*run)(gbench_state *, void *),
                     void *context) noexcept {
    auto body = [run, context](benchmark::State &state) { run_iterations(state, run, context); };
    benchmark::RegisterBenchmark(name, body)
        ->Iterations(1)
        ->UseManualTime()
        ->Unit(unit == GBENCH_NANOSECONDS ? benchmark::kNanosecond : benchmark::kMillisecond);
}

size_t gbench_run(void) noexcept {
    return benchmark::RunSpecifiedBenchmarks();
}

void gbench_set_time(gbench_state *state, double time_s) noexcept {
    unwrap(state).SetIterationTime(time_s);
}

void gbench_set_bytes(gbench_state *state, uint64_t bytes) noexcept {
    unwrap(state).SetBytesProcessed(static_cast<int64_t>(bytes));
}

void gbench_set_counter(gbench_state *state, const char *name, double value) noexcept {
    unwrap(state).counters[name] = value;
}

void gbench_set_label(gbench_state *state, const char *label) noexcept {
    unwrap(state).SetLabel(label);
}

void gbench_skip(gbench_state *state, const char *reason) noexcept {
    unwrap(state).SkipWithError(reason);
}
