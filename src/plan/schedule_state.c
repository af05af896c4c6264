// SPDX-License-Identifier: Apache-2.0
#include "plan/schedule_state.h"

const char *const stop_reason_names[STOP_REASON_COUNT] = {
    [STOP_NONE] = "not_finished",   [STOP_REFUSED] = "refused",   [STOP_ROUNDS] = "rounds",
    [STOP_CONVERGED] = "converged", [STOP_LOOKS] = "looks",       [STOP_LOST] = "lost",
    [STOP_BUDGET] = "budget",       [STOP_SKETCHED] = "sketched",
};

const double *schedule_values(const struct schedule *schedule, size_t cell) {
    const struct schedule_cell *known = &schedule->cells[cell];
    bool bandwidth = schedule->plan->cells[cell].test == TEST_BANDWIDTH;
    return bandwidth ? known->bandwidth_bytes_per_s : known->latency_ns;
}

void schedule_queue(struct schedule *schedule, size_t cell) {
    schedule->queue =
        base_grow_by_one(schedule->queue, schedule->queue_count, sizeof *schedule->queue);
    schedule->queue[schedule->queue_count++] = cell;
}

bool schedule_has_visited(const struct schedule *schedule, size_t cell) {
    return cell < schedule->cell_count && schedule->cells[cell].visits > 0;
}

uint64_t schedule_visit_ns(const struct schedule *schedule, const struct cell *cell, size_t index) {
    if (schedule_has_visited(schedule, index))
        return schedule->cells[index].spent_ns / schedule->cells[index].visits;
    double pace =
        schedule->predicted_ns ? (double)schedule->spent_ns / (double)schedule->predicted_ns : 1;
    return (uint64_t)(pace * (double)cell_predict_ns(cell));
}

bool schedule_has_time(const struct schedule *schedule, uint64_t more_ns) {
    const struct plan *plan = schedule->plan;
    uint64_t needed_ns = schedule->spent_ns + more_ns;
    for (size_t i = 0; i < plan->cell_count; i++)
        if (!schedule_has_visited(schedule, i))
            needed_ns += schedule_visit_ns(schedule, &plan->cells[i], i);
    return needed_ns <= plan->budget_ns;
}
