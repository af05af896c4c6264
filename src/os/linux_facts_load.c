// SPDX-License-Identifier: Apache-2.0
// The facts of a Linux machine: what else goes on there, and what is left of its memory.
#define _GNU_SOURCE
#include "os/linux_facts.h"

#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

// The three averages; what follows in the file is the number of the youngest process.
void linux_read_load(const struct fact_source *source, struct os_fact *fact) {
    char path[LINUX_PATH_BYTES];
    char load[3][16];
    char *text = linux_fact_file(linux_path(path, "%s", source->path), fact);
    if (text && sscanf(text, "%15s %15s %15s", load[0], load[1], load[2]) == 3)
        linux_fact_tell(fact, true, "%s %s %s", load[0], load[1], load[2]);
    else if (text)
        linux_fact_tell(fact, false, "%s does not have three averages", path);
    free(text);
}

// Tasks that run or could run this moment, without the one that asks (man: proc(5), /proc/loadavg,
// fourth field).
void linux_read_processes_running(const struct fact_source *source, struct os_fact *fact) {
    char path[LINUX_PATH_BYTES];
    unsigned running, all;
    char *text = linux_fact_file(linux_path(path, "%s", source->path), fact);
    if (text && sscanf(text, "%*s %*s %*s %u/%u", &running, &all) == 2)
        linux_fact_tell(fact, true, "%u", running ? running - 1 : 0);
    else if (text)
        linux_fact_tell(fact, false, "%s does not report how many tasks run", path);
    free(text);
}

// The eighth of the first line's numbers as a share of all but guest time, which the user time
// holds already (man: proc(5), /proc/stat).
void linux_read_steal_share(const struct fact_source *source, struct os_fact *fact) {
    char path[LINUX_PATH_BYTES];
    uint64_t ticks[8], sum = 0;
    char *text = linux_fact_file(linux_path(path, "%s", source->path), fact);
    if (!text)
        return;
    char *at = strncmp(text, "cpu ", 4) == 0 ? text + 4 : NULL;
    for (size_t i = 0; at && i < COUNT_OF(ticks); i++) {
        char *end;
        ticks[i] = strtoull(at, &end, 10);
        sum += ticks[i];
        at = end == at ? NULL : end;
    }
    if (at && sum)
        linux_fact_tell(fact, true, "%.3f", 100.0 * (double)ticks[7] / (double)sum);
    else
        linux_fact_tell(fact, false, "%s has no line of eight numbers for all CPUs", path);
    free(text);
}

void linux_read_swap_used(const struct fact_source *source, struct os_fact *fact) {
    char path[LINUX_PATH_BYTES];
    uint64_t total_kib, free_kib;
    char *text = linux_fact_file(linux_path(path, "%s", source->path), fact);
    if (text && linux_find_number(text, "SwapTotal", &total_kib) &&
        linux_find_number(text, "SwapFree", &free_kib) && free_kib <= total_kib)
        linux_fact_tell(fact, true, "%" PRIu64, (total_kib - free_kib) * KIB);
    else if (text)
        linux_fact_tell(fact, false, "%s does not report SwapTotal and SwapFree", path);
    free(text);
}

// ---- one file a node or CPU ---------------------------------------------------------------------

void linux_read_by_node(const struct fact_source *source, struct os_fact *fact) {
    char path[LINUX_PATH_BYTES], list[1024] = "";
    struct id_set nodes;
    struct error error;
    size_t used = 0, told = 0;
    if (!os_nodes(&nodes, &error)) {
        linux_fact_tell(fact, false, "%s", error.text);
        return;
    }
    for (size_t i = 0; i < nodes.count && used < sizeof list; i++) {
        uint64_t number;
        linux_path(path, "%s%u%s", source->path, nodes.ids[i], source->key);
        if (!linux_read_number(&number, path, &error))
            continue;
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%u:%" PRIu64,
                                 used ? source->key1 : "", nodes.ids[i], number);
        told++;
    }
    id_set_free(&nodes);
    if (told)
        linux_fact_tell(fact, true, "%s", list);
    else
        linux_fact_tell(fact, false, "there is no %sN%s of any node", source->path, source->key);
}

// Summed over CPUs; a package's event is counted by each of its CPUs.
void linux_read_throttles(const struct fact_source *source, struct os_fact *fact) {
    char pattern[LINUX_PATH_BYTES];
    struct error error = {0};
    glob_t found;
    uint64_t sum = 0;
    bool readable = true;
    if (glob(linux_path(pattern, "%s", source->path), 0, NULL, &found) != 0) {
        linux_fact_tell(fact, false, "there is no %s", pattern);
        return;
    }
    for (size_t i = 0; i < found.gl_pathc && readable; i++) {
        uint64_t events;
        readable = linux_read_number(&events, found.gl_pathv[i], &error);
        sum += readable ? events : 0;
    }
    globfree(&found);
    if (readable)
        linux_fact_tell(fact, true, "%" PRIu64, sum);
    else
        linux_fact_tell(fact, false, "%s", error.text);
}

// ---- what moves memory --------------------------------------------------------------------------

// Linux, Documentation/ABI/testing/sysfs-kernel-mm-damon: a kdamond's state is "on" while it runs,
// and each of its schemes has an action, with the node that migrate_hot and migrate_cold take pages
// to.
static bool add_schemes(const char *kdamond, char *list, size_t list_bytes, struct error *error) {
    char pattern[LINUX_PATH_BYTES], path[LINUX_PATH_BYTES], action[32];
    glob_t found;
    snprintf(path, sizeof path, "%.4000s/state", kdamond);
    char *state = linux_read(path, error);
    if (!state)
        return false;
    bool runs = strncmp(state, "on", 2) == 0;
    free(state);
    snprintf(pattern, sizeof pattern, "%.4000s/contexts/*/schemes/*/action", kdamond);
    if (!runs || glob(pattern, 0, NULL, &found) != 0)
        return true;
    bool read = true;
    for (size_t i = 0; i < found.gl_pathc && read; i++) {
        uint64_t node;
        struct error none;
        char *text = linux_read(found.gl_pathv[i], error);
        read = text != NULL;
        if (!read)
            break;
        size_t used = strlen(list);
        linux_copy_line(action, sizeof action, text);
        free(text);
        snprintf(path, sizeof path, "%.*s/target_nid",
                 (int)(strlen(found.gl_pathv[i]) - strlen("/action")), found.gl_pathv[i]);
        if (strncmp(action, "migrate", 7) == 0 && linux_read_number(&node, path, &none))
            snprintf(list + used, list_bytes - used, "%s%s to node %" PRIu64, used ? ", " : "",
                     action, node);
        else
            snprintf(list + used, list_bytes - used, "%s%s", used ? ", " : "", action);
    }
    globfree(&found);
    return read;
}

// Modules that need no sysfs tree: damon_reclaim and damon_lru_sort.
static void add_modules(char *list, size_t list_bytes) {
    static const char *const modules[] = {"damon_reclaim", "damon_lru_sort"};
    char path[LINUX_PATH_BYTES];
    struct error none;
    for (size_t i = 0; i < COUNT_OF(modules); i++) {
        size_t used = strlen(list);
        char *text =
            linux_read(linux_path(path, "/sys/module/%s/parameters/enabled", modules[i]), &none);
        if (text && text[0] == 'Y')
            snprintf(list + used, list_bytes - used, "%s%s", used ? ", " : "", modules[i]);
        free(text);
    }
}

void linux_read_damon(const struct fact_source *source, struct os_fact *fact) {
    char pattern[LINUX_PATH_BYTES], list[512] = "";
    struct error error;
    glob_t found;
    bool read = true;
    add_modules(list, sizeof list);
    if (glob(linux_path(pattern, "%s", source->path), 0, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc && read; i++)
            read = add_schemes(found.gl_pathv[i], list, sizeof list, &error);
        globfree(&found);
    }
    linux_fact_tell(fact, read, "%s", !read ? error.text : list[0] ? list : "none");
}

// A block of a node that is not in use, "offline" or "going-offline", is shown below the node.
static bool is_offline(const char *path) {
    struct error error;
    char *state = linux_read(path, &error);
    bool offline = state && strncmp(state, "online", 6) != 0;
    free(state);
    return offline;
}

// "2:32": this many blocks of node 2; "none".
void linux_read_offline_blocks(const struct fact_source *source, struct os_fact *fact) {
    char pattern[LINUX_PATH_BYTES], list[512] = "";
    struct id_set nodes;
    struct error error;
    size_t used = 0, blocks = 0;
    if (!os_nodes(&nodes, &error)) {
        linux_fact_tell(fact, false, "%s", error.text);
        return;
    }
    for (size_t i = 0; i < nodes.count && used < sizeof list; i++) {
        size_t offline = 0;
        glob_t found;
        linux_path(pattern, "%s%u/memory[0-9]*/state", source->path, nodes.ids[i]);
        if (glob(pattern, 0, NULL, &found) != 0)
            continue;
        blocks += found.gl_pathc;
        for (size_t k = 0; k < found.gl_pathc; k++)
            offline += is_offline(found.gl_pathv[k]);
        globfree(&found);
        if (offline)
            used += (size_t)snprintf(list + used, sizeof list - used, "%s%u:%zu", used ? ", " : "",
                                     nodes.ids[i], offline);
    }
    id_set_free(&nodes);
    if (blocks)
        linux_fact_tell(fact, true, "%s", used ? list : "none");
    else
        linux_fact_tell(fact, false, "there is no %sN/memoryM/state", source->path);
}

// ---- this process -------------------------------------------------------------------------------

void linux_read_locked_limit(const struct fact_source *source, struct os_fact *fact) {
    struct rlimit limit;
    (void)source;
    if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0)
        linux_fact_tell(fact, false, "getrlimit(2) is denied");
    else if (limit.rlim_cur == RLIM_INFINITY)
        linux_fact_tell(fact, true, "no limit");
    else
        linux_fact_tell(fact, true, "%" PRIu64, (uint64_t)limit.rlim_cur);
}
