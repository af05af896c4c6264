// SPDX-License-Identifier: Apache-2.0
#include "plan/schedule_state.h"

const double *schedule_values(const struct schedule *schedule, size_t cell) {
    const struct schedule_cell *known = &schedule->cells[cell];
    bool bandwidth = schedule->plan->cells[cell].test == TEST_BANDWIDTH;
    return bandwidth ? known->bandwidth_bytes_per_s : known->latency_ns;
}

void schedule_queue(struct schedule *schedule, size_t cell) {
    schedule->queue =
        base_grow(schedule->queue, schedule->queue_count + 1, sizeof *schedule->queue);
    schedule->queue[schedule->queue_count++] = cell;
}
