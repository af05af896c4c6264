// SPDX-License-Identifier: Apache-2.0
#include "doctor/doctor.h"

#include "doctor/doctor_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const doctor_verdict_names[DOCTOR_VERDICT_COUNT] = {
    [DOCTOR_OK] = "ok",
    [DOCTOR_WARN] = "warn",
    [DOCTOR_BLOCK] = "BLOCK",
    [DOCTOR_UNKNOWN] = "unknown",
};

struct doctor_check {
    const char *name;
    // A check of a fact: of one that this system does not list, there is no finding. NULL: a check
    // of the subject itself.
    const char *fact;
    bool (*disturbs)(const char *value); // a fact that is told
    const char *trouble;                 // what it does to a run
    const char *remedy;                  // NULL: the system's, by the name of the check
    void (*find)(const struct doctor_subject *subject, struct doctor_finding *finding);
};

// ---- the text of a finding ----------------------------------------------------------------------

void doctor_tell(struct doctor_finding *finding, enum doctor_verdict verdict, const char *format,
                 ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(finding->found, sizeof finding->found, format, arguments);
    va_end(arguments);
    finding->verdict = verdict;
}

void doctor_advise(struct doctor_finding *finding, const char *trouble, const char *format, ...) {
    finding->trouble = trouble;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(finding->remedy, sizeof finding->remedy, format, arguments);
    va_end(arguments);
}

void doctor_advise_here(struct doctor_finding *finding, const char *trouble, const char *topic,
                        const char *value) {
    finding->trouble = trouble;
    os_remedy(topic, value, finding->remedy);
}

const char *doctor_fact(const struct doctor_subject *subject, const char *name) {
    return os_fact_value(subject->facts, subject->fact_count, name);
}

const char *doctor_fact_absence(const struct doctor_subject *subject, const char *name) {
    for (size_t i = 0; i < subject->fact_count; i++)
        if (strcmp(subject->facts[i].name, name) == 0 && !subject->facts[i].available)
            return subject->facts[i].value;
    return NULL;
}

// ---- what a fact's value says -------------------------------------------------------------------

// "performance" is one value for all CPUs; "performance, powersave" is not.
static bool not_performance(const char *value) {
    return strcmp(value, "performance") != 0;
}

static bool is_on(const char *value) {
    return strcmp(value, "on") == 0;
}

static bool is_true(const char *value) {
    return strcmp(value, "true") == 0 || strcmp(value, "1") == 0;
}

// "0:512, 1:0": what is on some nodes and not on others makes a matrix with holes.
static bool is_on_some_nodes_only(const char *value) {
    bool none = false, some = false;
    for (const char *at = value; (at = strchr(at, ':')) != NULL; at++) {
        some = some || strtoull(at + 1, NULL, 10) > 0;
        none = none || strtoull(at + 1, NULL, 10) == 0;
    }
    return none && some;
}

static bool is_not_zero(const char *value) {
    return strtod(value, NULL) != 0;
}

// A tenth of a percent of the time since boot: less comes from booting itself.
static bool is_a_tenth_percent(const char *value) {
    return strtod(value, NULL) >= 0.1;
}

static bool is_some(const char *value) {
    return strcmp(value, "none") != 0;
}

static bool is_saving_power(const char *value) {
    return !strstr(value, "performance") && !strstr(value, "Performance");
}

// "2 (14), 0 (2)": modules on a channel, and how many such channels.
static bool is_unequal(const char *value) {
    return strchr(value, ',') != NULL;
}

static bool is_not_held(const char *value) {
    return strcmp(value, "not held") == 0;
}

static bool never(const char *value) {
    (void)value;
    return false;
}

// ---- the table ----------------------------------------------------------------------------------

// clang-format off
static const struct doctor_check checks[] = {
    {.name = "placement", .find = doctor_find_placement},
    {.name = "plan", .find = doctor_find_plan},
    {.name = "memory", .find = doctor_find_memory},
    {.name = "cpuset", .find = doctor_find_cpuset},
    {.name = "topology", .find = doctor_find_cross_check},
    {.name = "packages", .find = doctor_find_packages},
    {.name = "cpu_limit", .fact = "cgroup_cpu_limit", .find = doctor_find_cpu_limit},
    {.name = "load", .fact = "load_average", .find = doctor_find_load},
    {.name = "smt", .fact = "smt_control", .find = doctor_find_smt},
    {.name = "isolated_cpus", .fact = "cpus_isolated", .find = doctor_find_isolated},
    {"offline_cpus", "cpus_offline", is_some, "they are not measured", NULL, NULL},
    {"governor", "cpu_governor", not_performance,
     "the core clock changes with the load (FREQ, WARMUP)", NULL, NULL},
    {"energy_preference", "cpu_energy_preference", not_performance,
     "the processor may save power under load", NULL, NULL},
    {"turbo", "turbo", is_on,
     "the core clock changes with heat and the other cores (FREQ)", NULL, NULL},
    {"throttling", "thermal_throttle_events", is_not_zero,
     "the processor has throttled since boot (THERMAL)", NULL, NULL},
    {.name = "dimm_speed", .fact = "dimm_configured_mt_per_s", .find = doctor_find_dimm_speed},
    {"dimm_balance", "dimms_per_channel", is_unequal,
     "channels with fewer modules carry less, and memory is interleaved unevenly",
     "install equal modules in every channel, as the machine's manual says", NULL},
    {.name = "dimm_channels", .fact = "memory_channels", .find = doctor_find_empty_channels},
    {.name = "thp", .fact = "thp_usable", .find = doctor_find_thp},
    {"huge_pages_2m", "hugepages_2m_free_by_node", is_on_some_nodes_only,
     "--pages 2M is refused on the nodes without", NULL, NULL},
    {"huge_pages_1g", "hugepages_1g_free_by_node", is_on_some_nodes_only,
     "--pages 1G is refused on the nodes without", NULL, NULL},
    {.name = "page_size", .find = doctor_find_pages},
    {.name = "numa_balancing", .fact = "numa_balancing", .find = doctor_find_numa_balancing},
    {.name = "damon", .fact = "damon_schemes", .find = doctor_find_damon},
    {"ksm", "ksm_run", is_true,
     "the kernel searches for equal pages and merges them during a run", NULL, NULL},
    {"demotion", "demotion_enabled", is_true,
     "under pressure pages move to slower nodes (MIGRATED)", NULL, NULL},
    {"offline_memory", "memory_blocks_offline", is_some,
     "that many memory blocks of each node are offline and are not measured: a node seems smaller",
     NULL, NULL},
    {"swap", "swap_used_bytes", is_not_zero,
     "memory was short here, and pages may come back from disk during a run (FAULT)", NULL, NULL},
    {.name = "clocksource", .fact = "clocksource", .find = doctor_find_clock},
    {"hypervisor", "hypervisor", is_some,
     "caches, nodes and clocks may differ from what the guest sees, and other guests share the "
     "machine",
     "to measure the machine itself, run on it, or in a guest on a dedicated host with pinned CPUs",
     NULL},
    {"steal", "steal_share_percent", is_a_tenth_percent,
     "the hypervisor took that percentage of the time since boot (STEAL)",
     "use dedicated CPUs, or a quieter host", NULL},
    {"locked_memory", "locked_memory_limit_bytes", never, NULL, NULL, NULL},
    {"perf_events", "perf_event_paranoid", never, NULL, NULL, NULL},
    {"bus_counters", "bus_counters", never, NULL, NULL, NULL},
    {"power_plan", "power_plan", is_saving_power,
     "the core clock changes with the load (FREQ, WARMUP)", NULL, NULL},
    {"lock_pages", "lock_pages_privilege", is_not_held,
     "large pages, huge pages and AWE are refused", NULL, NULL},
    {.name = "wine", .fact = "wine_version", .find = doctor_find_wine},
};
// clang-format on
_Static_assert(COUNT_OF(checks) <= DOCTOR_CHECKS_MAX, "callers have room for DOCTOR_CHECKS_MAX");

const char *doctor_check_name(size_t index) {
    return index < COUNT_OF(checks) ? checks[index].name : NULL;
}

static void examine_fact(const struct doctor_subject *subject, const struct doctor_check *check,
                         struct doctor_finding *finding) {
    const char *value = doctor_fact(subject, check->fact);
    if (!value) {
        doctor_tell(finding, DOCTOR_UNKNOWN, "%s", doctor_fact_absence(subject, check->fact));
        return;
    }
    bool disturbs = check->disturbs(value);
    doctor_tell(finding, disturbs ? DOCTOR_WARN : DOCTOR_OK, "%s", value);
    if (disturbs && check->remedy)
        doctor_advise(finding, check->trouble, "%s", check->remedy);
    else if (disturbs)
        doctor_advise_here(finding, check->trouble, check->name, NULL);
}

static bool exists_here(const struct doctor_subject *subject, const struct doctor_check *check) {
    return !check->fact || doctor_fact(subject, check->fact) ||
           doctor_fact_absence(subject, check->fact);
}

size_t doctor_look(const struct doctor_subject *subject, struct doctor_finding *findings) {
    size_t count = 0;
    for (size_t i = 0; i < COUNT_OF(checks); i++) {
        if (!exists_here(subject, &checks[i]))
            continue;
        struct doctor_finding *finding = &findings[count++];
        *finding = (struct doctor_finding){.name = checks[i].name};
        if (checks[i].find)
            checks[i].find(subject, finding);
        else
            examine_fact(subject, &checks[i], finding);
    }
    return count;
}
