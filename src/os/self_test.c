// SPDX-License-Identifier: Apache-2.0
#include "os/self_test.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { PAGES = 256 };

enum os_outcome self_test_tell(char found[OS_FOUND_BYTES], enum os_outcome outcome,
                               const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(found, OS_FOUND_BYTES, format, arguments);
    va_end(arguments);
    return outcome;
}

enum os_outcome self_test_error(char found[OS_FOUND_BYTES], const struct error *error) {
    bool differs = error->kind == ERROR_KIND_FAILED;
    return self_test_tell(found, differs ? OS_DIFFERS : OS_UNAVAILABLE, "%.300s", error->text);
}

// Runs on the CPU and waits for the end.
static bool run_on_cpu(uint32_t cpu, void (*run)(void *argument), void *argument,
                       struct error *error) {
    struct os_thread thread;
    if (!os_thread_start(&thread, cpu, run, argument, error))
        return false;
    os_thread_join(&thread);
    return true;
}

// ---- pages --------------------------------------------------------------------------------------

static void write_here(void *argument) {
    const struct os_memory *memory = argument;
    for (uint64_t at = 0; at < memory->size_bytes; at += os_base_page_bytes())
        ((volatile char *)memory->base)[at] = 1;
}

// From the node, where the first touch decides.
static bool write_pages(struct os_memory *memory, struct error *error) {
    uint32_t node = node_set_only(&memory->nodes);
    struct id_set cpus;
    if (memory->placed_by != OS_PLACED_FIRST_TOUCH) {
        write_here(memory);
        return true;
    }
    if (!os_usable_cpus_of_node(node, &cpus, error))
        return false;
    bool written = cpus.count > 0 // or the buffer would have been refused
                       ? run_on_cpu(cpus.ids[0], write_here, memory, error)
                       : error_set(error, ERROR_KIND_REFUSED, 0, "node %u lost its CPUs", node);
    id_set_free(&cpus);
    return written;
}

// How many of the first PAGES ordinary pages of a written buffer are on its node.
static bool count_on_node(const char *kind, uint32_t node, size_t *on_node, struct error *error) {
    struct os_memory memory;
    if (!os_memory_acquire(&memory, PAGES * os_base_page_bytes(), page_kind_find(kind),
                           node_set_of(node), error))
        return false;
    if (!write_pages(&memory, error)) {
        os_memory_release(&memory);
        return false;
    }
    void *addresses[PAGES];
    int32_t nodes[PAGES];
    for (size_t i = 0; i < PAGES; i++)
        addresses[i] = (char *)memory.base + i * os_base_page_bytes();
    bool told = os_pages_locate(addresses, PAGES, nodes, error);
    os_memory_release(&memory);
    *on_node = 0;
    for (size_t i = 0; told && i < PAGES; i++) {
        if (nodes[i] == OS_PAGE_UNKNOWN)
            return error_set(error, ERROR_KIND_UNAVAILABLE, 0,
                             "the system does not report the node of the page");
        *on_node += nodes[i] == (int32_t)node;
    }
    return told;
}

static enum os_outcome test_nodes_of_pages(char found[OS_FOUND_BYTES], const char *kind) {
    struct id_set nodes;
    struct error error;
    if (!os_nodes(&nodes, &error))
        return self_test_error(found, &error);
    size_t agreeing = 0, asked = 0;
    char first[128] = "";
    for (size_t i = 0; i < nodes.count; i++) {
        uint64_t total_bytes, free_bytes;
        size_t on_node;
        bool has_memory = os_node_memory(nodes.ids[i], &total_bytes, &free_bytes, &error) &&
                          total_bytes > 0 && free_bytes > 0;
        if (!has_memory)
            continue;
        if (!count_on_node(kind, nodes.ids[i], &on_node, &error)) {
            id_set_free(&nodes);
            return self_test_error(found, &error);
        }
        asked++;
        agreeing += on_node == PAGES;
        if (on_node != PAGES && !first[0])
            snprintf(first, sizeof first, "; node %u: %zu of %d pages", nodes.ids[i], on_node,
                     (int)PAGES);
    }
    id_set_free(&nodes);
    return self_test_tell(found, agreeing == asked ? OS_AGREES : OS_DIFFERS,
                          "all pages on their node for %zu of %zu nodes%s", agreeing, asked, first);
}

static enum os_outcome ordinary_pages(char found[OS_FOUND_BYTES]) {
    return test_nodes_of_pages(found, "base");
}

static enum os_outcome large_pages(char found[OS_FOUND_BYTES]) {
    return test_nodes_of_pages(found, "2M");
}

// Whether a written buffer lies in pages of the kind alone.
static enum os_outcome test_size(char found[OS_FOUND_BYTES], const char *kind) {
    struct id_set nodes;
    struct error error;
    struct os_memory memory;
    struct os_page_sizes sizes;
    if (!os_nodes(&nodes, &error))
        return self_test_error(found, &error);
    uint32_t node = nodes.ids[0];
    id_set_free(&nodes);
    if (!os_memory_acquire(&memory, 4 * MIB, page_kind_find(kind), node_set_of(node), &error))
        return self_test_error(found, &error);
    if (!write_pages(&memory, &error)) {
        os_memory_release(&memory);
        return self_test_error(found, &error);
    }
    os_memory_collapse(&memory);
    bool told = os_memory_page_sizes(&memory, &sizes, &error);
    bool large = memory.page_bytes > os_base_page_bytes();
    uint64_t right = large ? sizes.bytes_in_large : sizes.bytes_in_base;
    uint64_t all = memory.size_bytes;
    os_memory_release(&memory);
    if (!told)
        return self_test_error(found, &error);
    return self_test_tell(found, right == all ? OS_AGREES : OS_DIFFERS,
                          "%llu of %llu bytes in such pages", (unsigned long long)right,
                          (unsigned long long)all);
}

static enum os_outcome size_of_ordinary(char found[OS_FOUND_BYTES]) {
    return test_size(found, "base");
}

static enum os_outcome size_of_large(char found[OS_FOUND_BYTES]) {
    return test_size(found, "2M");
}

// ---- CPUs ---------------------------------------------------------------------------------------

struct place {
    uint32_t cpu, node;
    uint64_t clock_ns;
    bool told;
    struct error error;
};

static void see_place(void *argument) {
    struct place *place = argument;
    place->told = os_current_place(&place->cpu, &place->node, &place->error);
    place->clock_ns = os_clock_ns();
}

// Calls take for each allowed CPU with what a thread sees there; false ends it with differs.
static enum os_outcome each_place(char found[OS_FOUND_BYTES],
                                  bool (*take)(uint32_t cpu, const struct place *place,
                                               char found[OS_FOUND_BYTES])) {
    struct id_set cpus;
    struct error error;
    if (!os_cpus_allowed(&cpus, &error))
        return self_test_error(found, &error);
    enum os_outcome outcome = OS_AGREES;
    for (size_t i = 0; outcome == OS_AGREES && i < cpus.count; i++) {
        struct place place = {0};
        if (!run_on_cpu(cpus.ids[i], see_place, &place, &error))
            outcome = self_test_error(found, &error);
        else if (!place.told)
            outcome = self_test_error(found, &place.error);
        else if (!take(cpus.ids[i], &place, found))
            outcome = OS_DIFFERS;
    }
    if (outcome == OS_AGREES)
        self_test_tell(found, outcome, "so on %zu CPU%s", cpus.count, PLURAL(cpus.count));
    id_set_free(&cpus);
    return outcome;
}

static bool is_on_its_cpu(uint32_t cpu, const struct place *place, char found[OS_FOUND_BYTES]) {
    if (place->cpu != cpu)
        self_test_tell(found, OS_DIFFERS, "pinned to CPU %u, seen on CPU %u", cpu, place->cpu);
    return place->cpu == cpu;
}

static enum os_outcome threads_stay(char found[OS_FOUND_BYTES]) {
    return each_place(found, is_on_its_cpu);
}

static bool has_one_node(uint32_t cpu, const struct place *place, char found[OS_FOUND_BYTES]) {
    uint32_t node = NONE_U32;
    struct error error = {0};
    if (place->node == NONE_U32)
        return true; // judged by two_witnesses
    if (os_node_of_cpu(cpu, &node, &error) && node == place->node)
        return true;
    self_test_tell(found, OS_DIFFERS, "CPU %u: node %d by the table, node %u by the thread", cpu,
                   (int)node, place->node);
    return false;
}

static enum os_outcome two_witnesses(char found[OS_FOUND_BYTES]) {
    struct id_set cpus;
    struct error error;
    uint32_t node;
    struct place place = {0};
    if (!os_cpus_allowed(&cpus, &error))
        return self_test_error(found, &error);
    uint32_t first = cpus.ids[0];
    id_set_free(&cpus);
    if (!os_node_of_cpu(first, &node, &error) || !run_on_cpu(first, see_place, &place, &error))
        return self_test_error(found, &error);
    if (place.node == NONE_U32)
        return self_test_tell(found, OS_UNAVAILABLE, "%s names no node", os_current_place_source);
    return each_place(found, has_one_node);
}

static uint64_t last_clock_ns;

static bool is_later(uint32_t cpu, const struct place *place, char found[OS_FOUND_BYTES]) {
    bool later = place->clock_ns >= last_clock_ns;
    if (!later)
        self_test_tell(found, OS_DIFFERS, "on CPU %u the clock was %llu ns back", cpu,
                       (unsigned long long)(last_clock_ns - place->clock_ns));
    last_clock_ns = place->clock_ns;
    return later;
}

static enum os_outcome one_clock(char found[OS_FOUND_BYTES]) {
    last_clock_ns = os_clock_ns();
    return each_place(found, is_later);
}

// ---- the list -----------------------------------------------------------------------------------

// clang-format off
static const struct assumption shared[] = {
    {"ordinary_pages_lie_on_the_node_that_was_asked", "os.h, os_memory_acquire",
     "every page of a written 4K buffer on each node with memory", ordinary_pages},
    {"large_pages_lie_on_the_node_that_was_asked", "os.h, os_memory_acquire",
     "every page of a written 2M buffer on each node with memory", large_pages},
    {"ordinary_pages_are_ordinary", "os.h, os_memory_page_sizes",
     "no part of a 4K buffer in large pages", size_of_ordinary},
    {"large_pages_are_large", "os.h, os_memory_page_sizes",
     "all of a 2M buffer in large pages", size_of_large},
    {"pinned_threads_stay_on_their_cpu", "os.h, os_thread_start",
     "on each CPU, a pinned thread finds itself there", threads_stay},
    {"two_witnesses_name_one_node_for_each_cpu", "os.h, os_node_of_cpu, os_current_place",
     "the table and the thread name the same node", two_witnesses},
    {"one_clock_for_all_cpus", "os.h, os_clock_ns",
     "the clock does not go back from one CPU to the next", one_clock},
};
// clang-format on

const char *const os_outcome_names[OS_OUTCOME_COUNT] = {
    [OS_AGREES] = "agrees",
    [OS_DIFFERS] = "differs",
    [OS_UNAVAILABLE] = "unavailable",
};

static void look(const struct assumption *assumption,
                 void (*report)(void *context, const struct os_check *check), void *context) {
    struct os_check check = {.name = assumption->name,
                             .document = assumption->document,
                             .expected = assumption->expected};
    check.outcome = assumption->look(check.found);
    report(context, &check);
}

void os_self_test(void (*report)(void *context, const struct os_check *check), void *context) {
    for (size_t i = 0; i < COUNT_OF(shared); i++)
        look(&shared[i], report, context);
    for (const struct assumption *own = self_test_of_system; own->name; own++)
        look(own, report, context);
}
