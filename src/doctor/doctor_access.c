// SPDX-License-Identifier: Apache-2.0
// What this process may use and what it gets: CPUs, memory, placement, the plan.
#include "base/units.h"
#include "doctor/doctor_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void doctor_find_cpuset(const struct doctor_subject *subject, struct doctor_finding *finding) {
    char all[96];
    if (!subject->restriction[0]) {
        doctor_tell(finding, DOCTOR_OK, "all CPUs and memory nodes may be used");
        return;
    }
    doctor_tell(finding, DOCTOR_WARN, "only %.200s may be used", subject->restriction);
    doctor_advise_here(finding, "the rest of the matrix cannot be measured", "cpuset",
                       id_set_format(subject->cpus_online, all, sizeof all));
}

// "200000 100000" (cpu.max) or "200000 (cpu.cfs_quota_us)", whose period is 100 ms unless somebody
// changed it.
void doctor_find_cpu_limit(const struct doctor_subject *subject, struct doctor_finding *finding) {
    const char *limit = doctor_fact(subject, "cgroup_cpu_limit");
    if (!limit) {
        doctor_tell(finding, DOCTOR_UNKNOWN, "%.200s",
                    doctor_fact_absence(subject, "cgroup_cpu_limit"));
        return;
    }
    char *end;
    double quota_us = strtod(limit, &end), period_us = strtod(end, NULL);
    double cpus = quota_us / (period_us > 0 ? period_us : 100000);
    char now[32];
    snprintf(now, sizeof now, "%.1f", cpus);
    bool throttles = end != limit && cpus < (double)subject->cpus_allowed->count;
    doctor_tell(finding, throttles ? DOCTOR_WARN : DOCTOR_OK, "%s", limit);
    if (throttles)
        doctor_advise_here(finding, "the limit stops the threads when its time is used up (SCHED)",
                           "cpu_limit", now);
}

void doctor_find_isolated(const struct doctor_subject *subject, struct doctor_finding *finding) {
    char all[96];
    const char *list = doctor_fact(subject, "cpus_isolated");
    struct id_set isolated = {0};
    struct error error;
    if (!list || (strcmp(list, "none") != 0 && !id_set_parse(&isolated, list, &error))) {
        doctor_tell(finding, DOCTOR_UNKNOWN, "the list of isolated CPUs cannot be read");
        return;
    }
    size_t withheld = 0;
    for (size_t i = 0; i < isolated.count; i++)
        withheld += !id_set_contains(subject->cpus_allowed, isolated.ids[i]);
    doctor_tell(finding, withheld ? DOCTOR_WARN : DOCTOR_OK, "%s", list);
    if (withheld)
        doctor_advise_here(
            finding, "this process may not use all of them, although they are the quietest CPUs",
            "isolated_cpus", id_set_format(subject->cpus_online, all, sizeof all));
    id_set_free(&isolated);
}

// What a control group may take, "no limit" or bytes, bounds every node.
static void examine_memory_limit(const struct doctor_subject *subject,
                                 struct doctor_finding *finding) {
    char needed[UNITS_TEXT_BYTES], limit[UNITS_TEXT_BYTES];
    const char *fact = doctor_fact(subject, "cgroup_memory_limit");
    char *end = NULL;
    uint64_t limit_bytes = fact ? strtoull(fact, &end, 10) : 0;
    if (!fact || end == fact)
        return;
    for (size_t i = 0; i < subject->node_count; i++) {
        const struct doctor_node *node = &subject->nodes[i];
        if (node->needed_bytes <= limit_bytes / 100 * 95)
            continue;
        doctor_tell(finding, DOCTOR_BLOCK, "this process may use %s, but a plain run needs %s",
                    units_format_bytes_rounded(limit_bytes, limit),
                    units_format_bytes_rounded(node->needed_bytes, needed));
        doctor_advise_here(finding, "its cases are refused", "memory_limit", NULL);
        return;
    }
}

void doctor_find_memory(const struct doctor_subject *subject, struct doctor_finding *finding) {
    char needed[UNITS_TEXT_BYTES], free[UNITS_TEXT_BYTES];
    const char *total = doctor_fact(subject, "memory_total_bytes");
    uint64_t total_bytes = total ? strtoull(total, NULL, 10) : NONE_U64;
    doctor_tell(finding, DOCTOR_OK, "every node has the memory that a plain run needs");
    for (size_t i = 0; i < subject->node_count; i++) {
        const struct doctor_node *node = &subject->nodes[i];
        bool known = node->free_bytes != NONE_U64;
        // A node that does not tell cannot have more than the whole machine.
        uint64_t max_bytes = known ? node->free_bytes : total_bytes;
        units_format_bytes_rounded(node->needed_bytes, needed);
        if (!known && finding->verdict == DOCTOR_OK)
            doctor_tell(finding, DOCTOR_UNKNOWN, "node %u does not report its free memory",
                        node->node);
        if (max_bytes != NONE_U64 && node->needed_bytes > max_bytes / 100 * 95) {
            doctor_tell(finding, DOCTOR_BLOCK, "node %u has %s%s, but a plain run needs %s there",
                        node->node, units_format_bytes_rounded(max_bytes, free),
                        known ? " free" : " at most", needed);
            doctor_advise_here(finding, "its cases are refused", "memory", NULL);
            return;
        }
    }
    examine_memory_limit(subject, finding);
}

// Of all nodes the way that promises least, and the witness that tells least.
static void tell_placed(const struct doctor_subject *subject, struct doctor_finding *finding) {
    enum os_placing placed_by = 0;
    enum witness located_by = WITNESS_EACH_PAGE;
    for (size_t i = 0; i < subject->node_count; i++) {
        const struct doctor_node *node = &subject->nodes[i];
        placed_by = node->placed_by > placed_by ? node->placed_by : placed_by;
        located_by = node->located_by < located_by ? node->located_by : located_by;
    }
    doctor_tell(finding, DOCTOR_OK,
                "a buffer was allocated on %s%zu node%s, written and found there (placed "
                "by %s, found by %s)",
                subject->node_count == 1 ? "" : "each of ", subject->node_count,
                PLURAL(subject->node_count), os_placing_names[placed_by], witness_name(located_by));
}

// For a page really asked for, written from a CPU of its own node where it has any, and found. A
// refusal has its own way out in its reason.
void doctor_find_placement(const struct doctor_subject *subject, struct doctor_finding *finding) {
    tell_placed(subject, finding);
    for (size_t i = 0; i < subject->node_count; i++) {
        const struct doctor_node *node = &subject->nodes[i];
        bool blocks = node->refused ||
                      (node->placed != VERDICT_VERIFIED && node->placed != VERDICT_UNVERIFIABLE);
        if (!blocks && node->placed == VERDICT_VERIFIED)
            continue;
        doctor_tell(finding, blocks ? DOCTOR_BLOCK : DOCTOR_WARN, "node %u: %s%s%s", node->node,
                    node->refused ? "" : verdict_names[node->placed], node->refused ? "" : ": ",
                    node->reason);
        if (node->refused)
            doctor_advise(finding, "nothing can be measured there",
                          "as the reason says; numaprobe verify tries every CPU");
        else if (blocks && node->placed_by == OS_PLACED_FIRST_TOUCH)
            doctor_advise_here(finding, "nothing can be measured there", "placement", NULL);
        else if (blocks)
            doctor_advise(finding, "nothing can be measured there",
                          "numaprobe verify shows where the pages are");
        else
            doctor_advise(finding, "rows will be unverifiable, and the exit code 4",
                          "as the reason says; numaprobe --allow-unverified accepts it");
        if (blocks)
            return;
    }
}

void doctor_find_plan(const struct doctor_subject *subject, struct doctor_finding *finding) {
    bool blocks = subject->cells_refused > 0;
    doctor_tell(finding, blocks ? DOCTOR_BLOCK : DOCTOR_OK, "%zu of %zu cases can be measured",
                subject->cells_planned - subject->cells_refused, subject->cells_planned);
    if (blocks)
        doctor_advise(finding, "the others are refused, the first for this reason", "%.250s",
                      subject->refusal);
}
