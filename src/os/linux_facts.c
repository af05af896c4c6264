// SPDX-License-Identifier: Apache-2.0
// The facts of a Linux machine, all of them readable without privilege. Serial numbers and UUIDs,
// which /sys/class/dmi/id has for root, are left out: a result file may be published.
#define _GNU_SOURCE
#include "os/linux_facts.h"

#include <ctype.h>
#include <glob.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

// Values end up in JSON and in terminals, and firmware writes what it likes.
static void make_printable(char *text) {
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || (unsigned char)*text > '~')
            *text = *text == '\t' ? ' ' : '?';
}

void linux_fact_tell(struct os_fact *fact, bool available, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(fact->value, sizeof fact->value, format, arguments);
    va_end(arguments);
    if (length >= (int)sizeof fact->value)
        memcpy(fact->value + sizeof fact->value - 4, "...", 4);
    make_printable(fact->value);
    fact->available = available;
}

char *linux_fact_file(const char *path, struct os_fact *fact) {
    struct error error;
    char *text = linux_read(path, &error);
    if (!text)
        linux_fact_tell(fact, false, "%s", error.text);
    return text;
}

char *linux_trim_line(char *line, size_t line_bytes, const char *text) {
    linux_copy_line(line, line_bytes, text + strspn(text, " \t"));
    for (size_t end = strlen(line); end > 0 && isspace((unsigned char)line[end - 1]);)
        line[--end] = '\0';
    return line;
}

// ---- one file -----------------------------------------------------------------------------------

static void read_line(const struct fact_source *source, struct os_fact *fact) {
    char path[LINUX_PATH_BYTES], line[1024];
    char *text = linux_fact_file(linux_path(path, "%s", source->path), fact);
    if (text)
        linux_fact_tell(fact, true, "%s", linux_trim_line(line, sizeof line, text));
    free(text);
}

// The kernel's command line without the words that name a disk or another thing by its UUID.
static void read_command_line(const struct fact_source *source, struct os_fact *fact) {
    char path[LINUX_PATH_BYTES];
    char *text = linux_fact_file(linux_path(path, "%s", source->path), fact);
    if (!text)
        return;
    char kept[1024] = "", *rest = NULL;
    size_t used = 0;
    for (char *word = strtok_r(text, " \t\n", &rest); word; word = strtok_r(NULL, " \t\n", &rest)) {
        if (strstr(word, "UUID") || strstr(word, "uuid"))
            word = "(left-out)";
        if (used < sizeof kept)
            used +=
                (size_t)snprintf(kept + used, sizeof kept - used, "%s%s", used ? " " : "", word);
    }
    linux_fact_tell(fact, true, "%s", kept);
    free(text);
}

// A list of CPUs, of which the kernel's own word for "none" is an empty line.
static void read_list(const struct fact_source *source, struct os_fact *fact) {
    read_line(source, fact);
    if (fact->available && !*fact->value)
        linux_fact_tell(fact, true, "none");
}

static void read_choice(const struct fact_source *source, struct os_fact *fact) {
    char path[LINUX_PATH_BYTES], word[64];
    char *text = linux_fact_file(linux_path(path, "%s", source->path), fact);
    if (text)
        linux_fact_tell(fact, true, "%s", linux_choice(word, sizeof word, text));
    free(text);
}

static void read_field(const struct fact_source *source, struct os_fact *fact) {
    char path[LINUX_PATH_BYTES], line[1024];
    char *text = linux_fact_file(linux_path(path, "%s", source->path), fact);
    const char *found = text ? linux_find(text, source->key) : NULL;
    if (found)
        linux_fact_tell(fact, true, "%s", linux_trim_line(line, sizeof line, found));
    else if (text)
        linux_fact_tell(fact, false, "%s has no field '%s'", path, source->key);
    free(text);
}

static void read_memory_total(const struct fact_source *source, struct os_fact *fact) {
    char path[LINUX_PATH_BYTES];
    uint64_t kib;
    char *text = linux_fact_file(linux_path(path, "%s", source->path), fact);
    if (text && linux_find_number(text, source->key, &kib))
        linux_fact_tell(fact, true, "%" PRIu64, kib * KIB);
    else if (text)
        linux_fact_tell(fact, false, "%s has no field '%s'", path, source->key);
    free(text);
}

// ---- many files ---------------------------------------------------------------------------------

enum { DISTINCT_MAX = 16, DISTINCT_BYTES = 64 };

struct distinct {
    char text[DISTINCT_BYTES];
    unsigned count;
};

// Adds what one file says to the different things said so far; false when it cannot be read.
static bool add_distinct(struct distinct *values, size_t *count, const char *path,
                         struct error *error) {
    char value[DISTINCT_BYTES];
    char *text = linux_read(path, error);
    if (!text)
        return false;
    linux_trim_line(value, sizeof value, text);
    free(text);
    size_t at = 0;
    while (at < *count && strcmp(values[at].text, value) != 0)
        at++;
    if (at == *count && *count < DISTINCT_MAX) {
        memcpy(values[at].text, value, sizeof value);
        values[(*count)++].count = 0;
    }
    if (at < *count)
        values[at].count++;
    return true;
}

// What the files say, each different value once: "performance", or "performance, powersave". With a
// key, how many say so is told too, which matters for memory modules and not for CPUs.
static void read_distinct(const struct fact_source *source, struct os_fact *fact) {
    char pattern[LINUX_PATH_BYTES], list[512] = "";
    struct distinct values[DISTINCT_MAX];
    struct error error;
    glob_t found;
    size_t count = 0, used = 0;
    linux_path(pattern, "%s", source->path);
    bool readable = true;
    if (glob(pattern, 0, NULL, &found) != 0) {
        linux_fact_tell(fact, false, "there is no %s", pattern);
        return;
    }
    for (size_t i = 0; i < found.gl_pathc && readable; i++)
        readable = add_distinct(values, &count, found.gl_pathv[i], &error);
    globfree(&found);
    for (size_t i = 0; i < count && used + DISTINCT_BYTES + 16 < sizeof list; i++) {
        used += (size_t)snprintf(list + used, sizeof list - used, "%s", i ? ", " : "");
        if (source->key)
            used += (size_t)snprintf(list + used, sizeof list - used, "%u x ", values[i].count);
        used += (size_t)snprintf(list + used, sizeof list - used, "%s", values[i].text);
    }
    linux_fact_tell(fact, readable, "%s", readable ? list : error.text);
}

// ---- control groups -----------------------------------------------------------------------------

static bool is_unlimited(const char *text) {
    return strncmp(text, "max", 3) == 0 || text[0] == '-' ||
           strtoull(text, NULL, 10) >= UINT64_C(1) << 62;
}

// The nearest group's own word, from this process's group upwards. A limit counts only where it is
// one, since a group without limit lives under the limits above it.
static void read_group(const struct fact_source *source, struct os_fact *fact, bool is_limit) {
    struct linux_cgroup group;
    struct error error;
    char path[LINUX_PATH_BYTES], line[512];
    bool unlimited = false;
    if (!linux_cgroup_find(&group, source->path, &error)) {
        linux_fact_tell(fact, false, "%s", error.text);
        return;
    }
    const char *file = group.unified ? source->key : source->key1;
    do {
        char *text = linux_read(linux_path(path, "%s/%s", group.path, file), &error);
        if (!text)
            continue;
        linux_trim_line(line, sizeof line, text);
        free(text);
        if (!is_limit || !is_unlimited(line)) {
            linux_fact_tell(fact, true, group.unified ? "%s" : "%s (%s)", line, file);
            return;
        }
        unlimited = true;
    } while (linux_cgroup_up(&group));
    if (unlimited)
        linux_fact_tell(fact, true, "no limit");
    else
        linux_fact_tell(fact, false, "%s", error.text);
}

static void read_group_limit(const struct fact_source *source, struct os_fact *fact) {
    read_group(source, fact, true);
}

static void read_group_list(const struct fact_source *source, struct os_fact *fact) {
    read_group(source, fact, false);
}

// ---- the system ---------------------------------------------------------------------------------

static void read_host(const struct fact_source *source, struct os_fact *fact) {
    struct utsname name;
    (void)source;
    if (uname(&name) == 0)
        linux_fact_tell(fact, true, "%s", name.nodename);
    else
        linux_fact_tell(fact, false, "uname(2) is denied");
}

static void read_os_version(const struct fact_source *source, struct os_fact *fact) {
    struct utsname name;
    (void)source;
    if (uname(&name) == 0)
        linux_fact_tell(fact, true, "%s %s %s %s", name.sysname, name.release, name.version,
                        name.machine);
    else
        linux_fact_tell(fact, false, "uname(2) is denied");
}

// man: os-release(5): lines of NAME="value".
static void read_os_product(const struct fact_source *source, struct os_fact *fact) {
    char name[256];
    char *text = linux_fact_file(source->path, fact);
    const char *found = text ? strstr(text, "PRETTY_NAME=") : NULL;
    if (found) {
        found += strlen("PRETTY_NAME=");
        linux_copy_line(name, sizeof name, found + (*found == '"'));
        name[strcspn(name, "\"")] = '\0';
        linux_fact_tell(fact, true, "%s", name);
    } else if (text) {
        linux_fact_tell(fact, false, "%s has no PRETTY_NAME", source->path);
    }
    free(text);
}

// Marks that container engines leave; there is no call that tells, so "none seen" is all that can
// be said for the opposite.
static void read_container(const struct fact_source *source, struct os_fact *fact) {
    static const char *const marks[][2] = {
        {"/run/.containerenv",     "podman"      },
        {"/.dockerenv",            "docker"      },
        {"/run/systemd/container", "systemd says"},
    };
    static const char *const groups[] = {"kubepods", "docker", "containerd", "libpod", "lxc"};
    char path[LINUX_PATH_BYTES];
    for (size_t i = 0; i < COUNT_OF(marks); i++) {
        if (access(marks[i][0], F_OK) != 0)
            continue;
        linux_fact_tell(fact, true, "%s (%s)", marks[i][1], marks[i][0]);
        return;
    }
    char *text = linux_fact_file(linux_path(path, "%s", source->path), fact);
    if (!text)
        return;
    linux_fact_tell(fact, true, "none seen");
    for (size_t i = 0; i < COUNT_OF(groups); i++)
        if (strstr(text, groups[i]))
            linux_fact_tell(fact, true, "%s (%s)", groups[i], path);
    free(text);
}

// The switches together, as they are for this process: what os_page_kind_offered goes by.
static void read_thp_usable(const struct fact_source *source, struct os_fact *fact) {
    struct error why;
    uint64_t page_bytes;
    (void)source;
    if (os_page_kind_offered(page_kind_find("thp"), &page_bytes, &why))
        linux_fact_tell(fact, true, "yes");
    else
        linux_fact_tell(fact, true, "no: %s", why.text);
}

// ---- the table ----------------------------------------------------------------------------------

#define CPU     "/sys/devices/system/cpu/"
#define CPUFREQ CPU "cpu[0-9]*/cpufreq/"
#define MM      "/sys/kernel/mm/"
#define WEIGHTS MM "mempolicy/weighted_interleave/"
#define NODE    "/sys/devices/system/node/node"
#define DMI     "/sys/class/dmi/id/"
#define DIMM    "/sys/devices/system/edac/mc/mc*/dimm*/"
#define UNCORE  CPU "intel_uncore_frequency/package*/"

// clang-format off
static const struct fact_source fact_table[] = {
    {"host", read_host, NULL, NULL, NULL},
    {"os_version", read_os_version, NULL, NULL, NULL},
    {"os_product", read_os_product, "/etc/os-release", NULL, NULL},
    {"system_vendor", read_line, DMI "sys_vendor", NULL, NULL},
    {"system_product", read_line, DMI "product_name", NULL, NULL},
    {"bios_version", read_line, DMI "bios_version", NULL, NULL},
    {"bios_date", read_line, DMI "bios_date", NULL, NULL},
    {"cpu_model", linux_read_cpu_model, "/proc/cpuinfo", NULL, NULL},
    {"cpu_vendor", read_field, "/proc/cpuinfo", "vendor_id", NULL},
    {"cpu_identifier", linux_read_cpu_identifier, "/proc/cpuinfo", NULL, NULL},
    {"microcode", read_field, "/proc/cpuinfo", "microcode", NULL},
    {"hypervisor", linux_read_hypervisor, NULL, NULL, NULL},
    {"container", read_container, "/proc/self/cgroup", NULL, NULL},
    {"memory_total_bytes", read_memory_total, "/proc/meminfo", "MemTotal", NULL},
    {"dimm_types", read_distinct, DIMM "dimm_mem_type", "counted", NULL},
    {"dimm_sizes_mib", read_distinct, DIMM "size", "counted", NULL},
    {"dimm_slots", linux_read_dimms, NULL, NULL, NULL},
    {"dimm_speeds_mt_per_s", linux_read_dimms, NULL, NULL, NULL},
    {"dimm_configured_mt_per_s", linux_read_dimms, NULL, NULL, NULL},
    {"memory_channels", linux_read_dimms, NULL, NULL, NULL},
    {"memory_channels_source", linux_read_dimms, NULL, NULL, NULL},
    {"dimms_per_channel", linux_read_dimms, NULL, NULL, NULL},
    {"kernel_command_line", read_command_line, "/proc/cmdline", NULL, NULL},
    {"clocksource", read_line,
        "/sys/devices/system/clocksource/clocksource0/current_clocksource", NULL, NULL},
    {"clocksources_available", read_line,
        "/sys/devices/system/clocksource/clocksource0/available_clocksource", NULL, NULL},
    {"smt_control", read_line, CPU "smt/control", NULL, NULL},
    {"cpus_offline", read_list, CPU "offline", NULL, NULL},
    {"cpus_isolated", read_list, CPU "isolated", NULL, NULL},
    {"cpu_scaling_driver", read_distinct, CPUFREQ "scaling_driver", NULL, NULL},
    {"cpu_governor", read_distinct, CPUFREQ "scaling_governor", NULL, NULL},
    {"cpu_energy_preference", read_distinct, CPUFREQ "energy_performance_preference", NULL, NULL},
    {"cpu_min_khz", read_distinct, CPUFREQ "scaling_min_freq", NULL, NULL},
    {"cpu_max_khz", read_distinct, CPUFREQ "scaling_max_freq", NULL, NULL},
    {"uncore_min_khz", read_distinct, UNCORE "min_freq_khz", NULL, NULL},
    {"uncore_max_khz", read_distinct, UNCORE "max_freq_khz", NULL, NULL},
    {"turbo", linux_read_turbo, NULL, NULL, NULL},
    {"mitigations", linux_read_mitigations, CPU "vulnerabilities/*", NULL, NULL},
    {"thp_enabled", read_choice, MM "transparent_hugepage/enabled", NULL, NULL},
    {"thp_usable", read_thp_usable, NULL, NULL, NULL},
    {"thp_defrag", read_choice, MM "transparent_hugepage/defrag", NULL, NULL},
    {"thp_page_bytes", read_line, MM "transparent_hugepage/hpage_pmd_size", NULL, NULL},
    {"khugepaged_defrag", read_line, MM "transparent_hugepage/khugepaged/defrag", NULL, NULL},
    {"hugepages_2m_total", read_line, MM "hugepages/hugepages-2048kB/nr_hugepages", NULL, NULL},
    {"hugepages_2m_free", read_line, MM "hugepages/hugepages-2048kB/free_hugepages", NULL, NULL},
    {"hugepages_1g_total", read_line, MM "hugepages/hugepages-1048576kB/nr_hugepages", NULL, NULL},
    {"hugepages_1g_free", read_line, MM "hugepages/hugepages-1048576kB/free_hugepages", NULL, NULL},
    {"numa_balancing", read_line, "/proc/sys/kernel/numa_balancing", NULL, NULL},
    {"demotion_enabled", read_line, MM "numa/demotion_enabled", NULL, NULL},
    {"damon_schemes", linux_read_damon, MM "damon/admin/kdamonds/[0-9]*", NULL, NULL},
    {"memory_blocks_offline", linux_read_offline_blocks, NODE, NULL, NULL},
    {"zone_reclaim_mode", read_line, "/proc/sys/vm/zone_reclaim_mode", NULL, NULL},
    {"interleave_weights", linux_read_by_node, WEIGHTS "node", "", "+"},
    {"interleave_auto", read_line, WEIGHTS "auto", NULL, NULL},
    {"overcommit_memory", read_line, "/proc/sys/vm/overcommit_memory", NULL, NULL},
    {"ksm_run", read_line, MM "ksm/run", NULL, NULL},
    {"cgroup_cpu_limit", read_group_limit, "cpu", "cpu.max", "cpu.cfs_quota_us"},
    {"cgroup_memory_limit", read_group_limit, "memory", "memory.max", "memory.limit_in_bytes"},
    {"cgroup_cpus", read_group_list, "cpuset", "cpuset.cpus.effective", "cpuset.effective_cpus"},
    {"cgroup_nodes", read_group_list, "cpuset", "cpuset.mems.effective", "cpuset.effective_mems"},
    {"load_average", linux_read_load, "/proc/loadavg", NULL, NULL},
    {"processes_running", linux_read_processes_running, "/proc/loadavg", NULL, NULL},
    {"steal_share_percent", linux_read_steal_share, "/proc/stat", NULL, NULL},
    {"swap_used_bytes", linux_read_swap_used, "/proc/meminfo", NULL, NULL},
    {"hugepages_2m_free_by_node", linux_read_by_node,
        NODE, "/hugepages/hugepages-2048kB/free_hugepages", ", "},
    {"hugepages_1g_free_by_node", linux_read_by_node,
        NODE, "/hugepages/hugepages-1048576kB/free_hugepages", ", "},
    // of the nearest CPUs or devices (0), and of the nearest CPUs (1), to each node's memory
    {"access0_read_latency_ns", linux_read_by_node,
        NODE, "/access0/initiators/read_latency", ", "},
    {"access1_read_latency_ns", linux_read_by_node,
        NODE, "/access1/initiators/read_latency", ", "},
    {"access0_read_bandwidth_mb_per_s", linux_read_by_node,
        NODE, "/access0/initiators/read_bandwidth", ", "},
    {"access1_read_bandwidth_mb_per_s", linux_read_by_node,
        NODE, "/access1/initiators/read_bandwidth", ", "},
    {"thermal_throttle_events", linux_read_throttles,
        CPU "cpu[0-9]*/thermal_throttle/*_throttle_count", NULL, NULL},
    {"locked_memory_limit_bytes", linux_read_locked_limit, NULL, NULL, NULL},
    {"perf_event_paranoid", read_line, "/proc/sys/kernel/perf_event_paranoid", NULL, NULL},
    {"bus_counters", linux_read_bus, NULL, NULL, NULL},
    {"seccomp_mode", read_field, "/proc/self/status", "Seccomp", NULL},
};
// clang-format on
_Static_assert(COUNT_OF(fact_table) <= OS_FACTS_MAX, "callers have room for OS_FACTS_MAX");

size_t os_facts(struct os_fact *facts, size_t room) {
    size_t count = 0;
    for (; count < COUNT_OF(fact_table) && count < room; count++) {
        facts[count] = (struct os_fact){.name = fact_table[count].name};
        fact_table[count].read(&fact_table[count], &facts[count]);
    }
    return count;
}
