// SPDX-License-Identifier: Apache-2.0
#include "plan/named.h"

#include "base/units.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// What a name says; what it does not say is NULL, "" or 0.
struct named {
    char text[CELL_NAME_BYTES]; // the name, cut into its words
    const char *test, *loop;
    bool all_local, all_cpus;
    const struct page_kind *pages;
    const struct kernel_mix *mix;
    struct node_set mem_nodes;
    uint32_t cpu_node, chains;
    uint64_t size_bytes, window_bytes, slot_bytes, threads;
};

static bool take_number(const char *value, uint32_t *number) {
    uint64_t count;
    struct error ignored;
    bool taken = units_parse_count(value, 0, ID_SET_MAX, &count, &ignored);
    if (taken)
        *number = (uint32_t)count;
    return taken;
}

// "size:256MiB"; false for a word that no cell of idle latency or bandwidth has.
static bool take_word(struct named *named, char *word) {
    struct error ignored;
    if (strcmp(word, "all-local") == 0)
        return named->all_local = true;
    char *value = strchr(word, ':');
    if (!value)
        return false;
    *value++ = '\0';
    if (strcmp(word, "cpu") == 0 && strcmp(value, "all") == 0)
        return named->all_cpus = true;
    if (strcmp(word, "cpu") == 0)
        return take_number(value, &named->cpu_node);
    if (strcmp(word, "mem") == 0)
        return node_set_parse(&named->mem_nodes, value, &ignored);
    if (strcmp(word, "chains") == 0)
        return take_number(value, &named->chains);
    if (strcmp(word, "size") == 0)
        return units_parse_bytes(value, &named->size_bytes, &ignored);
    if (strcmp(word, "window") == 0)
        return units_parse_bytes(value, &named->window_bytes, &ignored);
    if (strcmp(word, "slot") == 0)
        return units_parse_bytes(value, &named->slot_bytes, &ignored);
    if (strcmp(word, "threads") == 0)
        return units_parse_count(value, 1, UINT32_MAX - 1, &named->threads, &ignored);
    if (strcmp(word, "page") == 0)
        return (named->pages = page_kind_find(value)) != NULL;
    return strcmp(word, "mix") == 0 && (named->mix = mix_find(value)) != NULL;
}

static bool parse(const char *name, struct named *named) {
    *named = (struct named){.cpu_node = NONE_U32, .chains = 1};
    if (strlen(name) >= sizeof named->text)
        return false;
    snprintf(named->text, sizeof named->text, "%s", name);
    char *next = named->text;
    size_t words = 0;
    for (bool fits = true; next && fits; words++) {
        char *word = next;
        next = strchr(word, '/');
        if (next)
            *next++ = '\0';
        if (words == 0)
            named->test = word;
        else if (words == 1)
            named->loop = word;
        else
            fits = take_word(named, word);
        if (!fits)
            return false;
    }
    bool has_cpus = named->all_cpus || named->cpu_node != NONE_U32;
    bool placed = named->all_local || (has_cpus && named->mem_nodes.count);
    return words > 2 && placed && named->pages && named->size_bytes;
}

// "read_8s_p512.avx2". NULL where this program or processor has no such loop.
static const struct kernel *find_kernel(const char *loop) {
    const char *dot = strrchr(loop, '.');
    char name[64];
    if (!dot || (size_t)(dot - loop) >= sizeof name)
        return NULL;
    snprintf(name, sizeof name, "%.*s", (int)(dot - loop), loop);
    enum isa isa;
    return isa_find(dot + 1, &isa) && isa_available(isa) ? kernel_find(name, isa) : NULL;
}

// A name of the CPUs of all nodes has the sum of their threads: one per core, or all of them.
static void add_threads(const struct named *named, struct block_request *block,
                        uint32_t threads[2]) {
    bool of_all = named->all_local || named->all_cpus;
    threads[0] = of_all ? THREADS_CORES : (uint32_t)named->threads;
    threads[1] = THREADS_ALL;
    block->threads = threads;
    block->thread_count = of_all ? 2 : 1;
}

// Plans all that the words stand for, and takes from it the cell whose name is the one that was
// given.
static bool add_planned(struct plan *plan, const struct plan_request *request,
                        const struct topology *topology, const struct cross_check *check,
                        const char *name, struct error *error) {
    struct plan planned;
    struct error cause;
    if (!plan_build(&planned, topology, check, request, &cause))
        return error_set(error, ERROR_KIND_REFUSED, 0, "'%.160s' cannot be planned here: %.300s",
                         name, cause.text);
    bool found = false;
    for (size_t i = 0; !found && i < planned.cell_count; i++) {
        char made[CELL_NAME_BYTES];
        found = strcmp(cell_name(&planned.cells[i], made), name) == 0;
        if (found)
            plan_add(plan, cell_copy(&planned.cells[i]));
    }
    plan_free(&planned);
    return found || error_set(error, ERROR_KIND_REFUSED, 0,
                              "this machine does not have the case '%.160s' (CPUs that this "
                              "process may use, threads, nodes)",
                              name);
}

bool plan_add_named(struct plan *plan, const struct topology *topology,
                    const struct cross_check *check, const char *name, struct error *error) {
    struct named named;
    uint32_t threads[2];
    struct block_request block = {.cached = true}; // the size is the one that was measured
    bool parsed = parse(name, &named);
    bool bandwidth = parsed && strcmp(named.test, test_names[TEST_BANDWIDTH]) == 0;
    bool latency = parsed && strcmp(named.test, test_names[TEST_LATENCY]) == 0;
    const struct kernel *kernel = bandwidth ? find_kernel(named.loop) : NULL;
    const struct chase_pattern *pattern = latency ? chase_pattern_find(named.loop) : NULL;
    if (!bandwidth && !latency)
        return error_set(error, ERROR_KIND_REFUSED, 0,
                         "'%.160s' is not the name of a case of idle latency or bandwidth", name);
    if (!kernel && !pattern)
        return error_set(error, ERROR_KIND_REFUSED, 0,
                         "'%.160s': this program or processor does not have the loop '%.60s'", name,
                         named.loop);
    block.block = kernel ? (named.mix ? BLOCK_PEAK : BLOCK_MATRIX)
                         : (named.chains > 1 ? BLOCK_MLP : BLOCK_IDLE);
    block.kernels = &kernel;
    block.kernel_count = kernel != NULL;
    block.mix = named.mix;
    block.patterns = &pattern;
    block.pattern_count = pattern != NULL;
    block.chains = &named.chains;
    block.chain_count = 1;
    block.window_bytes = named.window_bytes;
    block.slot_bytes = named.slot_bytes;
    block.sizes = &named.size_bytes;
    block.size_count = 1;
    block.pairs = named.all_local ? PAIRS_TOGETHER : named.all_cpus ? PAIRS_FROM_ALL : PAIRS_ALL;
    if (kernel)
        add_threads(&named, &block, threads);
    struct plan_request request = {.blocks = &block,
                                   .block_count = 1,
                                   .pages = &named.pages,
                                   .page_count = 1,
                                   .visit_length = plan->visit_length,
                                   .seed = plan->seed};
    if (named.cpu_node != NONE_U32)
        id_set_add(&request.cpu_nodes, named.cpu_node);
    if (!named.all_local) {
        request.mem_sets = &named.mem_nodes;
        request.mem_set_count = 1;
    }
    bool added = add_planned(plan, &request, topology, check, name, error);
    id_set_free(&request.cpu_nodes);
    return added;
}
