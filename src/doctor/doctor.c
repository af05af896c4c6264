// SPDX-License-Identifier: Apache-2.0
#include "doctor/doctor.h"

#include "analyse/memory_peak.h"
#include "base/units.h"
#include "measure/clock_source.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const doctor_verdict_names[DOCTOR_VERDICT_COUNT] = {
    [DOCTOR_OK] = "ok",
    [DOCTOR_WARN] = "warn",
    [DOCTOR_BLOCK] = "BLOCK",
    [DOCTOR_NOT_TOLD] = "not told",
};

struct doctor_check {
    const char *name;
    // A check of a fact: of one that this system does not list, there is no finding. NULL: a check
    // of the subject itself.
    const char *fact;
    bool (*disturbs)(const char *value); // a fact that is told
    const char *trouble;                 // what it does to a run
    const char *remedy;                  // NULL: the system's, by the name of the check
    void (*look)(const struct doctor_subject *subject, struct doctor_finding *finding);
};

// ---- how a finding is told ----------------------------------------------------------------------

static void PRINTF_LIKE(3, 4)
    tell(struct doctor_finding *finding, enum doctor_verdict verdict, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(finding->found, sizeof finding->found, format, arguments);
    va_end(arguments);
    finding->verdict = verdict;
}

static void PRINTF_LIKE(3, 4)
    advise(struct doctor_finding *finding, const char *trouble, const char *format, ...) {
    finding->trouble = trouble;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(finding->remedy, sizeof finding->remedy, format, arguments);
    va_end(arguments);
}

// By the system's own table of remedies; value as for os_remedy.
static void advise_here(struct doctor_finding *finding, const char *trouble, const char *topic,
                        const char *value) {
    finding->trouble = trouble;
    os_remedy(topic, value, finding->remedy);
}

static const char *fact_of(const struct doctor_subject *subject, const char *name) {
    return os_fact_value(subject->facts, subject->fact_count, name);
}

// Why a fact is not told; NULL when this system has no such fact.
static const char *fact_absence(const struct doctor_subject *subject, const char *name) {
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

// ---- checks of more than one fact ---------------------------------------------------------------

static bool others_run(const struct doctor_subject *subject) {
    const char *running = fact_of(subject, "processes_running");
    const char *load = fact_of(subject, "load_average");
    return (running && strtoul(running, NULL, 10) > 0) || (load && strtod(load, NULL) >= 0.5);
}

static void look_at_load(const struct doctor_subject *subject, struct doctor_finding *finding) {
    const char *running = fact_of(subject, "processes_running");
    const char *load = fact_of(subject, "load_average");
    if (!running && !load) {
        tell(finding, DOCTOR_NOT_TOLD, "the system does not tell what else runs");
        return;
    }
    tell(finding, others_run(subject) ? DOCTOR_WARN : DOCTOR_OK,
         "%s other tasks run now; load average %s", running ? running : "?", load ? load : "?");
    if (finding->verdict == DOCTOR_WARN)
        advise_here(finding, "they take CPU time (SCHED), and bandwidth, which no flag sees",
                    "load", NULL);
}

bool doctor_is_busy(const struct os_fact *facts, size_t fact_count, size_t cpus, char *sentence,
                    size_t sentence_bytes) {
    const struct doctor_subject subject = {.facts = facts, .fact_count = fact_count};
    const char *running = fact_of(&subject, "processes_running");
    const char *load = fact_of(&subject, "load_average");
    double now = running ? strtod(running, NULL) : NAN, lately = load ? strtod(load, NULL) : NAN;
    double many = (double)cpus / 4;
    sentence[0] = '\0';
    // What ran a minute ago, an earlier run most of all, is gone when nothing runs now.
    if (now == 0 || !(now >= many || lately >= many))
        return false;
    struct doctor_finding finding = {0};
    look_at_load(&subject, &finding);
    snprintf(sentence, sentence_bytes, "this machine is busy (%s, for %zu CPUs): %s; %s",
             finding.found, cpus, finding.trouble, finding.remedy);
    return true;
}

// A second program on the same core halves it, and neither run delay nor CPU time shows that.
static void look_at_smt(const struct doctor_subject *subject, struct doctor_finding *finding) {
    const char *control = fact_of(subject, "smt_control");
    if (!control) {
        const char *absence = fact_absence(subject, "smt_control");
        tell(finding, DOCTOR_NOT_TOLD, "%s", absence ? absence : "the system does not tell");
        return;
    }
    bool shared = strcmp(control, "on") == 0 && others_run(subject);
    tell(finding, shared ? DOCTOR_WARN : DOCTOR_OK, "%s", control);
    if (shared)
        advise_here(finding,
                    "what runs on a measured core's other thread slows it and raises no flag",
                    "smt", NULL);
}

static void look_at_cpuset(const struct doctor_subject *subject, struct doctor_finding *finding) {
    char all[96];
    if (!subject->restriction[0]) {
        tell(finding, DOCTOR_OK, "all CPUs and memory nodes may be used");
        return;
    }
    tell(finding, DOCTOR_WARN, "only %.200s may be used", subject->restriction);
    advise_here(finding, "the rest of the matrix cannot be measured", "cpuset",
                id_set_format(subject->cpus_online, all, sizeof all));
}

// "200000 100000" (cpu.max) or "200000 (cpu.cfs_quota_us)", whose period is 100 ms unless somebody
// changed it.
static void look_at_cpu_limit(const struct doctor_subject *subject,
                              struct doctor_finding *finding) {
    const char *limit = fact_of(subject, "cgroup_cpu_limit");
    if (!limit) {
        tell(finding, DOCTOR_NOT_TOLD, "%.200s", fact_absence(subject, "cgroup_cpu_limit"));
        return;
    }
    char *end;
    double quota_us = strtod(limit, &end), period_us = strtod(end, NULL);
    double cpus = quota_us / (period_us > 0 ? period_us : 100000);
    char now[32];
    snprintf(now, sizeof now, "%.1f", cpus);
    bool throttles = end != limit && cpus < (double)subject->cpus_allowed->count;
    tell(finding, throttles ? DOCTOR_WARN : DOCTOR_OK, "%s", limit);
    if (throttles)
        advise_here(finding, "the limit stops the threads once its time is used up (SCHED)",
                    "cpu_limit", now);
}

static void look_at_isolated(const struct doctor_subject *subject, struct doctor_finding *finding) {
    char all[96];
    const char *list = fact_of(subject, "cpus_isolated");
    struct id_set isolated = {0};
    struct error error;
    if (!list || (strcmp(list, "none") != 0 && !id_set_parse(&isolated, list, &error))) {
        tell(finding, DOCTOR_NOT_TOLD, "the list of isolated CPUs cannot be read");
        return;
    }
    size_t withheld = 0;
    for (size_t i = 0; i < isolated.count; i++)
        withheld += !id_set_contains(subject->cpus_allowed, isolated.ids[i]);
    tell(finding, withheld ? DOCTOR_WARN : DOCTOR_OK, "%s", list);
    if (withheld)
        advise_here(finding, "this process may not use all of them, the quietest CPUs there are",
                    "isolated_cpus", id_set_format(subject->cpus_online, all, sizeof all));
    id_set_free(&isolated);
}

// What a control group may take, "no limit" or bytes, bounds every node.
static void look_at_memory_limit(const struct doctor_subject *subject,
                                 struct doctor_finding *finding) {
    char needed[UNITS_TEXT_BYTES], limit[UNITS_TEXT_BYTES];
    const char *fact = fact_of(subject, "cgroup_memory_limit");
    char *end = NULL;
    uint64_t limit_bytes = fact ? strtoull(fact, &end, 10) : 0;
    if (!fact || end == fact)
        return;
    for (size_t i = 0; i < subject->node_count; i++) {
        const struct doctor_node *node = &subject->nodes[i];
        if (node->needed_bytes <= limit_bytes / 100 * 95)
            continue;
        tell(finding, DOCTOR_BLOCK, "this process may take %s, the plain run takes %s",
             units_format_bytes_rounded(limit_bytes, limit),
             units_format_bytes_rounded(node->needed_bytes, needed));
        advise_here(finding, "its cells are refused", "memory_limit", NULL);
        return;
    }
}

static void look_at_memory(const struct doctor_subject *subject, struct doctor_finding *finding) {
    char needed[UNITS_TEXT_BYTES], free[UNITS_TEXT_BYTES];
    const char *total = fact_of(subject, "memory_total_bytes");
    uint64_t total_bytes = total ? strtoull(total, NULL, 10) : NONE_U64;
    tell(finding, DOCTOR_OK, "every node has what the plain run takes");
    for (size_t i = 0; i < subject->node_count; i++) {
        const struct doctor_node *node = &subject->nodes[i];
        bool told = node->free_bytes != NONE_U64;
        // A node that does not tell cannot have more than the whole machine.
        uint64_t most_bytes = told ? node->free_bytes : total_bytes;
        units_format_bytes_rounded(node->needed_bytes, needed);
        if (!told && finding->verdict == DOCTOR_OK)
            tell(finding, DOCTOR_NOT_TOLD, "node %u does not tell what is free", node->node);
        if (most_bytes != NONE_U64 && node->needed_bytes > most_bytes / 100 * 95) {
            tell(finding, DOCTOR_BLOCK, "node %u has %s%s, the plain run takes %s there",
                 node->node, units_format_bytes_rounded(most_bytes, free),
                 told ? " free" : " at most", needed);
            advise_here(finding, "its cells are refused", "memory", NULL);
            return;
        }
    }
    look_at_memory_limit(subject, finding);
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
    tell(finding, DOCTOR_OK,
         "one buffer on each of %zu node%s was asked for, written and found (placed by %s, found "
         "by %s)",
         subject->node_count, PLURAL(subject->node_count), os_placing_names[placed_by],
         witness_name(located_by));
}

// For a page really asked for, written from a CPU of its own node where it has any, and found. A
// refusal has its own way out in its reason.
static void look_at_placement(const struct doctor_subject *subject,
                              struct doctor_finding *finding) {
    tell_placed(subject, finding);
    for (size_t i = 0; i < subject->node_count; i++) {
        const struct doctor_node *node = &subject->nodes[i];
        bool blocks = node->refused ||
                      (node->placed != VERDICT_VERIFIED && node->placed != VERDICT_UNVERIFIABLE);
        if (!blocks && node->placed == VERDICT_VERIFIED)
            continue;
        tell(finding, blocks ? DOCTOR_BLOCK : DOCTOR_WARN, "node %u: %s%s%s", node->node,
             node->refused ? "" : verdict_names[node->placed], node->refused ? "" : ": ",
             node->reason);
        if (node->refused)
            advise(finding, "nothing can be measured there",
                   "as the reason says; numaprobe verify tries every CPU");
        else if (blocks && node->placed_by == OS_PLACED_FIRST_TOUCH)
            advise_here(finding, "nothing can be measured there", "placement", NULL);
        else if (blocks)
            advise(finding, "nothing can be measured there",
                   "numaprobe verify shows where the pages are");
        else
            advise(finding, "rows will be unverifiable, and the exit code 4",
                   "as the reason says; numaprobe --allow-unverified accepts it as it is");
        if (blocks)
            return;
    }
}

static void look_at_cross_check(const struct doctor_subject *subject,
                                struct doctor_finding *finding) {
    if (subject->cpus_contradicted) {
        tell(finding, DOCTOR_WARN, "hwloc and the system differ about %zu CPU%s",
             subject->cpus_contradicted, PLURAL(subject->cpus_contradicted));
        advise(finding, "these are not measured", "numaprobe topo lists them");
    } else if (subject->hidden[0]) {
        tell(finding, DOCTOR_WARN, "hwloc does not show %.200s", subject->hidden);
        advise(finding, "the system's own word is all that is known of them",
               "numaprobe topo says of each what follows");
    } else if (subject->check_reason[0]) {
        tell(finding, DOCTOR_WARN, "hwloc could not be checked: %.200s", subject->check_reason);
        advise_here(finding, "nodes of CPUs are the word of one source alone", "topology", NULL);
    } else {
        tell(finding, DOCTOR_OK, "hwloc and the system agree about every CPU");
    }
}

// Node interleaving and NPS0 on servers; in guests, packages without nodes.
static void look_at_packages(const struct doctor_subject *subject, struct doctor_finding *finding) {
    bool averages = subject->averaging[0] != '\0';
    tell(finding, averages ? DOCTOR_WARN : DOCTOR_OK, "%.200s",
         averages ? subject->averaging : "no node is the memory of several packages");
    if (averages)
        advise(finding, "one number here is an average of near and far memory",
               "in the firmware's setup switch node interleaving off, or NPS0 to NPS1; let the "
               "hypervisor show its guest the nodes (vNUMA)");
}

static void look_at_plan(const struct doctor_subject *subject, struct doctor_finding *finding) {
    bool blocks = subject->cells_refused > 0;
    tell(finding, blocks ? DOCTOR_BLOCK : DOCTOR_OK, "%zu of %zu cells can be measured",
         subject->cells_planned - subject->cells_refused, subject->cells_planned);
    if (blocks)
        advise(finding, "the others are refused, the first for this reason", "%.250s",
               subject->refusal);
}

// "yes", or "no: " and the switch that says so.
static void look_at_thp(const struct doctor_subject *subject, struct doctor_finding *finding) {
    const char *usable = fact_of(subject, "thp_usable");
    if (!usable) {
        tell(finding, DOCTOR_NOT_TOLD, "%.200s", fact_absence(subject, "thp_usable"));
        return;
    }
    bool off = strncmp(usable, "no: ", 4) == 0;
    tell(finding, off ? DOCTOR_WARN : DOCTOR_OK, "%s", off ? "not usable" : usable);
    if (off)
        advise(finding, "the plain run takes ordinary pages, and its latencies contain TLB misses",
               "%.250s", usable + 4);
}

static void look_at_pages(const struct doctor_subject *subject, struct doctor_finding *finding) {
    char base[UNITS_TEXT_BYTES], large[UNITS_TEXT_BYTES] = "none";
    units_format_bytes(subject->base_page_bytes, base);
    if (subject->transparent_page_bytes)
        units_format_bytes(subject->transparent_page_bytes, large);
    bool known = page_kind_ordinary(subject->base_page_bytes) != NULL;
    tell(finding, known ? DOCTOR_OK : DOCTOR_WARN, "ordinary %s, transparent huge %s", base, large);
    if (!known)
        advise_here(finding, "no kind of --pages is the ordinary page of this system", "page_size",
                    NULL);
}

static void look_at_clock(const struct doctor_subject *subject, struct doctor_finding *finding) {
    char remedy[OS_REMEDY_BYTES];
    const char *name = fact_of(subject, "clocksource");
    bool coarse = subject->clock_step_ns > subject->clock_step_most_ns;
    bool slow = name && clock_source_is_slow(name);
    if (!name)
        tell(finding, DOCTOR_NOT_TOLD, "%s", fact_absence(subject, "clocksource"));
    else
        tell(finding, slow ? DOCTOR_WARN : DOCTOR_OK, "%s", name);
    if (coarse)
        tell(finding, DOCTOR_BLOCK, "%s, in steps of %" PRIu64 " us", name ? name : "not told",
             subject->clock_step_ns / NS_PER_US);
    if (coarse || slow)
        advise(finding,
               coarse ? "its steps are too long for samples, whose cells are refused"
                      : "reading the clock takes microseconds",
               "%s", clock_source_remedy(fact_of(subject, "clocksources_available"), remedy));
}

// The least value of a counted list, "4800 (14), 4400 (2)"; 0 where one is unknown.
static uint32_t least_of(const char *counted) {
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
static void look_at_dimm_speed(const struct doctor_subject *subject,
                               struct doctor_finding *finding) {
    const char *configured = fact_of(subject, "dimm_configured_mt_per_s");
    const char *rated = fact_of(subject, "dimm_speeds_mt_per_s");
    uint32_t runs = configured ? least_of(configured) : 0, could = rated ? least_of(rated) : 0;
    if (!runs || !could) {
        tell(finding, DOCTOR_NOT_TOLD, "the speed of each memory module is unknown");
        return;
    }
    tell(finding, runs < could ? DOCTOR_WARN : DOCTOR_OK, "%u of %u MT/s", runs, could);
    if (runs < could)
        advise(finding, "the memory is slower than its modules are rated for",
               "set the rated speed in the firmware's setup; some processors allow it only with "
               "one module on a channel");
}

static void look_at_empty_channels(const struct doctor_subject *subject,
                                   struct doctor_finding *finding) {
    struct cpu_channels of_package;
    uint32_t most = memory_peak_channels_most(fact_of(subject, "memory_channels"));
    const char *hypervisor = fact_of(subject, "hypervisor");
    bool guest = hypervisor && strcmp(hypervisor, "none") != 0;
    if (guest || !most || !subject->package_count ||
        !memory_peak_cpu_channels(fact_of(subject, "cpu_model"), fact_of(subject, "cpu_identifier"),
                                  &of_package)) {
        tell(finding, DOCTOR_NOT_TOLD, "%s",
             guest ? "a guest is not shown the machine's modules"
                   : "the channels in use, or those of this processor, are unknown");
        return;
    }
    size_t least = of_package.least * subject->package_count;
    tell(finding, most < least ? DOCTOR_WARN : DOCTOR_OK,
         "%u channels in use, the processor%s have at least %zu", most,
         PLURAL(subject->package_count), least);
    if (most < least)
        advise(finding, "an empty channel adds no bandwidth",
               "put equal modules into every channel, as the machine's manual says");
}

static void look_at_wine(const struct doctor_subject *subject, struct doctor_finding *finding) {
    const char *version = fact_of(subject, "wine_version");
    tell(finding, version ? DOCTOR_WARN : DOCTOR_OK, "%s", version ? version : "no");
    if (version)
        advise_here(finding,
                    "Wine answers where memory is without knowing it: rows are unverifiable",
                    "wine", NULL);
}

// ---- the table ----------------------------------------------------------------------------------

// clang-format off
static const struct doctor_check checks[] = {
    {.name = "placement", .look = look_at_placement},
    {.name = "plan", .look = look_at_plan},
    {.name = "memory", .look = look_at_memory},
    {.name = "cpuset", .look = look_at_cpuset},
    {.name = "topology", .look = look_at_cross_check},
    {.name = "packages", .look = look_at_packages},
    {.name = "cpu_limit", .fact = "cgroup_cpu_limit", .look = look_at_cpu_limit},
    {.name = "load", .fact = "load_average", .look = look_at_load},
    {.name = "smt", .fact = "smt_control", .look = look_at_smt},
    {.name = "isolated_cpus", .fact = "cpus_isolated", .look = look_at_isolated},
    {"offline_cpus", "cpus_offline", is_some, "they are not measured", NULL, NULL},
    {"governor", "cpu_governor", not_performance,
     "the core clock follows the load (FREQ, WARMUP)", NULL, NULL},
    {"energy_preference", "cpu_energy_preference", not_performance,
     "the processor may save power under load", NULL, NULL},
    {"turbo", "turbo", is_on,
     "the core clock follows heat and the other cores (FREQ)", NULL, NULL},
    {"throttling", "thermal_throttle_events", is_not_zero,
     "the processor has throttled since boot (THERMAL)", NULL, NULL},
    {.name = "dimm_speed", .fact = "dimm_configured_mt_per_s", .look = look_at_dimm_speed},
    {"dimm_balance", "dimms_per_channel", is_unequal,
     "channels with fewer modules carry less, and the memory is interleaved in unequal parts",
     "put equal modules into every channel, as the machine's manual says", NULL},
    {.name = "dimm_channels", .fact = "memory_channels", .look = look_at_empty_channels},
    {.name = "thp", .fact = "thp_usable", .look = look_at_thp},
    {"huge_pages_2m", "hugepages_2m_free_by_node", is_on_some_nodes_only,
     "--pages 2M is refused on the nodes without", NULL, NULL},
    {"huge_pages_1g", "hugepages_1g_free_by_node", is_on_some_nodes_only,
     "--pages 1G is refused on the nodes without", NULL, NULL},
    {.name = "page_size", .look = look_at_pages},
    {"numa_balancing", "numa_balancing", is_not_zero,
     "the kernel unmaps pages to see who uses them and moves them (FAULT, MIGRATED)", NULL, NULL},
    {"ksm", "ksm_run", is_true,
     "equal pages are searched and merged meanwhile", NULL, NULL},
    {"demotion", "demotion_enabled", is_true,
     "under pressure pages move to slower nodes (MIGRATED)", NULL, NULL},
    {"swap", "swap_used_bytes", is_not_zero,
     "memory was short here, and pages may come back from disk meanwhile (FAULT)", NULL, NULL},
    {.name = "clocksource", .fact = "clocksource", .look = look_at_clock},
    {"hypervisor", "hypervisor", is_some,
     "caches, nodes and clocks may not be what is shown, and other guests share the machine",
     "for figures of the machine itself measure on it, or on a dedicated host with pinned CPUs",
     NULL},
    {"steal", "steal_share_percent", is_a_tenth_percent,
     "percent of the time since boot were taken by the hypervisor (STEAL)",
     "use dedicated CPUs, or a quieter host", NULL},
    {"locked_memory", "locked_memory_limit_bytes", never, NULL, NULL, NULL},
    {"perf_events", "perf_event_paranoid", never, NULL, NULL, NULL},
    {"power_plan", "power_plan", is_saving_power,
     "the core clock follows the load (FREQ, WARMUP)", NULL, NULL},
    {"lock_pages", "lock_pages_privilege", is_not_held,
     "large pages, huge pages and AWE are refused", NULL, NULL},
    {.name = "wine", .fact = "wine_version", .look = look_at_wine},
};
// clang-format on
_Static_assert(COUNT_OF(checks) <= DOCTOR_CHECKS_MAX, "callers have room for DOCTOR_CHECKS_MAX");

const char *doctor_check_name(size_t index) {
    return index < COUNT_OF(checks) ? checks[index].name : NULL;
}

static void look_at_fact(const struct doctor_subject *subject, const struct doctor_check *check,
                         struct doctor_finding *finding) {
    const char *value = fact_of(subject, check->fact);
    if (!value) {
        tell(finding, DOCTOR_NOT_TOLD, "%s", fact_absence(subject, check->fact));
        return;
    }
    bool disturbs = check->disturbs(value);
    tell(finding, disturbs ? DOCTOR_WARN : DOCTOR_OK, "%s", value);
    if (disturbs && check->remedy)
        advise(finding, check->trouble, "%s", check->remedy);
    else if (disturbs)
        advise_here(finding, check->trouble, check->name, NULL);
}

static bool exists_here(const struct doctor_subject *subject, const struct doctor_check *check) {
    return !check->fact || fact_of(subject, check->fact) || fact_absence(subject, check->fact);
}

size_t doctor_look(const struct doctor_subject *subject, struct doctor_finding *findings) {
    size_t count = 0;
    for (size_t i = 0; i < COUNT_OF(checks); i++) {
        if (!exists_here(subject, &checks[i]))
            continue;
        struct doctor_finding *finding = &findings[count++];
        *finding = (struct doctor_finding){.name = checks[i].name};
        if (checks[i].look)
            checks[i].look(subject, finding);
        else
            look_at_fact(subject, &checks[i], finding);
    }
    return count;
}
