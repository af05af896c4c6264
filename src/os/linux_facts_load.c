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
        linux_fact_tell(fact, false, "%s does not hold three averages", path);
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
        linux_fact_tell(fact, false, "%s does not tell how many run", path);
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
        linux_fact_tell(fact, false, "%s does not tell SwapTotal and SwapFree", path);
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
