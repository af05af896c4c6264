// SPDX-License-Identifier: Apache-2.0
// What would disturb or block a run on this machine, and how to mend it.
//
// doctor_look is pure: facts, sizes and the outcome of a trial go in, findings come out, from one
// table of checks. cmd_doctor.c gathers what goes in.
#ifndef NUMAPROBE_DOCTOR_DOCTOR_H
#define NUMAPROBE_DOCTOR_DOCTOR_H

#include "os/os.h"
#include "placement/placement.h"

enum doctor_verdict {
    DOCTOR_OK,
    DOCTOR_WARN,    // it disturbs what is measured, or keeps something from being measured
    DOCTOR_BLOCK,   // the plain run would fail or refuse cells
    DOCTOR_UNKNOWN, // the system does not say, which is not the same as ok
    DOCTOR_VERDICT_COUNT,
};
extern const char *const doctor_verdict_names[DOCTOR_VERDICT_COUNT];

// One memory node: what it has, what the plain run takes there, and a page that was really asked
// for, written and found again.
struct doctor_node {
    uint32_t node;
    uint64_t free_bytes;   // NONE_U64: unknown
    uint64_t needed_bytes; // by the largest cell of the plan
    enum verdict placed;
    enum os_placing placed_by;
    enum witness located_by;
    char reason[512]; // why it is not verified; "" when it is
    bool refused;     // memory was unavailable, or no thread started
};

struct doctor_subject {
    const struct os_fact *facts;
    size_t fact_count;
    const struct doctor_node *nodes; // those with memory that this process may use
    size_t node_count;
    const struct id_set *cpus_allowed; // of this process
    const struct id_set *cpus_online;
    size_t package_count;                // 0: unknown
    const char *restriction;             // what affinity or control group withhold; "" when nothing
    const char *averaging;               // where one number is an average over packages; "" else
    size_t cpus_contradicted;            // CPUs whose node hwloc and the system name differently
    const char *hidden;                  // of nodes and CPUs that hwloc does not show; ""
    const char *check_reason;            // why hwloc could not be checked; "" when it was
    size_t cells_planned, cells_refused; // of the plain run, by its plan
    const char *refusal;                 // of the first of these; "" when none is
    uint64_t clock_step_ns, clock_step_max_ns; // what it is, and may be for the shortest samples
    uint64_t base_page_bytes;
    uint64_t transparent_page_bytes; // 0: there are none
};

struct doctor_finding {
    const char *name;
    enum doctor_verdict verdict;
    char found[600];
    const char *trouble;          // what it does to a run; NULL when there is nothing to mend
    char remedy[OS_REMEDY_BYTES]; // the command or the option that mends it
};

enum { DOCTOR_CHECKS_MAX = 48 };

// Fills one finding for each check that there is on this system, in the order of the table, and
// returns how many. findings has room for DOCTOR_CHECKS_MAX.
size_t doctor_look(const struct doctor_subject *subject, struct doctor_finding *findings);

// A finding as people read it, in a text of that many bytes or a text that stays: the name of a
// check, and what was found, with its unit.
enum { DOCTOR_SHOWN_BYTES = 600 };
const char *doctor_label(const char *name, char text[DOCTOR_SHOWN_BYTES]);
const char *doctor_shown(const struct doctor_finding *finding, char text[DOCTOR_SHOWN_BYTES]);

// Whether so much else runs now, and ran in the last minute or runs now on a quarter of these CPUs,
// that a run would be disturbed: the load check in one sentence, for those who did not ask. False,
// and an empty text, when not, or when the system does not report it.
bool doctor_is_busy(const struct os_fact *facts, size_t fact_count, size_t cpus, char *sentence,
                    size_t sentence_bytes);

// ---- for tests ----------------------------------------------------------------------------------

// The names of all checks, in the order of the table; NULL ends them.
const char *doctor_check_name(size_t index);

#endif
