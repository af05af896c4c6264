// SPDX-License-Identifier: Apache-2.0
// What the files of the doctor share: the text of a finding, and the checks of more than one fact.
// Private to this room.
#ifndef NUMAPROBE_DOCTOR_DOCTOR_PRIVATE_H
#define NUMAPROBE_DOCTOR_DOCTOR_PRIVATE_H

#include "doctor/doctor.h"

// What was found, and its verdict.
void doctor_tell(struct doctor_finding *finding, enum doctor_verdict verdict, const char *format,
                 ...) PRINTF_LIKE(3, 4);

// What it does to a run, and what mends it.
void doctor_advise(struct doctor_finding *finding, const char *trouble, const char *format, ...)
    PRINTF_LIKE(3, 4);

// The same, with the remedy of this system for a topic; value as for os_remedy.
void doctor_advise_here(struct doctor_finding *finding, const char *trouble, const char *topic,
                        const char *value);

// The value of a fact; NULL where it is unknown.
const char *doctor_fact(const struct doctor_subject *subject, const char *name);

// Why a fact is unknown; NULL when this system has no such fact.
const char *doctor_fact_absence(const struct doctor_subject *subject, const char *name);

typedef void doctor_find(const struct doctor_subject *subject, struct doctor_finding *finding);

doctor_find doctor_find_load, doctor_find_smt, doctor_find_cpuset, doctor_find_cpu_limit,
    doctor_find_isolated, doctor_find_memory, doctor_find_placement, doctor_find_plan,
    doctor_find_cross_check, doctor_find_packages, doctor_find_thp, doctor_find_pages,
    doctor_find_clock, doctor_find_dimm_speed, doctor_find_empty_channels, doctor_find_wine,
    doctor_find_damon, doctor_find_numa_balancing;

#endif
