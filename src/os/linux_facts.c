// SPDX-License-Identifier: Apache-2.0
// The facts of a Linux machine, all of them readable without privilege. Serial numbers and UUIDs,
// which /sys/class/dmi/id has for root, are left out: a result file may be published.
#define _GNU_SOURCE
#include "os/linux.h"

#include <ctype.h>
#include <glob.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

struct fact_source {
    const char *name;
    void (*read)(const struct fact_source *source, struct os_fact *fact);
    const char *path; // a file, a glob pattern, or the controller of a control group
    const char *key;  // a field of the file, or the control group's file in version 2
    const char *key1; // the same in version 1
};

// Values end up in JSON and in terminals, and firmware writes what it likes.
static void make_printable(char *text) {
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || (unsigned char)*text > '~')
            *text = *text == '\t' ? ' ' : '?';
}

static void PRINTF_LIKE(3, 4) tell(struct os_fact *fact, bool available, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(fact->value, sizeof fact->value, format, arguments);
    va_end(arguments);
    if (length >= (int)sizeof fact->value)
        memcpy(fact->value + sizeof fact->value - 4, "...", 4);
    make_printable(fact->value);
    fact->available = available;
}

// The text of a file, or NULL after having told why there is none.
static char *read_or_tell(const char *path, struct os_fact *fact) {
    struct error error;
    char *text = linux_read(path, &error);
    if (!text)
        tell(fact, false, "%s", error.text);
    return text;
}

static char *trim_line(char *line, size_t line_bytes, const char *text) {
    linux_copy_line(line, line_bytes, text + strspn(text, " \t"));
    for (size_t end = strlen(line); end > 0 && isspace((unsigned char)line[end - 1]);)
        line[--end] = '\0';
    return line;
}

// ---- one file -----------------------------------------------------------------------------------

static void read_line(const struct fact_source *source, struct os_fact *fact) {
    char path[LINUX_PATH_BYTES], line[1024];
    char *text = read_or_tell(linux_path(path, "%s", source->path), fact);
    if (text)
        tell(fact, true, "%s", trim_line(line, sizeof line, text));
    free(text);
}

// The kernel's command line without the words that name a disk or another thing by its UUID.
static void read_command_line(const struct fact_source *source, struct os_fact *fact) {
    char path[LINUX_PATH_BYTES];
    char *text = read_or_tell(linux_path(path, "%s", source->path), fact);
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
    tell(fact, true, "%s", kept);
    free(text);
}

// A list of CPUs, of which the kernel's own word for "none" is an empty line.
static void read_list(const struct fact_source *source, struct os_fact *fact) {
    read_line(source, fact);
    if (fact->available && !*fact->value)
        tell(fact, true, "none");
}

static void read_choice(const struct fact_source *source, struct os_fact *fact) {
    char path[LINUX_PATH_BYTES], word[64];
    char *text = read_or_tell(linux_path(path, "%s", source->path), fact);
    if (text)
        tell(fact, true, "%s", linux_choice(word, sizeof word, text));
    free(text);
}

static void read_field(const struct fact_source *source, struct os_fact *fact) {
    char path[LINUX_PATH_BYTES], line[1024];
    char *text = read_or_tell(linux_path(path, "%s", source->path), fact);
    const char *found = text ? linux_find(text, source->key) : NULL;
    if (found)
        tell(fact, true, "%s", trim_line(line, sizeof line, found));
    else if (text)
        tell(fact, false, "%s has no field '%s'", path, source->key);
    free(text);
}

static void read_memory_total(const struct fact_source *source, struct os_fact *fact) {
    char path[LINUX_PATH_BYTES];
    uint64_t kib;
    char *text = read_or_tell(linux_path(path, "%s", source->path), fact);
    if (text && linux_find_number(text, source->key, &kib))
        tell(fact, true, "%" PRIu64, kib * KIB);
    else if (text)
        tell(fact, false, "%s has no field '%s'", path, source->key);
    free(text);
}

// The three averages; what follows in the file is the number of the youngest process.
static void read_load(const struct fact_source *source, struct os_fact *fact) {
    char path[LINUX_PATH_BYTES];
    char load[3][16];
    char *text = read_or_tell(linux_path(path, "%s", source->path), fact);
    if (text && sscanf(text, "%15s %15s %15s", load[0], load[1], load[2]) == 3)
        tell(fact, true, "%s %s %s", load[0], load[1], load[2]);
    else if (text)
        tell(fact, false, "%s does not hold three averages", path);
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
    trim_line(value, sizeof value, text);
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
        tell(fact, false, "there is no %s", pattern);
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
    tell(fact, readable, "%s", readable ? list : error.text);
}

// Adds a name to a list that is cut where its room ends.
static void append_name(char *list, size_t list_bytes, const char *name) {
    size_t used = strlen(list);
    snprintf(list + used, list_bytes - used, "%s%s", used ? ", " : "", name);
}

// One line out of some twenty files (Linux kernel, ABI/testing/sysfs-devices-system-cpu): each says
// "Not affected", "Vulnerable..." or "Mitigation: ..." and now and then something else.
static void read_mitigations(const struct fact_source *source, struct os_fact *fact) {
    char pattern[LINUX_PATH_BYTES], vulnerable[512] = "", mitigated[512] = "";
    unsigned not_affected = 0;
    glob_t found;
    if (glob(linux_path(pattern, "%s", source->path), 0, NULL, &found) != 0) {
        tell(fact, false, "there is no %s", pattern);
        return;
    }
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct error error;
        char *text = linux_read(found.gl_pathv[i], &error);
        const char *name = strrchr(found.gl_pathv[i], '/') + 1;
        if (text && strncmp(text, "Not affected", 12) == 0)
            not_affected++;
        else if (text && strncmp(text, "Mitigation", 10) == 0)
            append_name(mitigated, sizeof mitigated, name);
        else
            append_name(vulnerable, sizeof vulnerable, name);
        free(text);
    }
    globfree(&found);
    tell(fact, true, "vulnerable or unknown: %s; mitigated: %s; not affected: %u",
         *vulnerable ? vulnerable : "none", *mitigated ? mitigated : "none", not_affected);
}

// Intel's driver says when turbo is off, the others say when boost is on (Linux kernel,
// Documentation/admin-guide/pm/intel_pstate.rst and cpufreq.rst).
static void read_turbo(const struct fact_source *source, struct os_fact *fact) {
    char path[LINUX_PATH_BYTES];
    struct error error;
    uint64_t number;
    (void)source;
    linux_path(path, "/sys/devices/system/cpu/intel_pstate/no_turbo");
    if (linux_read_number(&number, path, &error)) {
        tell(fact, true, "%s", number ? "off" : "on");
        return;
    }
    linux_path(path, "/sys/devices/system/cpu/cpufreq/boost");
    if (linux_read_number(&number, path, &error))
        tell(fact, true, "%s", number ? "on" : "off");
    else
        tell(fact, false, "neither intel_pstate/no_turbo nor cpufreq/boost: %s", error.text);
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
        tell(fact, false, "%s", error.text);
        return;
    }
    const char *file = group.unified ? source->key : source->key1;
    do {
        char *text = linux_read(linux_path(path, "%s/%s", group.path, file), &error);
        if (!text)
            continue;
        trim_line(line, sizeof line, text);
        free(text);
        if (!is_limit || !is_unlimited(line)) {
            tell(fact, true, group.unified ? "%s" : "%s (%s)", line, file);
            return;
        }
        unlimited = true;
    } while (linux_cgroup_up(&group));
    if (unlimited)
        tell(fact, true, "no limit");
    else
        tell(fact, false, "%s", error.text);
}

static void read_group_limit(const struct fact_source *source, struct os_fact *fact) {
    read_group(source, fact, true);
}

static void read_group_list(const struct fact_source *source, struct os_fact *fact) {
    read_group(source, fact, false);
}

// ---- the CPU ------------------------------------------------------------------------------------

// Linux arch/arm64/include/asm/cputype.h.
static const struct {
    unsigned implementer, part;
    const char *vendor, *model;
} arm_cpus[] = {
    {0x41, 0xd03, "Arm",       "Cortex-A53" },
    {0x41, 0xd08, "Arm",       "Cortex-A72" },
    {0x41, 0xd0c, "Arm",       "Neoverse N1"},
    {0x41, 0xd40, "Arm",       "Neoverse V1"},
    {0x41, 0xd49, "Arm",       "Neoverse N2"},
    {0x41, 0xd4f, "Arm",       "Neoverse V2"},
    {0x41, 0xd84, "Arm",       "Neoverse V3"},
    {0x41, 0xd8e, "Arm",       "Neoverse N3"},
    {0x43, 0x0af, "Cavium",    "ThunderX2"  },
    {0x46, 0x001, "Fujitsu",   "A64FX"      },
    {0x48, 0xd01, "HiSilicon", "TSV110"     },
    {0xc0, 0xac3, "Ampere",    "Ampere1"    },
    {0xc0, 0xac4, "Ampere",    "Ampere1A"   },
};

static bool find_hexadecimal(const char *text, const char *key, unsigned *number) {
    const char *found = linux_find(text, key);
    return found && sscanf(found, "%x", number) == 1;
}

// x86 names its CPU in /proc/cpuinfo. AArch64 tells two numbers, and their names stand in the
// manufacturers' manuals only.
static void read_cpu_model(const struct fact_source *source, struct os_fact *fact) {
    char path[LINUX_PATH_BYTES], line[256];
    unsigned implementer, part;
    char *text = read_or_tell(linux_path(path, "%s", source->path), fact);
    if (!text)
        return;
    const char *name = linux_find(text, "model name");
    if (name) {
        tell(fact, true, "%s", trim_line(line, sizeof line, name));
    } else if (find_hexadecimal(text, "CPU implementer", &implementer) &&
               find_hexadecimal(text, "CPU part", &part)) {
        tell(fact, true, "implementer 0x%x part 0x%x", implementer, part);
        for (size_t i = 0; i < COUNT_OF(arm_cpus); i++)
            if (arm_cpus[i].implementer == implementer && arm_cpus[i].part == part)
                tell(fact, true, "%s %s", arm_cpus[i].vendor, arm_cpus[i].model);
    } else {
        tell(fact, false, "%s has neither 'model name' nor 'CPU part'", path);
    }
    free(text);
}

// The numbers by which the kernel tells steppings apart.
static const char *const identifier_keys[][4] = {
    {"cpu family",      "model",    "stepping",    NULL          },
    {"CPU implementer", "CPU part", "CPU variant", "CPU revision"},
};

static void read_cpu_identifier(const struct fact_source *source, struct os_fact *fact) {
    char path[LINUX_PATH_BYTES], identifier[256] = "", value[32];
    char *text = read_or_tell(linux_path(path, "%s", source->path), fact);
    if (!text)
        return;
    const char *const *keys = identifier_keys[linux_find(text, "CPU part") != NULL];
    for (size_t i = 0; i < 4 && keys[i]; i++) {
        const char *found = linux_find(text, keys[i]);
        size_t used = strlen(identifier);
        if (found)
            snprintf(identifier + used, sizeof identifier - used, "%s%s %s", used ? ", " : "",
                     keys[i], trim_line(value, sizeof value, found));
    }
    free(text);
    if (*identifier)
        tell(fact, true, "%s", identifier);
    else
        tell(fact, false, "%s has no family, model and stepping", path);
}

// Leaf 1 says whether a hypervisor is there, leaf 0x40000000 who (Linux kernel,
// Documentation/virt/kvm/x86/cpuid.rst); both are by agreement, so "none" means none that shows.
static void read_hypervisor(const struct fact_source *source, struct os_fact *fact) {
    (void)source;
#if defined(__x86_64__) || defined(__i386__)
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d)) {
        tell(fact, false, "this CPU has no CPUID leaf 1");
    } else if (!(c >> 31)) {
        tell(fact, true, "none");
    } else {
        char signature[13] = "";
        __cpuid(0x40000000, a, b, c, d);
        memcpy(signature, &b, 4);
        memcpy(signature + 4, &c, 4);
        memcpy(signature + 8, &d, 4);
        tell(fact, true, "%s", *signature ? signature : "unnamed");
    }
#else
    tell(fact, false, "this architecture has no instruction that tells it; system_vendor may");
#endif
}

// ---- the system ---------------------------------------------------------------------------------

static void read_host(const struct fact_source *source, struct os_fact *fact) {
    struct utsname name;
    (void)source;
    CHECK(uname(&name) == 0);
    tell(fact, true, "%s", name.nodename);
}

static void read_os_version(const struct fact_source *source, struct os_fact *fact) {
    struct utsname name;
    (void)source;
    CHECK(uname(&name) == 0);
    tell(fact, true, "%s %s %s %s", name.sysname, name.release, name.version, name.machine);
}

// man: os-release(5): lines of NAME="value".
static void read_os_product(const struct fact_source *source, struct os_fact *fact) {
    char name[256];
    char *text = read_or_tell(source->path, fact);
    const char *found = text ? strstr(text, "PRETTY_NAME=") : NULL;
    if (found) {
        found += strlen("PRETTY_NAME=");
        linux_copy_line(name, sizeof name, found + (*found == '"'));
        name[strcspn(name, "\"")] = '\0';
        tell(fact, true, "%s", name);
    } else if (text) {
        tell(fact, false, "%s has no PRETTY_NAME", source->path);
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
        tell(fact, true, "%s (%s)", marks[i][1], marks[i][0]);
        return;
    }
    char *text = read_or_tell(linux_path(path, "%s", source->path), fact);
    if (!text)
        return;
    tell(fact, true, "none seen");
    for (size_t i = 0; i < COUNT_OF(groups); i++)
        if (strstr(text, groups[i]))
            tell(fact, true, "%s (%s)", groups[i], path);
    free(text);
}

// ---- the table ----------------------------------------------------------------------------------

#define CPU     "/sys/devices/system/cpu/"
#define CPUFREQ CPU "cpu[0-9]*/cpufreq/"
#define MM      "/sys/kernel/mm/"
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
    {"cpu_model", read_cpu_model, "/proc/cpuinfo", NULL, NULL},
    {"cpu_vendor", read_field, "/proc/cpuinfo", "vendor_id", NULL},
    {"cpu_identifier", read_cpu_identifier, "/proc/cpuinfo", NULL, NULL},
    {"microcode", read_field, "/proc/cpuinfo", "microcode", NULL},
    {"hypervisor", read_hypervisor, NULL, NULL, NULL},
    {"container", read_container, "/proc/self/cgroup", NULL, NULL},
    {"memory_total_bytes", read_memory_total, "/proc/meminfo", "MemTotal", NULL},
    {"dimm_types", read_distinct, DIMM "dimm_mem_type", "counted", NULL},
    {"dimm_sizes_mib", read_distinct, DIMM "size", "counted", NULL},
    {"kernel_command_line", read_command_line, "/proc/cmdline", NULL, NULL},
    {"clocksource", read_line,
        "/sys/devices/system/clocksource/clocksource0/current_clocksource", NULL, NULL},
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
    {"turbo", read_turbo, NULL, NULL, NULL},
    {"mitigations", read_mitigations, CPU "vulnerabilities/*", NULL, NULL},
    {"thp_enabled", read_choice, MM "transparent_hugepage/enabled", NULL, NULL},
    {"thp_defrag", read_choice, MM "transparent_hugepage/defrag", NULL, NULL},
    {"thp_page_bytes", read_line, MM "transparent_hugepage/hpage_pmd_size", NULL, NULL},
    {"khugepaged_defrag", read_line, MM "transparent_hugepage/khugepaged/defrag", NULL, NULL},
    {"hugepages_2m_total", read_line, MM "hugepages/hugepages-2048kB/nr_hugepages", NULL, NULL},
    {"hugepages_2m_free", read_line, MM "hugepages/hugepages-2048kB/free_hugepages", NULL, NULL},
    {"hugepages_1g_total", read_line, MM "hugepages/hugepages-1048576kB/nr_hugepages", NULL, NULL},
    {"hugepages_1g_free", read_line, MM "hugepages/hugepages-1048576kB/free_hugepages", NULL, NULL},
    {"numa_balancing", read_line, "/proc/sys/kernel/numa_balancing", NULL, NULL},
    {"demotion_enabled", read_line, MM "numa/demotion_enabled", NULL, NULL},
    {"zone_reclaim_mode", read_line, "/proc/sys/vm/zone_reclaim_mode", NULL, NULL},
    {"overcommit_memory", read_line, "/proc/sys/vm/overcommit_memory", NULL, NULL},
    {"ksm_run", read_line, MM "ksm/run", NULL, NULL},
    {"cgroup_cpu_limit", read_group_limit, "cpu", "cpu.max", "cpu.cfs_quota_us"},
    {"cgroup_memory_limit", read_group_limit, "memory", "memory.max", "memory.limit_in_bytes"},
    {"cgroup_cpus", read_group_list, "cpuset", "cpuset.cpus.effective", "cpuset.effective_cpus"},
    {"cgroup_nodes", read_group_list, "cpuset", "cpuset.mems.effective", "cpuset.effective_mems"},
    {"load_average", read_load, "/proc/loadavg", NULL, NULL},
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
