// SPDX-License-Identifier: Apache-2.0
// What one run of the program knows of its machine, and the directory that it writes.
//
// Both drivers (the commands and numaprobe-bench) open a session, build a plan with it, and record
// their rows through it.
#ifndef NUMAPROBE_RUN_SESSION_H
#define NUMAPROBE_RUN_SESSION_H

#include "measure/bus.h"
#include "os/os.h"
#include "plan/plan.h"
#include "record/row.h"
#include "record/run_directory.h"
#include "topology/cross_check.h"
#include "topology/topology.h"

enum { SESSION_LOOPS_MAX = 8 };

struct session {
    struct topology topology;
    struct cross_check check;
    bool checked; // false: the topology is another machine's, and it is only looked at
    // What sizes follow from: read when the run begins (run/memory.h), but for what a probe finds.
    struct sizing sizing;
    // The loops that stand for the mixes, in the order of kernel_mixes, where a race or an earlier
    // run chose them; NULL: the default's.
    const struct kernel *loops[SESSION_LOOPS_MAX];
    const struct pages_left_out *pages_left_out; // of --pages all; the options have them
    size_t pages_left_out_count;
    struct os_fact facts[OS_FACTS_MAX];
    size_t fact_count;
    const char *command; // its name, "" for the whole machine; NULL: of another driver
    char host[64];
    char run_id[RUN_ID_BYTES]; // UTC and eight hexadecimal digits
    char started_utc[UTC_TEXT_BYTES];
    struct run_directory run;
    struct bus bus; // open while it records
    bool recording;
    bool keeps_samples; // asked for: samples.csv beside the rows
};

// Reads topology, cross-check and facts. With inspect_only a topology from a file is not checked
// against this system.
bool session_open(struct session *session, bool inspect_only, struct error *error);
void session_close(struct session *session);

// The cross-check as plan_build wants it.
const struct cross_check *session_check(const struct session *session);

// The value of a fact, or "unknown".
const char *session_fact(const struct session *session, const char *name);

// Whether this machine may be measured by this topology. ERROR_KIND_USAGE when it was read from a
// file: sizes of caches and numbers of nodes would be another machine's.
bool session_is_here(const struct session *session, struct error *error);

// Creates the run directory (path NULL: numaprobe-HOST-UTC), with machine.json and topology.xml. A
// name that the user has not given can be foreseen by others, and must be new.
bool session_record(struct session *session, const char *path, bool must_be_new,
                    const struct plan *plan, int argument_count, char **arguments,
                    struct error *error);

// Measures a cell of the plan once, appends its row where the session records, and returns it in
// row. visit counts the visits
// of this run from 1 and chooses the seed; round counts those of this cell from 1.
bool session_visit(struct session *session, const struct plan *plan, size_t cell, uint64_t round,
                   uint64_t visit, struct row *row, struct error *error);

#endif
