// SPDX-License-Identifier: Apache-2.0
// Buffers that lie on one node, and where their pages are.
//
// The order is: look whether the node can give it, map, bind, read the policy back, advise the page
// size; the caller then writes each page. Where binding is denied there may be another way to the
// same place (linux_policy.c); the place itself is never another. A bound buffer that outgrows its
// node does not spill: the kernel's OOM killer ends the process (seen on Linux 6.1), so what
// is unavailable is refused first.
#define _GNU_SOURCE
#include "os/linux.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

// Newer than some C libraries: Linux include/uapi/asm-generic/mman-common.h.
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 // Linux 5.14
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 // Linux 6.1
#endif
#ifndef MAP_HUGE_SHIFT
#define MAP_HUGE_SHIFT 26
#endif

uint64_t os_base_page_bytes(void) {
    long bytes = sysconf(_SC_PAGESIZE);
    CHECK(bytes > 0);
    return (uint64_t)bytes;
}

static bool from_pool(const struct page_kind *kind) {
    return kind->source == PAGES_LARGE;
}

static bool is_transparent(const struct page_kind *kind) {
    return kind->source == PAGES_TRANSPARENT || kind->source == PAGES_MTHP;
}

// The largest multiple of unit is the answer where there is no next one; nobody has that much.
static uint64_t round_up(uint64_t value, uint64_t unit) {
    return value > UINT64_MAX - (unit - 1) ? UINT64_MAX / unit * unit
                                           : (value + unit - 1) / unit * unit;
}

static bool call_failed(enum error_kind kind, const char *what, int number, struct error *error) {
    char reason[128];
    return error_set(error, kind, (uint32_t)number, "%s: %s", what,
                     os_error_text((uint32_t)number, reason, sizeof reason));
}

// ---- mapping ------------------------------------------------------------------------------------

// Reserves addresses for the buffer with one inaccessible page on each side, and gives the rest
// back. The guards keep the mapping apart from its neighbours, which the kernel would otherwise
// merge with it when policy and flags are the same, so that smaps speaks of the buffer alone; and
// they turn a kernel that runs past the end into a fault.
static bool reserve_addresses(struct os_memory *memory, struct error *error) {
    uint64_t guard_bytes = os_base_page_bytes();
    uint64_t align = memory->page_bytes > 2 * MIB ? memory->page_bytes : 2 * MIB;
    uint64_t wanted_bytes = memory->size_bytes + 2 * guard_bytes;
    char *start = mmap(NULL, wanted_bytes + align, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED)
        return call_failed(ERROR_KIND_REFUSED,
                           "no address space for the buffer (ulimit -v?), mmap(2)", errno, error);
    uintptr_t base = round_up((uintptr_t)start + guard_bytes, align);
    uint64_t lead = base - guard_bytes - (uintptr_t)start; // below align, both being whole pages
    char *first_guard = start + lead;
    if ((lead > 0 && munmap(start, lead) != 0) ||
        munmap(first_guard + wanted_bytes, align - lead) != 0) {
        int number = errno; // man: munmap(2): ENOMEM: beyond vm.max_map_count
        munmap(start, wanted_bytes + align);
        return call_failed(
            ERROR_KIND_REFUSED,
            "the address space beside the buffer cannot be released (vm.max_map_count?), munmap(2)",
            number, error);
    }
    memory->base = first_guard + guard_bytes;
    return true;
}

// Neither here nor for huge pages MAP_NORESERVE: under strict overcommit the kernel then refuses
// now what it could not give later, and pages of a pool are set aside for this mapping, so that no
// other process takes them before they are touched (man: mmap(2)).
static bool make_writable(struct os_memory *memory, struct error *error) {
    const int protection = PROT_READ | PROT_WRITE;
    if (!from_pool(memory->kind)) {
        if (mprotect(memory->base, memory->size_bytes, protection) == 0)
            return true;
        return call_failed(ERROR_KIND_REFUSED,
                           "the system promises no more memory (vm.overcommit_memory, ulimit -d), "
                           "mprotect(2)",
                           errno, error);
    }
    int size_code = 0; // the logarithm of the page size, as MAP_HUGE_2MB has it
    while (UINT64_C(1) << size_code < memory->page_bytes)
        size_code++;
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_HUGETLB | size_code << MAP_HUGE_SHIFT;
    if (mmap(memory->base, memory->size_bytes, protection, flags, -1, 0) != MAP_FAILED)
        return true;
    return call_failed(ERROR_KIND_REFUSED,
                       "the pool of huge pages is promised to other mappings (HugePages_Rsvd in "
                       "/proc/meminfo) or limited by the control group, mmap(2)",
                       errno, error);
}

// ---- advice -------------------------------------------------------------------------------------

struct populating {
    const struct os_memory *memory;
    int number; // errno, or 0
};

static void populate(void *argument) {
    struct populating *populating = argument;
    const struct os_memory *memory = populating->memory;
    populating->number =
        madvise(memory->base, memory->size_bytes, MADV_POPULATE_WRITE) == 0 ? 0 : errno;
}

// Where first touch places the pages, this is the first touch.
static bool populate_from_node(struct populating *populating, struct error *error) {
    uint32_t node = node_set_only(&populating->memory->nodes);
    struct id_set cpus;
    struct os_thread thread;
    if (!os_usable_cpus_of_node(node, &cpus, error))
        return false;
    bool started =
        cpus.count > 0 // as linux_place_memory has seen, unless they were taken away since
            ? os_thread_start(&thread, cpus.ids[0], populate, populating, error)
            : error_set(error, ERROR_KIND_REFUSED, 0,
                        "node %u lost its CPUs, which had to allocate huge pages there", node);
    if (started)
        os_thread_join(&thread);
    id_set_free(&cpus);
    return started;
}

// The pool's pages are taken at once, because a page that is missing later would be a SIGBUS, and
// MADV_POPULATE_WRITE says it as an error. Kernels before 5.14 answer EINVAL; there the free count
// seen before and the reservation of the mapping are all there is.
static bool take_pool_pages(const struct os_memory *memory, struct error *error) {
    struct populating populating = {.memory = memory};
    if (memory->placed_by != OS_PLACED_FIRST_TOUCH)
        populate(&populating);
    else if (!populate_from_node(&populating, error))
        return false;
    if (populating.number == 0 || populating.number == EINVAL)
        return true;
    char reason[128], nodes[NODE_SET_TEXT_BYTES];
    return error_set(error, ERROR_KIND_REFUSED, (uint32_t)populating.number,
                     "node %s did not give all its huge pages (%s): other programs took them, or "
                     "the hugetlb limit of the control group is reached",
                     node_set_format(&memory->nodes, nodes),
                     os_error_text((uint32_t)populating.number, reason, sizeof reason));
}

static bool advise(struct os_memory *memory, struct error *error) {
    if (from_pool(memory->kind))
        return take_pool_pages(memory, error);
    // Equal pages of two buffers must not become one, wherever KSM is on for all of the process
    // (PR_SET_MEMORY_MERGE). EINVAL: this kernel has no KSM.
    madvise(memory->base, memory->size_bytes, MADV_UNMERGEABLE);
    if (memory->kind->source == PAGES_MTHP && !linux_mthp_begin(memory, error))
        return false;
    if (is_transparent(memory->kind))
        return madvise(memory->base, memory->size_bytes, MADV_HUGEPAGE) == 0 ||
               call_failed(ERROR_KIND_REFUSED, "madvise(2), MADV_HUGEPAGE", errno, error);
    // A kernel without transparent huge pages says EINVAL, and has none to be kept away.
    return madvise(memory->base, memory->size_bytes, MADV_NOHUGEPAGE) == 0 ||
           os_transparent_page_bytes() == 0 ||
           call_failed(ERROR_KIND_REFUSED, "madvise(2), MADV_NOHUGEPAGE", errno, error);
}

static bool node_has_room(const struct os_memory *memory, uint32_t node, uint64_t bytes,
                          struct error *error) {
    return from_pool(memory->kind) ? linux_pool_has_room(node, bytes, memory->page_bytes, error)
                                   : linux_node_has_room(node, bytes, error);
}

// Fills in what the buffer will be, and whether it is available.
static bool check_memory(struct os_memory *memory, uint64_t size_bytes,
                         const struct page_kind *kind, struct node_set nodes, struct error *error) {
    CHECK(size_bytes > 0 && nodes.count > 0);
    *memory = (struct os_memory){.kind = kind, .nodes = nodes};
    for (size_t i = 0; i < nodes.count; i++)
        if (!linux_node_is_usable(nodes.shares[i].node, error))
            return false;
    if (!os_page_kind_offered(kind, &memory->page_bytes, error))
        return false;
    memory->size_bytes = round_up(size_bytes, memory->page_bytes);
    for (size_t i = 0; i < nodes.count; i++) {
        uint64_t part_bytes =
            round_up(node_set_part(&nodes, i, memory->size_bytes), memory->page_bytes);
        if (!node_has_room(memory, nodes.shares[i].node, part_bytes, error))
            return false;
    }
    return from_pool(kind) || linux_limits_have_room(memory->size_bytes, error);
}

bool os_memory_check(uint64_t size_bytes, const struct page_kind *kind, uint32_t node,
                     struct error *error) {
    struct os_memory memory;
    return check_memory(&memory, size_bytes, kind, node_set_of(node), error);
}

bool os_memory_room(uint32_t node, const struct page_kind *kind, uint64_t *bytes,
                    struct error *error) {
    uint64_t total_bytes;
    return from_pool(kind) ? linux_pool_room(node, kind->bytes, bytes, error)
                           : os_node_memory(node, &total_bytes, bytes, error);
}

bool os_memory_acquire(struct os_memory *memory, uint64_t size_bytes, const struct page_kind *kind,
                       struct node_set nodes, struct error *error) {
    if (!check_memory(memory, size_bytes, kind, nodes, error) || !reserve_addresses(memory, error))
        return false;
    if (make_writable(memory, error) && linux_place_memory(memory, error) && advise(memory, error))
        return true;
    os_memory_release(memory);
    return false;
}

// Where the kernel refuses, the memory stays taken, and what is free for the next buffer is asked
// again then.
void os_memory_release(struct os_memory *memory) {
    uint64_t guard_bytes = os_base_page_bytes();
    if (memory->base)
        munmap((char *)memory->base - guard_bytes, memory->size_bytes + 2 * guard_bytes);
    linux_mthp_end(memory);
    *memory = (struct os_memory){0};
}

void os_memory_collapse(const struct os_memory *memory) {
    if (memory->kind->source == PAGES_TRANSPARENT) // of another size this makes the largest
        madvise(memory->base, memory->size_bytes, MADV_COLLAPSE);
}
