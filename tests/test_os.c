// SPDX-License-Identifier: Apache-2.0
// os.h on the Linux machine that the test runs on, whatever its nodes and CPUs are. What an unlike
// machine would say is tested in test_os_linux.c, where the machine is made of files.
#define _GNU_SOURCE
#include "os/linux.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "denied.h"
#include "own_kernel.h"

// ---- helpers ------------------------------------------------------------------------------------

static const struct page_kind *kind(const char *name) {
    const struct page_kind *found = page_kind_find(name);
    assert_non_null(found);
    return found;
}

// The first node that this process may take memory from. Not the node of the moment, because the
// test may wander from one to the next, and may be on one without memory.
static uint32_t own_node(void) {
    static uint32_t node = NONE_U32;
    struct id_set nodes;
    struct error error;
    if (node != NONE_U32)
        return node;
    CHECK(os_nodes(&nodes, &error));
    for (size_t i = 0; i < nodes.count && node == NONE_U32; i++)
        if (linux_node_is_usable(nodes.ids[i], &error))
            node = nodes.ids[i];
    id_set_free(&nodes);
    CHECK(node != NONE_U32);
    return node;
}

static void write_pages(const struct os_memory *memory, uint64_t step_bytes) {
    for (uint64_t at = 0; at < memory->size_bytes; at += step_bytes)
        ((volatile char *)memory->base)[at] = 1;
}

// The place of the page at an offset.
static int32_t place_at(const struct os_memory *memory, uint64_t offset) {
    void *address = (char *)memory->base + offset;
    int32_t node = -99;
    struct error error;
    CHECK(os_pages_locate(&address, 1, &node, &error));
    return node;
}

static struct os_memory acquired(uint64_t size_bytes, const char *name) {
    struct os_memory memory;
    struct error error;
    need_own_kernel();
    if (!os_memory_acquire(&memory, size_bytes, kind(name), node_set_of(own_node()), &error))
        fail_msg("%s", error.text);
    return memory;
}

// ---- memory -------------------------------------------------------------------------------------

static void an_untouched_page_is_on_no_node(void **state) {
    (void)state;
    struct os_memory memory = acquired(MIB, "4K");
    assert_int_equal(place_at(&memory, 0), OS_PAGE_ABSENT);
    assert_int_equal(place_at(&memory, 0), OS_PAGE_ABSENT); // to ask does not make the page
    os_memory_release(&memory);
}

static void a_page_that_was_written_and_dropped_is_on_no_node(void **state) {
    (void)state;
    struct os_memory memory = acquired(MIB, "4K");
    write_pages(&memory, 4 * KIB);
    assert_int_equal(madvise(memory.base, 4 * KIB, MADV_DONTNEED), 0);
    assert_int_equal(place_at(&memory, 0), OS_PAGE_ABSENT);
    assert_int_equal(place_at(&memory, 4 * KIB), node_set_only(&memory.nodes));
    os_memory_release(&memory);
}

static void a_page_only_read_is_resident_unless_it_is_the_zero_page(void **state) {
    (void)state;
    struct os_memory memory = acquired(MIB, "4K");
    assert_int_equal(*(volatile char *)memory.base, 0);
    if (kernel_shares_a_zero_page())
        assert_int_equal(place_at(&memory, 0), OS_PAGE_ABSENT);
    else
        assert_int_equal(place_at(&memory, 0), node_set_only(&memory.nodes));
    *(volatile char *)memory.base = 1;
    assert_int_equal(place_at(&memory, 0), node_set_only(&memory.nodes));
    os_memory_release(&memory);
}

static void an_address_without_mapping_is_on_no_node(void **state) {
    (void)state;
    struct os_memory memory = acquired(MIB, "4K");
    struct os_memory before = memory;
    write_pages(&memory, 4 * KIB);
    assert_true(place_at(&memory, memory.size_bytes) < 0); // the guard
    os_memory_release(&memory);
    assert_int_equal(place_at(&before, 0), OS_PAGE_ABSENT);
}

static void written_pages_are_on_each_node_that_was_asked(void **state) {
    (void)state;
    need_own_kernel();
    struct id_set nodes;
    struct error error;
    size_t tested = 0;
    assert_true(os_nodes(&nodes, &error));
    for (size_t i = 0; i < nodes.count; i++) {
        struct os_memory memory;
        if (!os_memory_acquire(&memory, MIB, kind("4K"), node_set_of(nodes.ids[i]), &error)) {
            print_message("node %u: %s\n", nodes.ids[i], error.text);
            continue;
        }
        write_pages(&memory, 4 * KIB);
        for (uint64_t at = 0; at < memory.size_bytes; at += 4 * KIB)
            assert_int_equal(place_at(&memory, at), nodes.ids[i]);
        os_memory_release(&memory);
        tested++;
    }
    id_set_free(&nodes);
    assert_true(tested > 0);
}

// A kernel without CONFIG_NUMA has no such file.
static void pages_are_counted_on_the_nodes_that_locate_them(void **state) {
    (void)state;
    need_own_kernel();
    enum { PAGES = 64 };
    static const struct {
        const char *kind;
        uint64_t bytes, step;
    } cases[] = {
        {"4K",  PAGES * 4 * KIB, 8 * KIB},
        {"thp", 8 * MIB,         4 * KIB},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct os_memory memory;
        struct error error;
        struct os_node_bytes *nodes;
        size_t count;
        if (!os_memory_acquire(&memory, cases[i].bytes, kind(cases[i].kind),
                               node_set_of(own_node()), &error)) {
            print_message("%s\n", error.text);
            continue;
        }
        if (!os_memory_by_node(&memory, &nodes, &count, &error)) {
            assert_int_equal(error.kind, ERROR_KIND_UNAVAILABLE);
            os_memory_release(&memory);
            skip();
        }
        assert_int_equal(count, 0);
        free(nodes);
        write_pages(&memory, cases[i].step);
        assert_true(os_memory_by_node(&memory, &nodes, &count, &error));
        assert_int_equal(count, 1);
        assert_int_equal(nodes[0].node, node_set_only(&memory.nodes));
        assert_int_equal(nodes[0].bytes, cases[i].bytes / (cases[i].step / (4 * KIB)));
        free(nodes);
        os_memory_release(&memory);
    }
}

static void many_pages_are_located_in_one_call(void **state) {
    (void)state;
    enum { PAGES = 4096 };
    struct os_memory memory = acquired(PAGES * 4 * KIB, "4K");
    void **addresses = base_allocate(PAGES, sizeof *addresses);
    int32_t *nodes = base_allocate(PAGES, sizeof *nodes);
    struct error error;
    for (size_t i = 0; i < PAGES; i++)
        addresses[i] = (char *)memory.base + i * 4 * KIB;
    // Every second page only, so that an answer in the wrong place is seen.
    write_pages(&memory, 8 * KIB);
    assert_true(os_pages_locate(addresses, PAGES, nodes, &error));
    for (size_t i = 0; i < PAGES; i++)
        assert_true(i % 2 == 0 ? nodes[i] == (int32_t)node_set_only(&memory.nodes) : nodes[i] < 0);
    assert_true(os_pages_locate(NULL, 0, NULL, &error));
    free(addresses);
    free(nodes);
    os_memory_release(&memory);
}

// numa_maps is another road through the kernel than the calls that set the policy and read it back.
static void the_kernel_shows_the_policy_of_the_buffer(void **state) {
    (void)state;
    struct os_memory memory = acquired(MIB, "4K");
    struct error error;
    char begin[32], policy[32], line[256];
    write_pages(&memory, 4 * KIB);
    char *text = linux_read("/proc/self/numa_maps", &error);
    assert_non_null(text);
    snprintf(begin, sizeof begin, "%lx ", (unsigned long)memory.base);
    snprintf(policy, sizeof policy, " bind:%u ", node_set_only(&memory.nodes));
    const char *found = strstr(text, begin);
    assert_non_null(found);
    assert_non_null(strstr(linux_copy_line(line, sizeof line, found), policy));
    free(text);
    os_memory_release(&memory);
}

static void buffers_are_aligned_and_consist_of_whole_pages(void **state) {
    (void)state;
    struct os_memory memory = acquired(4 * MIB + 1, "4K");
    assert_int_equal((uintptr_t)memory.base % (2 * MIB), 0);
    assert_int_equal(memory.size_bytes, 4 * MIB + 4 * KIB);
    assert_int_equal(memory.page_bytes, 4 * KIB);
    assert_ptr_equal(memory.kind, kind("4K"));
    write_pages(&memory, 4 * KIB);
    os_memory_release(&memory);
    assert_null(memory.base);
    os_memory_release(&memory);
}

static void a_page_without_access_guards_each_side(void **state) {
    (void)state;
    struct os_memory memory = acquired(2 * MIB, "4K");
    char *const guards[] = {(char *)memory.base - os_base_page_bytes(),
                            (char *)memory.base + memory.size_bytes};
    for (size_t i = 0; i < COUNT_OF(guards); i++) {
        unsigned char resident;
        assert_int_equal(mincore(guards[i], 1, &resident), 0); // ENOMEM: nothing is mapped
    }
    os_memory_release(&memory);
    for (size_t i = 0; i < COUNT_OF(guards); i++) {
        unsigned char resident;
        assert_int_equal(mincore(guards[i], 1, &resident), -1);
    }
}

static int64_t overrun_offset;

static int write_outside(void) {
    struct os_memory memory;
    struct error error;
    EXPECT(
        os_memory_acquire(&memory, 2 * MIB, page_kind_find("4K"), node_set_of(own_node()), &error));
    ((volatile char *)memory.base)[0] = 1;
    ((volatile char *)memory.base)[memory.size_bytes - 1] = 1;
    signal(SIGSEGV, SIG_DFL);
    ((volatile char *)memory.base)[overrun_offset] = 1;
    return 0;
}

static void a_write_outside_the_buffer_is_a_fault(void **state) {
    (void)state;
    need_own_kernel();
    const int64_t offsets[] = {-1, 2 * MIB};
    for (size_t i = 0; i < COUNT_OF(offsets); i++) {
        overrun_offset = offsets[i];
        int status = in_child(write_outside);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), SIGSEGV);
    }
}

// smaps reports the advice as "hg" or "nh" (man: proc(5), VmFlags).
static bool has_flag(const struct os_memory *memory, const char *flag) {
    struct error error;
    char begin[32], line[256] = "";
    char *text = linux_read("/proc/self/smaps", &error);
    assert_non_null(text);
    snprintf(begin, sizeof begin, "%lx-", (unsigned long)memory->base);
    const char *mapping = strstr(text, begin);
    assert_non_null(mapping);
    const char *flags = strstr(mapping, "VmFlags:");
    assert_non_null(flags);
    linux_copy_line(line, sizeof line, flags);
    free(text);
    return strstr(line, flag) != NULL;
}

static void the_kernel_shows_the_advice_of_the_buffer(void **state) {
    (void)state;
    if (os_transparent_page_bytes() == 0) {
        print_message("no transparent huge pages here\n");
        skip();
    }
    struct os_memory small = acquired(MIB, "4K"), large;
    struct error error;
    assert_true(has_flag(&small, " nh"));
    assert_false(has_flag(&small, " hg"));
    os_memory_release(&small);
    if (os_memory_acquire(&large, MIB, kind("thp"), node_set_of(own_node()), &error)) {
        assert_true(has_flag(&large, " hg"));
        assert_false(has_flag(&large, " nh"));
        os_memory_release(&large);
    }
}

static void small_pages_are_counted_as_small_when_written(void **state) {
    (void)state;
    struct os_memory memory = acquired(4 * MIB, "4K");
    struct os_memory neighbour = acquired(4 * MIB, "4K");
    struct os_page_sizes sizes;
    struct error error;
    write_pages(&neighbour, 4 * KIB);
    assert_true(os_memory_page_sizes(&memory, &sizes, &error));
    assert_int_equal(sizes.bytes_in_base, 0);
    for (uint64_t at = 0; at < MIB; at += 4 * KIB)
        ((volatile char *)memory.base)[at] = 1;
    // One more is only read: the zero page, where the kernel has one, is no page of the buffer.
    assert_int_equal(((volatile char *)memory.base)[2 * MIB], 0);
    uint64_t read_bytes = kernel_shares_a_zero_page() ? 0 : 4 * KIB;
    assert_true(os_memory_page_sizes(&memory, &sizes, &error));
    assert_int_equal(sizes.base_page_bytes, 4 * KIB);
    assert_int_equal(sizes.bytes_in_base, MIB + read_bytes);
    assert_int_equal(sizes.bytes_in_large, 0);
    assert_int_equal(sizes.large_page_bytes, 0);
    os_memory_collapse(&memory); // has no effect on pages that must be small
    assert_true(os_memory_page_sizes(&memory, &sizes, &error));
    assert_int_equal(sizes.bytes_in_large, 0);
    os_memory_release(&memory);
    os_memory_release(&neighbour);
}

static void transparent_pages_are_counted_by_their_real_size(void **state) {
    (void)state;
    need_own_kernel();
    struct os_memory memory;
    struct os_page_sizes sizes;
    struct error error;
    if (!os_memory_acquire(&memory, 8 * MIB, kind("thp"), node_set_of(own_node()), &error)) {
        assert_int_equal(error.kind, ERROR_KIND_REFUSED);
        print_message("%s\n", error.text);
        skip();
    }
    assert_int_equal(memory.page_bytes, os_transparent_page_bytes());
    assert_int_equal((uintptr_t)memory.base % memory.page_bytes, 0);
    write_pages(&memory, 4 * KIB);
    os_memory_collapse(&memory);
    assert_true(os_memory_page_sizes(&memory, &sizes, &error));
    assert_int_equal(sizes.bytes_in_base + sizes.bytes_in_large, memory.size_bytes);
    assert_int_equal(sizes.large_page_bytes,
                     sizes.bytes_in_large ? os_transparent_page_bytes() : 0);
    if (sizes.bytes_in_large < memory.size_bytes)
        print_message("only %llu bytes became huge\n", (unsigned long long)sizes.bytes_in_large);
    assert_int_equal(place_at(&memory, memory.size_bytes - 1), node_set_only(&memory.nodes));
    os_memory_release(&memory);
}

// Pages that were small at the first touch, as on a fragmented node, and could be huge later.
static struct os_memory written_in_small_pages(void) {
    struct os_memory memory = acquired(8 * MIB, "thp");
    assert_int_equal(madvise(memory.base, memory.size_bytes, MADV_NOHUGEPAGE), 0);
    write_pages(&memory, 4 * KIB);
    assert_int_equal(madvise(memory.base, memory.size_bytes, MADV_HUGEPAGE), 0);
    struct os_page_sizes sizes;
    struct error error;
    assert_true(os_memory_page_sizes(&memory, &sizes, &error));
    assert_int_equal(sizes.bytes_in_large, 0);
    assert_int_equal(sizes.bytes_in_base, 8 * MIB);
    return memory;
}

static void collapse_makes_missed_pages_huge(void **state) {
    (void)state;
    need_own_kernel();
    struct os_memory memory;
    struct os_page_sizes sizes;
    struct error error;
    if (!os_memory_acquire(&memory, 8 * MIB, kind("thp"), node_set_of(own_node()), &error)) {
        print_message("%s\n", error.text);
        skip();
    }
    os_memory_release(&memory);
    // What the kernel can do now, asked without our code; 25 is MADV_COLLAPSE.
    memory = written_in_small_pages();
    bool possible = madvise(memory.base, memory.size_bytes, 25) == 0;
    os_memory_release(&memory);
    memory = written_in_small_pages();
    os_memory_collapse(&memory);
    assert_true(os_memory_page_sizes(&memory, &sizes, &error));
    assert_int_equal(sizes.bytes_in_base + sizes.bytes_in_large, 8 * MIB);
    assert_int_equal(place_at(&memory, 0), node_set_only(&memory.nodes));
    os_memory_release(&memory);
    if (possible)
        assert_true(sizes.bytes_in_large > 0);
    else
        print_message("this kernel (before 6.1?) or its free memory gives no huge page now\n");
}

static void node_4095_is_refused(void **state) {
    (void)state;
    const struct page_kind *kinds[OS_PAGE_KINDS_MAX];
    const size_t count = os_page_kinds(kinds);
    for (size_t i = 0; i < count; i++) {
        struct os_memory memory;
        struct error error;
        assert_false(os_memory_acquire(&memory, MIB, kinds[i], node_set_of(4095), &error));
        assert_int_equal(error.kind, ERROR_KIND_REFUSED);
        assert_non_null(strstr(error.text, "4095"));
        assert_null(memory.base);
    }
}

static void pages_of_windows_are_refused_with_the_kinds_that_there_are(void **state) {
    (void)state;
    struct os_memory memory;
    struct error error;
    assert_false(os_memory_acquire(&memory, MIB, kind("awe"), node_set_of(own_node()), &error));
    assert_int_equal(error.kind, ERROR_KIND_REFUSED);
    assert_non_null(strstr(error.text, "kind awe exist on Windows only: numaprobe list pages"));
    assert_null(memory.base);
}

static int acquire_too_much_without_mmap(void) {
    struct os_memory memory;
    struct error error;
    uint64_t total_bytes, free_bytes;
    uint32_t node = own_node();
    EXPECT(os_node_memory(node, &total_bytes, &free_bytes, &error));
    // Large mappings are denied, so that only a check made before can lead to this sentence.
    deny_when(SYS_mmap, EIO, 1, AT_LEAST, 64 * MIB);
    EXPECT(
        !os_memory_acquire(&memory, free_bytes, page_kind_find("4K"), node_set_of(node), &error));
    EXPECT(error.kind == ERROR_KIND_REFUSED && strstr(error.text, "free (with file cache"));
    EXPECT(
        !os_memory_acquire(&memory, UINT64_MAX, page_kind_find("4K"), node_set_of(node), &error));
    EXPECT(error.kind == ERROR_KIND_REFUSED && strstr(error.text, "free (with file cache"));
    EXPECT(!os_memory_acquire(&memory, 65 * MIB, page_kind_find("4K"), node_set_of(node), &error));
    EXPECT(error.os_number == EIO);
    return 0;
}

static void more_than_the_node_has_free_is_refused_before_mapping(void **state) {
    (void)state;
    need_own_kernel();
    assert_child_succeeds(acquire_too_much_without_mmap);
}

// ---- huge pages of the pool ---------------------------------------------------------------------

static char *pool_file(char path[LINUX_PATH_BYTES], const char *name) {
    return linux_path(path, "/sys/devices/system/node/node%u/hugepages/hugepages-2048kB/%s",
                      own_node(), name);
}

static bool read_pool(const char *name, uint64_t *pages) {
    char path[LINUX_PATH_BYTES];
    struct error error;
    return linux_read_number(pages, pool_file(path, name), &error);
}

static bool write_pool(uint64_t pages) {
    char path[LINUX_PATH_BYTES];
    FILE *file = fopen(pool_file(path, "nr_hugepages"), "w");
    if (!file)
        return false;
    bool written = fprintf(file, "%llu\n", (unsigned long long)pages) > 0;
    return fclose(file) == 0 && written;
}

static void more_huge_pages_than_are_free_are_refused_with_the_command(void **state) {
    (void)state;
    struct os_memory memory;
    struct error error;
    uint64_t free_pages = 0, pool_pages = 0;
    char needed[64], command[64];
    if (!read_pool("free_hugepages", &free_pages) || !read_pool("nr_hugepages", &pool_pages)) {
        print_message("this kernel has no pool of 2 MiB pages\n");
        skip();
    }
    assert_false(os_memory_acquire(&memory, (free_pages + 3) * 2 * MIB, kind("2M"),
                                   node_set_of(own_node()), &error));
    assert_int_equal(error.kind, ERROR_KIND_REFUSED);
    snprintf(needed, sizeof needed, "%llu huge pages of 2MiB are needed",
             (unsigned long long)free_pages + 3);
    snprintf(command, sizeof command, "echo %llu | sudo tee /sys/devices/system/node/",
             (unsigned long long)pool_pages + 3);
    assert_non_null(strstr(error.text, needed));
    assert_non_null(strstr(error.text, command));
}

static int acquire_what_is_promised_to_others(void) {
    struct os_memory memory;
    struct error error;
    uint64_t free_pages, total;
    EXPECT(read_pool("free_hugepages", &free_pages));
    EXPECT(linux_read_number(&total, "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages",
                             &error));
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | 21 << 26;
    EXPECT(mmap(NULL, total * 2 * MIB, PROT_READ | PROT_WRITE, flags, -1, 0) != MAP_FAILED);
    EXPECT(!os_memory_acquire(&memory, 2 * MIB, page_kind_find("2M"), node_set_of(own_node()),
                              &error));
    EXPECT(error.kind == ERROR_KIND_REFUSED && strstr(error.text, "promised to other mappings"));
    EXPECT(memory.base == NULL);
    return 0;
}

static int acquire_where_populate_fails(void) {
    struct os_memory memory;
    struct error error;
    uint64_t before, after;
    deny_when(SYS_madvise, EFAULT, 2, EQUAL, 23);
    EXPECT(read_pool("free_hugepages", &before));
    EXPECT(!os_memory_acquire(&memory, 2 * MIB, page_kind_find("2M"), node_set_of(own_node()),
                              &error));
    EXPECT(error.kind == ERROR_KIND_REFUSED && strstr(error.text, "did not give all"));
    EXPECT(read_pool("free_hugepages", &after) && before == after);
    return 0;
}

static int acquire_where_populate_is_not_known(void) {
    struct os_memory memory;
    struct error error;
    deny_when(SYS_madvise, EINVAL, 2, EQUAL, 23);
    EXPECT(
        os_memory_acquire(&memory, 2 * MIB, page_kind_find("2M"), node_set_of(own_node()), &error));
    ((volatile char *)memory.base)[0] = 1;
    EXPECT(place_at(&memory, 0) == (int32_t)node_set_only(&memory.nodes));
    os_memory_release(&memory);
    return 0;
}

static int use_pool_pages(void) {
    struct os_memory memory;
    struct os_page_sizes sizes;
    struct error error;
    uint64_t before, during, after;
    EXPECT(read_pool("free_hugepages", &before));
    EXPECT(os_memory_acquire(&memory, 4 * MIB + 1, page_kind_find("2M"), node_set_of(own_node()),
                             &error));
    EXPECT(memory.size_bytes == 6 * MIB && memory.page_bytes == 2 * MIB);
    EXPECT(read_pool("free_hugepages", &during) && during == before - 3);
    write_pages(&memory, 4 * KIB);
    for (uint64_t at = 0; at < memory.size_bytes; at += 512 * KIB)
        EXPECT(place_at(&memory, at) == (int32_t)node_set_only(&memory.nodes));
    EXPECT(os_memory_page_sizes(&memory, &sizes, &error));
    EXPECT(sizes.bytes_in_large == 6 * MIB && sizes.bytes_in_base == 0);
    EXPECT(sizes.large_page_bytes == 2 * MIB && sizes.base_page_bytes == os_base_page_bytes());
    os_memory_release(&memory);
    EXPECT(read_pool("free_hugepages", &after) && after == before);
    return 0;
}

static void pool_pages_are_taken_shown_and_given_back(void **state) {
    (void)state;
    need_own_kernel();
    uint64_t pool_pages = 0, now;
    if (!read_pool("nr_hugepages", &pool_pages) || !write_pool(pool_pages + 4)) {
        print_message("no huge pages can be reserved: not root, or no pool\n");
        skip();
    }
    int (*const bodies[])(void) = {use_pool_pages, acquire_what_is_promised_to_others,
                                   acquire_where_populate_fails,
                                   acquire_where_populate_is_not_known};
    int statuses[COUNT_OF(bodies)] = {0};
    bool reserved = read_pool("nr_hugepages", &now) && now == pool_pages + 4;
    for (size_t i = 0; i < COUNT_OF(bodies) && reserved; i++)
        statuses[i] = in_child(bodies[i]);
    // Before any assertion, because the machine gets its pages back also when one fails.
    assert_true(write_pool(pool_pages));
    if (!reserved) {
        print_message("the kernel found no four free huge pages\n");
        skip();
    }
    for (size_t i = 0; i < COUNT_OF(bodies); i++)
        assert_int_equal(statuses[i], 0);
}

// Of one node, which every machine has: whether the kernel has the policy is all that is asked.
static void policies_of_the_kernel_are_set_and_read_back(void **state) {
    (void)state;
    static const struct {
        enum node_policy policy;
        const char *lack;
    } cases[] = {
        {NODES_INTERLEAVE, "is denied here"              },
        {NODES_PREFERRED,  "which Linux has from 5.15 on"}
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct node_set set = node_set_of(own_node());
        struct os_memory memory;
        struct error error;
        need_own_kernel();
        set.policy = cases[i].policy;
        if (!os_memory_acquire(&memory, MIB, kind("4K"), set, &error)) {
            if (!strstr(error.text, cases[i].lack))
                fail_msg("%s", error.text);
            continue;
        }
        if (memory.placed_by != OS_PLACED_KERNEL)
            skip(); // mbind is denied, and one node needs no policy
        write_pages(&memory, os_base_page_bytes());
        assert_int_equal(place_at(&memory, 0), own_node());
        os_memory_release(&memory);
    }
}

// ---- denied calls -------------------------------------------------------------------------------

static const int denials[] = {EPERM, ENOSYS};
static size_t denial;

// What the node of this test allows: the only one, or one with CPUs, or neither (of files:
// test_os_linux.c).
static int acquire_by_another_way(const char *call) {
    struct os_memory memory;
    struct error error;
    struct id_set cpus;
    uint32_t only;
    bool alone = os_only_memory_node(&only);
    EXPECT(os_usable_cpus_of_node(own_node(), &cpus, &error));
    bool possible = alone || cpus.count > 0;
    id_set_free(&cpus);
    if (os_memory_acquire(&memory, MIB, page_kind_find("4K"), node_set_of(own_node()), &error)) {
        EXPECT(possible);
        EXPECT(memory.placed_by == (alone ? OS_PLACED_ONLY_NODE : OS_PLACED_FIRST_TOUCH));
        os_memory_release(&memory);
        return 0;
    }
    EXPECT(!possible);
    EXPECT(error.kind == ERROR_KIND_REFUSED && error.os_number == (uint32_t)denials[denial]);
    EXPECT(strstr(error.text, call) && strstr(error.text, "--cap-add SYS_NICE"));
    EXPECT(memory.base == NULL);
    return 0;
}

static int acquire_without_mbind(void) {
    deny(SYS_mbind, denials[denial]);
    return acquire_by_another_way("mbind(2) is denied");
}

// What cannot be read back is not said to be bound.
static int acquire_without_reading_back(void) {
    deny(SYS_get_mempolicy, denials[denial]);
    return acquire_by_another_way("get_mempolicy(2) is denied");
}

// SECCOMP_RET_ERRNO with 0: the call seems to succeed, and has done nothing.
static int acquire_where_mbind_lies(void) {
    struct os_memory memory;
    struct error error;
    deny(SYS_mbind, 0);
    EXPECT(!os_memory_acquire(&memory, MIB, page_kind_find("4K"), node_set_of(own_node()), &error));
    EXPECT(error.kind == ERROR_KIND_REFUSED && strstr(error.text, "read back"));
    return 0;
}

static int locate_without_move_pages(void) {
    struct error error;
    void *address = &error;
    int32_t node;
    deny(SYS_move_pages, denials[denial]);
    EXPECT(!os_pages_locate(&address, 1, &node, &error));
    EXPECT(error.kind == ERROR_KIND_UNAVAILABLE);
    EXPECT(error.os_number == (uint32_t)denials[denial]);
    EXPECT(strstr(error.text, "move_pages(2)") && strstr(error.text, "seccomp"));
    return 0;
}

static int ask_place_without_getcpu(void) {
    uint32_t cpu, node;
    struct error error;
    deny(SYS_getcpu, ENOSYS);
    EXPECT(!os_current_place(&cpu, &node, &error));
    EXPECT(error.kind == ERROR_KIND_UNAVAILABLE && strstr(error.text, "getcpu(2)"));
    return 0;
}

static void denied_calls_are_refused_or_unavailable_by_name(void **state) {
    (void)state;
    int (*const bodies[])(void) = {acquire_without_mbind, acquire_without_reading_back,
                                   acquire_where_mbind_lies, locate_without_move_pages,
                                   ask_place_without_getcpu};
    for (denial = 0; denial < COUNT_OF(denials); denial++)
        for (size_t i = 0; i < COUNT_OF(bodies); i++)
            assert_child_succeeds(bodies[i]);
}

static int switch_thp_off(void) {
    struct os_memory memory;
    struct error error;
    EXPECT(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) == 0);
    EXPECT(
        !os_memory_acquire(&memory, MIB, page_kind_find("thp"), node_set_of(own_node()), &error));
    EXPECT(error.kind == ERROR_KIND_REFUSED && strstr(error.text, "PR_SET_THP_DISABLE"));
    return 0;
}

static void a_process_without_transparent_pages_is_refused_them(void **state) {
    (void)state;
    need_own_kernel();
    struct os_memory memory;
    struct error error;
    if (!os_memory_acquire(&memory, MIB, kind("thp"), node_set_of(own_node()), &error)) {
        print_message("%s\n", error.text);
        skip();
    }
    os_memory_release(&memory);
    assert_child_succeeds(switch_thp_off);
}

// ---- nodes and CPUs -----------------------------------------------------------------------------

static void allowed_cpus_are_those_of_the_kernel_and_online(void **state) {
    (void)state;
    struct id_set allowed, online;
    struct error error;
    assert_true(os_cpus_allowed(&allowed, &error));
    assert_true(os_cpus_online(&online, &error));
    const size_t set_bytes = CPU_ALLOC_SIZE(ID_SET_MAX);
    cpu_set_t *set = CPU_ALLOC(ID_SET_MAX);
    CPU_ZERO_S(set_bytes, set);
    assert_int_equal(sched_getaffinity(0, set_bytes, set), 0);
    assert_int_equal(allowed.count, CPU_COUNT_S(set_bytes, set));
    for (size_t i = 0; i < allowed.count; i++) {
        assert_true(CPU_ISSET_S(allowed.ids[i], set_bytes, set));
        assert_true(id_set_contains(&online, allowed.ids[i]));
    }
    CPU_FREE(set);
    id_set_free(&allowed);
    id_set_free(&online);
}

static int ask_allowed_with_a_longer_mask(void) {
    struct id_set before, after;
    struct error error;
    EXPECT(os_cpus_allowed(&before, &error));
    // What a kernel built for 32768 CPUs says to every shorter mask.
    deny_when(SYS_sched_getaffinity, EINVAL, 1, BELOW, 32768 / 8);
    EXPECT(os_cpus_allowed(&after, &error));
    EXPECT(after.count == before.count);
    return 0;
}

static int ask_allowed_with_masks_always_too_short(void) {
    struct id_set allowed;
    struct error error;
    deny(SYS_sched_getaffinity, EINVAL);
    EXPECT(!os_cpus_allowed(&allowed, &error));
    EXPECT(error.kind == ERROR_KIND_FAILED && error.os_number == EINVAL);
    EXPECT(strstr(error.text, "sched_getaffinity(2)"));
    return 0;
}

static void run_nothing(void *argument) {
    (void)argument;
}

struct seen {
    cpu_set_t affinity;
    uint32_t cpu, node;
    bool asked;
};

static void look_around(void *argument) {
    struct seen *seen = argument;
    struct error error;
    CPU_ZERO(&seen->affinity);
    seen->asked = sched_getaffinity(0, sizeof seen->affinity, &seen->affinity) == 0 &&
                  os_current_place(&seen->cpu, &seen->node, &error);
}

static void each_cpu_is_on_the_node_that_the_kernel_says_there(void **state) {
    (void)state;
    struct id_set cpus;
    struct error error;
    assert_true(os_cpus_allowed(&cpus, &error));
    for (size_t i = 0; i < cpus.count && cpus.ids[i] < CPU_SETSIZE; i++) {
        struct os_thread thread;
        struct seen seen = {0};
        uint32_t node;
        assert_true(os_thread_start(&thread, cpus.ids[i], look_around, &seen, &error));
        os_thread_join(&thread);
        assert_true(seen.asked);
        assert_int_equal(seen.cpu, cpus.ids[i]);
        assert_int_equal(CPU_COUNT(&seen.affinity), 1);
        assert_true(CPU_ISSET(cpus.ids[i], &seen.affinity));
        assert_true(os_node_of_cpu(cpus.ids[i], &node, &error));
        assert_int_equal(node, seen.node);
    }
    id_set_free(&cpus);
}

static void masks_of_any_length_are_asked_for(void **state) {
    (void)state;
    assert_child_succeeds(ask_allowed_with_a_longer_mask);
    assert_child_succeeds(ask_allowed_with_masks_always_too_short);
}

static void a_missing_cpu_has_no_node_and_no_thread(void **state) {
    (void)state;
    struct id_set online;
    struct error error;
    uint32_t node;
    assert_true(os_cpus_online(&online, &error));
    const uint32_t absent[] = {online.ids[online.count - 1] + 1, 8191, ID_SET_MAX, UINT32_MAX};
    for (size_t i = 0; i < COUNT_OF(absent); i++) {
        struct os_thread thread;
        char number[16];
        assert_true(os_node_of_cpu(absent[i], &node, &error));
        assert_int_equal(node, NONE_U32);
        assert_false(os_thread_start(&thread, absent[i], run_nothing, NULL, &error));
        assert_int_equal(error.kind, ERROR_KIND_REFUSED);
        snprintf(number, sizeof number, "CPU %u is not", absent[i]);
        assert_non_null(strstr(error.text, number));
        assert_null(thread.handle);
    }
    id_set_free(&online);
}

static void only_online_nodes_have_memory(void **state) {
    (void)state;
    struct id_set nodes;
    struct error error;
    uint64_t total_bytes, free_bytes;
    uint32_t cpu, node;
    assert_true(os_nodes(&nodes, &error));
    assert_true(os_current_place(&cpu, &node, &error));
    assert_true(id_set_contains(&nodes, node));
    id_set_free(&nodes);
    assert_true(os_node_memory(own_node(), &total_bytes, &free_bytes, &error));
    assert_true(free_bytes > 0 && free_bytes <= total_bytes);
    assert_false(os_node_memory(4095, &total_bytes, &free_bytes, &error));
    assert_int_equal(error.kind, ERROR_KIND_REFUSED);
}

// ---- threads and clock --------------------------------------------------------------------------

static void a_started_thread_runs_once_and_is_joined(void **state) {
    (void)state;
    struct os_thread thread;
    struct seen seen = {0};
    struct error error;
    uint32_t cpu, node;
    assert_true(os_current_place(&cpu, &node, &error));
    assert_true(os_thread_start(&thread, cpu, look_around, &seen, &error));
    assert_non_null(thread.handle);
    os_thread_join(&thread);
    assert_null(thread.handle);
    assert_true(seen.asked);
}

static int start_thread_beyond_the_limit(void) {
    struct os_thread thread;
    struct error error;
    uint32_t cpu, node;
    EXPECT(os_current_place(&cpu, &node, &error));
    deny(SYS_clone3, EAGAIN);
    deny(SYS_clone, EAGAIN);
    EXPECT(!os_thread_start(&thread, cpu, run_nothing, NULL, &error));
    EXPECT(error.kind == ERROR_KIND_FAILED && error.os_number == EAGAIN);
    EXPECT(strstr(error.text, "ulimit -u"));
    return 0;
}

static uint32_t first_allowed_cpu(void) {
    struct id_set cpus;
    struct error error;
    CHECK(os_cpus_allowed(&cpus, &error));
    uint32_t cpu = cpus.ids[0];
    id_set_free(&cpus);
    return cpu;
}

// Only EAGAIN speaks of a limit.
static int start_thread_where_something_else_fails(void) {
    struct os_thread thread;
    struct error error;
    deny(SYS_clone3, ENOSPC);
    deny(SYS_clone, ENOSPC);
    EXPECT(!os_thread_start(&thread, first_allowed_cpu(), run_nothing, NULL, &error));
    EXPECT(error.kind == ERROR_KIND_FAILED && error.os_number == ENOSPC);
    EXPECT(!strstr(error.text, "ulimit") && !strstr(error.text, "denied"));
    return 0;
}

static void a_thread_that_the_system_does_not_grant_is_an_error(void **state) {
    (void)state;
    assert_child_succeeds(start_thread_beyond_the_limit);
    assert_child_succeeds(start_thread_where_something_else_fails);
}

static int start_without_clone(void) {
    struct os_thread thread;
    struct error error;
    deny(SYS_clone3, EPERM);
    EXPECT(!os_thread_start(&thread, first_allowed_cpu(), run_nothing, NULL, &error));
    EXPECT(error.kind == ERROR_KIND_REFUSED && error.os_number == EPERM);
    EXPECT(strstr(error.text, "denies clone3(2)") && !strstr(error.text, "ulimit"));
    return 0;
}

static int start_without_pinning(void) {
    struct os_thread thread;
    struct error error;
    deny(SYS_sched_setaffinity, denials[denial]);
    EXPECT(!os_thread_start(&thread, first_allowed_cpu(), run_nothing, NULL, &error));
    EXPECT(error.kind == ERROR_KIND_REFUSED && error.os_number == (uint32_t)denials[denial]);
    EXPECT(strstr(error.text, "denies sched_setaffinity(2)"));
    EXPECT(!strstr(error.text, "ulimit"));
    EXPECT(thread.handle == NULL);
    return 0;
}

// The number 0 is the thread that calls.
static int start_where_threads_pin_only_themselves(void) {
    struct os_thread thread;
    struct error error;
    struct seen seen = {0};
    uint32_t cpu = first_allowed_cpu();
    deny_when(SYS_sched_setaffinity, denials[denial], 0, AT_LEAST, 1);
    EXPECT(os_thread_start(&thread, cpu, look_around, &seen, &error));
    os_thread_join(&thread);
    EXPECT(seen.asked && seen.cpu == cpu);
    return 0;
}

static void a_denied_thread_names_the_denied_call(void **state) {
    (void)state;
    int (*const bodies[])(void) = {start_without_clone, start_without_pinning,
                                   start_where_threads_pin_only_themselves};
    for (denial = 0; denial < COUNT_OF(denials); denial++)
        for (size_t i = 0; i < COUNT_OF(bodies); i++)
            assert_child_succeeds(bodies[i]);
}

static void usage_grows_with_work_and_faults(void **state) {
    (void)state;
    struct os_usage before, after;
    os_thread_usage(&before);
    struct os_memory memory = acquired(MIB, "4K");
    write_pages(&memory, 4 * KIB);
    for (int i = 0; i < 100000; i++)
        os_spin_pause();
    os_memory_release(&memory);
    os_thread_usage(&after);
    assert_true(before.cpu_ns != NONE_U64 && after.cpu_ns > before.cpu_ns);
    assert_true(after.minor_faults >= before.minor_faults + 256);
    assert_true(after.major_faults >= before.major_faults && after.major_faults != NONE_U64);
    assert_true(after.involuntary_switches >= before.involuntary_switches);
    assert_true(after.run_delay_ns >= before.run_delay_ns);
}

static void system_counters_increase_or_are_unknown(void **state) {
    (void)state;
    struct id_set cpus = {0};
    id_set_add(&cpus, 0);
    uint64_t pages = os_migrated_pages(), events = os_throttle_events(&cpus);
    assert_true(pages == NONE_U64 || os_migrated_pages() >= pages);
    assert_true(events == NONE_U64 || os_throttle_events(&cpus) >= events);
    id_set_free(&cpus);
}

static void steal_is_known_for_cpus_that_are_there_only(void **state) {
    (void)state;
    struct id_set cpus;
    struct error error;
    assert_true(os_cpus_online(&cpus, &error));
    assert_true(os_steal_ns(&cpus) != NONE_U64);
    id_set_add(&cpus, ID_SET_MAX);
    assert_true(os_steal_ns(&cpus) == NONE_U64);
    id_set_free(&cpus);
}

static void the_clock_goes_forward_in_steps(void **state) {
    (void)state;
    struct timespec since_boot;
    assert_int_equal(clock_gettime(CLOCK_MONOTONIC_RAW, &since_boot), 0);
    os_start();
    uint64_t before_ns = os_clock_ns();
    assert_true(before_ns < (uint64_t)since_boot.tv_sec * NS_PER_S);
    const struct timespec pause = {.tv_nsec = 2000000};
    assert_int_equal(nanosleep(&pause, NULL), 0);
    assert_true(os_clock_ns() >= before_ns + NS_PER_MS);
    uint64_t step_ns = os_clock_step_ns();
    assert_true(step_ns > 0 && step_ns <= 20 * NS_PER_MS);
}

// ---- facts --------------------------------------------------------------------------------------

static void facts_have_unique_names_and_a_value_or_a_reason(void **state) {
    (void)state;
    struct os_fact facts[OS_FACTS_MAX];
    char host[256];
    size_t count = os_facts(facts, OS_FACTS_MAX);
    assert_true(count > 20 && count <= OS_FACTS_MAX);
    for (size_t i = 0; i < count; i++) {
        assert_non_null(memchr(facts[i].value, '\0', sizeof facts[i].value));
        assert_true(facts[i].available || strlen(facts[i].value) > 10);
        assert_null(strstr(facts[i].name, "serial"));
        assert_null(strstr(facts[i].name, "uuid"));
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(facts[i].name, facts[j].name);
        const char *value = os_fact_value(facts, count, facts[i].name);
        assert_true(facts[i].available ? value == facts[i].value : value == NULL);
    }
    assert_int_equal(gethostname(host, sizeof host), 0);
    assert_string_equal(os_fact_value(facts, count, "host"), host);
    assert_null(os_fact_value(facts, count, "no such fact"));
    struct os_fact few[3];
    few[2].name = "untouched";
    assert_int_equal(os_facts(few, 2), 2);
    assert_string_equal(few[1].name, facts[1].name);
    assert_string_equal(few[2].name, "untouched");
}

// ---- the process and its terminal ---------------------------------------------------------------

static bool open_directory(const char *path, enum os_directory_use use, struct error *error) {
    struct os_directory directory;
    bool exists;
    bool opened = os_directory_open(&directory, path, use, &exists, error);
    assert_true(!exists || (use == OS_DIRECTORY_NEW && !opened));
    os_directory_close(&directory);
    return opened;
}

static void a_directory_is_created_or_found_and_else_an_error_with_its_path(void **state) {
    (void)state;
    char root[] = "/tmp/numaprobe-test-XXXXXX";
    char path[256], below[300];
    struct error error;
    struct stat status;
    assert_non_null(mkdtemp(root));
    snprintf(path, sizeof path, "%s/new", root);
    assert_false(open_directory(path, OS_DIRECTORY_OLD, &error));
    assert_int_equal(error.os_number, ENOENT);
    assert_true(open_directory(path, OS_DIRECTORY_ANY, &error));
    assert_int_equal(stat(path, &status), 0);
    assert_true(S_ISDIR(status.st_mode));
    assert_true(open_directory(path, OS_DIRECTORY_ANY, &error));
    assert_true(open_directory(path, OS_DIRECTORY_OLD, &error));
    assert_false(open_directory(path, OS_DIRECTORY_NEW, &error));
    assert_int_equal(error.os_number, EEXIST);
    assert_int_equal(rmdir(path), 0);
    assert_true(open_directory(path, OS_DIRECTORY_NEW, &error));
    assert_int_equal(rmdir(path), 0);

    // A file in its place, and a directory below nothing.
    int file = open(path, O_CREAT | O_WRONLY, 0600);
    assert_true(file >= 0);
    close(file);
    assert_false(open_directory(path, OS_DIRECTORY_ANY, &error));
    assert_int_equal(error.kind, ERROR_KIND_FAILED);
    assert_non_null(strstr(error.text, path));
    assert_non_null(strstr(error.text, "a file of that name"));
    snprintf(below, sizeof below, "%s/below", path);
    assert_false(open_directory(below, OS_DIRECTORY_ANY, &error));
    assert_int_equal(error.os_number, ENOTDIR);
    assert_int_equal(unlink(path), 0);
    assert_false(open_directory(below, OS_DIRECTORY_ANY, &error));
    assert_int_equal(error.os_number, ENOENT);
    assert_non_null(strstr(error.text, below));

    // A link to nowhere is there and is no directory.
    assert_int_equal(symlink("nowhere", path), 0);
    assert_false(open_directory(path, OS_DIRECTORY_ANY, &error));
    assert_int_equal(error.kind, ERROR_KIND_FAILED);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(root), 0);
}

static char locked_directory[] = "/tmp/numaprobe-test-XXXXXX";

static int create_as_nobody(void) {
    struct error error;
    EXPECT(geteuid() != 0 || setuid(65534) == 0);
    EXPECT(!open_directory(locked_directory, OS_DIRECTORY_ANY, &error));
    EXPECT(error.kind == ERROR_KIND_FAILED && error.os_number == EACCES);
    EXPECT(strstr(error.text, locked_directory) && strstr(error.text, "cannot write to"));
    return 0;
}

static void a_directory_that_cannot_be_written_to_is_an_error(void **state) {
    (void)state;
    assert_non_null(mkdtemp(locked_directory));
    assert_int_equal(chmod(locked_directory, 0555), 0);
    int status = in_child(create_as_nobody);
    assert_int_equal(rmdir(locked_directory), 0);
    assert_int_equal(status, 0);
}

static void a_terminal_has_columns_and_a_pipe_has_none(void **state) {
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_false(os_is_terminal(ends[1]));
    assert_int_equal(os_terminal_columns(ends[1]), 0);
    close(ends[0]);
    close(ends[1]);
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) {
        print_message("no pseudo terminal here\n");
        skip();
    }
    int terminal = open(ptsname(master), O_RDWR | O_NOCTTY);
    assert_true(terminal >= 0);
    const struct winsize size = {.ws_row = 40, .ws_col = 132};
    assert_int_equal(ioctl(terminal, TIOCSWINSZ, &size), 0);
    assert_true(os_is_terminal(terminal));
    assert_int_equal(os_terminal_columns(terminal), 132);
    close(terminal);
    close(master);
}

static int first_signal, second_signal;

static int receive_two_signals(void) {
    os_interrupt_catch();
    EXPECT(!os_interrupted());
    EXPECT(raise(first_signal) == 0);
    EXPECT(os_interrupted());
    raise(second_signal);
    return 0;
}

static void one_interrupt_raises_the_flag_and_a_second_one_ends(void **state) {
    (void)state;
    const int signals[] = {SIGINT, SIGTERM};
    for (size_t i = 0; i < 4; i++) {
        first_signal = signals[i / 2];
        second_signal = signals[i % 2];
        int status = in_child(receive_two_signals);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), second_signal);
    }
    assert_false(os_interrupted());
}

static void error_numbers_have_a_sentence_that_fits(void **state) {
    (void)state;
    char text[64], little[8];
    assert_string_equal(os_error_text(ENOENT, text, sizeof text), "No such file or directory");
    assert_string_equal(os_error_text(ENOENT, little, sizeof little), "No such");
    assert_null(strchr(os_error_text(12345, text, sizeof text), '\n'));
    assert_string_equal(os_name, "linux");
}

// ---- the self-test ------------------------------------------------------------------------------

static void note_check(void *context, const struct os_check *check) {
    size_t *outcomes = context;
    assert_true(check->name[0] && check->document[0] && check->expected[0] && check->found[0]);
    assert_in_range(check->outcome, 0, OS_OUTCOME_COUNT - 1);
    outcomes[check->outcome]++;
    if (check->outcome == OS_DIFFERS)
        print_message("%s: %s\n", check->name, check->found);
}

static void the_self_test_agrees_with_the_system_that_runs_it(void **state) {
    (void)state;
    size_t outcomes[OS_OUTCOME_COUNT] = {0};
    os_self_test(note_check, outcomes);
    assert_int_equal(outcomes[OS_DIFFERS], 0);
    assert_true(outcomes[OS_AGREES] >= 4); // whatever a container denies
}

int main(void) {
    os_start();
    own_node(); // also for the children
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_self_test_agrees_with_the_system_that_runs_it),
        cmocka_unit_test(an_untouched_page_is_on_no_node),
        cmocka_unit_test(a_page_that_was_written_and_dropped_is_on_no_node),
        cmocka_unit_test(a_page_only_read_is_resident_unless_it_is_the_zero_page),
        cmocka_unit_test(an_address_without_mapping_is_on_no_node),
        cmocka_unit_test(written_pages_are_on_each_node_that_was_asked),
        cmocka_unit_test(many_pages_are_located_in_one_call),
        cmocka_unit_test(pages_are_counted_on_the_nodes_that_locate_them),
        cmocka_unit_test(the_kernel_shows_the_policy_of_the_buffer),
        cmocka_unit_test(buffers_are_aligned_and_consist_of_whole_pages),
        cmocka_unit_test(a_page_without_access_guards_each_side),
        cmocka_unit_test(a_write_outside_the_buffer_is_a_fault),
        cmocka_unit_test(the_kernel_shows_the_advice_of_the_buffer),
        cmocka_unit_test(small_pages_are_counted_as_small_when_written),
        cmocka_unit_test(transparent_pages_are_counted_by_their_real_size),
        cmocka_unit_test(collapse_makes_missed_pages_huge),
        cmocka_unit_test(node_4095_is_refused),
        cmocka_unit_test(pages_of_windows_are_refused_with_the_kinds_that_there_are),
        cmocka_unit_test(more_than_the_node_has_free_is_refused_before_mapping),
        cmocka_unit_test(more_huge_pages_than_are_free_are_refused_with_the_command),
        cmocka_unit_test(pool_pages_are_taken_shown_and_given_back),
        cmocka_unit_test(policies_of_the_kernel_are_set_and_read_back),
        cmocka_unit_test(denied_calls_are_refused_or_unavailable_by_name),
        cmocka_unit_test(a_process_without_transparent_pages_is_refused_them),
        cmocka_unit_test(allowed_cpus_are_those_of_the_kernel_and_online),
        cmocka_unit_test(masks_of_any_length_are_asked_for),
        cmocka_unit_test(each_cpu_is_on_the_node_that_the_kernel_says_there),
        cmocka_unit_test(a_missing_cpu_has_no_node_and_no_thread),
        cmocka_unit_test(only_online_nodes_have_memory),
        cmocka_unit_test(a_started_thread_runs_once_and_is_joined),
        cmocka_unit_test(a_thread_that_the_system_does_not_grant_is_an_error),
        cmocka_unit_test(a_denied_thread_names_the_denied_call),
        cmocka_unit_test(usage_grows_with_work_and_faults),
        cmocka_unit_test(system_counters_increase_or_are_unknown),
        cmocka_unit_test(steal_is_known_for_cpus_that_are_there_only),
        cmocka_unit_test(the_clock_goes_forward_in_steps),
        cmocka_unit_test(facts_have_unique_names_and_a_value_or_a_reason),
        cmocka_unit_test(a_directory_is_created_or_found_and_else_an_error_with_its_path),
        cmocka_unit_test(a_directory_that_cannot_be_written_to_is_an_error),
        cmocka_unit_test(a_terminal_has_columns_and_a_pipe_has_none),
        cmocka_unit_test(one_interrupt_raises_the_flag_and_a_second_one_ends),
        cmocka_unit_test(error_numbers_have_a_sentence_that_fits),
    };
    return cmocka_run_group_tests_name("os", tests, NULL, NULL);
}
