// SPDX-License-Identifier: Apache-2.0
#include "doctor/detectors.h"

#include "kernels/chase.h"
#include "measure/visit.h"
#include "placement/fill.h"
#include "record/flags.h"
#include "stats/order.h"

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum { TRIES = 3, THREADS_MAX = 2 };

// The machine as this process may use it: the first CPU, a second one beside it if there is one.
struct ground {
    uint32_t cpus[THREADS_MAX];
    size_t cpu_count;
    uint32_t node;
};

static bool find_ground(struct ground *ground, struct error *error) {
    struct id_set allowed;
    if (!os_cpus_allowed(&allowed, error))
        return false;
    *ground = (struct ground){0};
    for (; ground->cpu_count < THREADS_MAX && ground->cpu_count < allowed.count;
         ground->cpu_count++)
        ground->cpus[ground->cpu_count] = allowed.ids[ground->cpu_count];
    id_set_free(&allowed);
    return os_node_of_cpu(ground->cpus[0], &ground->node, error);
}

static enum os_outcome tell_error(char found[OS_FOUND_BYTES], const struct error *error) {
    snprintf(found, OS_FOUND_BYTES, "%.300s", error->text);
    return OS_UNAVAILABLE;
}

// ---- loops with a fault -------------------------------------------------------------------------

// The loop of the visit under way, and what was planted in it so far: a loop is given nothing but
// its span, so this has no other place.
static struct {
    const struct kernel *honest;
    uint32_t working_cpu;
    atomic_bool planted;
    atomic_ullong started_ns; // 0: not yet
} stage;

// True once, when the visit has gone on for longer than its steps need to find their pace.
static bool is_the_moment(void) {
    unsigned long long none = 0, now_ns = os_clock_ns();
    atomic_compare_exchange_strong(&stage.started_ns, &none, now_ns);
    return now_ns - atomic_load(&stage.started_ns) > 60 * NS_PER_MS &&
           !atomic_exchange(&stage.planted, true);
}

static uint64_t flip_a_bit(const struct kernel_span *span) {
    if (is_the_moment()) {
        uint64_t word;
        memcpy(&word, span->a, sizeof word);
        word ^= UINT64_C(1) << 30;
        memcpy(span->a, &word, sizeof word);
    }
    return stage.honest->run(span);
}

static uint64_t skip_the_last_lines(const struct kernel_span *span) {
    struct kernel_span shorter = *span;
    shorter.count -= KERNEL_GRANULE;
    return stage.honest->run(&shorter);
}

static uint64_t work_on_one_cpu(const struct kernel_span *span) {
    uint32_t cpu, node;
    struct error error;
    bool elsewhere = os_current_place(&cpu, &node, &error) && cpu != stage.working_cpu;
    return elsewhere ? 0 : stage.honest->run(span);
}

// It keeps its CPU, as under firmware or a hypervisor that does not say so.
static uint64_t stand_still(const struct kernel_span *span) {
    if (is_the_moment())
        for (uint64_t end_ns = os_clock_ns() + 30 * NS_PER_MS; os_clock_ns() < end_ns;)
            os_spin_pause();
    return stage.honest->run(span);
}

struct fault {
    const char *name;
    const char *expected;
    const char *flag;
    const char *kernel; // plain C
    uint64_t (*run)(const struct kernel_span *span);
    size_t threads;
    const char *hidden_by; // flags under which the detector cannot see the fault; NULL: none
};

// clang-format off
static const struct fault faults[] = {
    {"a_flipped_bit_is_found",
     "DATA if a bit of the array changed, no flag if none did",
     "DATA", "read", flip_a_bit, 1, NULL},
    {"a_loop_that_skips_lines_is_found",
     "DATA if eight lines of each call are skipped, no flag if none are",
     "DATA", "copy", skip_the_last_lines, 1, NULL},
    {"half_the_threads_are_found",
     "DATA if one of two threads does nothing, no flag if both work",
     "DATA", "write", work_on_one_cpu, 2, NULL},
    {"a_thread_that_stood_still_is_found",
     "GAP if a thread stood still for 30 ms, no flag if none did",
     "GAP", "read", stand_still, 1, "SCHED STEAL FAULT"},
};
// clang-format on

static bool has_flag(const struct row *row, const char *name) {
    const char *words = row->flags;
    for (const struct flag *flag; (flag = flag_next(&words)) != NULL;)
        if (strcmp(flag->name, name) == 0)
            return true;
    return false;
}

// NULL: none of the row's flags hides the fault.
static const struct flag *hider_of(const struct fault *fault, const struct row *row) {
    const char *words = fault->hidden_by ? fault->hidden_by : "";
    const struct flag *flag;
    while ((flag = flag_next(&words)) != NULL && !has_flag(row, flag->name))
        ;
    return flag;
}

static void visit(const struct ground *ground, const struct fault *fault, bool planted,
                  struct row *row) {
    struct kernel kernel = *stage.honest;
    if (planted)
        kernel.run = fault->run;
    atomic_store(&stage.planted, false);
    atomic_store(&stage.started_ns, 0);
    struct cell cell = {.test = TEST_BANDWIDTH,
                        .visit_length = VISIT_SHORT,
                        .kernel = &kernel,
                        .cpu_node = ground->node,
                        .mem_node = node_set_of(ground->node),
                        .pages = page_kind_base(),
                        .page_bytes = os_base_page_bytes(),
                        .size_bytes = 4 * MIB};
    for (size_t i = 0; i < fault->threads; i++)
        id_set_add(&cell.cpus, ground->cpus[i]);
    const struct visit_request request = {
        .cell = &cell, .run_id = "", .host = "", .seed = 1, .round = 1, .visit = 1};
    visit_measure(&request, row);
    id_set_free(&cell.cpus);
}

// Whether the flag stands there as it should, in one of some tries. False, too, with no value.
static bool flag_is(const struct ground *ground, const struct fault *fault, bool planted,
                    struct row *row) {
    for (int attempt = 0; attempt < TRIES; attempt++) {
        visit(ground, fault, planted, row);
        if (row->status != STATUS_OK)
            return false;
        if (has_flag(row, fault->flag) == planted)
            return true;
    }
    return false;
}

static enum os_outcome try_fault(const struct fault *fault, char found[OS_FOUND_BYTES]) {
    struct ground ground;
    struct error error;
    struct row row;
    if (!find_ground(&ground, &error))
        return tell_error(found, &error);
    if (fault->threads > ground.cpu_count) {
        snprintf(found, OS_FOUND_BYTES, "it needs %zu CPUs, and this process has %zu",
                 fault->threads, ground.cpu_count);
        return OS_UNAVAILABLE;
    }
    stage.honest = kernel_find(fault->kernel, ISA_PORTABLE);
    stage.working_cpu = ground.cpus[0];
    bool silent = flag_is(&ground, fault, false, &row);
    bool fired = silent && flag_is(&ground, fault, true, &row);
    if (row.status != STATUS_OK) {
        snprintf(found, OS_FOUND_BYTES, "no repetition: %.300s", row.reason);
        return OS_UNAVAILABLE;
    }
    const struct flag *hider = fired ? NULL : hider_of(fault, &row);
    if (hider) {
        snprintf(found, OS_FOUND_BYTES, "%s on CPU %u, which hides the fault: %s", hider->name,
                 ground.cpus[0], hider->remedy);
        return OS_UNAVAILABLE;
    }
    snprintf(found, OS_FOUND_BYTES, "%s: %.300s",
             fired    ? "with the fault, and not without it"
             : silent ? "not with the fault"
                      : "without the fault",
             row.flags[0] ? row.flags : "no flag");
    return fired ? OS_AGREES : OS_DIFFERS;
}

// ---- a known delay ------------------------------------------------------------------------------

// A timing takes 0.1 ms, so that of most of them no program that shares the CPU takes a part: its
// turns are of milliseconds. With 0.6 ms the median was wrong by up to 200 cycles beside three.
enum { DELAY_CYCLES = 20, DELAY_TIMINGS = 101, DELAY_SLOTS = 64, DELAY_LOADS = 4000 };

struct delay {
    char room[DELAY_SLOTS * CHASE_SLOT_BYTES + CHASE_SLOT_BYTES];
    // By timing, in cycles of the additions that were timed beside it, because the core's clock
    // changes from one timing to the next.
    double once_cycles[DELAY_TIMINGS], more_cycles[DELAY_TIMINGS];
};

static double since_ns(uint64_t begin_ns, uint64_t count) {
    return (double)(os_clock_ns() - begin_ns) / (double)count;
}

// Out of the first-level cache, so that nothing but the additions differs. Both walks have some: a
// walk without any took up to 1.5 cycles more for each load while a guest (AMD EPYC) was busy, and
// a walk with additions did not.
static void time_delay(void *context) {
    struct delay *delay = context;
    uintptr_t past = (uintptr_t)delay->room % CHASE_SLOT_BYTES;
    void *base = delay->room + (past ? CHASE_SLOT_BYTES - past : 0);
    const struct chase_shape shape = {.slot_bytes = CHASE_SLOT_BYTES,
                                      .line_bytes = CHASE_LINE_BYTES};
    void *at = chase_build(base, DELAY_SLOTS * CHASE_SLOT_BYTES, &shape, 1).start;
    for (int i = 0; i < DELAY_TIMINGS; i++) {
        uint64_t begin_ns = os_clock_ns();
        at = chase_walk_delayed(at, DELAY_LOADS, DELAY_CYCLES);
        double once_ns = since_ns(begin_ns, DELAY_LOADS);
        begin_ns = os_clock_ns();
        at = chase_walk_delayed(at, DELAY_LOADS, 2 * DELAY_CYCLES);
        double twice_ns = since_ns(begin_ns, DELAY_LOADS);
        begin_ns = os_clock_ns();
        kernel_add_chain(DELAY_LOADS * DELAY_CYCLES);
        double cycle_ns = since_ns(begin_ns, DELAY_LOADS * DELAY_CYCLES);
        delay->once_cycles[i] = once_ns / cycle_ns;
        delay->more_cycles[i] = (twice_ns - once_ns) / cycle_ns;
    }
}

static enum os_outcome try_delay(char found[OS_FOUND_BYTES]) {
    struct ground ground;
    struct error error;
    struct os_thread thread;
    struct delay delay;
    if (!find_ground(&ground, &error) ||
        !os_thread_start(&thread, ground.cpus[0], time_delay, &delay, &error))
        return tell_error(found, &error);
    os_thread_join(&thread);
    double cycles = order_median(delay.more_cycles, DELAY_TIMINGS);
    snprintf(found, OS_FOUND_BYTES, "%.2f cycles more, on top of %.2f", cycles,
             order_median(delay.once_cycles, DELAY_TIMINGS));
    return fabs(cycles - DELAY_CYCLES) < 1 ? OS_AGREES : OS_DIFFERS;
}

// ---- a buffer on another node -------------------------------------------------------------------

// Another node than this one, with memory of which the system gives a part; NONE_U32: none.
static uint32_t other_node(uint32_t node) {
    struct id_set nodes;
    struct error error;
    uint32_t other = NONE_U32;
    if (!os_nodes(&nodes, &error))
        return other;
    for (size_t i = 0; i < nodes.count; i++) {
        uint64_t total_bytes, free_bytes;
        if (nodes.ids[i] != node &&
            os_node_memory(nodes.ids[i], &total_bytes, &free_bytes, &error) &&
            free_bytes > 64 * MIB)
            other = nodes.ids[i];
    }
    id_set_free(&nodes);
    return other;
}

// The verdict on a buffer that was placed on one node, and asked for on another.
static bool judge_planted(const struct ground *ground, uint32_t placed, uint32_t asked,
                          enum verdict *verdict, struct error *error) {
    struct placement placement;
    struct evidence evidence;
    struct id_set cpus = {0};
    char reason[200];
    id_set_add(&cpus, ground->cpus[0]);
    bool made =
        placement_create(&placement, 4 * MIB, page_kind_base(), node_set_of(placed), 1, error) &&
        fill_placement(&placement, &cpus, error);
    id_set_free(&cpus);
    if (made) {
        placement.memory.nodes = node_set_of(asked);
        placement_prove(&placement, &evidence);
        *verdict = placement_judge(&placement.memory, &evidence, NULL, reason, sizeof reason);
        evidence_free(&evidence);
    }
    placement_release(&placement);
    return made;
}

static enum os_outcome try_wrong_node(char found[OS_FOUND_BYTES]) {
    struct ground ground;
    struct error error;
    enum verdict right, wrong;
    if (!find_ground(&ground, &error))
        return tell_error(found, &error);
    uint32_t other = other_node(ground.node);
    if (other == NONE_U32) {
        snprintf(found, OS_FOUND_BYTES, "not applicable: it needs a second node with memory");
        return OS_UNAVAILABLE;
    }
    if (!judge_planted(&ground, ground.node, ground.node, &right, &error) ||
        !judge_planted(&ground, other, ground.node, &wrong, &error))
        return tell_error(found, &error);
    snprintf(found, OS_FOUND_BYTES, "on node %u %s, on node %u %s", ground.node,
             verdict_names[right], other, verdict_names[wrong]);
    if (right == VERDICT_UNVERIFIABLE || wrong == VERDICT_UNVERIFIABLE)
        return OS_UNAVAILABLE;
    return right == VERDICT_VERIFIED && wrong == VERDICT_MISPLACED ? OS_AGREES : OS_DIFFERS;
}

// ---- the list -----------------------------------------------------------------------------------

void detectors_try(void (*report)(void *context, const struct os_check *check), void *context) {
    static const char document[] = "docs/method.md, Flags of a row";
    struct os_check check = {.document = document};
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        check.name = faults[i].name;
        check.expected = faults[i].expected;
        check.outcome = try_fault(&faults[i], check.found);
        report(context, &check);
    }
    check.name = "a_known_delay_is_measured";
    check.expected = "20 cycles more, within one, by 20 more additions behind each load of a chain";
    check.outcome = try_delay(check.found);
    report(context, &check);
    check.name = "a_buffer_on_another_node_is_found";
    check.expected = "verified on the node that was asked for, misplaced on another";
    check.outcome = try_wrong_node(check.found);
    report(context, &check);
}
