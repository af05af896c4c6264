// SPDX-License-Identifier: Apache-2.0
// What people read of a finding: the name of its check, and its value with a unit. Programs read
// the names and values as they are.
#include "base/units.h"
#include "doctor/doctor.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void say_value(const char *value, char text[DOCTOR_SHOWN_BYTES]);

// ---- values -------------------------------------------------------------------------------------

static void say_as_is(const char *value, char text[DOCTOR_SHOWN_BYTES]) {
    snprintf(text, DOCTOR_SHOWN_BYTES, "%s", value);
}

static bool is_count(const char *value, uint64_t *count) {
    struct error none;
    return units_parse_count(value, 0, UINT64_MAX - 1, count, &none);
}

static void say_bytes(const char *value, char text[DOCTOR_SHOWN_BYTES]) {
    uint64_t bytes;
    if (is_count(value, &bytes))
        units_format_bytes_rounded(bytes, text);
    else
        say_as_is(value, text);
}

static void say_percent(const char *value, char text[DOCTOR_SHOWN_BYTES]) {
    snprintf(text, DOCTOR_SHOWN_BYTES, "%s %% of the time", value);
}

static void say_events(const char *value, char text[DOCTOR_SHOWN_BYTES]) {
    uint64_t count;
    if (is_count(value, &count))
        snprintf(text, DOCTOR_SHOWN_BYTES, "%" PRIu64 " event%s since boot", count, PLURAL(count));
    else
        say_as_is(value, text);
}

// "0:512, 1:0": numbers of nodes, and how many each has.
static void say_by_node(const char *value, char text[DOCTOR_SHOWN_BYTES]) {
    size_t used = 0;
    char *end;
    text[0] = '\0';
    for (const char *at = value; *at && used < DOCTOR_SHOWN_BYTES; at = end + strspn(end, ", ")) {
        unsigned long node = strtoul(at, &end, 10);
        if (end == at || *end != ':') {
            say_as_is(value, text);
            return;
        }
        at = end + 1;
        unsigned long long count = strtoull(at, &end, 10);
        used += (size_t)snprintf(text + used, DOCTOR_SHOWN_BYTES - used, "%s%llu on node %lu",
                                 used ? ", " : "", count, node);
    }
}

// "200000 100000" (cpu.max), or the quota alone, as detectors of the limit read it.
static void say_cpus(const char *value, char text[DOCTOR_SHOWN_BYTES]) {
    char *end;
    double quota_us = strtod(value, &end), period_us = strtod(end, NULL);
    if (end == value)
        say_as_is(value, text);
    else
        snprintf(text, DOCTOR_SHOWN_BYTES, "the time of %.1f CPUs",
                 quota_us / (period_us > 0 ? period_us : 100000));
}

// perf_event_open(2): with more than 0, a user without rights may count in own programs only.
static void say_perf(const char *value, char text[DOCTOR_SHOWN_BYTES]) {
    snprintf(text, DOCTOR_SHOWN_BYTES, "%s may count events of the whole machine (level %s)",
             strtol(value, NULL, 10) > 0 ? "only root" : "every user", value);
}

static const struct {
    const char *value, *text;
} switches[] = {
    {"0",                  "off"                               },
    {"1",                  "on"                                },
    {"2",                  "off"                               }, // of KSM: it parts merged pages
    {"2 (memory tiering)", "on, for tiers of memory"           },
    {"3 (memory tiering)", "on, also for tiers of memory"      },
    {"false",              "off"                               },
    {"true",               "on"                                },
    {"forceoff",           "off until the next boot"           },
    {"notsupported",       "none: one thread in each core"     },
    {"notimplemented",     "unknown: the kernel has no support"},
};

static void say_switch(const char *value, char text[DOCTOR_SHOWN_BYTES]) {
    say_as_is(value, text);
    for (size_t i = 0; i < COUNT_OF(switches); i++)
        if (strcmp(switches[i].value, value) == 0)
            say_as_is(switches[i].text, text);
}

// ---- checks -------------------------------------------------------------------------------------

static const struct {
    const char *name, *label;
    say_value *say;
} checks[] = {
    {"cpu_limit",      "CPU limit",       say_cpus   },
    {"smt",            "SMT",             say_switch },
    {"isolated_cpus",  "isolated CPUs",   say_as_is  },
    {"offline_cpus",   "offline CPUs",    say_as_is  },
    {"throttling",     "throttling",      say_events },
    {"dimm_speed",     "DIMM speed",      say_as_is  },
    {"dimm_balance",   "DIMM balance",    say_as_is  },
    {"dimm_channels",  "DIMM channels",   say_as_is  },
    {"thp",            "THP",             say_as_is  },
    {"huge_pages_2m",  "free 2M pages",   say_by_node},
    {"huge_pages_1g",  "free 1G pages",   say_by_node},
    {"numa_balancing", "NUMA balancing",  say_switch },
    {"damon",          "DAMON",           say_as_is  },
    {"ksm",            "KSM",             say_switch },
    {"demotion",       "demotion",        say_switch },
    {"offline_memory", "offline memory",  say_by_node},
    {"swap",           "swap in use",     say_bytes  },
    {"steal",          "steal",           say_percent},
    {"locked_memory",  "lockable memory", say_bytes  },
    {"perf_events",    "perf events",     say_perf   },
};

const char *doctor_label(const char *name, char text[DOCTOR_SHOWN_BYTES]) {
    for (size_t i = 0; i < COUNT_OF(checks); i++)
        if (strcmp(checks[i].name, name) == 0)
            return checks[i].label;
    say_as_is(name, text);
    for (char *at = text; (at = strchr(at, '_')) != NULL;)
        *at = ' ';
    return text;
}

const char *doctor_shown(const struct doctor_finding *finding, char text[DOCTOR_SHOWN_BYTES]) {
    for (size_t i = 0; finding->verdict != DOCTOR_UNKNOWN && i < COUNT_OF(checks); i++)
        if (checks[i].say != say_as_is && strcmp(checks[i].name, finding->name) == 0) {
            checks[i].say(finding->found, text);
            return text;
        }
    return finding->found;
}
