// SPDX-License-Identifier: Apache-2.0
#include "measure/clock_source.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// These are read through a device or count in timer ticks (Linux kernel,
// Documentation/timers/timekeeping.rst and drivers/clocksource).
bool clock_source_is_slow(const char *name) {
    static const char *const slow[] = {"hpet", "acpi_pm", "jiffies", "refined-jiffies", "pit"};
    for (size_t i = 0; i < COUNT_OF(slow); i++)
        if (strcmp(name, slow[i]) == 0)
            return true;
    return false;
}

// Linux lists them best first.
static bool find_better(const char *available, char name[64]) {
    for (const char *at = available; *at;) {
        size_t length = strcspn(at, " ");
        snprintf(name, 64, "%.*s", (int)(length < 63 ? length : 63), at);
        if (length && !clock_source_is_slow(name))
            return true;
        at += length + strspn(at + length, " ");
    }
    return false;
}

char *clock_source_remedy(const char *available, char text[OS_REMEDY_BYTES]) {
    char name[64], all[64];
    if (!available)
        return os_remedy("clocksources_unknown", NULL, text);
    if (find_better(available, name))
        return os_remedy("clocksource", name, text);
    snprintf(all, sizeof all, "%s", available);
    return os_remedy("clocksource_best", all, text);
}

bool clock_suffices(uint64_t sample_ns, struct error *error) {
    uint64_t step_ns = os_clock_step_ns();
    if (step_ns <= sample_ns / CLOCK_STEPS_MIN)
        return true;
    struct os_fact *facts = base_allocate(OS_FACTS_MAX, sizeof *facts);
    size_t count = os_facts(facts, OS_FACTS_MAX);
    const char *name = os_fact_value(facts, count, "clocksource");
    char remedy[OS_REMEDY_BYTES];
    clock_source_remedy(os_fact_value(facts, count, "clocksources_available"), remedy);
    error_set(error, ERROR_KIND_REFUSED, 0,
              "samples of %" PRIu64 " us need a clock with steps of %" PRIu64
              " us at most; this one (%.40s) has steps of %" PRIu64 " us: %s",
              sample_ns / NS_PER_US, sample_ns / CLOCK_STEPS_MIN / NS_PER_US,
              name ? name : "unknown", step_ns / NS_PER_US, remedy);
    free(facts);
    return false;
}
