// SPDX-License-Identifier: Apache-2.0
#include "measure/bus.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void bus_open(struct bus *bus) {
    struct error unopened;
    *bus = (struct bus){0};
    for (size_t kind = 0; kind < os_bus_kind_count; kind++)
        bus->count += os_bus_open(&bus->kinds[bus->count], kind, &unopened);
}

void bus_close(struct bus *bus) {
    while (bus->count)
        os_bus_close(&bus->kinds[--bus->count]);
}

bool bus_join(const struct bus *bus) {
    bool joined = true;
    struct error error;
    for (size_t i = 0; bus && i < bus->count; i++)
        joined = os_bus_join(&bus->kinds[i], &error) && joined;
    return joined;
}

// ---- readings -----------------------------------------------------------------------------------

static void read_counters(struct bus_watch *watch, enum bus_moment moment) {
    watch->at_ns[moment] = os_clock_ns();
    for (size_t i = 0; i < watch->bus->count; i++) {
        struct error error;
        bool read =
            os_bus_read(&watch->bus->kinds[i], watch->cpus, &watch->counts[i][moment], &error);
        if (!read && watch->errors[i].kind == ERROR_KIND_NONE)
            watch->errors[i] = error;
    }
}

static void stay_idle(uint64_t idle_ns) {
    uint64_t begin_ns = os_clock_ns();
    while (os_clock_ns() - begin_ns < idle_ns)
        os_spin_pause();
}

struct bus_watch bus_watch_begin(const struct bus *bus, const struct id_set *cpus,
                                 uint64_t idle_ns) {
    struct bus_watch watch = {.bus = bus && bus->count ? bus : NULL, .cpus = cpus};
    watch.idle_ns = idle_ns;
    if (!watch.bus)
        return watch;
    read_counters(&watch, BUS_IDLE_BEFORE);
    stay_idle(idle_ns);
    read_counters(&watch, BUS_BEGIN);
    return watch;
}

// Of one kind between two moments; NONE_U64 where it does not count that.
static uint64_t carried(const struct bus_watch *watch, size_t kind, enum os_bus_amount amount,
                        enum bus_moment begin, enum bus_moment end) {
    const struct os_bus_count *counts = watch->counts[kind];
    uint64_t first = counts[begin].bytes[amount], last = counts[end].bytes[amount];
    return first == NONE_U64 || last == NONE_U64 ? NONE_U64 : last - first;
}

static bool went_back(const struct bus_watch *watch, size_t kind) {
    const struct os_bus_count *counts = watch->counts[kind];
    for (unsigned amount = 0; amount < OS_BUS_AMOUNTS; amount++)
        for (unsigned moment = 1; moment < BUS_MOMENTS; moment++)
            if (counts[moment].bytes[amount] < counts[moment - 1].bytes[amount])
                return true;
    return false;
}

static double idle_rate(const struct bus_watch *watch, size_t kind) {
    uint64_t idle_ns = watch->at_ns[BUS_BEGIN] - watch->at_ns[BUS_IDLE_BEFORE] +
                       watch->at_ns[BUS_IDLE_AFTER] - watch->at_ns[BUS_END];
    uint64_t before = carried(watch, kind, OS_BUS_ALL, BUS_IDLE_BEFORE, BUS_BEGIN);
    uint64_t after = carried(watch, kind, OS_BUS_ALL, BUS_END, BUS_IDLE_AFTER);
    return (double)(before + after) * (double)NS_PER_S / (double)idle_ns;
}

// What an earlier kind has told stands.
static void take(const struct bus_watch *watch, size_t kind, struct bus_reading *reading) {
    for (unsigned amount = 0; amount < OS_BUS_AMOUNTS; amount++) {
        uint64_t bytes = carried(watch, kind, amount, BUS_BEGIN, BUS_END);
        if (reading->bytes[amount] != NONE_U64 || bytes == NONE_U64)
            continue;
        reading->bytes[amount] = bytes;
        if (amount == OS_BUS_ALL)
            reading->background_bytes_per_s = idle_rate(watch, kind);
        // Both are of one kind. They are counted in large units, and one after the other.
        uint64_t all = carried(watch, kind, OS_BUS_ALL, BUS_BEGIN, BUS_END);
        if (amount == OS_BUS_LOCAL && all != NONE_U64)
            reading->remote_bytes = all > bytes ? all - bytes : 0;
    }
}

static void refuse(struct bus_reading *reading, const char *source, const char *reason) {
    size_t used = strlen(reading->reason);
    snprintf(reading->reason + used, sizeof reading->reason - used, "%s%s: %s", used ? "; " : "",
             source, reason);
}

void bus_watch_end(struct bus_watch *watch, struct bus_reading *reading) {
    *reading = (struct bus_reading){.remote_bytes = NONE_U64, .background_bytes_per_s = NAN};
    for (unsigned amount = 0; amount < OS_BUS_AMOUNTS; amount++)
        reading->bytes[amount] = NONE_U64;
    if (!watch->bus)
        return;
    read_counters(watch, BUS_END);
    stay_idle(watch->idle_ns);
    read_counters(watch, BUS_IDLE_AFTER);
    reading->ns = watch->at_ns[BUS_END] - watch->at_ns[BUS_BEGIN];
    for (size_t i = 0; i < watch->bus->count; i++) {
        const char *source = watch->bus->kinds[i].source;
        size_t used = strlen(reading->source);
        snprintf(reading->source + used, sizeof reading->source - used, "%s%s", used ? " " : "",
                 source);
        if (watch->errors[i].kind != ERROR_KIND_NONE)
            refuse(reading, source, watch->errors[i].text);
        else if (watch->left_out)
            refuse(reading, source, "the traffic of a thread was not counted");
        else if (went_back(watch, i))
            refuse(reading, source, "a count was less than the one before");
        else
            take(watch, i, reading);
    }
}

// ---- the row ------------------------------------------------------------------------------------

void bus_fill_row(const struct bus_reading *reading, double min_bytes, double max_bytes,
                  struct row *row) {
    row_set_name(row->bus_source, reading->source);
    row_set_name(row->bus_reason, reading->reason);
    row->bus_ns = reading->ns;
    row->bus_bytes = reading->bytes[OS_BUS_ALL];
    row->bus_read_bytes = reading->bytes[OS_BUS_READ];
    row->bus_write_bytes = reading->bytes[OS_BUS_WRITTEN];
    row->bus_remote_bytes = reading->remote_bytes;
    row->bus_min_bytes = (uint64_t)min_bytes;
    row->bus_max_bytes = (uint64_t)max_bytes;
    row->bus_background_bytes_per_s = reading->background_bytes_per_s;
    if (row->bus_bytes == NONE_U64 || !(min_bytes > 0))
        return;
    double others_bytes = row->bus_background_bytes_per_s * (double)row->bus_ns / (double)NS_PER_S;
    double own_bytes = (double)row->bus_bytes - others_bytes;
    row->traffic_bus_bytes_per_s = row->traffic_min_bytes_per_s * own_bytes / min_bytes;
    if (row->test == TEST_BANDWIDTH && max_bytes > min_bytes)
        row->store_read_share = (own_bytes - min_bytes) / (max_bytes - min_bytes);
}
