// SPDX-License-Identifier: Apache-2.0
// What else runs on the machine, and what it does to memory meanwhile.
#include "doctor/doctor_private.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool others_run(const struct doctor_subject *subject) {
    const char *running = doctor_fact(subject, "processes_running");
    const char *load = doctor_fact(subject, "load_average");
    return (running && strtoul(running, NULL, 10) > 0) || (load && strtod(load, NULL) >= 0.5);
}

void doctor_find_load(const struct doctor_subject *subject, struct doctor_finding *finding) {
    const char *running = doctor_fact(subject, "processes_running");
    const char *load = doctor_fact(subject, "load_average");
    if (!running && !load) {
        doctor_tell(finding, DOCTOR_UNKNOWN, "the system does not report what else runs");
        return;
    }
    doctor_tell(finding, others_run(subject) ? DOCTOR_WARN : DOCTOR_OK,
                "%s other tasks run now; load average %s", running ? running : "?",
                load ? load : "?");
    if (finding->verdict == DOCTOR_WARN)
        doctor_advise_here(finding,
                           "they slow every figure; no flag detects the bandwidth that they use",
                           "load", NULL);
}

bool doctor_is_busy(const struct os_fact *facts, size_t fact_count, size_t cpus, char *sentence,
                    size_t sentence_bytes) {
    const struct doctor_subject subject = {.facts = facts, .fact_count = fact_count};
    const char *running = doctor_fact(&subject, "processes_running");
    const char *load = doctor_fact(&subject, "load_average");
    double now = running ? strtod(running, NULL) : NAN, lately = load ? strtod(load, NULL) : NAN;
    double many = (double)cpus / 4;
    sentence[0] = '\0';
    // What ran a minute ago, an earlier run most of all, is gone when nothing runs now.
    if (now == 0 || !(now >= many || lately >= many))
        return false;
    struct doctor_finding finding = {0};
    doctor_find_load(&subject, &finding);
    snprintf(sentence, sentence_bytes, "this machine is busy (%s, for %zu CPUs): %s; %s",
             finding.found, cpus, finding.trouble, finding.remedy);
    return true;
}

// A second program on the same core halves it, and neither run delay nor CPU time shows that.
void doctor_find_smt(const struct doctor_subject *subject, struct doctor_finding *finding) {
    const char *control = doctor_fact(subject, "smt_control");
    if (!control) {
        const char *absence = doctor_fact_absence(subject, "smt_control");
        doctor_tell(finding, DOCTOR_UNKNOWN, "%s",
                    absence ? absence : "the system does not report it");
        return;
    }
    bool shared = strcmp(control, "on") == 0 && others_run(subject);
    doctor_tell(finding, shared ? DOCTOR_WARN : DOCTOR_OK, "%s", control);
    if (shared)
        doctor_advise_here(finding,
                           "programs on the other thread of a measured core slow it down, and no "
                           "flag detects that",
                           "smt", NULL);
}

// "none", or the actions of the schemes that run: "pageout, migrate_cold to node 1".
void doctor_find_damon(const struct doctor_subject *subject, struct doctor_finding *finding) {
    const char *schemes = doctor_fact(subject, "damon_schemes");
    if (!schemes) {
        doctor_tell(finding, DOCTOR_UNKNOWN, "%.200s",
                    doctor_fact_absence(subject, "damon_schemes"));
        return;
    }
    bool quiet = true; // "stat" counts and does nothing
    for (const char *at = schemes; *at; at += strspn(at, ", ")) {
        size_t length = strcspn(at, ",");
        quiet =
            quiet && length == 4 && (strncmp(at, "stat", 4) == 0 || strncmp(at, "none", 4) == 0);
        at += length;
    }
    doctor_tell(finding, quiet ? DOCTOR_OK : DOCTOR_WARN, "%.200s", schemes);
    if (!quiet)
        doctor_advise_here(
            finding,
            "the kernel's DAMON moves pages, reclaims them or changes their size (MIGRATED, FAULT)",
            "damon", NULL);
}

// Linux, Documentation/admin-guide/sysctl/kernel.rst: 1 is for nodes of threads, 2 for tiers of
// memory; both may be on.
void doctor_find_numa_balancing(const struct doctor_subject *subject,
                                struct doctor_finding *finding) {
    const char *mode = doctor_fact(subject, "numa_balancing");
    if (!mode) {
        doctor_tell(finding, DOCTOR_UNKNOWN, "%.200s",
                    doctor_fact_absence(subject, "numa_balancing"));
        return;
    }
    unsigned long modes = strtoul(mode, NULL, 10);
    bool tiers = modes & 2;
    doctor_tell(finding, modes ? DOCTOR_WARN : DOCTOR_OK, "%.20s%s", mode,
                tiers ? " (memory tiering)" : "");
    if (modes)
        doctor_advise_here(
            finding,
            tiers ? "the kernel promotes pages that are used from slow nodes to fast ones "
                    "(FAULT, MIGRATED)"
                  : "the kernel unmaps pages to see who uses them and moves them (FAULT, "
                    "MIGRATED)",
            "numa_balancing", NULL);
}
