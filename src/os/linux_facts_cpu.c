// SPDX-License-Identifier: Apache-2.0
// The facts of a Linux machine: what its CPUs are, and how they are set.
#define _GNU_SOURCE
#include "os/linux_facts.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

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
void linux_read_cpu_model(const struct fact_source *source, struct os_fact *fact) {
    char path[LINUX_PATH_BYTES], line[256];
    unsigned implementer, part;
    char *text = linux_fact_file(linux_path(path, "%s", source->path), fact);
    if (!text)
        return;
    const char *name = linux_find(text, "model name");
    if (name) {
        linux_fact_tell(fact, true, "%s", linux_trim_line(line, sizeof line, name));
    } else if (find_hexadecimal(text, "CPU implementer", &implementer) &&
               find_hexadecimal(text, "CPU part", &part)) {
        linux_fact_tell(fact, true, "implementer 0x%x part 0x%x", implementer, part);
        for (size_t i = 0; i < COUNT_OF(arm_cpus); i++)
            if (arm_cpus[i].implementer == implementer && arm_cpus[i].part == part)
                linux_fact_tell(fact, true, "%s %s", arm_cpus[i].vendor, arm_cpus[i].model);
    } else {
        linux_fact_tell(fact, false, "%s has neither 'model name' nor 'CPU part'", path);
    }
    free(text);
}

// The numbers by which the kernel distinguishes steppings.
static const char *const identifier_keys[][4] = {
    {"cpu family",      "model",    "stepping",    NULL          },
    {"CPU implementer", "CPU part", "CPU variant", "CPU revision"},
};

void linux_read_cpu_identifier(const struct fact_source *source, struct os_fact *fact) {
    char path[LINUX_PATH_BYTES], identifier[256] = "", value[32];
    char *text = linux_fact_file(linux_path(path, "%s", source->path), fact);
    if (!text)
        return;
    const char *const *keys = identifier_keys[linux_find(text, "CPU part") != NULL];
    for (size_t i = 0; i < 4 && keys[i]; i++) {
        const char *found = linux_find(text, keys[i]);
        size_t used = strlen(identifier);
        if (found)
            snprintf(identifier + used, sizeof identifier - used, "%s%s %s", used ? ", " : "",
                     keys[i], linux_trim_line(value, sizeof value, found));
    }
    free(text);
    if (*identifier)
        linux_fact_tell(fact, true, "%s", identifier);
    else
        linux_fact_tell(fact, false, "%s has no family, model and stepping", path);
}

// Leaf 1 says whether a hypervisor is there, leaf 0x40000000 who (Linux kernel,
// Documentation/virt/kvm/x86/cpuid.rst); both are by agreement, so "none" means none that shows.
void linux_read_hypervisor(const struct fact_source *source, struct os_fact *fact) {
    (void)source;
#if defined(__x86_64__) || defined(__i386__)
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d)) {
        linux_fact_tell(fact, false, "this CPU has no CPUID leaf 1");
    } else if (!(c >> 31)) {
        linux_fact_tell(fact, true, "none");
    } else {
        char signature[13] = "", name[13]; // some are padded with spaces: "bhyve bhyve "
        __cpuid(0x40000000, a, b, c, d);
        memcpy(signature, &b, 4);
        memcpy(signature + 4, &c, 4);
        memcpy(signature + 8, &d, 4);
        linux_trim_line(name, sizeof name, signature);
        linux_fact_tell(fact, true, "%s", *name ? name : "unnamed");
    }
#else
    linux_fact_tell(fact, false,
                    "this architecture has no instruction that reports it; system_vendor may");
#endif
}

// ---- how it is set ------------------------------------------------------------------------------

// Adds a name to a list that is cut where its room ends.
static void append_name(char *list, size_t list_bytes, const char *name) {
    size_t used = strlen(list);
    snprintf(list + used, list_bytes - used, "%s%s", used ? ", " : "", name);
}

// One line out of some twenty files (Linux kernel, ABI/testing/sysfs-devices-system-cpu): each says
// "Not affected", "Vulnerable..." or "Mitigation: ..." and now and then something else.
void linux_read_mitigations(const struct fact_source *source, struct os_fact *fact) {
    char pattern[LINUX_PATH_BYTES], vulnerable[512] = "", mitigated[512] = "";
    unsigned not_affected = 0;
    glob_t found;
    if (glob(linux_path(pattern, "%s", source->path), 0, NULL, &found) != 0) {
        linux_fact_tell(fact, false, "there is no %s", pattern);
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
    linux_fact_tell(fact, true, "vulnerable or unknown: %s; mitigated: %s; not affected: %u",
                    *vulnerable ? vulnerable : "none", *mitigated ? mitigated : "none",
                    not_affected);
}

// Intel's driver says when turbo is off, the others say when boost is on (Linux kernel,
// Documentation/admin-guide/pm/intel_pstate.rst and cpufreq.rst).
void linux_read_turbo(const struct fact_source *source, struct os_fact *fact) {
    char path[LINUX_PATH_BYTES];
    struct error error;
    uint64_t number;
    (void)source;
    linux_path(path, "/sys/devices/system/cpu/intel_pstate/no_turbo");
    if (linux_read_number(&number, path, &error)) {
        linux_fact_tell(fact, true, "%s", number ? "off" : "on");
        return;
    }
    linux_path(path, "/sys/devices/system/cpu/cpufreq/boost");
    if (linux_read_number(&number, path, &error))
        linux_fact_tell(fact, true, "%s", number ? "on" : "off");
    else
        linux_fact_tell(fact, false, "neither intel_pstate/no_turbo nor cpufreq/boost: %s",
                        error.text);
}
