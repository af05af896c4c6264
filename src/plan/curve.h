// SPDX-License-Identifier: Apache-2.0
// Curves of latency under load as parts of a plan: the points that a curve begins with, and what
// the schedule may add to them.
#ifndef NUMAPROBE_PLAN_CURVE_H
#define NUMAPROBE_PLAN_CURVE_H

#include "plan/load_choice.h"

struct curve_request {
    struct load_request load;
    const uint32_t *delays; // cycles; empty: the seeds of plan->curves.density
    size_t delay_count;
    const double *rates; // paced loads besides, bytes per second
    size_t rate_count;
};

// Adds the points that the victim, an idle cell of the plan, has beside that load. A curve that
// cannot be measured is one refused cell. Errors: as load_choose.
bool curve_plan(struct plan *plan, const struct topology *topology, const struct cross_check *check,
                const struct curve_request *request, size_t victim, struct error *error);

// Whether this cell is the first of a curve that can be measured.
bool curve_begins(const struct plan *plan, size_t cell);

// What the cells of the plan do not tell yet: points that come in any case (paced loads that are
// shares of the peak), and how many more the holes of all curves may take.
struct curve_outlook {
    size_t min_points, more_points;
    uint64_t min_ns, more_ns; // one visit of each
};
struct curve_outlook curve_look_ahead(const struct plan *plan);

#endif
