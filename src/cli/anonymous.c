// SPDX-License-Identifier: Apache-2.0
#include "cli/anonymous.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- what was taken out -------------------------------------------------------------------------

void anonymous_note(struct anonymous *anonymous, const char *what, const char *was,
                    const char *is) {
    size_t bytes = strlen(what) + strlen(was) + 2;
    char *name = base_allocate(bytes, 1);
    snprintf(name, bytes, "%s\n%s", what, was);
    size_t place = text_set_number(&anonymous->noted, name);
    free(name);
    if (place < anonymous->finding_count)
        return;
    anonymous->findings = base_grow_by_one(anonymous->findings, anonymous->finding_count,
                                           sizeof *anonymous->findings);
    anonymous->findings[anonymous->finding_count++] =
        (struct anonymous_finding){what, base_copy_text(was), base_copy_text(is)};
}

void anonymous_free(struct anonymous *anonymous) {
    for (size_t i = 0; i < anonymous->finding_count; i++) {
        free(anonymous->findings[i].was);
        free(anonymous->findings[i].is);
    }
    free(anonymous->findings);
    text_set_free(&anonymous->noted);
    text_set_free(&anonymous->hosts);
    *anonymous = (struct anonymous){0};
}

static char *name_host(size_t index, char name[ANONYMOUS_HOST_BYTES]) {
    snprintf(name, ANONYMOUS_HOST_BYTES, "host-%zu", index + 1);
    return name;
}

char *anonymous_host(struct anonymous *anonymous, const char *host,
                     char name[ANONYMOUS_HOST_BYTES]) {
    name_host(text_set_number(&anonymous->hosts, host), name);
    anonymous_note(anonymous, "host", host, name);
    return name;
}

// ---- patterns -----------------------------------------------------------------------------------

// Each says how many characters of a text, from `at` on, have to go: 0 for none. *is: what stands
// there then.
static bool is_letter(char character) {
    return (character >= '0' && character <= '9') || (character >= 'a' && character <= 'z') ||
           (character >= 'A' && character <= 'Z') || (unsigned char)character >= 0x80;
}

static bool is_hexadecimal(char character) {
    return character && strchr("0123456789abcdefABCDEF", character);
}

// What a name goes on with: /sys/vm is not the host vm.
static bool goes_on(char character) {
    return is_letter(character) || (character && strchr("-_/\\", character));
}

static bool is_whole(const char *text, size_t at, size_t length) {
    return (at == 0 || !goes_on(text[at - 1])) && !goes_on(text[at + length]);
}

static size_t match_host(const struct anonymous *anonymous, const char *text, size_t at,
                         char is[64]) {
    for (size_t i = 0; i < anonymous->hosts.used; i++) {
        const char *host = anonymous->hosts.texts[i];
        size_t lengths[] = {strlen(host), strcspn(host, ".")}; // as a whole, and without its domain
        for (size_t k = 0; k < COUNT_OF(lengths); k++)
            if (lengths[k] && strncmp(text + at, host, lengths[k]) == 0 &&
                is_whole(text, at, lengths[k])) {
                name_host(i, is);
                return lengths[k];
            }
    }
    return 0;
}

static size_t match_user(const struct anonymous *anonymous, const char *text, size_t at,
                         char is[64]) {
    static const char *const folders[] = {"/home/", "/Users/", "\\Users\\", "\\\\Users\\\\"};
    (void)anonymous;
    snprintf(is, 64, "user");
    for (size_t i = 0; i < COUNT_OF(folders); i++) {
        size_t length = strlen(folders[i]);
        if (at >= length && strncmp(text + at - length, folders[i], length) == 0)
            return strcspn(text + at, "/\\ \t\"':;,)");
    }
    return 0;
}

// Groups of hexadecimal digits with one of these characters between them.
static size_t match_groups(const char *text, size_t at, const size_t *groups, size_t count,
                           const char *between, char is[64]) {
    size_t length = 0;
    char separator = '\0';
    for (size_t i = 0; i < count; i++) {
        if (i == 1)
            separator = text[at + length];
        if (i && (text[at + length] != separator || !separator || !strchr(between, separator)))
            return 0;
        if (i)
            is[length++] = separator;
        for (size_t k = 0; k < groups[i]; k++, length++) {
            if (!is_hexadecimal(text[at + length]))
                return 0;
            is[length] = '0';
        }
    }
    is[length] = '\0';
    return is_whole(text, at, length) && text[at + length] != ':' ? length : 0;
}

static size_t match_mac(const struct anonymous *anonymous, const char *text, size_t at,
                        char is[64]) {
    static const size_t groups[] = {2, 2, 2, 2, 2, 2};
    (void)anonymous;
    return match_groups(text, at, groups, COUNT_OF(groups), ":-", is);
}

static size_t match_uuid(const struct anonymous *anonymous, const char *text, size_t at,
                         char is[64]) {
    static const size_t groups[] = {8, 4, 4, 4, 12};
    (void)anonymous;
    return match_groups(text, at, groups, COUNT_OF(groups), "-", is);
}

static const struct {
    const char *what;
    size_t (*match)(const struct anonymous *anonymous, const char *text, size_t at, char is[64]);
} patterns[] = {
    {"host",        match_host},
    {"user",        match_user},
    {"MAC address", match_mac },
    {"UUID",        match_uuid},
};

enum { GROWTH_MAX = 32 }; // of one character: a host of one letter

// Writes what stands in the place of the text at `at` and returns how much of the text that was.
static size_t take_out(struct anonymous *anonymous, const char *text, size_t at, char is[64]) {
    for (size_t i = 0; i < COUNT_OF(patterns); i++) {
        size_t length = patterns[i].match(anonymous, text, at, is);
        char was[256];
        if (!length)
            continue;
        snprintf(was, sizeof was, "%.*s", length < sizeof was ? (int)length : 255, text + at);
        anonymous_note(anonymous, patterns[i].what, was, is);
        return length;
    }
    return 0;
}

char *anonymous_text(struct anonymous *anonymous, const char *text) {
    char *copy = base_allocate(strlen(text) + 1, GROWTH_MAX);
    size_t used = 0;
    for (size_t at = 0; text[at];) {
        char is[64];
        size_t length = take_out(anonymous, text, at, is);
        if (length)
            used += (size_t)snprintf(copy + used, sizeof is, "%s", is);
        else
            copy[used++] = text[at++];
        at += length;
    }
    copy[used] = '\0';
    return copy;
}

// ---- the kernel's command line ------------------------------------------------------------------

// admin-guide/kernel-parameters.txt of Linux: those that change where memory is, how fast it is, or
// who disturbs a measurement.
static const char *const parameters[] = {
    "acpi",
    "amd_iommu",
    "amd_pstate",
    "clocksource",
    "cpufreq.default_governor",
    "cpuidle.governor",
    "default_hugepagesz",
    "hugepages",
    "hugepagesz",
    "hugetlb_cma",
    "idle",
    "init_on_alloc",
    "init_on_free",
    "intel_idle.max_cstate",
    "intel_iommu",
    "intel_pstate",
    "iommu",
    "iommu.passthrough",
    "irqaffinity",
    "isolcpus",
    "kvm.nx_huge_pages",
    "l1tf",
    "maxcpus",
    "mds",
    "mem",
    "memmap",
    "mitigations",
    "mce",
    "nohz",
    "nohz_full",
    "nokaslr",
    "nopti",
    "nosmt",
    "nosoftlockup",
    "nospectre_v2",
    "nowatchdog",
    "nr_cpus",
    "numa",
    "numa_balancing",
    "page_poison",
    "pcie_aspm",
    "preempt",
    "processor.max_cstate",
    "pti",
    "rcu_nocbs",
    "retbleed",
    "skew_tick",
    "slub_debug",
    "spec_rstack_overflow",
    "spec_store_bypass_disable",
    "spectre_v2",
    "split_lock_detect",
    "transparent_hugepage",
    "tsc",
    "tsx",
    "vm_debug",
};

static bool is_parameter(const char *word, size_t length) {
    for (size_t i = 0; i < COUNT_OF(parameters); i++)
        if (strlen(parameters[i]) == length && strncmp(parameters[i], word, length) == 0)
            return true;
    return false;
}

struct words {
    char *text; // with zeros behind what is used
    size_t used;
};

static void append_word(struct words *words, const char *word, size_t length) {
    if (words->used)
        words->text[words->used++] = ' ';
    memcpy(words->text + words->used, word, length);
    words->used += length;
}

char *anonymous_command_line(struct anonymous *anonymous, const char *text) {
    struct words kept = {.text = base_allocate(strlen(text) + 1, 1)};
    struct words dropped = {.text = base_allocate(strlen(text) + 1, 1)};
    while (*(text += strspn(text, " "))) {
        size_t length = strcspn(text, " ");
        append_word(is_parameter(text, strcspn(text, "= ")) ? &kept : &dropped, text, length);
        text += length;
    }
    if (dropped.used)
        anonymous_note(anonymous, "kernel_command_line", dropped.text, "");
    free(dropped.text);
    return kept.text;
}

// ---- hwloc's XML --------------------------------------------------------------------------------

static const char *const kept_info[] = {
    "Architecture",    "Backend",     "CPUFamilyNumber",  "CPUModel",
    "CPUModelNumber",  "CPURevision", "CPUStepping",      "CPUVendor",
    "CoreType",        "DAXType",     "DarwinCompatible", "FrequencyBaseMHz",
    "FrequencyMaxMHz", "Inclusive",   "LinuxCapacity",    "MemoryMode",
    "MemoryTier",      "OSName",      "OSRelease",        "OSVersion",
    "SoCFamily",       "SoCID",       "SoCRevision",      "hwlocVersion",
};

static bool is_information(const char *name) {
    for (size_t i = 0; i < COUNT_OF(kept_info); i++)
        if (strcmp(kept_info[i], name) == 0)
            return true;
    return false;
}

// The value of an attribute of the element that begins at `element`; "" where it has none.
static char *attribute(const char *element, const char *end, const char *name, char value[256]) {
    char words[32];
    snprintf(words, sizeof words, " %s=\"", name);
    const char *at = element;
    while (at < end && strncmp(at, words, strlen(words)) != 0)
        at++;
    value[0] = '\0';
    if (at < end) {
        at += strlen(words);
        size_t length = strcspn(at, "\"");
        snprintf(value, 256, "%.*s", length < 256 ? (int)length : 255, at);
    }
    return value;
}

char *anonymous_topology(struct anonymous *anonymous, const char *xml) {
    static const char opening[] = "<info ";
    char *copy = base_allocate(strlen(xml) + 1, 1);
    size_t used = 0;
    for (const char *next; (next = strstr(xml, opening)) != NULL;) {
        const char *end = strchr(next, '>');
        char name[256];
        if (!end)
            break;
        bool kept = is_information(attribute(next, end, "name", name));
        if (!kept)
            anonymous_note(anonymous, "topology.xml", name, "");
        size_t length = (size_t)((kept ? end + 1 : next) - xml);
        memcpy(copy + used, xml, length);
        used += length;
        xml = end + 1;
        if (!kept) // its line goes too
            xml += strspn(xml, " \n");
    }
    memcpy(copy + used, xml, strlen(xml) + 1);
    return copy;
}
