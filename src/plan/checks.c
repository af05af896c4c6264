// SPDX-License-Identifier: Apache-2.0
#include "plan/checks.h"

// A visit of VISIT_WALK takes at most 130 ms: loads of 62 ns and more do not come round in that
// time. Faster memory comes round once, which then shows less of a difference and never a false
// one.
static const uint64_t first_walk_slots = UINT64_C(1) << 21;

// Check cells are in the same kind of pages and so must stay whole pages.
static void change(struct cell *cell, enum check check) {
    uint64_t walk_bytes = first_walk_slots * cell->shape.slot_bytes;
    switch (check) {
    case CHECK_SIZE_DOUBLED:
        cell->size_bytes *= 2;
        break;
    case CHECK_SLOT_DOUBLED: // as many slots, and so as many lines
        cell->shape.slot_bytes *= 2;
        cell->shape.window_bytes *= 2;
        cell->size_bytes *= 2;
        break;
    case CHECK_FIRST_WALK:
        cell->visit_length = VISIT_WALK;
        if (cell->size_bytes < walk_bytes)
            cell->size_bytes = walk_bytes;
        break;
    case CHECK_FLUSHED:
    case CHECK_ZERO_FILL:
    case CHECK_NONE:
    case CHECK_COUNT:
        break;
    }
}

static void add_check(struct plan *plan, size_t base, enum check check) {
    char name[CELL_NAME_BYTES];
    struct cell cell = cell_copy(&plan->cells[base]);
    cell_set_check_of(&cell, cell_name(&cell, name));
    cell.block = BLOCK_CHECK;
    cell.check = check;
    cell.partial_min_bytes = 0; // it is about the size
    change(&cell, check);
    plan_add(plan, cell);
}

static bool can_be_checked(const struct cell *cell) {
    return !cell->refusal && !cell->cached && cell->cpu_node != NONE_U32 &&
           cell->check == CHECK_NONE;
}

// Whether what it stores depends on what it loads.
static bool stores_its_data(const struct cell *cell) {
    return cell->kernel && cell->kernel->loads && cell->kernel->stores;
}

// The first cell of a test that can be checked, of those with data in their stores before others.
// cell_count when there is none.
static size_t find_base(const struct plan *plan, enum test test) {
    size_t found = plan->cell_count;
    for (size_t i = plan->cell_count; i-- > 0;) {
        const struct cell *cell = &plan->cells[i];
        if (cell->test != test || !can_be_checked(cell))
            continue;
        if (found == plan->cell_count || stores_its_data(cell) ||
            !stores_its_data(&plan->cells[found]))
            found = i;
    }
    return found;
}

bool plan_add_checks(struct plan *plan, struct error *error) {
    static const struct {
        enum test test;
        enum check check;
    } checks[] = {
        {TEST_LATENCY,   CHECK_SIZE_DOUBLED},
        {TEST_LATENCY,   CHECK_SLOT_DOUBLED},
        {TEST_LATENCY,   CHECK_FIRST_WALK  },
        {TEST_BANDWIDTH, CHECK_SIZE_DOUBLED},
        {TEST_BANDWIDTH, CHECK_ZERO_FILL   },
    };
    size_t planned = plan->cell_count;
    size_t bases[TEST_COUNT];
    for (enum test test = 0; test < TEST_COUNT; test++)
        bases[test] = find_base(plan, test);
    for (size_t i = 0; i < COUNT_OF(checks); i++)
        if (bases[checks[i].test] < planned)
            add_check(plan, bases[checks[i].test], checks[i].check);
    return plan->cell_count > planned ||
           error_set(error, ERROR_KIND_USAGE, 0,
                     "--checks: the plan has no case with memory that could be checked; leave out "
                     "--cached or --peak");
}
