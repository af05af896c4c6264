// SPDX-License-Identifier: Apache-2.0
// Counters of the memory controllers by perf_event_open(2): they count everybody's traffic, reads
// and writes by themselves. Their names, places and codes are files (Linux kernel,
// Documentation/ABI/testing/sysfs-bus-event_source-devices-events and -format).
#define _GNU_SOURCE
#include "os/linux_bus.h"

#include <errno.h>
#include <glob.h>
#include <inttypes.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DEVICES "/sys/bus/event_source/devices"

enum { PMU_NAME_BYTES = 128, COUNTER_BITS = 48 };

// What counts bytes of memory. Of the lines that fit a device, the first counts whose events are
// all there: an event is a name of the kernel's, or its code, which is then that of some processors
// alone. Several, separated by blanks, are added up. Where the kernel names a unit, that counts.
// clang-format off
static const struct way {
    const char *devices;    // a glob pattern
    const char *processors; // vendor, family and model as /proc/cpuinfo has them; NULL: any
    const char *reads, *writes;
    double read_bytes, write_bytes; // of one count
} ways[] = {
    // Linux kernel, arch/x86/events/intel/uncore_snbep.c.
    {"uncore_imc_[0-9]*", NULL, "cas_count_read", "cas_count_write", 64, 64},
    {"uncore_imc_[0-9]*", NULL, "cas_count_read_sch0 cas_count_read_sch1",
     "cas_count_write_sch0 cas_count_write_sch1", 64, 64},
    // intel/perfmon: Haswell to Cascade Lake, Ice Lake, Sapphire and Emerald Rapids, Granite Rapids
    // with Sierra Forest and Clearwater Forest (two halves of a channel).
    {"uncore_imc_[0-9]*", "GenuineIntel-6-63 GenuineIntel-6-79 GenuineIntel-6-85",
     "event=0x04,umask=0x03", "event=0x04,umask=0x0c", 64, 64},
    {"uncore_imc_[0-9]*", "GenuineIntel-6-106 GenuineIntel-6-108", "event=0x04,umask=0x0f",
     "event=0x04,umask=0x30", 64, 64},
    {"uncore_imc_[0-9]*", "GenuineIntel-6-143 GenuineIntel-6-207", "event=0x05,umask=0xcf",
     "event=0x05,umask=0xf0", 64, 64},
    {"uncore_imc_[0-9]*",
     "GenuineIntel-6-173 GenuineIntel-6-174 GenuineIntel-6-175 GenuineIntel-6-221",
     "event=0x05,umask=0xcf event=0x06,umask=0xcf", "event=0x05,umask=0xf0 event=0x06,umask=0xf0",
     64, 64},
    // Linux kernel, tools/perf/pmu-events/arch/x86/amdzen4/memory-controller.json: Zen 4 and 5.
    {"amd_umc_[0-9]*", NULL, "event=0x0a,rdwrmask=0x1", "event=0x0a,rdwrmask=0x2", 64, 64},
    // Linux kernel, Documentation/admin-guide/perf: nvidia-pmu.rst, alibaba_pmu.rst, hisi-pmu.rst,
    // cxl.rst.
    {"nvidia_scf_pmu_[0-9]*", NULL, "cmem_rd_data", "cmem_wr_total_bytes", 32, 1},
    {"ali_drw_[0-9a-f]*", NULL, "hif_rd", "hif_wr hif_rmw", 64, 64},
    {"hisi_sccl[0-9]*_ddrc[0-9]*", NULL, "flux_rd", "flux_wr", 32, 32},
    {"cxl_pmu_mem[0-9]*", NULL, "s2m_drs_memdata", "m2s_rwd_memwr m2s_rwd_memwrptl", 64, 64},
};
// clang-format on

// What counts memory too, and why it cannot stand for all of it.
static const struct {
    const char *device, *why;
} unfit[] = {
    // Linux kernel, tools/perf/pmu-events/arch/x86/amdzen3/data-fabric.json: the channel is a part
    // of the event's number, so no mask joins two; NUM_COUNTERS_NB of arch/x86/events/amd/uncore.c.
    {"amd_df", "each of its four counters counts one channel, and servers have eight of them"},
};

struct counter {
    char name[PMU_NAME_BYTES];
    int file;
    enum os_bus_amount amount;
    double bytes; // of one count
    struct reading {
        uint64_t value, enabled_ns, running_ns;
    } last;
    uint64_t counted; // since it was opened
};

struct uncore {
    struct counter *counters;
    size_t count;
    char source[PMU_NAME_BYTES];
};

// ---- what an event is ---------------------------------------------------------------------------

struct event {
    struct perf_event_attr attribute;
    double bytes;
};

static char *read_device(const char *device, const char *folder, const char *name,
                         const char *ending, struct error *error) {
    char path[LINUX_PATH_BYTES];
    return linux_read(linux_path(path, DEVICES "/%s/%s%s%s", device, folder, name, ending), error);
}

// Puts the lowest bits of a value into "0-7,32-35", the lowest first.
static bool spread(uint64_t *word, uint64_t value, const char *bits) {
    while (*bits >= '0' && *bits <= '9') {
        char *end;
        unsigned long first = strtoul(bits, &end, 10);
        unsigned long last = *end == '-' ? strtoul(end + 1, &end, 10) : first;
        if (first > last || last > 63)
            return false;
        for (unsigned long bit = first; bit <= last; bit++, value >>= 1)
            *word |= (value & 1) << bit;
        bits = *end == ',' ? end + 1 : end;
    }
    return value == 0;
}

// One term, "umask=0x03", whose bits are those of the device's file for it, "config:8-15"; or a
// whole word, "config1=0x3".
static bool add_term(struct perf_event_attr *attribute, const char *device, const char *term,
                     size_t length) {
    char name[PMU_NAME_BYTES], *format = NULL;
    struct error error;
    size_t name_length = strcspn(term, "=");
    if (name_length > length)
        name_length = length;
    uint64_t value = name_length < length ? strtoull(term + name_length + 1, NULL, 0) : 1;
    snprintf(name, sizeof name, "%.*s", (int)name_length, term);
    const struct {
        const char *name;
        __u64 *word;
    } words[] = {
        {"config",  &attribute->config },
        {"config1", &attribute->config1},
        {"config2", &attribute->config2}
    };
    bool whole = strncmp(name, "config", 6) == 0;
    if (!whole)
        format = read_device(device, "format/", name, "", &error);
    const char *text = whole ? name : format ? format : "";
    bool added = false;
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        uint64_t word = 0;
        size_t word_length = strlen(words[i].name);
        if (strncmp(text, words[i].name, word_length) != 0 ||
            text[word_length] != (whole ? '\0' : ':'))
            continue;
        added = spread(&word, value, whole ? "0-63" : text + word_length + 1);
        *words[i].word |= word;
    }
    free(format);
    return added;
}

// "event=0x04,umask=0x03".
static bool add_terms(struct perf_event_attr *attribute, const char *device, const char *terms) {
    bool added = true;
    for (const char *at = terms; added && *at && *at != '\n';) {
        size_t length = strcspn(at, ",\n");
        added = add_term(attribute, device, at, length);
        at += length;
        at += *at == ',';
    }
    return added;
}

// The kernel's unit of an event: "MiB", by a scale of 6.103515625e-5 a count.
static void take_unit(const char *device, const char *name, double *bytes) {
    struct error error;
    char *unit = read_device(device, "events/", name, ".unit", &error);
    char *scale = read_device(device, "events/", name, ".scale", &error);
    if (unit && scale && strncmp(unit, "MiB", 3) == 0)
        *bytes = strtod(scale, NULL) * (double)MIB;
    free(unit);
    free(scale);
}

// False where the device has no such event.
static bool find_event(struct event *event, const char *device, const char *word, double bytes) {
    char path[LINUX_PATH_BYTES];
    struct error error;
    uint64_t type;
    if (!linux_read_number(&type, linux_path(path, DEVICES "/%s/type", device), &error))
        return false;
    *event = (struct event){.bytes = bytes};
    event->attribute = (struct perf_event_attr){
        .type = (uint32_t)type,
        .size = sizeof event->attribute,
        .read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING,
    };
    if (strchr(word, '='))
        return add_terms(&event->attribute, device, word);
    char *terms = read_device(device, "events/", word, "", &error);
    bool found = terms && add_terms(&event->attribute, device, terms);
    free(terms);
    if (found)
        take_unit(device, word, &event->bytes);
    return found;
}

// The next word of a list; false behind the last.
static bool next_word(const char **list, char word[PMU_NAME_BYTES]) {
    *list += strspn(*list, " ");
    size_t length = strcspn(*list, " ");
    snprintf(word, PMU_NAME_BYTES, "%.*s", (int)length, *list);
    *list += length;
    return length > 0;
}

static bool has_events(const char *device, const char *list) {
    char word[PMU_NAME_BYTES];
    struct event event;
    while (next_word(&list, word))
        if (!find_event(&event, device, word, 1))
            return false;
    return true;
}

// ---- which devices ------------------------------------------------------------------------------

static void copy_field(char *field, size_t bytes, const char *text, const char *key) {
    const char *found = text ? linux_find(text, key) : NULL;
    snprintf(field, bytes, "%.*s", found ? (int)strcspn(found, "\n") : 0, found ? found : "");
}

static bool is_processor(const char *list) {
    char path[LINUX_PATH_BYTES], vendor[32], family[16], model[16], own[80], word[PMU_NAME_BYTES];
    struct error error;
    char *text = linux_read(linux_path(path, "/proc/cpuinfo"), &error);
    copy_field(vendor, sizeof vendor, text, "vendor_id");
    copy_field(family, sizeof family, text, "cpu family");
    copy_field(model, sizeof model, text, "model");
    free(text);
    snprintf(own, sizeof own, "%s-%s-%s", vendor, family, model);
    while (next_word(&list, word))
        if (strcmp(word, own) == 0)
            return true;
    return false;
}

static const struct way *way_of(const char *device, const char *pattern) {
    for (size_t i = 0; i < COUNT_OF(ways); i++)
        if (strcmp(ways[i].devices, pattern) == 0 &&
            (!ways[i].processors || is_processor(ways[i].processors)) &&
            has_events(device, ways[i].reads) && has_events(device, ways[i].writes))
            return &ways[i];
    return NULL;
}

static bool denied(const char *device, int number, struct error *error) {
    char path[LINUX_PATH_BYTES], reason[128], paranoid[16] = "unknown";
    struct error unread;
    char *text = linux_read(linux_path(path, "/proc/sys/kernel/perf_event_paranoid"), &unread);
    if (text)
        linux_copy_line(paranoid, sizeof paranoid, text);
    free(text);
    os_error_text((uint32_t)number, reason, sizeof reason);
    if (number == EACCES || number == EPERM)
        return error_set(error, ERROR_KIND_REFUSED, (uint32_t)number,
                         "%s needs root, CAP_PERFMON or kernel.perf_event_paranoid <= 0 (now %s)",
                         device, paranoid);
    return error_set(error, ERROR_KIND_UNAVAILABLE, (uint32_t)number, "%s: perf_event_open: %s",
                     device, reason);
}

static int open_event(struct event *event, uint32_t cpu) {
    return (int)syscall(SYS_perf_event_open, &event->attribute, -1, (int)cpu, -1,
                        PERF_FLAG_FD_CLOEXEC);
}

static bool read_counter(const struct counter *counter, struct reading *reading,
                         struct error *error) {
    ssize_t got = read(counter->file, reading, sizeof *reading);
    if (got == (ssize_t)sizeof *reading)
        return true;
    return error_set(error, ERROR_KIND_UNAVAILABLE, got < 0 ? (uint32_t)errno : 0,
                     "%s cannot be read", counter->name);
}

static bool add_counter(struct uncore *uncore, struct event *event, const char *device,
                        uint32_t cpu, enum os_bus_amount amount, struct error *error) {
    int file = open_event(event, cpu);
    if (file < 0)
        return denied(device, errno, error);
    uncore->counters = base_grow_by_one(uncore->counters, uncore->count, sizeof *uncore->counters);
    struct counter *counter = &uncore->counters[uncore->count++];
    *counter = (struct counter){.file = file, .amount = amount, .bytes = event->bytes};
    snprintf(counter->name, sizeof counter->name, "%.100s of CPU %u", device, cpu);
    return read_counter(counter, &counter->last, error);
}

static bool add_events(struct uncore *uncore, const char *device, const struct id_set *cpus,
                       const char *list, double bytes, enum os_bus_amount amount,
                       struct error *error) {
    char word[PMU_NAME_BYTES];
    struct event event;
    while (next_word(&list, word)) {
        if (!find_event(&event, device, word, bytes)) // which was there a moment ago
            return error_set(error, ERROR_KIND_UNAVAILABLE, 0, "%s is gone", device);
        for (size_t i = 0; i < cpus->count; i++)
            if (!add_counter(uncore, &event, device, cpus->ids[i], amount, error))
                return false;
    }
    return true;
}

// One instance of a device counts what is behind it on each package of which its cpumask names a
// CPU.
static bool add_device(struct uncore *uncore, const char *device, const char *pattern,
                       struct error *error) {
    char path[LINUX_PATH_BYTES];
    struct id_set cpus;
    struct error unread;
    const struct way *way = way_of(device, pattern);
    if (!way)
        return error_set(error, ERROR_KIND_UNAVAILABLE, 0,
                         "%s has no event that is known to count reads and writes", device);
    if (!linux_read_ids(&cpus, linux_path(path, DEVICES "/%s/cpumask", device), &unread) ||
        cpus.count == 0)
        return error_set(error, ERROR_KIND_UNAVAILABLE, 0,
                         "%s has no cpumask: which package it counts is unknown", device);
    bool added =
        add_events(uncore, device, &cpus, way->reads, way->read_bytes, OS_BUS_READ, error) &&
        add_events(uncore, device, &cpus, way->writes, way->write_bytes, OS_BUS_WRITTEN, error);
    id_set_free(&cpus);
    return added;
}

// "uncore_imc" of "uncore_imc_[0-9]*".
static void name_source(struct uncore *uncore, const char *pattern) {
    size_t used = strlen(uncore->source), length = strcspn(pattern, "[");
    while (length && pattern[length - 1] == '_')
        length--;
    snprintf(uncore->source + used, sizeof uncore->source - used, "%s%.*s", used ? " " : "",
             (int)length, pattern);
}

static bool add_devices(struct uncore *uncore, const char *pattern, size_t most,
                        struct error *error) {
    char path[LINUX_PATH_BYTES];
    glob_t found;
    bool added = true;
    if (glob(linux_path(path, DEVICES "/%s", pattern), 0, NULL, &found) != 0)
        return true;
    name_source(uncore, pattern);
    for (size_t i = 0; added && i < found.gl_pathc && i < most; i++)
        added = add_device(uncore, strrchr(found.gl_pathv[i], '/') + 1, pattern, error);
    globfree(&found);
    return added;
}

// ---- the kind -----------------------------------------------------------------------------------

static void free_uncore(struct uncore *uncore) {
    for (size_t i = 0; i < uncore->count; i++)
        close(uncore->counters[i].file);
    free(uncore->counters);
    free(uncore);
}

static void say_none(struct error *error) {
    char path[LINUX_PATH_BYTES];
    error_set(error, ERROR_KIND_UNAVAILABLE, ENOENT,
              "no known memory controller in " DEVICES " (guests have none)");
    for (size_t i = 0; i < COUNT_OF(unfit); i++)
        if (access(linux_path(path, DEVICES "/%s", unfit[i].device), F_OK) == 0)
            error_set(error, ERROR_KIND_UNAVAILABLE, 0, "%s does not count all memory: %s",
                      unfit[i].device, unfit[i].why);
}

// At most this many devices of each pattern; NULL with the error.
static struct uncore *open_devices(size_t most, struct error *error) {
    struct uncore *uncore = base_allocate(1, sizeof *uncore);
    bool added = true;
    for (size_t i = 0; added && i < COUNT_OF(ways); i++)
        if (i == 0 || strcmp(ways[i].devices, ways[i - 1].devices) != 0)
            added = add_devices(uncore, ways[i].devices, most, error);
    if (added && uncore->count)
        return uncore;
    if (added)
        say_none(error);
    free_uncore(uncore);
    return NULL;
}

static bool find(struct error *error) {
    struct uncore *uncore = open_devices(1, error);
    if (uncore)
        free_uncore(uncore);
    return uncore != NULL;
}

static bool open_uncore(struct os_bus *bus, struct error *error) {
    struct uncore *uncore = open_devices(SIZE_MAX, error);
    if (!uncore)
        return false;
    bus->own = uncore;
    bus->source = uncore->source;
    return true;
}

static void close_uncore(struct os_bus *bus) {
    free_uncore(bus->own);
}

// A driver that does not extend its registers begins at 0 again after 2^48 (the widest of them).
static bool advance(struct counter *counter, struct error *error) {
    struct reading now;
    const uint64_t around = (uint64_t)1 << COUNTER_BITS;
    if (!read_counter(counter, &now, error))
        return false;
    uint64_t enabled_ns = now.enabled_ns - counter->last.enabled_ns;
    uint64_t running_ns = now.running_ns - counter->last.running_ns;
    uint64_t last = counter->last.value;
    bool wrapped = now.value < last;
    counter->last = now;
    if (wrapped && last >= around)
        return error_set(error, ERROR_KIND_UNAVAILABLE, 0, "%s went back", counter->name);
    counter->counted += now.value - last + (wrapped ? around : 0);
    return running_ns >= enabled_ns ||
           error_set(error, ERROR_KIND_UNAVAILABLE, 0,
                     "%s counted %" PRIu64 " of %" PRIu64
                     " us: others use its counters (perf); end them",
                     counter->name, running_ns / NS_PER_US, enabled_ns / NS_PER_US);
}

static bool read_uncore(const struct os_bus *bus, const struct id_set *cpus,
                        struct os_bus_count *count, struct error *error) {
    (void)cpus; // memory has none
    struct uncore *uncore = bus->own;
    double bytes[OS_BUS_AMOUNTS] = {0};
    bool advanced = true;
    for (size_t i = 0; i < uncore->count; i++) {
        struct counter *counter = &uncore->counters[i];
        advanced = advance(counter, error) && advanced; // each, so that the next reading is whole
        bytes[counter->amount] += (double)counter->counted * counter->bytes;
    }
    *count = (struct os_bus_count){
        .bytes = {[OS_BUS_READ] = (uint64_t)bytes[OS_BUS_READ],
                  [OS_BUS_WRITTEN] = (uint64_t)bytes[OS_BUS_WRITTEN],
                  [OS_BUS_LOCAL] = NONE_U64}
    };
    count->bytes[OS_BUS_ALL] = count->bytes[OS_BUS_READ] + count->bytes[OS_BUS_WRITTEN];
    return advanced;
}

const struct os_bus_kind linux_uncore = {
    .name = "uncore",
    .find = find,
    .open = open_uncore,
    .read = read_uncore,
    .close = close_uncore,
};
