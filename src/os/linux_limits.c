// SPDX-License-Identifier: Apache-2.0
// What the limits of this process leave for new memory, whichever node it is on: control groups,
// ulimit, and strict overcommit.
#define _GNU_SOURCE
#include "base/units.h"
#include "os/linux.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

// The tightest limit found so far.
struct limit {
    uint64_t left_bytes; // NONE_U64: none found
    char name[160];      // "the memory limit of this control group"
    char where[320];     // what is to be raised
};

static void PRINTF_LIKE(4, 5) take_tighter(struct limit *limit, uint64_t left_bytes,
                                           const char *name, const char *where, ...) {
    if (limit->left_bytes != NONE_U64 && limit->left_bytes <= left_bytes)
        return;
    limit->left_bytes = left_bytes;
    snprintf(limit->name, sizeof limit->name, "%s", name);
    va_list arguments;
    va_start(arguments, where);
    vsnprintf(limit->where, sizeof limit->where, where, arguments);
    va_end(arguments);
}

// ---- control groups -----------------------------------------------------------------------------

// Above memory.max the kernel ends processes; above memory.high it slows them down without end
// (Linux kernel, Documentation/admin-guide/cgroup-v2.rst), so both are limits here.
static const struct group_limit {
    bool unified;
    const char *file, *name, *usage, *active_file, *inactive_file;
} group_limits[] = {
  // clang-format off
    {false, "memory.limit_in_bytes", "the memory limit of this control group",
     "memory.usage_in_bytes", "total_active_file", "total_inactive_file"},
    {true, "memory.max", "the memory limit of this control group",
     "memory.current", "active_file", "inactive_file"},
    {true, "memory.high", "memory.high of this control group, above which the kernel throttles it,",
     "memory.current", "active_file", "inactive_file"},
  // clang-format on
};

// What one limit of one group leaves; NONE_U64 when it has none ("max"; version 1 has a huge
// number).
static uint64_t group_left_bytes(const struct linux_cgroup *group, const struct group_limit *of) {
    char path[LINUX_PATH_BYTES];
    struct error ignored;
    uint64_t most, used, cache;
    linux_path(path, "%s/%s", group->path, of->file);
    if (!linux_read_number(&most, path, &ignored) || most >= UINT64_C(1) << 62)
        return NONE_U64;
    linux_path(path, "%s/%s", group->path, of->usage);
    if (!linux_read_number(&used, path, &ignored))
        return NONE_U64;
    uint64_t left = most > used ? most - used : 0;
    linux_path(path, "%s/memory.stat", group->path);
    char *text = linux_read(path, &ignored);
    if (text && linux_find_number(text, of->active_file, &cache))
        left += cache;
    if (text && linux_find_number(text, of->inactive_file, &cache))
        left += cache;
    free(text);
    return left;
}

// A system that shows no group has no limit to be found.
static void look_at_groups(struct limit *limit) {
    struct linux_cgroup group;
    struct error ignored;
    if (!linux_cgroup_find(&group, "memory", &ignored))
        return;
    do {
        for (size_t i = 0; i < COUNT_OF(group_limits); i++) {
            const struct group_limit *of = &group_limits[i];
            if (of->unified != group.unified)
                continue;
            uint64_t left_bytes = group_left_bytes(&group, of);
            if (left_bytes != NONE_U64)
                take_tighter(limit, left_bytes, of->name, "%s in %.200s (a container's --memory)",
                             of->file, group.path);
        }
    } while (linux_cgroup_up(&group));
}

// ---- ulimit -------------------------------------------------------------------------------------

static void look_at_ulimit(struct limit *limit, const struct rlimit *most, const char *used_field,
                           const char *name, const char *where) {
    char path[LINUX_PATH_BYTES];
    struct error ignored;
    uint64_t used_kib;
    char *text = linux_read(linux_path(path, "/proc/self/status"), &ignored);
    if (text && most->rlim_cur != RLIM_INFINITY && linux_find_number(text, used_field, &used_kib)) {
        uint64_t used = used_kib * KIB;
        take_tighter(limit, most->rlim_cur > used ? most->rlim_cur - used : 0, name, "%s", where);
    }
    free(text);
}

// RLIMIT_DATA counts private writable mappings since Linux 4.7 (man: getrlimit(2)).
static void look_at_ulimits(struct limit *limit) {
    struct rlimit most;
    if (getrlimit(RLIMIT_AS, &most) == 0)
        look_at_ulimit(limit, &most, "VmSize", "the limit of this process's addresses",
                       "ulimit -v");
    if (getrlimit(RLIMIT_DATA, &most) == 0)
        look_at_ulimit(limit, &most, "VmData", "the limit of this process's data", "ulimit -d");
}

// ---- overcommit ---------------------------------------------------------------------------------

// Mode 2 promises no more than CommitLimit (Linux kernel, Documentation/mm/overcommit-accounting).
static void look_at_overcommit(struct limit *limit) {
    char path[LINUX_PATH_BYTES];
    struct error ignored;
    uint64_t mode, max_kib, promised_kib;
    if (!linux_read_number(&mode, linux_path(path, "/proc/sys/vm/overcommit_memory"), &ignored) ||
        mode != 2)
        return;
    char *text = linux_read(linux_path(path, "/proc/meminfo"), &ignored);
    if (text && linux_find_number(text, "CommitLimit", &max_kib) &&
        linux_find_number(text, "Committed_AS", &promised_kib))
        take_tighter(limit, max_kib > promised_kib ? (max_kib - promised_kib) * KIB : 0,
                     "the system's promise of memory (vm.overcommit_memory is 2)",
                     "vm.overcommit_ratio");
    free(text);
}

// ---- all of them --------------------------------------------------------------------------------

static void find_tightest(struct limit *limit) {
    *limit = (struct limit){.left_bytes = NONE_U64};
    look_at_groups(limit);
    look_at_ulimits(limit);
    look_at_overcommit(limit);
}

uint64_t os_process_memory_left(void) {
    struct limit limit;
    find_tightest(&limit);
    return limit.left_bytes;
}

bool linux_limits_have_room(uint64_t size_bytes, struct error *error) {
    struct limit limit;
    find_tightest(&limit);
    if (limit.left_bytes == NONE_U64 || size_bytes <= limit.left_bytes / 100 * 95)
        return true;
    char asked[UNITS_TEXT_BYTES], left[UNITS_TEXT_BYTES];
    return error_set(error, ERROR_KIND_REFUSED, 0,
                     "%s are needed, but %s leaves %s (at most 95 %% of it is used); raise %s or "
                     "use a smaller buffer",
                     units_format_bytes_rounded(size_bytes, asked), limit.name,
                     units_format_bytes_rounded(limit.left_bytes, left), limit.where);
}
