// SPDX-License-Identifier: Apache-2.0
// Transparent pages of one size below the largest (mTHP, Linux 6.8): how a buffer gets them and no
// others, and what proves that it has. smaps reports nothing of them.
#define _GNU_SOURCE
#include "os/linux.h"

#include "base/units.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

// What the kernel counts of one size, for the whole system since it started (Linux kernel,
// Documentation/admin-guide/mm/transhuge.rst).
enum { COUNT_MADE, COUNT_MISSED, COUNT_SPLIT, COUNT_COUNT };
static const char *const count_files[COUNT_COUNT] = {"anon_fault_alloc", "anon_fault_fallback",
                                                     "split"};

struct watch {
    uint64_t begin[COUNT_COUNT]; // before the first page was made
    bool counted;                // these could be read
    bool proven;                 // all of the buffer was, at an earlier look
};

static bool read_counts(uint64_t page_bytes, uint64_t counts[COUNT_COUNT], struct error *error) {
    char path[LINUX_PATH_BYTES];
    for (size_t i = 0; i < COUNT_COUNT; i++) {
        linux_path(path, "/sys/kernel/mm/transparent_hugepage/hugepages-%" PRIu64 "kB/stats/%s",
                   page_bytes / KIB, count_files[i]);
        if (!linux_read_number(&counts[i], path, error))
            return false;
    }
    return true;
}

// ---- before the first page ----------------------------------------------------------------------

// A page of the next larger size that is switched on does not fit into half of it.
static uint64_t choose_window(const struct os_memory *memory) {
    const uint64_t max_bytes = os_transparent_page_bytes();
    struct error off;
    for (uint64_t bytes = 2 * memory->page_bytes; bytes <= max_bytes; bytes *= 2)
        if (linux_thp_is_on(bytes, &off))
            return bytes / 2;
    return memory->size_bytes;
}

// The kernel takes the largest page that lies within one mapping, and so does khugepaged later
// (Linux mm/huge_memory.c, __thp_vma_allowable_orders). Every other window is left out of core
// dumps: mappings that differ in this do not become one.
static bool separate_windows(const struct os_memory *memory, struct error *error) {
    const uint64_t window_bytes = choose_window(memory);
    for (uint64_t at = window_bytes; at < memory->size_bytes; at += 2 * window_bytes) {
        uint64_t left = memory->size_bytes - at;
        if (madvise((char *)memory->base + at, left < window_bytes ? left : window_bytes,
                    MADV_DONTDUMP) == 0)
            continue;
        int number = errno; // man: madvise(2): ENOMEM, too many mappings
        char reason[128], size[UNITS_TEXT_BYTES], asked[UNITS_TEXT_BYTES];
        return error_set(error, ERROR_KIND_REFUSED, (uint32_t)number,
                         "--pages %s: %s cannot be cut into mappings of %s, which keeps larger "
                         "pages away (%s); take a smaller buffer (--size), or raise "
                         "vm.max_map_count",
                         memory->kind->name, units_format_bytes(memory->size_bytes, asked),
                         units_format_bytes(window_bytes, size),
                         os_error_text((uint32_t)number, reason, sizeof reason));
    }
    return true;
}

bool linux_mthp_begin(struct os_memory *memory, struct error *error) {
    struct error uncounted;
    struct watch *watch = base_allocate(1, sizeof *watch);
    memory->own = watch;
    watch->counted = read_counts(memory->page_bytes, watch->begin, &uncounted);
    return separate_windows(memory, error);
}

void linux_mthp_end(struct os_memory *memory) {
    free(memory->own);
    memory->own = NULL;
}

// ---- each page, as root -------------------------------------------------------------------------

// Linux kernel, Documentation/admin-guide/mm/pagemap.rst; 8 bytes for each ordinary page.
#define MAP_PRESENT (UINT64_C(1) << 63)
#define MAP_FRAME   ((UINT64_C(1) << 55) - 1)
#define FLAG_HEAD   (UINT64_C(1) << 15) // the first of a page of several
#define FLAG_TAIL   (UINT64_C(1) << 16) // another of it
enum { LOOKS = 3 };                     // at a page that may have moved between two reads

struct look {
    int map, flags; // files
    uint64_t base_bytes;
    size_t parts;      // ordinary pages in one of the size that was asked for
    uint64_t *entries; // of the map, one a part
    uint64_t *states;  // flags, one a part and one behind
};

static bool read_numbers(int file, uint64_t first, uint64_t *numbers, size_t count) {
    ssize_t bytes = (ssize_t)(count * sizeof *numbers);
    return pread(file, numbers, (size_t)bytes, (off_t)(first * sizeof *numbers)) == bytes;
}

// One frame after the other, the first of them a head, and the page ends where they do. Behind the
// last frame of the machine there is nothing to be read.
static bool is_one_page(struct look *look, uint64_t page) {
    if (!read_numbers(look->map, page, look->entries, look->parts))
        return false;
    uint64_t first = look->entries[0] & MAP_FRAME;
    for (size_t i = 0; i < look->parts; i++)
        if (!(look->entries[i] & MAP_PRESENT) || (look->entries[i] & MAP_FRAME) != first + i)
            return false;
    if (!read_numbers(look->flags, first, look->states, look->parts))
        return false;
    if (!read_numbers(look->flags, first + look->parts, look->states + look->parts, 1))
        look->states[look->parts] = 0;
    for (size_t i = 1; i < look->parts; i++)
        if (!(look->states[i] & FLAG_TAIL))
            return false;
    return look->states[0] & FLAG_HEAD && !(look->states[look->parts] & FLAG_TAIL);
}

static uint64_t look_at_all(struct look *look, const struct os_memory *memory) {
    uint64_t right_bytes = 0;
    for (uint64_t at = 0; at < memory->size_bytes; at += memory->page_bytes) {
        bool right = false;
        for (int i = 0; !right && i < LOOKS; i++)
            right = is_one_page(look, ((uintptr_t)memory->base + at) / look->base_bytes);
        right_bytes += right ? memory->page_bytes : 0;
    }
    return right_bytes;
}

static int open_numbers(const char *name) {
    char path[LINUX_PATH_BYTES];
    return open(linux_path(path, "%s", name), O_RDONLY | O_CLOEXEC);
}

// Who may not know frames reads 0 in their place, or nothing at all.
static bool look_at_pages(const struct os_memory *memory, uint64_t *right_bytes) {
    uint64_t base_bytes = os_base_page_bytes();
    size_t parts = (size_t)(memory->page_bytes / base_bytes);
    struct look look = {.map = open_numbers("/proc/self/pagemap"),
                        .flags = open_numbers("/proc/kpageflags"),
                        .base_bytes = base_bytes,
                        .parts = parts,
                        .entries = base_allocate(parts, sizeof *look.entries),
                        .states = base_allocate(parts + 1, sizeof *look.states)};
    uint64_t first = 0;
    bool told = look.map >= 0 && look.flags >= 0 &&
                read_numbers(look.map, (uintptr_t)memory->base / base_bytes, &first, 1) &&
                (!(first & MAP_PRESENT) || (first & MAP_FRAME));
    *right_bytes = told ? look_at_all(&look, memory) : 0;
    if (look.map >= 0)
        close(look.map);
    if (look.flags >= 0)
        close(look.flags);
    free(look.entries);
    free(look.states);
    return told;
}

// ---- the kernel's counts ------------------------------------------------------------------------

// They are of the whole system, so as many as the buffer has are its own, fewer deny it, and of
// more, or where some were missed or split, nobody knows whose they are.
static bool judge_counts(const struct os_memory *memory, uint64_t resident_bytes,
                         uint64_t *right_bytes, struct error *error) {
    struct watch *watch = memory->own;
    uint64_t now[COUNT_COUNT];
    char size[UNITS_TEXT_BYTES];
    struct error unread;
    units_format_bytes(memory->page_bytes, size);
    if (!watch->counted || !read_counts(memory->page_bytes, now, &unread))
        return error_set(error, ERROR_KIND_UNAVAILABLE, 0,
                         "whether pages are of %s is told to root only (/proc/kpageflags) where "
                         "the kernel does not count them (Linux from 6.11 on does); run it as root",
                         size);
    uint64_t made = now[COUNT_MADE] - watch->begin[COUNT_MADE];
    bool exact = made == memory->size_bytes / memory->page_bytes &&
                 now[COUNT_MISSED] == watch->begin[COUNT_MISSED];
    *right_bytes = made * memory->page_bytes;
    if (!watch->proven && *right_bytes < resident_bytes)
        return true;
    watch->proven = (watch->proven || exact) && resident_bytes == memory->size_bytes &&
                    now[COUNT_SPLIT] == watch->begin[COUNT_SPLIT];
    *right_bytes = memory->size_bytes;
    return watch->proven ||
           error_set(error, ERROR_KIND_UNAVAILABLE, 0,
                     "the kernel counts pages of %s for the whole system, and others made, missed "
                     "or split some meanwhile; run it as root, which can look at each page",
                     size);
}

bool linux_mthp_sizes(const struct os_memory *memory, struct os_page_sizes *sizes,
                      struct error *error) {
    uint64_t resident_bytes = sizes->bytes_in_base + sizes->bytes_in_large, right_bytes = 0;
    if (resident_bytes == 0)
        return true;
    if (!look_at_pages(memory, &right_bytes) &&
        !judge_counts(memory, resident_bytes, &right_bytes, error))
        return false;
    if (right_bytes == 0)
        return true; // in others, of which smaps reports the largest
    right_bytes = right_bytes < resident_bytes ? right_bytes : resident_bytes;
    sizes->large_page_bytes = memory->page_bytes;
    sizes->bytes_in_large = right_bytes;
    sizes->bytes_in_base = resident_bytes - right_bytes;
    return true;
}
