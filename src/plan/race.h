// SPDX-License-Identifier: Apache-2.0
// The race of loops: which of a short list draws the most on this processor, in at most about 4 s.
//
// No loop is the best everywhere: eight streams with prefetch in AVX2 reached 0.88 of four streams
// in AVX-512 on a Zen 5, and are the best on a Cascade Lake. So each loop of the list is visited
// once before the other cells are planned, as a cell with a row like any other, and the one that
// stands for its mix follows from that. The search of `bandwidth --peak` is longer: all loops, in
// heats, with both numbers of threads.
#ifndef NUMAPROBE_PLAN_RACE_H
#define NUMAPROBE_PLAN_RACE_H

#include "plan/schedule_state.h"

enum { RACE_LOOPS_MAX = 8 };

// Loops that can stand for a mix. The first is taken unless another is clearly better.
struct race_contest {
    const struct kernel_mix *mix;
    const struct kernel *loops[RACE_LOOPS_MAX];
    size_t loop_count;
};

struct race_request {
    const struct topology *topology;
    const struct cross_check *check;
    const struct sizing *sizing;
    const struct page_kind *pages;
    uint64_t size_bytes; // as a block's; 0: by the sizing
    const struct race_contest *contests;
    size_t contest_count;
};

// Adds the next loop of a contest with several to the plan. False when all have run or the time is
// up: a contest that is not over keeps its first loop.
bool race_grow(struct plan *plan, const struct schedule *schedule,
               const struct race_request *request);

// The loop that is better than the first by more than 3 %, the best of these; else the first.
const struct kernel *race_winner(const struct schedule *schedule,
                                 const struct race_contest *contest);

#endif
