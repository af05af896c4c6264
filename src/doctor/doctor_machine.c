// SPDX-License-Identifier: Apache-2.0
// What the machine is: its topology, pages, clock and memory modules.
#include "analyse/memory_peak.h"
#include "base/units.h"
#include "doctor/doctor_private.h"
#include "measure/clock_source.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void doctor_find_cross_check(const struct doctor_subject *subject, struct doctor_finding *finding) {
    if (subject->cpus_contradicted) {
        doctor_tell(finding, DOCTOR_WARN, "hwloc and the system differ about %zu CPU%s",
                    subject->cpus_contradicted, PLURAL(subject->cpus_contradicted));
        doctor_advise(finding, "these are not measured", "numaprobe topo lists them");
    } else if (subject->hidden[0]) {
        doctor_tell(finding, DOCTOR_WARN, "hwloc does not show %.200s", subject->hidden);
        doctor_advise(finding, "only the system itself reports them",
                      "numaprobe topo says what follows from each");
    } else if (subject->check_reason[0]) {
        doctor_tell(finding, DOCTOR_WARN, "hwloc could not be checked: %.200s",
                    subject->check_reason);
        doctor_advise_here(finding, "only one source reports the nodes of CPUs", "topology", NULL);
    } else {
        doctor_tell(finding, DOCTOR_OK, "hwloc and the system agree about every CPU");
    }
}

// Node interleaving and NPS0 on servers; in guests, packages without nodes.
void doctor_find_packages(const struct doctor_subject *subject, struct doctor_finding *finding) {
    bool averages = subject->averaging[0] != '\0';
    doctor_tell(finding, averages ? DOCTOR_WARN : DOCTOR_OK, "%.200s",
                averages ? subject->averaging : "no node is the memory of several packages");
    if (averages)
        doctor_advise(finding, "one figure here is an average of local and remote memory",
                      "in the firmware's setup, switch off node interleaving, or change NPS0 to "
                      "NPS1; in a guest, let the hypervisor show the nodes (vNUMA)");
}

// "yes", or "no: " and the switch that says so.
void doctor_find_thp(const struct doctor_subject *subject, struct doctor_finding *finding) {
    const char *usable = doctor_fact(subject, "thp_usable");
    if (!usable) {
        doctor_tell(finding, DOCTOR_UNKNOWN, "%.200s", doctor_fact_absence(subject, "thp_usable"));
        return;
    }
    bool off = strncmp(usable, "no: ", 4) == 0;
    doctor_tell(finding, off ? DOCTOR_WARN : DOCTOR_OK, "%s", off ? "not usable" : usable);
    if (off)
        doctor_advise(finding,
                      "a plain run uses ordinary pages, and its latencies contain TLB misses",
                      "%.250s", usable + 4);
}

void doctor_find_pages(const struct doctor_subject *subject, struct doctor_finding *finding) {
    char base[UNITS_TEXT_BYTES], large[UNITS_TEXT_BYTES] = "none";
    units_format_bytes(subject->base_page_bytes, base);
    if (subject->transparent_page_bytes)
        units_format_bytes(subject->transparent_page_bytes, large);
    doctor_tell(finding, DOCTOR_OK, "ordinary %s, transparent huge %s", base, large);
}

void doctor_find_clock(const struct doctor_subject *subject, struct doctor_finding *finding) {
    char remedy[OS_REMEDY_BYTES];
    const char *name = doctor_fact(subject, "clocksource");
    bool coarse = subject->clock_step_ns > subject->clock_step_max_ns;
    bool slow = name && clock_source_is_slow(name);
    if (!name)
        doctor_tell(finding, DOCTOR_UNKNOWN, "%s", doctor_fact_absence(subject, "clocksource"));
    else
        doctor_tell(finding, slow ? DOCTOR_WARN : DOCTOR_OK, "%s", name);
    if (coarse)
        doctor_tell(finding, DOCTOR_BLOCK, "%s, in steps of %" PRIu64 " us",
                    name ? name : "unknown", subject->clock_step_ns / NS_PER_US);
    if (coarse || slow)
        doctor_advise(finding,
                      coarse ? "its steps are too long for samples, so their cases are refused"
                             : "reading the clock takes microseconds",
                      "%s",
                      clock_source_remedy(doctor_fact(subject, "clocksources_available"), remedy));
}

// The least value of a counted list, "4800 (14), 4400 (2)"; 0 where one is unknown.
static uint32_t min_of(const char *counted) {
    uint32_t least = 0;
    for (const char *at = counted; at; at = strchr(at, ',')) {
        at += strspn(at, ", ");
        uint32_t value = (uint32_t)strtoul(at, NULL, 10);
        if (!value)
            return 0;
        least = least && least < value ? least : value;
    }
    return least;
}

// Modules of unequal speeds all run as the slowest: so the least of both lists.
void doctor_find_dimm_speed(const struct doctor_subject *subject, struct doctor_finding *finding) {
    const char *configured = doctor_fact(subject, "dimm_configured_mt_per_s");
    const char *rated = doctor_fact(subject, "dimm_speeds_mt_per_s");
    uint32_t runs = configured ? min_of(configured) : 0, could = rated ? min_of(rated) : 0;
    if (!runs || !could) {
        doctor_tell(finding, DOCTOR_UNKNOWN, "the speed of each memory module is unknown");
        return;
    }
    doctor_tell(finding, runs < could ? DOCTOR_WARN : DOCTOR_OK, "%u of %u MT/s", runs, could);
    if (runs < could)
        doctor_advise(finding, "the memory is slower than its modules are rated for",
                      "set the rated speed in the firmware's setup; some processors allow it only "
                      "with one module per channel");
}

void doctor_find_empty_channels(const struct doctor_subject *subject,
                                struct doctor_finding *finding) {
    struct cpu_channels of_package;
    uint32_t most = memory_peak_channels_max(doctor_fact(subject, "memory_channels"));
    const char *hypervisor = doctor_fact(subject, "hypervisor");
    bool guest = hypervisor && strcmp(hypervisor, "none") != 0;
    if (guest || !most || !subject->package_count ||
        !memory_peak_cpu_channels(doctor_fact(subject, "cpu_model"),
                                  doctor_fact(subject, "cpu_identifier"), &of_package)) {
        doctor_tell(finding, DOCTOR_UNKNOWN, "%s",
                    guest ? "a guest does not see the machine's modules"
                          : "the channels in use, or those of this processor, are unknown");
        return;
    }
    size_t least = of_package.least * subject->package_count;
    doctor_tell(finding, most < least ? DOCTOR_WARN : DOCTOR_OK,
                "%u channels in use, the processor%s have at least %zu", most,
                PLURAL(subject->package_count), least);
    if (most < least)
        doctor_advise(finding, "an empty channel adds no bandwidth",
                      "install equal modules in every channel, as the machine's manual says");
}

void doctor_find_wine(const struct doctor_subject *subject, struct doctor_finding *finding) {
    const char *version = doctor_fact(subject, "wine_version");
    doctor_tell(finding, version ? DOCTOR_WARN : DOCTOR_OK, "%s", version ? version : "no");
    if (version)
        doctor_advise_here(
            finding, "Wine reports places of memory without knowing them: rows are unverifiable",
            "wine", NULL);
}
