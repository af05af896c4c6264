// SPDX-License-Identifier: Apache-2.0
// The evidence: where pages are, and of which size.
#define _GNU_SOURCE
#include "os/linux.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

// man: move_pages(2), "Page states in the status array". Seen on Linux 6.1: EFAULT for an ordinary
// page that was never written, ENOENT for one that NUMA balancing has unmapped for a moment. Seen
// on 6.12 and 6.18: ENOENT for a page that does not exist. EFAULT is also the answer for the shared
// zero page, which most kernels show where a page is read before it is written; others give the
// node a page then. So ENOENT is settled by settle_no_entry.
static int32_t page_place(int status) {
    if (status >= 0)
        return status;
    if (status == -ENOENT)
        return OS_PAGE_ASK_AGAIN;
    return status == -EFAULT ? OS_PAGE_ABSENT : OS_PAGE_UNKNOWN;
}

const char *const os_pages_locate_source = "move_pages";
const char *const os_memory_by_node_source = "numa_maps";

enum { RUN_PAGES = 4096 };

// How many pages from the first on follow one another in memory and have the place ASK_AGAIN.
static size_t no_entry_run(void *const *addresses, const int32_t *places, size_t count) {
    size_t length = 0;
    while (length < count && length < RUN_PAGES && places[length] == OS_PAGE_ASK_AGAIN &&
           (uintptr_t)addresses[length] - (uintptr_t)addresses[0] == length * os_base_page_bytes())
        length++;
    return length;
}

// Tells pages that do not exist from those that are only unmapped, by mincore(2): it touches
// nothing, and a touch would make the page where there is no zero page. Many pages a call, because
// NUMA balancing goes on meanwhile. Where mincore is denied the pages stay to be asked again.
static void settle_no_entry(void *const *addresses, int32_t *places, size_t count) {
    const uint64_t page_bytes = os_base_page_bytes();
    unsigned char resident[RUN_PAGES];
    for (size_t i = 0, length; i < count; i += length ? length : 1) {
        length = no_entry_run(addresses + i, places + i, count - i);
        char *first = (char *)addresses[i] - (uintptr_t)addresses[i] % page_bytes;
        if (length == 0 || mincore(first, length * page_bytes, resident) != 0)
            continue;
        for (size_t k = 0; k < length; k++)
            places[i + k] = resident[k] & 1 ? OS_PAGE_ASK_AGAIN : OS_PAGE_ABSENT;
    }
}

bool os_pages_locate(void *const *addresses, size_t count, int32_t *nodes, struct error *error) {
    if (count == 0)
        return true;
    // Without a list of nodes nothing is moved; the kernel works in pieces of its own.
    if (syscall(SYS_move_pages, 0, count, addresses, NULL, nodes, 0) == 0) {
        for (size_t i = 0; i < count; i++)
            nodes[i] = page_place(nodes[i]);
        settle_no_entry(addresses, nodes, count);
        return true;
    }
    int number = errno;
    char reason[128];
    os_error_text((uint32_t)number, reason, sizeof reason);
    if (!linux_is_denied(number))
        return error_set(error, ERROR_KIND_FAILED, (uint32_t)number, "move_pages(2): %s", reason);
    // No capability opens it in Docker's default profile (moby, profiles/seccomp/default.json).
    return error_set(error, ERROR_KIND_UNAVAILABLE, (uint32_t)number,
                     "move_pages(2), which reports where pages are, is denied here (%s), as by the "
                     "seccomp profile of containers; start the container with a profile that "
                     "allows move_pages, or with --security-opt seccomp=unconfined",
                     reason);
}

// ---- numa_maps ----------------------------------------------------------------------------------

struct node_sums {
    uint64_t first, end; // addresses of the buffer
    bool found;          // the mapping that begins where the buffer does
    struct os_node_bytes *nodes;
    size_t count;
};

static void add_node_bytes(struct node_sums *sums, uint32_t node, uint64_t bytes) {
    size_t place = 0;
    while (place < sums->count && sums->nodes[place].node < node)
        place++;
    if (place == sums->count || sums->nodes[place].node != node) {
        sums->nodes = base_grow(sums->nodes, sums->count + 1, sizeof *sums->nodes);
        memmove(&sums->nodes[place + 1], &sums->nodes[place],
                (sums->count - place) * sizeof *sums->nodes);
        sums->nodes[place] = (struct os_node_bytes){.node = node};
        sums->count++;
    }
    sums->nodes[place].bytes += bytes;
}

// A line is "7f26ae800000 bind:0 anon=512 dirty=512 N0=256 N1=256 kernelpagesize_kB=4" (man:
// numa(7)). The counts are of pages of the size that stands last; of transparent huge pages each
// counts as the ordinary pages in it, of a pool's as one (Linux kernel, fs/proc/task_mmu.c,
// gather_pte_stats and gather_hugetlb_stats). A page is in N... only where the page table has it
// this moment: neither when it is swapped out, nor while it is moved, nor when it is the shared
// zero page; NUMA balancing's unmapping does not hide it.
static bool add_numa_line(struct node_sums *sums, const char *line) {
    uint64_t first, page_kib;
    if (sscanf(line, "%" SCNx64 " ", &first) != 1 || first < sums->first || first >= sums->end)
        return true;
    sums->found |= first == sums->first;
    const char *size = strstr(line, " kernelpagesize_kB=");
    if (!size || sscanf(size, " kernelpagesize_kB=%" SCNu64, &page_kib) != 1)
        return !strstr(line, " N"); // a mapping without pages has neither
    unsigned node;
    unsigned long long pages;
    for (const char *at = line; (at = strstr(at, " N")) != NULL; at++)
        if (sscanf(at, " N%u=%llu", &node, &pages) == 2)
            add_node_bytes(sums, node, pages * page_kib * KIB);
    return true;
}

bool os_memory_by_node(const struct os_memory *memory, struct os_node_bytes **nodes, size_t *count,
                       struct error *error) {
    char path[LINUX_PATH_BYTES];
    char *text = linux_read(linux_path(path, "/proc/self/numa_maps"), error);
    if (!text)
        return false;
    uint64_t base = (uintptr_t)memory->base;
    struct node_sums sums = {.first = base, .end = base + memory->size_bytes};
    bool readable = true;
    char *rest;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        readable = add_numa_line(&sums, line) && readable;
    free(text);
    if (!readable || !sums.found) {
        free(sums.nodes);
        return error_set(error, ERROR_KIND_FAILED, 0,
                         readable ? "%s does not show the buffer as a mapping of its own"
                                  : "%s does not report the size of the buffer's pages",
                         path);
    }
    *nodes = sums.nodes;
    *count = sums.count;
    return true;
}

// ---- smaps --------------------------------------------------------------------------------------

// What each field of a mapping in smaps adds to which sum (man: proc(5), /proc/pid/smaps). Rss has
// transparent huge pages in it, but no pages of a pool.
static const struct {
    const char *key;
    int base_factor, large_factor;
} smaps_fields[] = {
    {"Rss",             1,  0},
    {"AnonHugePages",   -1, 1},
    {"Shared_Hugetlb",  0,  1},
    {"Private_Hugetlb", 0,  1},
};

struct smaps_sums {
    uint64_t first, end;    // addresses of the buffer
    uint64_t covered_bytes; // by mappings that lie inside it
    uint64_t page_kib;      // largest kernel page
    int64_t base_kib, large_kib;
    bool inside, straddles;
};

static void add_smaps_line(struct smaps_sums *sums, const char *line) {
    uint64_t first, end, number;
    if (sscanf(line, "%" SCNx64 "-%" SCNx64 " ", &first, &end) == 2) {
        sums->inside = first < sums->end && end > sums->first;
        sums->straddles |= sums->inside && (first < sums->first || end > sums->end);
        sums->covered_bytes += sums->inside ? end - first : 0;
        return;
    }
    if (!sums->inside)
        return;
    if (linux_find_number(line, "KernelPageSize", &number) && number > sums->page_kib)
        sums->page_kib = number;
    for (size_t i = 0; i < COUNT_OF(smaps_fields); i++) {
        if (!linux_find_number(line, smaps_fields[i].key, &number))
            continue;
        sums->base_kib += smaps_fields[i].base_factor * (int64_t)number;
        sums->large_kib += smaps_fields[i].large_factor * (int64_t)number;
    }
}

bool os_memory_page_sizes(const struct os_memory *memory, struct os_page_sizes *sizes,
                          struct error *error) {
    char path[LINUX_PATH_BYTES];
    char *text = linux_read(linux_path(path, "/proc/self/smaps"), error);
    if (!text)
        return false;
    uint64_t base = (uintptr_t)memory->base;
    struct smaps_sums sums = {.first = base, .end = base + memory->size_bytes};
    char *rest;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        add_smaps_line(&sums, line);
    free(text);
    if (sums.straddles || sums.covered_bytes != memory->size_bytes)
        return error_set(error, ERROR_KIND_FAILED, 0,
                         "%s does not show the buffer as mappings of its own", path);
    *sizes = (struct os_page_sizes){
        .base_page_bytes = os_base_page_bytes(),
        .bytes_in_base = (uint64_t)sums.base_kib * KIB,
        .bytes_in_large = (uint64_t)sums.large_kib * KIB,
    };
    if (sizes->bytes_in_large > 0)
        sizes->large_page_bytes = sums.page_kib * KIB > sizes->base_page_bytes
                                      ? sums.page_kib * KIB
                                      : os_transparent_page_bytes();
    return memory->kind->source != PAGES_MTHP || linux_mthp_sizes(memory, sizes, error);
}
