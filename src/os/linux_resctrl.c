// SPDX-License-Identifier: Apache-2.0
// Memory bandwidth monitoring by resctrl (Linux kernel, Documentation/filesystems/resctrl.rst): a
// monitoring group of our own, whose threads' traffic the L3 caches count. Reads and writes are
// counted together, and no DMA (intel-cmt-cat, issue 186).
#define _GNU_SOURCE
#include "os/linux_bus.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define RESCTRL "/sys/fs/resctrl"
#define GROUPS  RESCTRL "/mon_groups"

enum { LABEL_BYTES = 600 };

// The counters of one L3 cache, or of one part of it where each node of a package (SNC) has its
// own.
struct domain {
    char label[LABEL_BYTES]; // "mon_L3_00/mon_sub_L3_01"
    uint32_t cache;          // the number of the L3
    int total, local;        // files; local is -1 where the processor does not count it
};

struct group {
    char path[LINUX_PATH_BYTES];
    int tasks; // a file
    struct domain *domains;
    size_t domain_count;
    uint32_t *cache_of_cpu; // NONE_U32: unknown
    size_t cpu_count;
};

// ---- whether there is any -----------------------------------------------------------------------

static bool is_there(const char *file) {
    char path[LINUX_PATH_BYTES];
    return access(linux_path(path, "%s", file), F_OK) == 0;
}

static bool features_have(const char *feature) {
    char path[LINUX_PATH_BYTES];
    struct error error;
    char *text = linux_read(linux_path(path, RESCTRL "/info/L3_MON/mon_features"), &error);
    bool has = false;
    for (char *line = text, *next; line && *line && !has; line = next) {
        next = line + strcspn(line, "\n");
        next += *next == '\n';
        has =
            strncmp(line, feature, strlen(feature)) == 0 && strcspn(line, "\n") == strlen(feature);
    }
    free(text);
    return has;
}

static bool find(struct error *error) {
    char path[LINUX_PATH_BYTES];
    if (!is_there(RESCTRL))
        return error_set(error, ERROR_KIND_UNAVAILABLE, ENOENT,
                         "no " RESCTRL ": processor, guest or kernel have none");
    if (!is_there(RESCTRL "/info"))
        return error_set(error, ERROR_KIND_REFUSED, ENOENT,
                         "not mounted: sudo mount -t resctrl resctrl " RESCTRL);
    if (!features_have("mbm_total_bytes"))
        return error_set(error, ERROR_KIND_UNAVAILABLE, ENOENT,
                         "no mbm_total_bytes in info/L3_MON: the processor does not count it");
    if (access(linux_path(path, GROUPS), W_OK) != 0)
        return error_set(error, ERROR_KIND_REFUSED, (uint32_t)errno,
                         "root alone may make a group: sudo numaprobe");
    return true;
}

// ---- groups that a killed run has left ----------------------------------------------------------

// When a process began, in clock ticks since boot: with its number a name that no other process of
// this boot has (man: proc_pid_stat(5), field 22, behind a name that may hold anything in
// brackets).
static bool start_of_process(long process, uint64_t *ticks) {
    char path[LINUX_PATH_BYTES];
    struct error error;
    char *text = linux_read(linux_path(path, "/proc/%ld/stat", process), &error);
    const char *at = text ? strrchr(text, ')') : NULL;
    for (int field = 2; at && field < 22; field++) {
        at = strchr(at, ' ');
        at = at ? at + 1 : NULL;
    }
    bool found = at && sscanf(at, "%" SCNu64, ticks) == 1;
    free(text);
    return found;
}

static bool is_of_dead_process(const char *name) {
    long process;
    uint64_t ticks, now_ticks;
    int length = 0;
    if (sscanf(name, "numaprobe.%ld.%" SCNu64 "%n", &process, &ticks, &length) != 2 ||
        name[length] != '\0')
        return false;
    return !start_of_process(process, &now_ticks) || now_ticks != ticks;
}

static void remove_left_groups(void) {
    char path[LINUX_PATH_BYTES];
    DIR *directory = opendir(linux_path(path, GROUPS));
    if (!directory)
        return;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
        if (is_of_dead_process(entry->d_name))
            rmdir(linux_path(path, GROUPS "/%s", entry->d_name)); // another run may be as fast
    closedir(directory);
}

// ---- our group ----------------------------------------------------------------------------------

static bool failed(const char *path, struct error *error) {
    char reason[128];
    int number = errno;
    return error_set(error, ERROR_KIND_REFUSED, (uint32_t)number, "%s: %s%s", path,
                     os_error_text((uint32_t)number, reason, sizeof reason),
                     number == ENOSPC ? " (all num_rmids of info/L3_MON are in use: remove groups)"
                                      : "");
}

static bool make_group(struct group *group, struct error *error) {
    uint64_t ticks;
    long process = (long)getpid();
    if (!start_of_process(process, &ticks))
        return error_set(error, ERROR_KIND_REFUSED, 0,
                         "/proc/%ld/stat does not say when this process began, which a group's "
                         "name needs: mount /proc",
                         process);
    linux_path(group->path, GROUPS "/numaprobe.%ld.%" PRIu64, process, ticks);
    return mkdir(group->path, 0755) == 0 || failed(group->path, error);
}

static bool open_file(int *file, const struct group *group, const char *name, int flags,
                      struct error *error) {
    char path[LINUX_PATH_BYTES + LABEL_BYTES + 64];
    snprintf(path, sizeof path, "%s/%s", group->path, name);
    *file = open(path, flags | O_CLOEXEC);
    return *file >= 0 || failed(path, error);
}

static bool add_domain(struct group *group, const char *label, uint32_t cache,
                       struct error *error) {
    char name[LABEL_BYTES + 64];
    group->domains = base_grow_by_one(group->domains, group->domain_count, sizeof *group->domains);
    struct domain *domain = &group->domains[group->domain_count++];
    *domain = (struct domain){.cache = cache, .total = -1, .local = -1};
    snprintf(domain->label, sizeof domain->label, "%s", label);
    snprintf(name, sizeof name, "mon_data/%s/mbm_total_bytes", label);
    if (!open_file(&domain->total, group, name, O_RDONLY, error))
        return false;
    snprintf(name, sizeof name, "mon_data/%s/mbm_local_bytes", label);
    return !features_have("mbm_local_bytes") ||
           open_file(&domain->local, group, name, O_RDONLY, error);
}

// The directories below one of mon_data whose names are a prefix and a number.
struct numbered {
    struct {
        char name[64];
        uint32_t number;
    } * at;
    size_t count;
};

static bool list_numbered(struct numbered *list, const struct group *group, const char *below,
                          const char *prefix, struct error *error) {
    char path[LINUX_PATH_BYTES + LABEL_BYTES];
    *list = (struct numbered){0};
    snprintf(path, sizeof path, "%s/mon_data/%s", group->path, below);
    DIR *directory = opendir(path);
    if (!directory)
        return failed(path, error);
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        char *end;
        size_t length = strlen(prefix);
        unsigned long number = strtoul(
            strncmp(entry->d_name, prefix, length) == 0 ? entry->d_name + length : "", &end, 10);
        if (end == entry->d_name || *end != '\0' || strlen(entry->d_name) >= 64 ||
            strncmp(entry->d_name, prefix, length) != 0)
            continue;
        list->at = base_grow_by_one(list->at, list->count, sizeof *list->at);
        snprintf(list->at[list->count].name, 64, "%.63s", entry->d_name);
        list->at[list->count++].number = (uint32_t)number;
    }
    closedir(directory);
    return true;
}

// The kernel's own sum over the parts of an L3 leaves out a part that has no number (fs/resctrl,
// mon_event_count), so the parts are read one by one.
static bool add_cache(struct group *group, const char *name, uint32_t cache, struct error *error) {
    struct numbered parts;
    if (!list_numbered(&parts, group, name, "mon_sub_L3_", error))
        return false;
    bool added = parts.count > 0 || add_domain(group, name, cache, error);
    for (size_t i = 0; added && i < parts.count; i++) {
        char label[LABEL_BYTES];
        snprintf(label, sizeof label, "%s/%s", name, parts.at[i].name);
        added = add_domain(group, label, cache, error);
    }
    free(parts.at);
    return added;
}

static bool add_caches(struct group *group, struct error *error) {
    struct numbered caches;
    if (!list_numbered(&caches, group, "", "mon_L3_", error))
        return false;
    bool added = caches.count > 0 || error_set(error, ERROR_KIND_UNAVAILABLE, 0,
                                               "%s/mon_data has no mon_L3_*", group->path);
    for (size_t i = 0; added && i < caches.count; i++)
        added = add_cache(group, caches.at[i].name, caches.at[i].number, error);
    free(caches.at);
    return added;
}

static uint32_t cache_of_cpu(uint32_t cpu) {
    char path[LINUX_PATH_BYTES];
    struct error error;
    uint64_t level, number;
    for (unsigned index = 0;; index++) {
        linux_path(path, "/sys/devices/system/cpu/cpu%u/cache/index%u/level", cpu, index);
        if (!linux_read_number(&level, path, &error))
            return NONE_U32;
        linux_path(path, "/sys/devices/system/cpu/cpu%u/cache/index%u/id", cpu, index);
        if (level == 3)
            return linux_read_number(&number, path, &error) ? (uint32_t)number : NONE_U32;
    }
}

static bool find_caches(struct group *group, struct error *error) {
    struct id_set online;
    if (!os_cpus_online(&online, error))
        return false;
    group->cpu_count = online.count ? online.ids[online.count - 1] + 1 : 0;
    group->cache_of_cpu = base_allocate(group->cpu_count + 1, sizeof *group->cache_of_cpu);
    for (size_t i = 0; i < group->cpu_count; i++)
        group->cache_of_cpu[i] = NONE_U32;
    for (size_t i = 0; i < online.count; i++)
        group->cache_of_cpu[online.ids[i]] = cache_of_cpu(online.ids[i]);
    id_set_free(&online);
    return true;
}

static void close_file(int file) {
    if (file >= 0)
        close(file);
}

// The kernel gives the threads of a group back to its parent with that.
static void close_group(struct os_bus *bus) {
    struct group *group = bus->own;
    for (size_t i = 0; i < group->domain_count; i++) {
        close_file(group->domains[i].total);
        close_file(group->domains[i].local);
    }
    close_file(group->tasks);
    rmdir(group->path);
    free(group->domains);
    free(group->cache_of_cpu);
    free(group);
}

static bool open_group(struct os_bus *bus, struct error *error) {
    struct group *group = base_allocate(1, sizeof *group);
    group->tasks = -1;
    remove_left_groups();
    if (!make_group(group, error)) {
        free(group);
        return false;
    }
    bus->own = group;
    if (open_file(&group->tasks, group, "tasks", O_WRONLY | O_APPEND, error) &&
        find_caches(group, error) && add_caches(group, error))
        return true;
    close_group(bus);
    return false;
}

static bool join(const struct os_bus *bus, struct error *error) {
    const struct group *group = bus->own;
    char thread[32];
    int length = snprintf(thread, sizeof thread, "%ld\n", (long)syscall(SYS_gettid));
    return write(group->tasks, thread, (size_t)length) == length || failed(group->path, error);
}

// ---- readings -----------------------------------------------------------------------------------

// What a counter says instead of a number (Linux kernel, fs/resctrl/ctrlmondata.c).
static const struct {
    const char *word, *meaning;
} words[] = {
    {"Unavailable", "the processor keeps no count for the group at the moment"        },
    {"Unassigned",  "no counter is assigned to the group: info/L3_MON/mbm_assign_mode"},
    {"Error",       "the processor refused to read it"                                },
};

static bool not_a_number(const struct domain *domain, const char *event, const char *text,
                         struct error *error) {
    const char *meaning = "it is no number";
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (strncmp(text, words[i].word, strlen(words[i].word)) == 0)
            meaning = words[i].meaning;
    return error_set(error, ERROR_KIND_UNAVAILABLE, 0, "%s/%s says '%.*s': %s", domain->label,
                     event, (int)strcspn(text, "\n"), text, meaning);
}

static bool add(int file, const struct domain *domain, const char *event, uint64_t *sum,
                struct error *error) {
    char text[64], *end;
    ssize_t got = pread(file, text, sizeof text - 1, 0);
    if (got < 0)
        return failed(domain->label, error);
    text[got] = '\0';
    uint64_t bytes = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || (*end && *end != '\n'))
        return not_a_number(domain, event, text, error);
    *sum += bytes;
    return true;
}

// A cache on whose CPUs no thread of ours runs need not have a count at all: AMD's processors keep
// some groups' only (AMD64 Architecture Programmer's Manual, volume 2, Platform Quality of
// Service).
static bool serves(const struct group *group, const struct domain *domain,
                   const struct id_set *cpus) {
    for (size_t i = 0; i < cpus->count; i++) {
        uint32_t cpu = cpus->ids[i];
        uint32_t cache = cpu < group->cpu_count ? group->cache_of_cpu[cpu] : NONE_U32;
        if (cache == NONE_U32 || cache == domain->cache)
            return true;
    }
    return false;
}

static bool read_group(const struct os_bus *bus, const struct id_set *cpus,
                       struct os_bus_count *count, struct error *error) {
    const struct group *group = bus->own;
    uint64_t *sums = count->bytes;
    *count = (struct os_bus_count){
        .bytes = {[OS_BUS_READ] = NONE_U64, [OS_BUS_WRITTEN] = NONE_U64}
    };
    for (size_t i = 0; i < group->domain_count; i++) {
        const struct domain *domain = &group->domains[i];
        if (!serves(group, domain, cpus))
            continue;
        if (!add(domain->total, domain, "mbm_total_bytes", &sums[OS_BUS_ALL], error))
            return false;
        if (domain->local >= 0 &&
            !add(domain->local, domain, "mbm_local_bytes", &sums[OS_BUS_LOCAL], error))
            return false;
        if (domain->local < 0)
            sums[OS_BUS_LOCAL] = NONE_U64;
    }
    return true;
}

const struct os_bus_kind linux_resctrl = {
    .name = "resctrl",
    .find = find,
    .open = open_group,
    .join = join,
    .read = read_group,
    .close = close_group,
};
